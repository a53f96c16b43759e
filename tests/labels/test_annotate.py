import dataclasses
import json

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask
from scipy.spatial.transform import Rotation

from simengine.dataset.record import ViewRecord
from simengine.errors import SimengineError
from simengine.labels.annotate import annotate
from simengine.labels.policy import count_reasons
from simengine.sensors.camera import render_camera
from simengine.sensors.observe import View, state_hash

W, H = 64, 48
THING = {"label": {"name": "thing"}}
BACKGROUND = {"name": "table"}


def decode(rle):
    return coco_mask.decode({"size": rle["size"], "counts": rle["counts"].encode()}).astype(bool)


def test_masks_are_a_partition_of_the_id_picture(labelled):
    record, view, *_ = labelled([THING] * 3, {1: (5, 5, 20, 20), 2: (15, 10, 30, 10), 3: (-4, 30, 80, 30)})
    masks = [decode(entry.mask) for entry in record.objects]
    np.testing.assert_array_equal(sum(mask.astype(int) for mask in masks), view.frame_data.instances > 0)
    for entry, mask in zip(record.objects, masks, strict=True):
        np.testing.assert_array_equal(mask, view.frame_data.instances == entry.id)
        rows, columns = np.nonzero(mask)
        assert entry.box == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert entry.pixels == mask.sum()


def test_three_ratios_of_a_hidden_and_cut_object(labelled):
    # Object 2 is 40 x 20, half of it left of the picture; object 1 hides the lower half of what remains.
    record, *_ = labelled([THING, THING], {1: (0, 20, 20, 10), 2: (-20, 10, 40, 20)})
    front, back = record.objects
    assert (front.visible_fraction, front.in_frame_fraction, front.visibility_in_frame) == (1, 1, 1)
    assert (back.visible_fraction, back.in_frame_fraction, back.visibility_in_frame) == (0.25, 0.5, 0.5)
    assert (back.pixels, back.pixels_in_frame, back.pixels_amodal) == (200, 400, 800)
    assert back.box == [0, 10, 20, 10]
    assert back.box_amodal == [-20, 10, 40, 20]
    assert back.truncated and not front.truncated
    outline = decode(back.mask_amodal)
    assert outline.sum() == 400 and outline[10:30, :20].all()


@pytest.mark.parametrize(
    "rectangle", [(60, 40, 10, 10), (-5, -5, 10, 10), (-5, 20, 80, 5), (30, 45, 2, 30), (-9, -9, 99, 99)]
)
def test_outlines_partly_outside_every_edge(labelled, rectangle):
    record, *_ = labelled([THING], {1: rectangle})
    x, y, w, h = rectangle
    inside = (min(W, x + w) - max(0, x)) * (min(H, y + h) - max(0, y))
    (entry,) = record.objects
    assert entry.box_amodal == list(rectangle)
    assert (entry.pixels, entry.pixels_in_frame, entry.pixels_amodal) == (inside, inside, w * h)
    assert entry.truncated
    assert entry.in_frame_fraction == inside / (w * h)


def test_hidden_and_outside_objects_are_recorded_with_reason(labelled):
    record, *_ = labelled([THING] * 3, {1: (10, 10, 20, 20), 2: (12, 12, 5, 5), 3: (100, 10, 5, 5)})
    _, hidden, outside = record.objects
    for entry in (hidden, outside):
        assert (entry.labelled, entry.reason, entry.box, entry.mask, entry.pixels) == (False, "unseen", None, None, 0)
        assert entry.box_exported is None
        assert entry.visible_fraction == 0
    assert hidden.in_frame_fraction == 1
    assert decode(hidden.mask_amodal).sum() == 25
    assert (outside.in_frame_fraction, outside.visibility_in_frame, outside.mask_amodal) == (0, 0, None)
    assert outside.truncated


def test_object_behind_the_camera_has_no_outline(labelled, made):
    record, *_ = labelled([THING], {})
    (entry,) = record.objects
    assert (entry.reason, entry.box_amodal, entry.pixels_amodal, entry.truncated) == ("unseen", None, 0, False)
    assert (entry.visible_fraction, entry.in_frame_fraction, entry.visibility_in_frame) == (0, 0, 0)


