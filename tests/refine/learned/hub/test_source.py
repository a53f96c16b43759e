"""Where models come from, what is known of them, and what is said when there is none."""

import hashlib
import json
import shutil

import pytest

from simengine.errors import SimengineError
from simengine.refine.learned.hub.source import PIPELINE_FILES, Source, fetch


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_is_known_by_its_weights_and_its_licence(models, tmp_path):
    found = fetch(str(models / "sd"), PIPELINE_FILES, needed="model_index.json")
    files = sorted(p for p in (models / "sd").rglob("*.safetensors"))
    lines = "".join(f"{sha(p)}  {p.relative_to(models / 'sd').as_posix()}\n" for p in files)
    assert len(files) == 3 and found.to_dict() == {
        "name": "sd", "revision": None, "weights": hashlib.sha256(lines.encode()).hexdigest(),
        "licence": "creativeml-openrail-m", "licence_text": "You agree not to harm.\n",
    }  # fmt: skip
    copy = tmp_path / "copy"
    shutil.copytree(models / "sd", copy)
    (copy / "unet/diffusion_pytorch_model.fp16.safetensors").write_bytes(b"twice")
    (copy / "checkpoint.safetensors").write_bytes(b"not part of it")
    assert fetch(str(copy), PIPELINE_FILES, needed="model_index.json").weights == found.weights


def test_a_hub_name_is_looked_up_in_the_cache_with_its_commit(models, tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    cached = tmp_path / "models--a--b/snapshots" / ("0123456789" * 4)
    shutil.copytree(models / "sd", cached)
    asked = {}

    def snapshot(name, **options):
        asked.update(options, name=name)
        return str(cached)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    found = fetch("a/b", PIPELINE_FILES, needed="model_index.json", revision="main")
    assert (found.name, found.revision, found.folder) == ("a/b", "0123456789" * 4, cached)
    assert asked["name"] == "a/b" and asked["revision"] == "main"
    assert not any("bin" in pattern or "safety" in pattern for pattern in asked["allow_patterns"])


def test_a_model_that_is_not_there_is_named_with_reason_and_remedy(tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")

    def offline(name, **options):
        raise OSError("outgoing traffic has been disabled")

    monkeypatch.setattr(hub, "snapshot_download", offline)
    with pytest.raises(
        SimengineError, match=r"(?s)'a/b' from the hub: outgoing.*HF_TOKEN.*HF_HUB_OFFLINE=1.*local folder"
    ):
        fetch("a/b", PIPELINE_FILES, needed="model_index.json")
    with pytest.raises(SimengineError, match="no such folder, and hub names read owner/name"):
        fetch(str(tmp_path / "gone"), PIPELINE_FILES, needed="model_index.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SimengineError, match=r"holds no model_index\.json"):
        fetch(str(tmp_path / "empty"), PIPELINE_FILES, needed="model_index.json")


def test_other_kinds_and_damaged_models_are_refused(models, tmp_path):
    from simengine.refine.learned.hub.parts import load_parts

    copy = tmp_path / "copy"
    shutil.copytree(models / "sd", copy)
    index = json.loads((copy / "model_index.json").read_text())
    for changes, why in (
        ({"_class_name": "FluxPipeline"}, "is a FluxPipeline; supported are"),
        ({"_class_name": "StableDiffusionXLPipeline", "requires_aesthetics_score": True}, "refining stage of SDXL"),
    ):
        (copy / "model_index.json").write_text(json.dumps({**index, **changes}))
        with pytest.raises(SimengineError, match=why):
            load_parts(Source("copy", copy))
    (copy / "model_index.json").write_text(json.dumps(index))
    (copy / "unet/diffusion_pytorch_model.safetensors").write_bytes(b"broken")
    with pytest.raises(SimengineError, match="can't load 'copy'"):
        load_parts(Source("copy", copy))
    with pytest.raises(SimengineError, match="is for text of 32 numbers a word, the model 'sd' has 16"):
        load_parts(Source("sd", models / "sd"), [Source("control_xl", models / "control_xl")])
