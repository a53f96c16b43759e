"""Learned refiners of signals: networks, resuming to the same weights, the fault left to the path alone."""

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from simengine.cli.main import main  # noqa: E402
from simengine.dataset.reader import Dataset  # noqa: E402
from simengine.engine.verify import verify  # noqa: E402
from simengine.errors import SimengineError  # noqa: E402
from simengine.formats.signal import open_signal_set  # noqa: E402
from simengine.refine.signals.again import made_again  # noqa: E402
from simengine.refine.signals.learned import apply, training  # noqa: E402
from simengine.refine.signals.learned.apply import LearnedSignals  # noqa: E402
from simengine.refine.signals.learned.files import save_signal_model  # noqa: E402
from simengine.refine.signals.learned.networks import Denoiser, Generator, Judge, envelope  # noqa: E402
from simengine.refine.signals.learned.segments import Segments  # noqa: E402
from simengine.refine.signals.learned.settings import SignalTraining  # noqa: E402
from simengine.refine.signals.learned.training import train_signal_refiner  # noqa: E402
from simengine.refine.signals.recordings import HealthyRecordings  # noqa: E402
from simengine.refine.signals.run import refine_signals  # noqa: E402
from simengine.refine.signals.sound import sounds  # noqa: E402
from simengine.refine.signals.transfer import fit_transfer  # noqa: E402

TINY = {"steps": 4, "length": 256, "batch": 2, "width": 4, "blocks": 1, "every": 2, "denoising": 10, "patience": 0}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def real(recordings):
    return HealthyRecordings.of(open_signal_set(recordings()))


@pytest.fixture(autouse=True)
def few_are_watched(monkeypatch):
    monkeypatch.setattr(training, "_WATCHED", 2)


def test_networks_start_as_they_should_and_take_any_length():
    x = torch.randn(2, 1, 264)
    assert torch.equal(Generator(width=4, blocks=2)(x), x)
    assert Judge(width=4)(x).shape == (2, 1, 33)
    out = Denoiser(width=4)(torch.cat([x, envelope(x)], 1), torch.tensor([3, 500]))
    assert out.shape == x.shape and torch.isfinite(out).all()
    flat = torch.ones(1, 1, 100)
    np.testing.assert_allclose(envelope(3 * flat).numpy(), math.log(9.001), rtol=1e-5)


def test_crops_of_a_step_do_not_depend_on_what_was_drawn_before(simulated, real):
    transfer = fit_transfer(simulated(), real)
    first, second = (Segments(simulated(), real, transfer, length=512, batch=3, seed=1) for _ in range(2))
    first.batch(0)
    a, b = first.batch(5), second.batch(5)
    assert torch.equal(a.simulated, b.simulated) and torch.equal(a.real, b.real)
    assert a.real.shape == (3, 1, 512) and len(a.half()) == 1
    levels = [float(torch.cat([part.real for part in map(first.batch, range(20))]).std())]
    assert levels == pytest.approx([1.0], rel=0.2)
    with pytest.raises(SimengineError, match="shorter --length"):
        Segments(simulated(), real, transfer, length=80_000, batch=1, seed=0)


