"""Learned refiners: losses against references, resuming to the same weights, pictures of any size."""

import json
import math

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from simengine.cli.main import main  # noqa: E402
from simengine.dataset.reader import Dataset  # noqa: E402
from simengine.errors import SimengineError  # noqa: E402
from simengine.refine.audit.correlation import normalized_correlation  # noqa: E402
from simengine.refine.audit.gradient import gradient_magnitude  # noqa: E402
from simengine.refine.frame import frames  # noqa: E402
from simengine.refine.learned import training  # noqa: E402
from simengine.refine.learned.apply import Learned  # noqa: E402
from simengine.refine.learned.buffers import CHANNELS, buffers  # noqa: E402
from simengine.refine.learned.crops import Crops, to_tensor  # noqa: E402
from simengine.refine.learned.files import save_model  # noqa: E402
from simengine.refine.learned.losses import gradient, label_consistency, least_squares, patch_nce  # noqa: E402
from simengine.refine.learned.networks import Generator, PatchDiscriminator  # noqa: E402
from simengine.refine.learned.settings import TrainSettings  # noqa: E402
from simengine.refine.learned.training import train_refiner  # noqa: E402
from simengine.refine.photos import Photos  # noqa: E402

TINY = {"steps": 4, "side": 32, "batch": 1, "width": 4, "blocks": 1, "patches": 16, "every": 2, "patience": 0}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def picture(seed, size=48):
    value = np.random.default_rng(seed).uniform(0, 255, (size, size, 3)).astype(np.float32)
    return cv2.GaussianBlur(value, (0, 0), 1.5).astype(np.uint8)


def test_gradient_is_the_audits():
    rgb = picture(0)
    ours = gradient(to_tensor(rgb[None]))[0, 0].numpy()
    np.testing.assert_allclose(
        ours[6:-6, 6:-6], gradient_magnitude(rgb)[6:-6, 6:-6], atol=2.5e-3
    )  # OpenCV rounds the luma


def test_label_consistency_is_one_minus_the_audits_correlation():
    a, b = picture(1), picture(2)
    mask = np.zeros((48, 48), np.float32)
    mask[16:30, 18:34] = 1
    weight = cv2.dilate(mask, np.ones((9, 9)))
    expected = 1 - normalized_correlation(gradient_magnitude(a), gradient_magnitude(b), weight)
    found = label_consistency(to_tensor(a[None]), to_tensor(b[None]), torch.from_numpy(mask)[None, None])
    assert float(found) == pytest.approx(expected, abs=0.02)
    assert float(label_consistency(to_tensor(a[None]), to_tensor(a[None]), torch.from_numpy(mask)[None, None])) < 1e-5
    assert float(label_consistency(to_tensor(a[None]), to_tensor(b[None]), torch.zeros(1, 1, 48, 48))) == 0


def test_patch_nce_is_cross_entropy_of_the_own_patch():
    generator = torch.Generator().manual_seed(0)
    q, k = (torch.nn.functional.normalize(torch.randn(1, 5, 8, generator=generator), dim=-1) for _ in range(2))
    logits = (q[0] @ k[0].T / 0.07).numpy().astype(float)
    expected = np.mean([math.log(np.exp(row).sum()) - row[i] for i, row in enumerate(logits)])
    assert float(patch_nce([q], [k])) == pytest.approx(expected, rel=1e-5)
    assert float(least_squares(torch.tensor([0.0, 2.0]), 1.0)) == 1.0


def test_a_new_generator_changes_nothing_and_a_judge_sees_patches():
    x = torch.rand(1, 3, 40, 36) * 2 - 1
    known = torch.rand(1, CHANNELS, 40, 36)
    assert torch.equal(Generator(buffers=CHANNELS, width=4, blocks=1)(x, known), x)
    scores = PatchDiscriminator(width=2)(torch.rand(1, 3, 128, 128))
    assert scores.shape == (1, 1, 14, 14)


def test_buffers_show_what_the_renderer_knows(renders):
    frame = next(frames(Dataset.open(renders(count=1))))
    known = buffers(frame)
    assert known.shape == (CHANNELS, 96, 96) and known[:4].max() == 0
    np.testing.assert_array_equal(known[5] > 0, frame.ids > 0)
    edge = cv2.dilate((frame.ids > 0).astype(np.uint8), np.ones((3, 3))) != cv2.erode(
        (frame.ids > 0).astype(np.uint8), np.ones((3, 3))
    )
    assert not known[4][~edge].any() and known[4].sum() > 50


