"""Renderers, devices, presets and scenes that don't fit: clear errors."""

import importlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter, sheet

from simengine.errors import SimengineError
from simengine.render.device import load_warp
from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.presets import PRESETS, preset
from simengine.render.reference import compare_with_reference
from simengine.render.select import Renderer, available_devices, make_renderer, resolve_device


def test_devices():
    assert resolve_device("cpu") == "cpu" == available_devices()[0]
    assert resolve_device("auto") in available_devices()
    with pytest.raises(SimengineError, match=r"cuda:99.*Devices here: cpu"):
        resolve_device("cuda:99")


def test_renderers_follow_the_protocol():
    assert isinstance(make_renderer("warp", device="cpu", threads=2), Renderer)
    assert isinstance(make_renderer("bullet"), Renderer)
    with pytest.raises(SimengineError, match=r"'blender'.*warp, bullet, bullet_egl"):
        make_renderer("blender")


def test_presets():
    assert preset("draft").samples == 1 and preset("draft").bounces == 0
    assert preset("standard") is PRESETS["standard"]
    assert preset("high").oidn and not preset("high").denoise
    with pytest.raises(SimengineError, match="draft, standard, high"):
        preset("best")


def test_the_reference_picture_is_reproduced():
    comparison = compare_with_reference(device="cpu")
    assert comparison.ok, str(comparison)


def good():
    return RenderScene((Instance(sheet(), np.eye(4), (0,), 1),), (SurfaceMaterial(),))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"id": 0}, "ids start at 1"),
        ({"materials": ()}, "1 material slots but 0"),
        ({"materials": (3,)}, "material 3 isn't among"),
        ({"transform": np.full((4, 4), np.nan)}, "isn't finite"),
    ],
)
def test_wrong_instances(tracer, change, message):
    scene = good()
    wrong = replace(scene, instances=(replace(scene.instances[0], **change),))
    with pytest.raises(SimengineError, match=message):
        tracer.render(wrong, camera_at(), RenderSettings())


def test_wrong_textures_cameras_and_settings(tracer):
    with pytest.raises(SimengineError, match="texture 2 isn't among the scene's 0"):
        tracer.render(replace(good(), materials=(SurfaceMaterial(texture=2),)), camera_at(), RenderSettings())
    with pytest.raises(SimengineError, match="can't form a picture"):
        tracer.render(good(), replace(camera_at(), fx=0.0), RenderSettings())
    with pytest.raises(SimengineError, match="at least 1 sample"):
        tracer.render(good(), camera_at(), RenderSettings(samples=0))


def test_bullet_draws_the_same_frame_type_again_and_again():
    renderer = make_renderer("bullet")
    scene, camera = clutter(count=5), camera_at()
    first, second = (renderer.render(scene, camera, RenderSettings(seed=s)) for s in (0, 1))
    for name, dtype, tail in (
        ("rgb", np.uint8, (3,)),
        ("depth", np.float32, ()),
        ("instances", np.int32, ()),
        ("links", np.int32, ()),
        ("normals", np.float32, (3,)),
        ("coordinates", np.float32, (3,)),
    ):
        a = getattr(first, name)
        assert a.dtype == dtype and a.shape == (120, 160, *tail)
        assert a.tobytes() == getattr(second, name).tobytes()
    for id_, outline in first.amodal.items():
        assert not ((first.instances == id_) & ~outline.mask).any()


def test_warp_is_loaded_in_silence():
    """Without a driver Warp's native code warns on stderr, whatever its log level."""
    code = "from simengine.render.device import load_warp; import os; load_warp(); os.write(2, b'after')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"after")


@pytest.mark.parametrize("module", ["geometry", "color", "film", "tone"])
def test_kernels_compile_for_cuda_without_a_gpu(module, tmp_path):
    wp = load_warp()
    source = importlib.import_module(f"simengine.render.kernels.{module}")
    made = wp.compile_aot_module(source, arch=80, module_dir=tmp_path, use_ptx=True)
    assert made and all(path.stat().st_size > 10_000 for path in made if path.suffix == ".ptx")


@pytest.mark.slow
@pytest.mark.parametrize("clear, rich", [(True, False), (False, True), (True, True)])
def test_kernels_of_clear_bodies_and_rich_materials_compile_for_cuda_without_a_gpu(clear, rich, tmp_path):
    wp = load_warp()
    from simengine.render.kernels.color import TRACERS

    made = wp.compile_aot_module(TRACERS[clear, rich].module, arch=80, module_dir=tmp_path, use_ptx=True)
    assert made and all(path.stat().st_size > 10_000 for path in made if path.suffix == ".ptx")
