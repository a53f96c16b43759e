"""Label maps of the ray tracer against Open3D's Embree and PyBullet's TinyRenderer."""

import numpy as np
import pytest
import trimesh
from oracles.render_scenes import camera_at, clutter, embree, pose, sheet, to_mesh

from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

LABELS = RenderSettings(color=False, amodal=())


@pytest.mark.parametrize("seed", range(4))
def test_label_maps_equal_embree(tracer, seed):
    scene = clutter(count=14, seed=seed)
    camera = camera_at(eye=(0.5, -0.6 + 0.2 * seed, 0.5), width=320, height=240)
    frame, truth = tracer.render(scene, camera, LABELS), embree(scene, camera)
    ids = np.array([*(i.id for i in scene.instances), 0])[truth["index"]]
    links = np.array([*(i.link for i in scene.instances), -1])[truth["index"]]
    same = (frame.instances == ids) & (frame.links == links)
    assert same.mean() > 0.999
    seen = same & (ids > 0)
    smooth = seen & (np.abs(frame.depth - truth["depth"]) < 1e-4)
    assert smooth.sum() > 0.9999 * seen.sum()  # the rest lies on a fold within an object
    assert np.abs(frame.coordinates - truth["coordinates"])[smooth].max() < 1e-4
    cosine = (frame.normals * truth["normals"]).sum(axis=-1)[smooth]
    assert np.quantile(cosine, 1e-3) > 0.9999
    assert np.allclose(np.linalg.norm(frame.normals[ids > 0], axis=-1), 1, atol=1e-5)
    for values, empty in ((frame.depth, 0), (frame.normals, 0), (frame.coordinates, 0), (frame.links, -1)):
        assert (values[frame.instances == 0] == empty).all()


def test_coordinates_lead_back_to_the_pixel(tracer):
    scene, camera = clutter(), camera_at()
    frame = tracer.render(scene, camera, LABELS)
    camera_from_world = np.linalg.inv(camera.world_from_camera)
    for instance in scene.instances:
        y, x = np.nonzero((frame.instances == instance.id) & (frame.links == instance.link))
        pose_ = camera_from_world @ instance.transform
        p = frame.coordinates[y, x] @ pose_[:3, :3].T + pose_[:3, 3]
        assert np.abs(camera.fx * p[:, 0] / p[:, 2] + camera.cx - x - 0.5).max(initial=0) < 1e-2
        assert np.abs(camera.fy * p[:, 1] / p[:, 2] + camera.cy - y - 0.5).max(initial=0) < 1e-2
        assert np.abs(p[:, 2] - frame.depth[y, x]).max(initial=0) < 1e-5


def test_depth_keeps_its_precision_far_from_the_origin(tracer):
    """World coordinates of a kilometre leave 0.06 mm to float32; distances are taken from the camera."""
    far = np.array([1000.0, -2000.0, 500.0])
    scene, camera = clutter(count=6), camera_at()
    near = tracer.render(scene, camera, LABELS)
    moved = tuple(Instance(i.mesh, pose(far) @ i.transform, i.materials, i.id, i.link) for i in scene.instances)
    from dataclasses import replace

    there = tracer.render(
        replace(scene, instances=moved), replace(camera, world_from_camera=pose(far) @ camera.world_from_camera), LABELS
    )
    same = near.instances == there.instances
    assert same.mean() > 0.9995
    assert np.quantile(np.abs(near.depth - there.depth)[same], 0.999) < 2e-6