def test_background_is_compact_and_counted(labelled):
    record, *_ = labelled([BACKGROUND, THING], {2: (5, 5, 10, 10), 1: (0, 0, W, H)})
    table, _ = record.objects
    assert (table.category, table.labelled, table.reason, table.group) == (None, False, "no_class", "table")
    assert (table.mask, table.mask_amodal, table.box3d, table.visible_fraction) == (None, None, None, None)
    assert table.pixels == W * H - 100
    assert table.box == [0, 0, W, H]
    assert count_reasons([record, record]) == {
        "labelled": 2, "no_class": 2, "unseen": 0, "min_pixels": 0, "min_visible_fraction": 0, "min_box_edge": 0,
        "audit": 0,
    }  # fmt: skip


def test_policy_keeps_dropped_objects_in_full(labelled):
    policy = {"min_pixels": 30, "min_visible_fraction": 0.5, "min_box_edge": 4}
    rectangles = {1: (0, 0, 10, 10), 2: (0, 5, 10, 9), 3: (20, 0, 5, 5), 4: (30, 0, 3, 30), 5: (40, 40, 20, 20)}
    record, *_ = labelled([THING] * 5, rectangles, policy=policy)
    reasons = [entry.reason for entry in record.objects]
    assert reasons == [None, "min_visible_fraction", "min_pixels", "min_box_edge", "min_visible_fraction"]
    assert [entry.labelled for entry in record.objects] == [reason is None for reason in reasons]
    assert all(entry.mask and entry.box and entry.box3d for entry in record.objects)


def test_class_that_is_not_listed_gets_no_label_but_is_known(labelled):
    record, *_ = labelled([THING], {1: (0, 0, 10, 10)}, classes=["other"])
    assert (record.objects[0].category, record.objects[0].reason) == ("thing", "no_class")


def test_padded_boxes_are_exported_and_clipped(labelled):
    record, *_ = labelled([THING], {1: (0, 10, 10, 10)}, policy={"box_padding": 1.4})
    (entry,) = record.objects
    assert entry.box == [0, 10, 10, 10]
    assert entry.box_exported == [0, 8, 12, 14]


# World z in the die's frame must be the direction of the face: one is +z and six is -z, opposite faces sum to 7.
def test_face_up_in_all_orientations_of_a_die(labelled):
    from simengine.assets.build import build

    die = {"shape": {"die": {}}, "label": {"face_up": {}}}
    _, _, scene, _ = labelled([die], {})
    directions = build(scene.objects[0].spec.shape, base=".").directions
    assert sorted(directions) == ["five", "four", "one", "six", "three", "two"]
    rng = np.random.default_rng(0)
    for face, direction in directions.items():
        for _ in range(5):
            spin = Rotation.from_rotvec([0, 0, rng.uniform(-3, 3)]) * Rotation.from_rotvec(rng.normal(0, 0.2, 3))
            up, _ = Rotation.align_vectors([[0, 0, 1]], [direction])
            record, *_ = labelled([die], {1: (0, 0, 9, 9)}, rotations=[[(spin * up).as_quat()]])
            assert record.objects[0].category == face


def test_face_up_follows_the_frame_and_renames(labelled, made):
    rule = {"shape": {"die": {}}, "label": {"face_up": {"classes": {"one": "ace"}}}}
    _, _, scene, _ = labelled([rule], {1: (0, 0, 9, 9)})
    from simengine.assets.build import build

    directions = build(scene.objects[0].spec.shape, base=".").directions
    ups = [Rotation.align_vectors([[0, 0, 1]], [directions[face]])[0].as_quat() for face in ("one", "four")]
    trajectory = made.trajectory(scene, times=[0.0, 1.0], rotations=[[ups[0]], [ups[1]]])
    eye = render_camera(scene.cameras[0])
    records = []
    for number in (0, 1):
        frame = made.paint(W, H, {1: (0, 0, 9, 9)})
        view = View("camera", number, float(number), eye, frame, state_hash(trajectory, number, eye))
        records.append(annotate(scene, trajectory, view))
    assert [record.objects[0].category for record in records] == ["ace", None]
    assert [record.objects[0].track for record in records] == [1, 1]
    assert records[1].objects[0].reason == "no_class"


def test_face_up_of_a_shape_without_faces_is_an_error(labelled):
    with pytest.raises(SimengineError, match=r"thing\.label\.face_up.*box names no directions"):
        labelled([{"label": {"face_up": {}}}], {1: (0, 0, 9, 9)})


