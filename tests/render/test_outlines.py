"""Amodal outlines: whole, alone, never smaller than what is seen."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from oracles.render_scenes import camera_at, clutter, embree, pose, sheet, to_mesh

from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

LABELS = RenderSettings(color=False)
GREY = (SurfaceMaterial(),)


def in_picture(outline, shape):
    """The part of an outline within the picture."""
    canvas = np.zeros(shape, bool)
    h, w = outline.mask.shape
    top, left = max(outline.top, 0), max(outline.left, 0)
    bottom, right = min(outline.top + h, shape[0]), min(outline.left + w, shape[1])
    if bottom > top and right > left:
        canvas[top:bottom, left:right] = outline.mask[
            top - outline.top : bottom - outline.top, left - outline.left : right - outline.left
        ]
    return canvas


@pytest.mark.parametrize("seed", range(3))
def test_visible_is_part_of_the_whole_outline_traced_alone(tracer, seed):
    scene, camera = clutter(seed=seed), camera_at(eye=(0.2, -0.25, 0.3))
    frame = tracer.render(scene, camera, LABELS)
    assert set(frame.amodal) == {i.id for i in scene.instances}
    for id_, outline in frame.amodal.items():
        whole = in_picture(outline, frame.instances.shape)
        assert not ((frame.instances == id_) & ~whole).any()
        alone = replace(scene, instances=tuple(i for i in scene.instances if i.id == id_))
        assert ((embree(alone, camera)["index"] >= 0) ^ whole).sum() <= max(2, 2e-3 * whole.sum())


def test_outlines_go_on_outside_the_picture(tracer):
    """A window of three pictures' width shows what a camera of that width would see."""
    ball = to_mesh(trimesh.creation.icosphere(3, radius=0.05), smooth=True)
    box = to_mesh(trimesh.creation.box((0.1, 0.1, 0.1)))
    scene = RenderScene(
        (Instance(ball, pose((-0.55, 0, 0.05)), (0,), 1), Instance(box, pose((0.6, 0.1, 0.05)), (0,), 2)), GREY
    )
    camera = camera_at(eye=(0, -1, 0.3))
    wide = replace(camera, width=480, height=360, cx=camera.cx + 160, cy=camera.cy + 120)
    frame, truth = tracer.render(scene, camera, LABELS), tracer.render(scene, wide, LABELS)
    for id_, outline in frame.amodal.items():
        shifted = replace(outline, left=outline.left + 160, top=outline.top + 120)
        assert (in_picture(shifted, (360, 480)) ^ (truth.instances == id_)).sum() <= 1
        assert not outline.clipped
    assert min(outline.left for outline in frame.amodal.values()) < 0


def test_tiles_and_single_rays_agree(tracer, monkeypatch):
    """The CPU draws labels by tiles, CUDA by single rays: two algorithms, one picture."""
    scene, camera = clutter(count=30), camera_at(eye=(0.2, -0.2, 0.2), width=203, height=149)
    tiles = tracer.render(scene, camera, LABELS)
    monkeypatch.setattr(tracer._launcher, "tiles", False)
    rays = tracer.render(scene, camera, LABELS)
    assert (tiles.instances != rays.instances).mean() < 1e-4
    same = tiles.instances == rays.instances
    assert np.quantile(np.abs(tiles.depth - rays.depth)[same], 0.9999) < 1e-6
    for id_, outline in tiles.amodal.items():
        other = rays.amodal[id_]
        assert (outline.left, outline.top, outline.clipped) == (other.left, other.top, other.clipped)
        assert (outline.mask ^ other.mask).sum() <= max(1, 1e-4 * outline.mask.sum())


def test_sheet_that_reaches_behind_the_camera_is_clipped(tracer):
    scene = RenderScene((Instance(sheet((20, 20)), np.eye(4), (0,), 1),), GREY)
    camera = camera_at(eye=(0, -1, 0.5), target=(0, 0, 0.2))
    frame = tracer.render(scene, camera, LABELS)
    outline = frame.amodal[1]
    assert outline.clipped
    assert (outline.left, outline.top + outline.mask.shape[0]) == (-160, 240)
    assert (in_picture(outline, (120, 160)) == (frame.instances == 1)).all()
    assert outline.mask[-1].all()


def test_things_behind_and_far_beside_the_camera(tracer):
    ball = to_mesh(trimesh.creation.icosphere(2, radius=0.05))
    places = {1: (0, -2, 0.3), 2: (50, 0, 0.3), 3: (0, 0, 0.3)}
    scene = RenderScene(tuple(Instance(ball, pose(p), (0,), k) for k, p in places.items()), GREY)
    frame = tracer.render(scene, camera_at(eye=(0, -1, 0.3), target=(0, 0, 0.3)), LABELS)
    assert not frame.amodal[1].mask.any() and not frame.amodal[1].clipped
    assert not frame.amodal[2].mask.any() and frame.amodal[2].clipped
    assert frame.amodal[3].mask.any() and not frame.amodal[3].clipped


def test_camera_inside_an_object(tracer):
    ball = to_mesh(trimesh.creation.icosphere(3, radius=0.5), smooth=True)
    scene = RenderScene((Instance(ball, np.eye(4), (0,), 1),), GREY)
    frame = tracer.render(scene, camera_at(eye=(0.01, 0, 0), target=(1, 0, 0)), RenderSettings(samples=1, bounces=1))
    assert (frame.instances == 1).all()
    assert frame.normals[60, 80, 2] < 0  # towards the camera
    assert frame.amodal[1].clipped and frame.amodal[1].mask.all()


def test_only_the_outlines_asked_for(tracer):
    scene = clutter()
    assert set(tracer.render(scene, camera_at(), replace(LABELS, amodal=(3, 5, 999))).amodal) == {3, 5}
    assert tracer.render(scene, camera_at(), replace(LABELS, amodal=())).amodal == {}
