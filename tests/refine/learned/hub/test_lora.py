"""A LoRA of the user's photos: trained, interrupted, resumed, applied."""

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
for package in ("diffusers", "transformers", "peft"):
    pytest.importorskip(package, reason=f"LoRA needs {package}: pip install 'simengine[hub]'")

from simengine.cli.main import main  # noqa: E402
from simengine.dataset.reader import Dataset  # noqa: E402
from simengine.errors import SimengineError  # noqa: E402
from simengine.refine.frame import frames  # noqa: E402
from simengine.refine.learned import training  # noqa: E402
from simengine.refine.learned.checkpoint import read_checkpoint, write_checkpoint  # noqa: E402
from simengine.refine.learned.crops import Crops  # noqa: E402
from simengine.refine.learned.hub.lora import LORA_WEIGHTS, find_lora  # noqa: E402
from simengine.refine.learned.hub.lora_training import LoraRun, LoraSettings  # noqa: E402
from simengine.refine.learned.hub.refiner import HubDiffused  # noqa: E402
from simengine.refine.learned.hub.settings import HubSettings  # noqa: E402
from simengine.refine.learned.hub.source import PIPELINE_FILES, fetch  # noqa: E402
from simengine.refine.learned.training import train_refiner  # noqa: E402
from simengine.refine.photos import Photos  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def settings(models, kind="sd", **changes):
    given = {
        "steps": 4,
        "side": 64,
        "batch": 2,
        "every": 2,
        "patience": 0,
        "rate": 1e-2,
        "shown": HubSettings(denoising=5),
    }
    model = fetch(str(models / kind), PIPELINE_FILES, needed="model_index.json")
    return LoraSettings(model, "a photo of discs", **{**given, **changes})


def test_a_resumed_run_ends_with_the_same_weights_and_they_change_pictures(
    models, renders, photos, tmp_path, monkeypatch
):
    data, real, how = Dataset.open(renders()), Photos(photos), settings(models)
    refiner = train_refiner(data, real, tmp_path / "whole", how)
    step, calls = training._step, []

    def stop_after_two(run, batch, number):
        if number == 3 and not calls:
            calls.append(number)
            raise KeyboardInterrupt
        return step(run, batch, number)

    monkeypatch.setattr(training, "_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        train_refiner(data, real, tmp_path / "parts", how)
    train_refiner(data, real, tmp_path / "parts", how)
    for name in (LORA_WEIGHTS, "config.json", "log.jsonl", "card.md", "checkpoint.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name
    rows = [json.loads(line) for line in (tmp_path / "whole/log.jsonl").read_text().splitlines()]
    assert len(rows) == 4 and all(math.isfinite(row["loss"]) and row["gradient"] > 0 for row in rows)
    assert len(list((tmp_path / "whole/previews").iterdir())) == 2
    card = (tmp_path / "whole/card.md").read_text()
    assert "creativeml-openrail-m" in card and "You agree not to harm." in card and LORA_WEIGHTS in card

    frame = next(frames(data))
    plain = HubDiffused(how.model, how.shown).refine(frame, np.random.default_rng(0))
    changed = refiner.refine(frame, np.random.default_rng(0))
    assert refiner.lora is not None and np.abs(changed.astype(int) - plain).max() > 1
    run = LoraRun(how, torch.device("cpu"))  # fused into the weights it does what it did beside them
    run.restore(read_checkpoint(tmp_path / "whole/checkpoint.safetensors", device=torch.device("cpu"))["run"])
    beside = run.refiner().refine(frame, np.random.default_rng(0))
    assert np.abs(changed.astype(int) - beside).max() <= 1


def test_steps_lower_the_loss_of_the_same_noise(models, renders, photos):
    run = LoraRun(settings(models, rate=3e-2, rank=4), torch.device("cpu"))
    frozen = {name: p.clone() for name, p in run.parts.unet.named_parameters() if not p.requires_grad}
    batch = Crops(Dataset.open(renders(count=2)), Photos(photos), side=64, batch=4, seed=0).batch(0)
    losses = [run.step(batch, 0)["loss"] for _ in range(12)]
    assert losses[-1] < 0.93 * losses[0] and losses[6] < 0.97 * losses[0]
    assert all(torch.equal(p, frozen[name]) for name, p in run.parts.unet.named_parameters() if name in frozen)


def test_sdxl_trains_too_and_broken_numbers_stop_with_the_cause(models, renders, photos, tmp_path):
    data, real = Dataset.open(renders(count=2)), Photos(photos)
    how = settings(models, "sdxl", steps=1, every=1, batch=1)
    train_refiner(data, real, tmp_path / "xl", how)
    assert (tmp_path / "xl" / LORA_WEIGHTS).stat().st_size > 1000
    with pytest.raises(SimengineError, match=r"stopped at step 1: loss (inf|nan)"):
        train_refiner(data, real, tmp_path / "bad", settings(models, rate=math.inf))


def test_trained_from_the_command_line_and_taken_again(models, renders, photos, tmp_path, capsys):
    pytest.importorskip("efficientnet_lite_pytorch")
    command = [
        "refine", str(renders(count=2)), "--real", str(photos), "--planted", "0", "--quiet", "--device", "cpu", "--method",
        "diffusion", "--model", str(models / "sd"), "--denoising", "5", "--lora", str(tmp_path / "lora"),
    ]  # fmt: skip
    assert main([*command, "--steps", "2", "--rank", "2", "--out", str(tmp_path / "a")]) == 0
    assert "of 2 pictures" in capsys.readouterr().out
    weights = (tmp_path / "lora" / LORA_WEIGHTS).read_bytes()
    assert main([*command, "--out", str(tmp_path / "b")]) == 0  # trained already
    assert (tmp_path / "lora" / LORA_WEIGHTS).read_bytes() == weights
    plans = [Dataset.open(tmp_path / name).plan["refined"]["refiner"] for name in "ab"]
    assert plans[0] == plans[1] and plans[0]["lora"]["weights"] == find_lora(str(tmp_path / "lora")).weights
    assert json.loads((tmp_path / "lora/config.json").read_text())["prompt"].startswith("a photo of discs")


def test_loras_that_do_not_fit(models, tmp_path):
    from safetensors.torch import save_file

    with pytest.raises(SimengineError, match="there is no LoRA"):
        find_lora(str(tmp_path / "gone"))
    for name in ("a", "b"):
        save_file({"x": torch.zeros(1)}, str(tmp_path / f"{name}.safetensors"))
    with pytest.raises(SimengineError, match=r"holds a\.safetensors, b\.safetensors"):
        find_lora(str(tmp_path))
    (tmp_path / "b.safetensors").unlink()
    model = fetch(str(models / "sd"), PIPELINE_FILES, needed="model_index.json")
    with pytest.raises(SimengineError, match="does not fit the model"):
        HubDiffused(model, lora=find_lora(str(tmp_path)))._open()


def test_checkpoints_keep_what_optimisers_give(tmp_path):
    state = {"a": [torch.arange(3), 1.5], "state": {0: {"step": torch.tensor(2.0)}}, "betas": (0.9, 0.99), "n": None}
    write_checkpoint(tmp_path / "c", state)
    found = read_checkpoint(tmp_path / "c", device=torch.device("cpu"))
    assert torch.equal(found["a"][0], state["a"][0]) and float(found["state"][0]["step"]) == 2
    assert found["betas"] == (0.9, 0.99) and found["n"] is None and found["a"][1] == 1.5