def test_pose_and_box3d_project_as_opencv_does(labelled):
    rotation = Rotation.from_euler("xyz", [0.3, -0.4, 0.9])
    position = np.array([0.05, -0.02, 0.1])
    spec = {"shape": {"box": {"size": [0.2, 0.1, 0.06]}}, "label": {"name": "box"}}
    record, *_ = labelled(
        [spec], {1: (5, 5, 9, 9)}, positions=[[position]], rotations=[[rotation.as_quat()]],
        camera={"pose": {"look_at": {"eye": [0.5, -0.6, 0.7], "target": [0, 0, 0], "roll": 0.2}}},
    )  # fmt: skip
    (entry,) = record.objects
    box = entry.box3d
    np.testing.assert_allclose(box.size, [0.2, 0.1, 0.06], atol=1e-6)
    camera_from_world = np.linalg.inv(np.array(record.world_from_camera))
    unit = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) - 0.5
    # From the world, by hand.
    world = rotation.apply(unit * [0.2, 0.1, 0.06]) + position
    vector, _ = cv2.Rodrigues(camera_from_world[:3, :3])
    theirs, _ = cv2.projectPoints(world, vector, camera_from_world[:3, 3], np.array(record.intrinsics), None)
    np.testing.assert_allclose(box.corners, theirs[:, 0], atol=1e-3)
    # From the record's own box and pose in the camera's frame.
    for center, turn in (
        (box.center, box.rotation),
        (entry.camera_from_object.position, entry.camera_from_object.rotation),
    ):
        points = Rotation.from_quat(turn).apply(unit * box.size) + center
        ours, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), np.array(record.intrinsics), None)
        np.testing.assert_allclose(box.corners, ours[:, 0], atol=1e-3)
    assert entry.distance == pytest.approx(np.linalg.norm(position - [0.5, -0.6, 0.7]), abs=1e-6)
    np.testing.assert_allclose(entry.world_from_object.position, position)
    assert Rotation.from_quat(entry.world_from_object.rotation).approx_equal(rotation)


def test_corners_behind_the_camera_are_null(labelled):
    spec = {"shape": {"box": {"size": [4, 4, 4]}}, "label": {"name": "box"}}
    record, *_ = labelled(
        [spec], {1: (0, 0, W, H)}, camera={"pose": {"look_at": {"eye": [0, -1, 0], "target": [0, 0, 0]}}}
    )
    corners = record.objects[0].box3d.corners
    assert corners[:2] == [None, None] and None not in corners[2:4]


def test_links_of_an_articulated_object(labelled, made, monkeypatch):
    from simengine.labels import annotate as module

    asset = made.asset(made.link("base", made.mesh()), made.link("arm", made.mesh(key="other")))
    monkeypatch.setattr(module, "build", lambda shape, *, base: asset)
    record, *_ = labelled([THING], {1: (0, 0, 9, 9)}, positions=[[[0, 0, 0], [2, 0, 0]]], links=2)
    (entry,) = record.objects
    assert entry.links["arm"].position == [2, 0, 0]
    np.testing.assert_allclose(entry.box3d.size, [3, 1, 1])  # unit tetrahedra at x = 0 and x = 2


def test_labels_of_another_state_are_refused(labelled):
    _, view, scene, trajectory = labelled([THING], {1: (0, 0, 9, 9)})
    moved = dataclasses.replace(trajectory, positions=trajectory.positions + 1e-6)
    with pytest.raises(SimengineError, match="state"):
        annotate(scene, moved, view)


def test_object_without_a_traced_outline_is_an_error(labelled, made):
    _, view, scene, trajectory = labelled([THING], {1: (0, 0, 9, 9)})
    frame = dataclasses.replace(view.frame_data, amodal={})
    with pytest.raises(SimengineError, match=r"thing\[0\] shows 81 pixels"):
        annotate(scene, trajectory, dataclasses.replace(view, frame_data=frame))


def test_record_of_a_view_survives_json(labelled):
    record, *_ = labelled([BACKGROUND, THING, THING], {2: (5, 5, 9, 9), 3: (90, 0, 5, 5), 1: (0, 0, W, H)})
    text = json.dumps(record.to_dict(), allow_nan=False)
    assert ViewRecord.from_dict(json.loads(text)) == record
    assert record.depth_scale == 0.0002  # the finest step of the 1-2-5 series that reaches 10 m
