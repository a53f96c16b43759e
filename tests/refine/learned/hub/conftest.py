"""Models of the hub's kinds with random weights, saved as folders; built once."""

import pytest


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of small pipelines and ControlNets by name: sd, sdxl, control, control_xl."""
    for package in ("torch", "diffusers", "transformers"):
        pytest.importorskip(package, reason=f"models of the hub need {package}: pip install 'simengine[hub]'")
    from simengine.refine.learned.hub.parts import quiet
    from simengine.refine.learned.hub.random_weights import random_controlnet, random_pipeline

    root = tmp_path_factory.mktemp("models")
    with quiet():
        for name, size in (("sd", "tiny"), ("sdxl", "tinyxl")):
            random_pipeline(size).save_pretrained(root / name)
        for name, size in (("control", "tiny"), ("control_xl", "tinyxl")):
            random_controlnet(size, channels=(4, 8, 8, 8)).save_pretrained(root / name)
    head = "---\nlicense: creativeml-openrail-m\ntags:\n- test\n---\n# A model\n"
    (root / "sd/README.md").write_text(head, encoding="utf-8")
    (root / "sd/LICENSE").write_text("You agree not to harm.\n", encoding="utf-8")
    return root