@pytest.mark.parametrize("method", ["cyclegan", "diffusion"])
def test_a_resumed_run_ends_with_the_same_weights(simulated, real, tmp_path, method, monkeypatch):
    if method == "diffusion":
        pytest.importorskip("diffusers")
    data, settings = simulated(), SignalTraining(method=method, **TINY)
    train_signal_refiner(data, real, tmp_path / "whole", settings)
    step, calls = training._step, []

    def stop_after_two(run, batch, number):
        if number == 3 and not calls:
            calls.append(number)
            raise KeyboardInterrupt
        return step(run, batch, number)

    monkeypatch.setattr(training, "_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        train_signal_refiner(data, real, tmp_path / "parts", settings)
    train_signal_refiner(data, real, tmp_path / "parts", settings)
    for name in ("model.safetensors", "config.json", "log.jsonl", "card.md"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name
    rows = [json.loads(line) for line in (tmp_path / "whole/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1, 2, 3] and rows[1]["mmd"] >= 0
    assert len(list((tmp_path / "whole/previews").iterdir())) == 2
    with pytest.raises(SimengineError, match="another folder, or remove it"):
        train_signal_refiner(data, real, tmp_path / "whole", SignalTraining(method=method, **{**TINY, "seed": 1}))


@pytest.mark.parametrize("method", ["cyclegan", "diffusion"])
def test_the_fault_takes_the_path_alone(simulated, real, tmp_path, method):
    """Whatever the network does: with stems the fault is the path's, the sum holds, and the change is the background's."""
    if method == "diffusion":
        pytest.importorskip("diffusers")
    transfer = fit_transfer(simulated(), real)
    torch.manual_seed(0)
    network = Generator(width=4, blocks=1) if method == "cyclegan" else Denoiser(width=4)
    if method == "cyclegan":
        torch.nn.init.normal_(network.last.weight, std=0.05)
    save_signal_model(tmp_path, network.state_dict(), SignalTraining(method=method, **TINY), transfer)
    refiner = LearnedSignals(tmp_path)
    sound = next(one for one in sounds(simulated()) if not one.healthy)
    plain = transfer.refine(sound, np.random.default_rng(3))
    found = refiner.refine(sound, np.random.default_rng(3))
    change = found.signal - plain.signal
    assert 0.01 < np.std(change) / np.std(plain.signal - plain.stems["stem_fault"]) < 10
    np.testing.assert_array_equal(found.stems["stem_fault"], plain.stems["stem_fault"])
    np.testing.assert_allclose(sum(found.stems.values()), sum(plain.stems.values()) + change, atol=1e-9)
    again = refiner.refine(sound, np.random.default_rng(3))
    np.testing.assert_array_equal(again.signal, found.signal)


def test_long_recordings_go_through_in_pieces(simulated, real, tmp_path, monkeypatch):
    transfer = fit_transfer(simulated(), real)
    network = Generator(width=4, blocks=1)
    save_signal_model(tmp_path, network.state_dict(), SignalTraining(**TINY), transfer)
    sound = next(iter(sounds(simulated())))
    monkeypatch.setattr(apply, "_PIECE", 3000)
    monkeypatch.setattr(apply, "_OVERLAP", 400)
    found = LearnedSignals(tmp_path).refine(sound, np.random.default_rng(0))  # still the identity
    plain = transfer.refine(sound, np.random.default_rng(0))
    np.testing.assert_allclose(found.signal, plain.signal, atol=1e-5 * np.std(plain.signal))


def test_a_refined_set_keeps_its_network_and_is_verified_with_it(simulated, real, tmp_path):
    refiner = train_signal_refiner(simulated(), real, tmp_path / "model", SignalTraining(**{**TINY, "steps": 2}))
    summary = refine_signals(simulated().root, out=tmp_path / "out", refiner=refiner)
    assert summary.recordings == 12 and (tmp_path / "out/refiner/model.safetensors").is_file()
    dataset = Dataset.open(tmp_path / "out")
    assert verify(tmp_path / "out", sample=2, refined=lambda simulate: made_again(dataset, simulate)).ok
    (tmp_path / "out/refiner/config.json").write_text("{}")
    assert any("refiner/config.json" in line for line in verify(tmp_path / "out", sample=0).differences)


def test_numbers_that_go_wrong_stop_with_the_cause(simulated, real, tmp_path):
    settings = SignalTraining(**{**TINY, "labels": math.inf})
    with pytest.raises(SimengineError, match=r"stopped at step 0: .*labels (inf|nan)"):
        train_signal_refiner(simulated(), real, tmp_path / "model", settings)


def test_out_of_memory_halves_the_batch_with_a_warning(simulated, real, tmp_path, monkeypatch):
    from simengine.refine.signals.learned.translation import SignalTranslation

    step, sizes = SignalTranslation.step, []

    def small_memory(self, batch, number):
        sizes.append(len(batch))
        if len(batch) > 1:
            raise torch.cuda.OutOfMemoryError
        return step(self, batch, number)

    monkeypatch.setattr(SignalTranslation, "step", small_memory)
    with pytest.warns(UserWarning, match="goes on with 1 crops instead of 2"):
        train_signal_refiner(simulated(), real, tmp_path / "model", SignalTraining(**{**TINY, "steps": 1}))
    assert sizes == [2, 1]


def test_errors_name_the_remedy(simulated, recordings, tmp_path, capsys):
    with pytest.raises(SimengineError, match="give one of cyclegan, diffusion"):
        SignalTraining(method="pix2pix")
    with pytest.raises(SimengineError, match="multiple of 8"):
        SignalTraining(length=300)
    with pytest.raises(SimengineError, match=r"0 to 0\.5"):
        SignalTraining(strength=0.7)
    with pytest.raises(SimengineError, match="from another version"):
        SignalTraining.from_dict({"colour": 1})
    command = [
        "refine",
        str(simulated().root),
        "--real",
        str(recordings()),
        "--planted",
        "0",
        "--quiet",
        "--device",
        "cpu",
    ]
    assert main([*command, "--method", "cyclegan", "--out", str(tmp_path / "a")]) == 1
    assert "needs --model" in capsys.readouterr().err
    learn = [
        "--method",
        "cyclegan",
        "--model",
        str(tmp_path / "m"),
        "--steps",
        "1",
        "--length",
        "256",
        "--width",
        "4",
        "--batch",
        "1",
    ]
    assert main([*command, *learn, "--out", str(tmp_path / "a")]) == 0
    assert "12 recordings: kept" in capsys.readouterr().out