def test_crops_of_a_step_do_not_depend_on_what_was_drawn_before(renders, photos):
    def crops():
        return Crops(Dataset.open(renders(name="same")), Photos(photos), side=64, batch=2, seed=3)

    first, second = crops(), crops()
    first.batch(0)
    a, b = first.batch(7), second.batch(7)
    assert all(torch.equal(getattr(a, n), getattr(b, n)) for n in ("render", "buffers", "photo"))
    assert a.render.shape == (2, 3, 64, 64) and not torch.equal(a.render, second.batch(8).render)
    large = Crops(Dataset.open(renders(name="same")), Photos(photos), side=128, batch=1, seed=0).batch(0)
    assert large.render.shape == large.photo.shape == (1, 3, 128, 128)


@pytest.mark.parametrize("method", ["cut", "cyclegan"])
def test_a_resumed_run_ends_with_the_same_weights(renders, photos, tmp_path, method, monkeypatch):
    data, real = Dataset.open(renders()), Photos(photos)
    settings = TrainSettings(method=method, **TINY)
    train_refiner(data, real, tmp_path / "whole", settings)
    step, calls = training._step, []

    def stop_after_two(run, batch, number):
        if number == 3 and not calls:
            calls.append(number)
            raise KeyboardInterrupt
        return step(run, batch, number)

    monkeypatch.setattr(training, "_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        train_refiner(data, real, tmp_path / "parts", settings)
    train_refiner(data, real, tmp_path / "parts", settings)
    for name in ("model.safetensors", "config.json", "log.jsonl", "card.md"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name
    rows = [json.loads(line) for line in (tmp_path / "whole/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1, 2, 3] and {"labels", "adversarial", "judge"} <= set(rows[0])
    assert len(list((tmp_path / "whole/previews").iterdir())) == 2
    with pytest.raises(SimengineError, match="another folder, or remove it"):
        train_refiner(data, real, tmp_path / "whole", TrainSettings(method=method, **{**TINY, "seed": 1}))


def test_training_learns_the_photos_colours_and_keeps_the_labels(renders, photos, tmp_path):
    from simengine.refine.run import refine_dataset

    data = Dataset.open(renders())
    settings = TrainSettings(method="cut", **{**TINY, "steps": 60, "side": 64, "every": 60, "rate": 2e-3, "nce": 0.2})
    refiner = train_refiner(data, Photos(photos), tmp_path / "model", settings)
    summary = refine_dataset(data.root, out=tmp_path / "out", refiner=refiner)
    target = np.mean([cv2.imread(str(p))[..., ::-1].mean(axis=(0, 1)) for p in photos.iterdir()], axis=0)

    def gap(dataset):
        return np.linalg.norm(np.mean([f.rgb.mean(axis=(0, 1)) for f in frames(dataset)], axis=0) - target)

    assert gap(Dataset.open(tmp_path / "out")) < 0.8 * gap(data)
    assert summary.pictures == 6 and summary.ncc > 0.7


def test_numbers_that_go_wrong_stop_with_the_cause(renders, photos, tmp_path):
    settings = TrainSettings(method="cut", **{**TINY, "labels": math.inf})
    with pytest.raises(SimengineError, match=r"stopped at step 0: labels (inf|nan)"):
        train_refiner(Dataset.open(renders()), Photos(photos), tmp_path / "model", settings)


def test_out_of_memory_halves_the_batch_with_a_warning(renders, photos, tmp_path, monkeypatch):
    from simengine.refine.learned.translation import Translation

    step, sizes = Translation.step, []

    def small_memory(self, batch, number):
        sizes.append(len(batch.render))
        if len(batch.render) > 1:
            raise torch.cuda.OutOfMemoryError
        return step(self, batch, number)

    monkeypatch.setattr(Translation, "step", small_memory)
    with pytest.warns(UserWarning, match="goes on with 1 crops instead of 2"):
        train_refiner(
            Dataset.open(renders()),
            Photos(photos),
            tmp_path / "model",
            TrainSettings(**{**TINY, "batch": 2, "steps": 1}),
        )
    assert sizes == [2, 1]


def test_large_pictures_are_refined_in_tiles(renders, tmp_path):
    torch.manual_seed(0)
    settings = TrainSettings(**TINY)
    network = Generator(buffers=CHANNELS, width=4, blocks=1)
    save_model(tmp_path, network.state_dict(), settings.to_dict())
    frame = next(frames(Dataset.open(renders(count=1))))
    np.testing.assert_array_equal(Learned(tmp_path, tile=64).refine(frame, None), frame.rgb)  # still the identity
    network.last.bias.data[:] = 0.1
    save_model(tmp_path, network.state_dict(), settings.to_dict())
    whole, tiles = Learned(tmp_path).refine(frame, None), Learned(tmp_path, tile=64).refine(frame, None)
    assert whole.shape == frame.rgb.shape and np.abs(whole.astype(int) - tiles).max() <= 1


def test_diffusion_trains_resumes_and_changes_no_more_than_its_strength(renders, photos, tmp_path, monkeypatch):
    pytest.importorskip("diffusers")
    from simengine.refine.learned.diffusion import DiffusionSettings
    from simengine.refine.learned.sdedit import Diffused

    data, real = Dataset.open(renders()), Photos(photos)
    tiny = {"steps": 4, "side": 32, "batch": 2, "width": 8, "every": 2, "denoising": 10, "patience": 0}
    settings = DiffusionSettings(**tiny)
    train_refiner(data, real, tmp_path / "whole", settings)
    step, calls = training._step, []

    def stop_after_two(run, batch, number):
        if number == 3 and not calls:
            calls.append(number)
            raise KeyboardInterrupt
        return step(run, batch, number)

    monkeypatch.setattr(training, "_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        train_refiner(data, real, tmp_path / "parts", settings)
    train_refiner(data, real, tmp_path / "parts", settings)
    for name in ("model.safetensors", "log.jsonl"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name

    frame = next(frames(data))

    def refined(seed=0, **changes):
        config = {**settings.to_dict(), **changes}
        (tmp_path / "whole/config.json").write_text(json.dumps(config))
        return Diffused(tmp_path / "whole").refine(frame, np.random.default_rng(seed)).astype(int)

    np.testing.assert_array_equal(refined(strength=0.0, objects=0.0), frame.rgb)
    changes = [np.abs(refined(strength=s, objects=s) - frame.rgb).mean() for s in (0.1, 0.3, 0.5)]
    assert 0 < changes[0] < changes[1] < changes[2]
    weakly = np.abs(refined(strength=0.5, objects=0.0) - frame.rgb)
    core = cv2.erode((frame.ids > 0).astype(np.uint8), np.ones((5, 5))) > 0
    assert weakly[core].mean() < 0.5 * weakly[frame.ids == 0].mean()
    np.testing.assert_array_equal(refined(), refined())
    assert (refined() != refined(seed=1)).any()
    with pytest.raises(SimengineError, match=r"0 to 0\.5"):
        DiffusionSettings(strength=0.7)


def test_errors_name_the_remedy(tmp_path):
    with pytest.raises(SimengineError, match="give one of cyclegan, cut"):
        TrainSettings(method="pix2pix")
    with pytest.raises(SimengineError, match="multiple of 4"):
        TrainSettings(side=50)
    with pytest.raises(SimengineError, match="holds no trained refiner"):
        Learned(tmp_path)
    with pytest.raises(SimengineError, match="from another version"):
        TrainSettings.from_dict({"colour": 1})


def test_from_the_command_line(renders, photos, tmp_path, capsys):
    pytest.importorskip("efficientnet_lite_pytorch")
    command = ["refine", str(renders(count=2)), "--real", str(photos), "--planted", "0", "--quiet", "--device", "cpu"]
    assert main([*command, "--method", "cut", "--out", str(tmp_path / "a")]) == 1
    assert "needs --model" in capsys.readouterr().err
    learn = ["--method", "cut", "--model", str(tmp_path / "model"), "--steps", "2", "--side", "32", "--width", "4"]
    assert main([*command, *learn, "--out", str(tmp_path / "a")]) == 0 and "2 of 2 pictures" in capsys.readouterr().out
    assert Dataset.open(tmp_path / "a").plan["refined"]["refiner"]["method"] == "cut"
    auto = ["--method", "auto", "--out", str(tmp_path / "b")]
    assert main([*command, *auto]) == 1 and "too few to compare" in capsys.readouterr().err
    command[1] = str(renders(count=5, name="more"))
    assert main([*command, *auto]) in (0, 1)
    assert "statistics" in capsys.readouterr().out
