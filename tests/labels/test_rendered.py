"""Labels of pictures from the real renderer: masks, outlines, poses and boxes must tell one story."""

import dataclasses

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from scipy.spatial.transform import Rotation

from simengine.labels.annotate import annotate
from simengine.render.camera import project_points
from simengine.render.warp_renderer import WarpRenderer
from simengine.sensors.observe import observe

CAMERA = {
    "resolution": [160, 120],
    "intrinsics": {"fov": 0.9},
    "pose": {"look_at": {"eye": [0.1, -0.5, 0.4], "target": [0, 0, 0]}},
}


@pytest.fixture(scope="module")
def renderer():
    return WarpRenderer(device="cpu", threads=1)


@pytest.fixture
def pile(made):
    """Overlapping boxes, a die and a sphere on a sheet; some are cut by the picture's edge."""
    things = [{"name": "sheet", "shape": {"plane": {"size": [2, 2]}}}]
    shapes = [{"box": {"size": [0.1, 0.06, 0.08]}}, {"die": {"size": 0.07}}, {"sphere": {"radius": 0.05}}]
    things += [{"shape": shapes[i % 3], "label": {"name": "thing"}} for i in range(12)]
    rng = np.random.default_rng(5)
    positions = np.vstack([[0, 0, 0], rng.uniform([-0.3, -0.2, 0.05], [0.3, 0.2, 0.1], (12, 3))])
    rotations = np.vstack([[0, 0, 0, 1], Rotation.random(12, random_state=5).as_quat()])
    scene = made.scene(things, cameras={"camera": CAMERA}, model={"render": {"preset": "draft"}})
    return scene, made.trajectory(scene, positions=[positions], rotations=[rotations])


def decode(rle):
    return coco_mask.decode({"size": rle["size"], "counts": rle["counts"].encode()}).astype(bool)


def test_masks_are_the_ids_and_outlines_are_the_objects_alone(pile, renderer, made):
    scene, trajectory = pile
    (view,) = observe(scene, trajectory, renderer=renderer)
    record = annotate(scene, trajectory, view)
    hidden = cut = 0
    for entry in record.objects[1:]:
        visible = view.frame_data.instances == entry.id
        assert entry.pixels == visible.sum()
        if entry.mask:
            np.testing.assert_array_equal(decode(entry.mask), visible)
        alone = dataclasses.replace(
            scene,
            objects=tuple(
                thing
                if thing.id == entry.id
                else dataclasses.replace(thing, spec=thing.spec.model_copy(update={"visible": False}))
                for thing in scene.objects
            ),
        )
        (solo,) = observe(alone, trajectory, renderer=renderer)
        outline = solo.frame_data.instances == entry.id
        assert entry.pixels_in_frame == outline.sum()
        if entry.mask_amodal:
            np.testing.assert_array_equal(decode(entry.mask_amodal), outline)
        hidden += entry.visibility_in_frame < 0.95
        cut += entry.truncated
    assert hidden >= 2 and cut >= 1  # the pile is worth the test


def test_points_of_the_object_lie_where_its_pose_says(pile, renderer):
    scene, trajectory = pile
    (view,) = observe(scene, trajectory, renderer=renderer)
    record = annotate(scene, trajectory, view)
    for entry in record.objects:
        rows, columns = np.nonzero(view.frame_data.instances == entry.id)
        if not len(rows):
            continue
        own = view.frame_data.coordinates[rows, columns].astype(float)
        world = Rotation.from_quat(entry.world_from_object.rotation).apply(own) + entry.world_from_object.position
        pixels, z = project_points(view.render_camera, world)
        np.testing.assert_allclose(pixels, np.stack([columns, rows], 1) + 0.5, atol=0.02)
        np.testing.assert_allclose(z, view.frame_data.depth[rows, columns], atol=1e-4)
        camera = Rotation.from_quat(entry.camera_from_object.rotation).apply(own) + entry.camera_from_object.position
        np.testing.assert_allclose(camera[:, 2], z, atol=1e-4)


def test_projected_3d_boxes_enclose_outlines_and_touch_spheres(pile, renderer):
    scene, trajectory = pile
    (view,) = observe(scene, trajectory, renderer=renderer)
    for entry in annotate(scene, trajectory, view).objects[1:]:
        if entry.box_amodal is None:
            continue
        corners = np.array(entry.box3d.corners)
        x, y, w, h = entry.box_amodal
        assert (corners.min(axis=0) <= [x + 0.5, y + 0.5]).all()
        assert (corners.max(axis=0) >= [x + w - 0.5, y + h - 0.5]).all()
        assert w * h >= entry.pixels_amodal >= 0.4 * w * h