def test_small_things_close_by_are_exact(tracer):
    """A 16 mm die with 0.2 mm relief, from 10 cm."""
    dots = [trimesh.creation.box((0.002, 0.002, 0.0002)).apply_translation((x, y, 0.0081)) for x in (-0.004, 0.004)
            for y in (-0.004, 0.004)]  # fmt: skip
    die = to_mesh(trimesh.util.concatenate([trimesh.creation.box((0.016,) * 3), *dots]))
    scene = RenderScene((Instance(die, np.eye(4), (0,), 1),), (SurfaceMaterial(),))
    camera = camera_at(eye=(0.03, -0.04, 0.09))
    frame, truth = tracer.render(scene, camera, LABELS), embree(scene, camera)
    assert ((frame.instances > 0) == (truth["index"] >= 0)).mean() > 0.999
    assert np.quantile(np.abs(frame.depth - truth["depth"])[frame.instances > 0], 0.999) < 2e-6


def test_many_instances_equal_embree(tracer):
    scene, camera = clutter(count=200), camera_at(width=320, height=240)
    frame, truth = tracer.render(scene, camera, LABELS), embree(scene, camera)
    ids = np.array([*(i.id for i in scene.instances), 0])[truth["index"]]
    assert (frame.instances == ids).mean() > 0.999


def test_hundred_thousand_triangles(tracer):
    ball = to_mesh(trimesh.creation.icosphere(7, radius=0.2), smooth=True)
    assert len(ball.faces) > 300_000
    scene = RenderScene((Instance(ball, pose((0, 0, 0.2)), (0,), 1),), (SurfaceMaterial(),))
    camera = camera_at(eye=(0.8, 0, 0.2), target=(0, 0, 0.2))
    frame, truth = tracer.render(scene, camera, LABELS), embree(scene, camera)
    assert ((frame.instances > 0) == (truth["index"] >= 0)).mean() > 0.999
    assert np.quantile(np.abs(frame.depth - truth["depth"])[frame.instances > 0], 0.999) < 1e-5


def test_degenerate_triangles_are_harmless(tracer):
    mesh = sheet()
    from dataclasses import replace

    faces = np.concatenate([mesh.faces, [[0, 0, 1], [2, 2, 2]]]).astype(np.int32)
    normals = np.concatenate([mesh.normals, np.zeros((2, 3, 3), np.float32)])
    broken = replace(mesh, faces=faces, normals=normals, slots=np.zeros(4, np.int32), key="broken")
    scene = RenderScene((Instance(broken, np.eye(4), (0,), 1),), (SurfaceMaterial(),))
    frame = tracer.render(scene, camera_at(), RenderSettings(samples=1, bounces=1))
    whole = RenderScene((Instance(mesh, np.eye(4), (0,), 1),), (SurfaceMaterial(),))
    assert (frame.instances == tracer.render(whole, camera_at(), LABELS).instances).all()
    assert np.isfinite(frame.linear).all() and np.isfinite(frame.normals).all()


def test_masks_equal_tiny_renderer(tracer):
    from simengine.render.bullet_renderer import BulletRenderer

    scene, camera = clutter(count=14), camera_at(width=320, height=240)
    ours = tracer.render(scene, camera, RenderSettings(color=False))
    theirs = BulletRenderer().render(scene, camera, RenderSettings())
    for id_ in np.unique(ours.instances[ours.instances > 0]):
        a, b = ours.instances == id_, theirs.instances == id_
        if a.sum() > 30:
            assert (a & b).sum() / (a | b).sum() > 0.97
            outline = ours.amodal[id_]
            left, top = max(outline.left, 0), max(outline.top, 0)
            inside = outline.mask[top - outline.top :, left - outline.left :][: 240 - top, : 320 - left]
            alone = theirs.amodal[id_].mask[top : top + inside.shape[0], left : left + inside.shape[1]]
            assert (inside & alone).sum() / (inside | alone).sum() > 0.97
    same = (ours.instances == theirs.instances) & (ours.instances > 0)
    assert np.quantile(np.abs(ours.depth - theirs.depth)[same], 0.99) < 2e-4
    assert np.quantile(np.abs(ours.coordinates - theirs.coordinates)[same], 0.99) < 2e-4
    assert np.median((ours.normals * theirs.normals).sum(axis=-1)[same]) > 0.999
