"""The same input gives the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter

from simengine.render.model import RenderSettings
from simengine.render.warp_renderer import WarpRenderer

MAPS = ("rgb", "linear", "depth", "instances", "links", "normals", "coordinates")


def equal(a, b):
    assert a.amodal.keys() == b.amodal.keys()
    for id_, outline in a.amodal.items():
        other = b.amodal[id_]
        assert (outline.left, outline.top, outline.clipped) == (other.left, other.top, other.clipped)
        assert outline.mask.tobytes() == other.mask.tobytes()
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in MAPS)


@pytest.mark.parametrize("settings", [RenderSettings(1, 0), RenderSettings(3, 2, seed=2**63)])
def test_threads_tiles_and_repetition_change_nothing(tracer, settings):
    scene, camera = clutter(), camera_at(width=101, height=67)
    once = tracer.render(scene, camera, settings)
    assert equal(once, tracer.render(scene, camera, settings))
    assert equal(once, WarpRenderer(threads=3).render(scene, camera, settings))


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
