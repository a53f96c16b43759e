"""The same input gives the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter, light

from simengine.render.model import Picture, RenderScene, RenderSettings
from simengine.render.warp_renderer import WarpRenderer

MAPS = ("rgb", "linear", "depth", "instances", "links", "normals", "coordinates")


def equal(a, b):
    assert a.amodal.keys() == b.amodal.keys()
    for id_, outline in a.amodal.items():
        other = b.amodal[id_]
        assert (outline.left, outline.top, outline.clipped) == (other.left, other.top, other.clipped)
        assert outline.mask.tobytes() == other.mask.tobytes()
    if a.linear is None:
        assert b.linear is None
    return all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for name in MAPS
        if a.linear is not None or name != "linear"
    )


@pytest.mark.parametrize("settings", [RenderSettings(1, 0), RenderSettings(3, 2, seed=2**63)])
def test_threads_tiles_and_repetition_change_nothing(tracer, settings):
    scene, camera = clutter(), camera_at(width=101, height=67)
    once = tracer.render(scene, camera, settings)
    assert equal(once, tracer.render(scene, camera, settings))
    assert equal(once, WarpRenderer(threads=3).render(scene, camera, settings))


@pytest.mark.parametrize("settings", [RenderSettings(1, 0), RenderSettings(70, 1), RenderSettings(color=False)])
@pytest.mark.parametrize("tiles", [True, False])
def test_many_pictures_at_once_are_what_they_are_alone(tracer, monkeypatch, settings, tiles):
    """Scenes, cameras, sizes, seeds, lights and surroundings differ; tiles are the CPU's way, rays CUDA's."""
    monkeypatch.setattr(tracer._launcher, "tiles", tiles)
    monkeypatch.setattr("simengine.render.warp_renderer.BATCH_PIXELS", 3 * 61 * 35)  # five of one size: two batches
    first = clutter(seed=1)
    sun = replace(first, lights=(*first.lights, light("sun", power=2.0)), environment=None)
    small, large = camera_at(width=61, height=35), camera_at(eye=(-0.3, 0.4, 0.5), width=48, height=40, exposure=1.0)
    nothing = RenderScene((), (), environment=np.full((1, 2, 3), 0.5, np.float32))
    pictures = [
        (first, small, settings),
        (sun, small, replace(settings, seed=3)),
        (first, large, settings),
        (nothing, small, settings),
        (clutter(seed=2, count=3), replace(small, exposure=-1.0), replace(settings, seed=2**40, amodal=(2,))),
        (first, small, replace(settings, seed=5, amodal=())),
    ]
    for one, picture in zip(tracer.render_many([Picture(*each) for each in pictures]), pictures, strict=True):
        assert equal(one, tracer.render(*picture))


def test_a_frame_stays_as_it_is_when_others_are_drawn(tracer):
    first = tracer.render(clutter(seed=1), camera_at(), RenderSettings(1, 0))
    copy = first.rgb.copy(), first.depth.copy()
    tracer.render(clutter(seed=2), camera_at(), RenderSettings(1, 0))
    assert (first.rgb == copy[0]).all() and (first.depth == copy[1]).all()


def test_seed_changes_noise_but_no_label(tracer):
    scene, camera = clutter(), camera_at()
    frames = [tracer.render(scene, camera, RenderSettings(2, 1, seed=s)) for s in (0, 1, 2**32, 2**63)]
    for frame in frames[1:]:
        assert (frame.linear != frames[0].linear).any()
        assert frame.instances.tobytes() == frames[0].instances.tobytes()
    assert (frames[1].linear != frames[2].linear).any()


def test_label_maps_do_not_depend_on_colour(tracer):
    scene, camera = clutter(), camera_at()
    with_color = tracer.render(scene, camera, RenderSettings(4, 1))
    without = tracer.render(scene, camera, RenderSettings(color=False))
    for name in MAPS[2:]:
        assert getattr(with_color, name).tobytes() == getattr(without, name).tobytes()


def test_samples_beyond_one_pass_converge(tracer):
    scene, camera = clutter(), camera_at(width=40, height=30)
    few = tracer.render(scene, camera, RenderSettings(16, 0, denoise=False))
    many = tracer.render(scene, camera, RenderSettings(200, 0, denoise=False))
    more = tracer.render(scene, camera, replace(RenderSettings(200, 0, denoise=False), seed=5))
    assert np.abs(many.linear - more.linear).mean() < 0.5 * np.abs(few.linear - more.linear).mean()
    assert abs(many.linear.mean() / more.linear.mean() - 1) < 0.002


def test_meshes_leave_when_memory_is_full():
    small = WarpRenderer(memory=1)
    settings = RenderSettings(color=False)
    first = small.render(clutter(seed=1), camera_at(), settings)
    small.render(clutter(seed=2, count=1), camera_at(), settings)
    assert len(small._cache._meshes) == 2
    assert first.depth.tobytes() == small.render(clutter(seed=1), camera_at(), settings).depth.tobytes()
