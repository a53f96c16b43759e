"""SDEdit by models of the hub, against diffusers' own pipelines and through the command line."""

import dataclasses
import importlib
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers", reason="models of the hub need diffusers: pip install 'simengine[hub]'")
pytest.importorskip("transformers", reason="models of the hub need transformers: pip install 'simengine[hub]'")

from simengine.cli.main import main  # noqa: E402
from simengine.dataset.reader import Dataset  # noqa: E402
from simengine.errors import SimengineError  # noqa: E402
from simengine.refine.chain import RefineChain  # noqa: E402
from simengine.refine.frame import Frame, frames  # noqa: E402
from simengine.refine.learned.crops import to_tensor  # noqa: E402
from simengine.refine.learned.hub import refiner as module  # noqa: E402
from simengine.refine.learned.hub.conditions import condition  # noqa: E402
from simengine.refine.learned.hub.network import encode  # noqa: E402
from simengine.refine.learned.hub.parts import quiet  # noqa: E402
from simengine.refine.learned.hub.refiner import HubDiffused, photo_schedule  # noqa: E402
from simengine.refine.learned.hub.settings import HubSettings  # noqa: E402
from simengine.refine.learned.hub.source import Source  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def frame(height, width, seed=0):
    rng = np.random.default_rng(seed)
    rgb = np.kron(rng.integers(40, 216, (height // 4, width // 4, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    ids = np.zeros((height, width), np.int32)
    ids[height // 4 : height // 2, width // 4 : width // 2] = 1
    depth = np.where(ids > 0, 0.9, 1.4).astype(np.float32)
    return Frame(str(seed), rgb, ids, depth, None, {1: "die"}, (1,))


def source(models, name):
    return Source(name, models / name, None, ("*/*.safetensors", "*.safetensors"))


def opened(models, kind="sd", conditions=("depth", "segmentation"), **settings):
    net = source(models, "control" if kind == "sd" else "control_xl")
    given = {"denoising": 10, "prompt": "a photo of {objects}", **settings}
    return HubDiffused(source(models, kind), HubSettings(**given), tuple((name, net) for name in conditions))


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("sd", "StableDiffusionControlNetImg2Img"), ("sdxl", "StableDiffusionXLControlNetImg2Img")],
)
def test_pictures_are_those_of_diffusers_own_pipeline(models, kind, name, monkeypatch):
    refiner, render = opened(models, kind, negative="blurry"), frame(64, 64)
    ours = refiner.refine(render, rng())
    parts = refiner.parts
    with quiet():
        theirs = getattr(diffusers, f"{name}Pipeline")(
            **{key: part for key, part in parts.pipeline.components.items() if key != "scheduler"},
            scheduler=photo_schedule(parts),
            controlnet=parts.controls,
            **({"requires_safety_checker": False} if kind == "sd" else {"add_watermarker": False}),
        )
        theirs.set_progress_bar_config(disable=True)
        noise = torch.from_numpy(rng().standard_normal((1, 4, 8, 8), dtype=np.float32))
        monkeypatch.setattr(importlib.import_module(type(theirs).__module__), "randn_tensor", lambda *a, **k: noise)
        with torch.inference_mode():
            clean = encode(parts, to_tensor(render.rgb[None]), tile=64)
            shown = [
                torch.from_numpy(condition(seen, render).transpose(2, 0, 1))[None] / 255
                for seen, _ in refiner.controlnets
            ]
            picture = theirs(
                "a photo of a die", image=clean, control_image=shown, height=64, width=64, strength=0.2,
                num_inference_steps=10, guidance_scale=4.0, negative_prompt="blurry",
                controlnet_conditioning_scale=1.0, output_type="np",
            ).images[0]  # fmt: skip
    assert np.abs((picture * 255).round() - ours).max() <= 1
    assert np.abs(ours.astype(int) - opened(models, kind, ()).refine(render, rng())).max() > 1  # they are conditioned
    assert np.abs(ours.astype(int) - opened(models, kind, guidance=1.0).refine(render, rng())).max() > 1


def test_a_picture_is_the_same_alone_and_in_any_batch(models):
    refiner = opened(models, batch=3)
    renders = [*(frame(64, 64, seed) for seed in range(4)), frame(40, 72, 9)]
    together = refiner.refine_batch(renders, [rng(seed) for seed in range(5)])
    for seed, (render, picture) in enumerate(zip(renders, together, strict=True)):
        assert picture.shape == render.rgb.shape and picture.dtype == np.uint8
        assert np.abs(refiner.refine(render, rng(seed)).astype(int) - picture).max() <= 1  # rounding
    assert np.abs(refiner.refine(renders[0], rng(7)).astype(int) - together[0]).max() > 1


def test_strength_bounds_the_change_and_objects_have_their_own(models):
    render = frame(64, 64)

    def change(**settings):
        refiner = opened(models, conditions=(), **settings)
        return np.abs(refiner.refine(render, rng()).astype(int) - render.rgb)

    assert change(strength=0.0, objects=0.0).max() == 0
    coded = opened(models, conditions=(), strength=0.1, objects=0.1)
    plain = coded.refine(render, rng()).astype(int)
    further = [
        np.abs(opened(models, conditions=(), strength=s, objects=s).refine(render, rng()) - plain).mean()
        for s in (0.2, 0.5)
    ]
    assert 0 < further[0] < further[1]
    held = change(strength=0.5, objects=0.0)
    assert held[render.ids == 1].max() == 0 and held[:8, :8].mean() > 5
    assert change(strength=0.0, objects=0.5)[-8:, -8:].max() == 0
    with pytest.raises(SimengineError, match=r"0 to 0\.5"):
        HubSettings(strength=0.6)


def test_large_pictures_are_tiled_and_blended_at_every_step(models, monkeypatch):
    render = frame(96, 160)
    refiner = opened(models, tile=64)
    asked = []
    ask = importlib.import_module("simengine.refine.learned.hub.network").ask

    def spy(parts, noisy, time, text, conditions, *, control, place):
        asked.append((int(time), place, tuple(noisy.shape[2:]), tuple(conditions[0].shape[2:])))
        return ask(parts, noisy, time, text, conditions, control=control, place=place)

    monkeypatch.setattr("simengine.refine.learned.hub.network.ask", spy)
    picture = refiner.refine(render, rng())
    assert picture.shape == (96, 160, 3)
    times = sorted({time for time, *_ in asked})
    assert len(times) == 2
    for time in times:  # every step sees every pixel
        seen = np.zeros((96, 160), int)
        for other, (height, width, row, column), (h, w), shown in asked:
            assert (height, width) == (96, 160) and shown == (8 * h, 8 * w) and max(h, w) <= 8
            if other == time:
                seen[row : row + 8 * h, column : column + 8 * w] += 1
        assert seen.min() >= 1 and seen.max() >= 2
    monkeypatch.setattr("simengine.refine.learned.hub.network.ask", lambda p, noisy, *a, **k: torch.ones_like(noisy))
    whole, tiled = opened(models, tile=192), opened(models, tile=64)
    clean = torch.zeros(1, 4, 12, 20)
    from simengine.refine.learned.hub.network import predict

    one = predict(whole._open(), clean, torch.tensor(5), None, [], control=1.0, tile=192)
    many = predict(tiled._open(), clean, torch.tensor(5), None, [], control=1.0, tile=64)
    torch.testing.assert_close(one, many)  # the weights of the pieces add up to one


def test_out_of_memory_takes_smaller_batches_then_smaller_tiles(models, monkeypatch):
    refiner = opened(models, batch=4, tile=256)
    renders = [frame(64, 64, seed) for seed in range(3)]
    wanted = [refiner.refine(render, rng(seed)) for seed, render in enumerate(renders)]
    run, sizes = HubDiffused._run, []

    def small_memory(self, parts, given, noise, canvas):
        sizes.append((len(given), self.tile))
        if len(given) > 1 or self.tile > 128:
            raise torch.cuda.OutOfMemoryError
        return run(self, parts, given, noise, canvas)

    monkeypatch.setattr(HubDiffused, "_run", small_memory)
    with pytest.warns(UserWarning, match=r"batches of|tiles of 128") as warned:
        found = refiner.refine_batch(renders, [rng(seed) for seed in range(3)])
    assert [str(w.message).split(":")[0] for w in warned] == ["out of GPU memory"] * 3
    assert sizes[:4] == [(3, 256), (2, 256), (1, 256), (1, 128)]
    for a, b in zip(found, wanted, strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1
    refiner.tile = 192
    with pytest.raises(SimengineError, match="does not hold a tile of 192 pixels"):
        refiner.refine(renders[0], rng())


def test_batches_stay_within_shards_so_that_any_worker_makes_the_same(renders, monkeypatch):
    @dataclasses.dataclass
    class Recorder:
        batch: int = 3
        name: str = "recorder"
        calls: list = dataclasses.field(default_factory=list)

        def refine_batch(self, given, rngs):
            self.calls.append([f.key for f in given])
            return [f.rgb for f in given]

        def refine(self, given, rng):
            raise AssertionError("one by one")

        def to_dict(self):
            return {}

    class Nowhere:
        def write(self, name, data):
            pass

    from simengine.refine.audit.rule import Thresholds

    recorder = Recorder()
    make = RefineChain(renders(count=6), recorder, 0, Thresholds(), 0.1, "raw")()
    for index in (0, 1, 2, 3, 5):  # a shard holds two
        assert make(index, Nowhere(), "").views[0].certificate["accepted"]
    assert recorder.calls == [["0.top.0", "1.top.0"], ["2.top.0", "3.top.0"], ["5.top.0"]]


def test_half_precision_and_random_models_of_the_usual_sizes(models):
    from simengine.refine.learned.hub.random_weights import SIZES, random_refiner

    with torch.device("meta"):
        network = diffusers.UNet2DConditionModel(in_channels=4, out_channels=4, **SIZES["sd15"]["unet"])
        large = diffusers.UNet2DConditionModel(in_channels=4, out_channels=4, **SIZES["sdxl"]["unet"])
    assert [sum(p.numel() for p in n.parameters()) for n in (network, large)] == [859_520_964, 2_567_463_684]
    refiner = random_refiner("tinyxl", conditions=("depth",), settings=HubSettings(denoising=5, precision="bf16"))
    assert refiner.refine(frame(64, 64), rng()).shape == (64, 64, 3)
    assert refiner.parts.unet.dtype == torch.bfloat16 and refiner.parts.vae.dtype == torch.float32
    assert module.resolve_precision("auto", "cpu") == "fp32" and module.resolve_precision("fp16", "cuda") == "fp16"


def test_refine_from_the_command_line(models, renders, photos, tmp_path, capsys):
    data = renders(count=3, outputs=("rgb", "instances", "depth"))
    command = [
        "refine", str(data), "--real", str(photos), "--planted", "0", "--quiet", "--device", "cpu", "--method", "diffusion",
        "--model", str(models / "sd"), "--denoising", "10", "--batch", "2",
    ]  # fmt: skip
    nets = ["--controlnet", f"depth={models / 'control'}", "--controlnet", f"segmentation={models / 'control'}"]
    assert main([*command, *nets, "--out", str(tmp_path / "out")]) == 0
    assert "of 3 pictures accepted" in capsys.readouterr().out
    before, after = Dataset.open(data), Dataset.open(tmp_path / "out")
    stated = after.plan["refined"]["refiner"]
    assert stated["model"]["licence"] == "creativeml-openrail-m" and stated["model"]["licence_text"]
    assert [net["condition"] for net in stated["controlnets"]] == ["depth", "segmentation"]
    assert stated["settings"]["precision"] == "fp32" and str(tmp_path) not in json.dumps(after.plan)
    for a, b in zip(before, after, strict=True):
        assert b.views[0].certificate["method"] == "diffusion" and set(b.views[0].files) == set(a.views[0].files)
        assert [(o.id, o.box) for o in a.views[0].objects] == [(o.id, o.box) for o in b.views[0].objects]
        for output in ("instances", "depth"):
            assert (before.picture(a.views[0], output) == after.picture(b.views[0], output)).all()
    assert [f.rgb.shape for f in frames(before)] == [f.rgb.shape for f in frames(after)]

    for wrong, why in (
        (["--controlnet", "depth"], "write what it sees"),
        (["--strength", "0.8"], "0 to 0.5"),
        (["--prompt", "{things}"], "only {objects} and {scene}"),
    ):
        assert main([*command, *wrong, "--out", str(tmp_path / "no")]) == 1 and why in capsys.readouterr().err
    command[command.index("--model") + 1] = str(tmp_path / "network")
    assert main([*command, "--lora", "x", "--out", str(tmp_path / "no")]) == 1
    assert "with a model of the hub" in capsys.readouterr().err


def test_names_of_the_hub_and_folders_to_train_in(models, tmp_path, monkeypatch):
    from simengine.cli.hub_model import is_hub_model

    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    assert is_hub_model("stabilityai/stable-diffusion-xl-base-1.0") and is_hub_model(str(models / "sd"))
    assert not any(
        is_hub_model(name) for name in ("net", "nets/mine", "./new/mine", "/new/mine", "../a/b", "nets", None)
    )
