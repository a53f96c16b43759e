"""Labels of pictures that lenses bend and shutters smear: masks, outlines, boxes and corners must still tell one story."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.dataset.record import ViewRecord
from simengine.labels.annotate import annotate
from simengine.render.camera import project_points
from simengine.render.warp_renderer import WarpRenderer
from simengine.sensors.observe import observe

POSE = {"look_at": {"eye": [0.1, -0.5, 0.4], "target": [0, 0, 0]}}
BARREL = {"distortion": {"brown_conrady": {"k1": -0.25, "k2": 0.06, "p1": 0.002}}, "intrinsics": {"fov": 0.9}}
FISHEYE = {"distortion": {"kannala_brandt": {"k1": 0.03, "image_circle": 3.6}}, "intrinsics": {"fov": 2.2}}
ROLLING = {"shutter": {"readout_time": 0.05, "exposure_time": 0.01}, "shake": {"angular_velocity": [0.3, 0.5, -0.4]}}


@pytest.fixture(scope="module")
def renderer():
    return WarpRenderer(device="cpu", threads=1)


class Drift:
    """A body that flies and turns steadily."""

    def __init__(self, position, rotation, velocity, spin):
        self.position, self.rotation = np.asarray(position), Rotation.from_quat(rotation)
        self.velocity, self.spin = np.asarray(velocity), np.asarray(spin)

    def states(self, times):
        times = np.atleast_1d(times)
        turns = (Rotation.from_rotvec(times[:, None] * self.spin) * self.rotation).as_quat()
        return np.column_stack([self.position + times[:, None] * self.velocity, turns, np.zeros((len(times), 6))])


@pytest.fixture
def labelled(made, renderer):
    def label(**camera):
        rng = np.random.default_rng(5)
        things = [{"name": "sheet", "shape": {"plane": {"size": [2, 2]}}}]
        shapes = [{"box": {"size": [0.1, 0.06, 0.08]}}, {"die": {"size": 0.07}}, {"sphere": {"radius": 0.05}}]
        things += [{"shape": shapes[i % 3], "label": {"name": "thing"}} for i in range(9)]
        positions = np.vstack([[0, 0, 0], rng.uniform([-0.25, -0.2, 0.05], [0.25, 0.2, 0.1], (9, 3))])
        rotations = np.vstack([[0, 0, 0, 1], Rotation.random(9, random_state=5).as_quat()])
        view = {"resolution": [160, 120], "pose": POSE, **camera}
        scene = made.scene(things, cameras={"camera": view}, model={"render": {"preset": "draft"}})
        trajectory = made.trajectory(scene, positions=[positions], rotations=[rotations])
        for k in range(1, 10):
            velocity, spin = rng.uniform(-0.5, 0.5, 3), rng.uniform(-5, 5, 3)
            trajectory.motions[trajectory.bodies[k]] = Drift(positions[k], rotations[k], velocity, spin)
        (seen,) = observe(scene, trajectory, renderer=renderer)
        return annotate(scene, trajectory, seen), seen

    return label


@pytest.mark.parametrize("camera", [BARREL, FISHEYE, {**BARREL, **ROLLING}, {"intrinsics": {"fov": 0.9}, **ROLLING}])
def test_projected_3d_boxes_enclose_outlines(labelled, camera):
    record, view = labelled(**camera)
    tried = 0
    for entry in record.objects[1:]:
        assert entry.pixels == (view.frame_data.instances == entry.id).sum()
        if entry.box_amodal is None or None in entry.box3d.corners:
            continue
        corners = np.array(entry.box3d.corners)
        x, y, w, h = entry.box_amodal
        slack = 1.5  # edges of the box bow out between its corners
        assert (corners.min(axis=0) <= [x + slack, y + slack]).all()
        assert (corners.max(axis=0) >= [x + w - slack, y + h - slack]).all()
        assert w * h >= entry.pixels_amodal >= 0.35 * w * h
        tried += 1
    assert tried >= 5


@pytest.mark.parametrize("camera", [BARREL, FISHEYE])
def test_poses_and_coordinates_meet_at_the_pixel(labelled, camera):
    record, view = labelled(**camera)
    for entry in record.objects:
        rows, columns = np.nonzero(view.frame_data.instances == entry.id)
        own = view.frame_data.coordinates[rows, columns].astype(float)
        world = Rotation.from_quat(entry.world_from_object.rotation).apply(own) + entry.world_from_object.position
        pixels, z = project_points(view.render_camera, world)
        np.testing.assert_allclose(pixels, np.stack([columns, rows], 1) + 0.5, atol=0.02)
        away = np.linalg.norm(world - view.render_camera.world_from_camera[:3, 3], axis=-1)
        depth = away if record.depth_kind == "range" else z
        np.testing.assert_allclose(depth, view.frame_data.depth[rows, columns], atol=1e-4)


def test_the_record_tells_of_lens_focus_shutter_and_crop(labelled):
    crop = {"left": 30, "top": 20, "width": 100, "height": 80}
    record, view = labelled(**BARREL, **ROLLING, aperture={"diameter": 0.004}, crop=crop)
    assert record.distortion == {
        "model": "brown_conrady", "coefficients": [-0.25, 0.06, 0.002, 0.0, 0.0, 0.0, 0.0, 0.0]
    }  # fmt: skip
    assert record.depth_kind == "planar"
    assert record.focus == {"aperture": 0.004, "distance": pytest.approx(np.linalg.norm([0.1, 0.5, 0.4]))}
    assert record.shutter == {
        "exposure_time": 0.01, "readout_time": 0.05, "direction": "down",
        "velocity": [0.0, 0.0, 0.0], "angular_velocity": [0.3, 0.5, -0.4],
    }  # fmt: skip
    assert record.crop == {"left": 30, "top": 20, "width": 160, "height": 120}
    assert (record.width, record.height, view.frame_data.rgb.shape) == (100, 80, (80, 100, 3))
    assert record.intrinsics[0][2] == 80 - 30 and record.intrinsics[1][2] == 60 - 20
    assert ViewRecord.from_dict(record.to_dict()).to_dict() == record.to_dict()
    fisheye, _ = labelled(**FISHEYE)
    assert fisheye.depth_kind == "range"
    assert fisheye.distortion == {
        "model": "kannala_brandt", "coefficients": [0.03, 0.0, 0.0, 0.0], "image_circle": 3.6
    }  # fmt: skip


def test_motion_blur_leaves_every_label_as_it_is_at_mid_exposure(labelled):
    still, _ = labelled(intrinsics={"fov": 0.9})
    blurred, view = labelled(intrinsics={"fov": 0.9}, shutter={"exposure_time": 0.03})
    assert len(view.passage.bodies) > 20
    assert [entry.to_dict() for entry in blurred.objects] == [entry.to_dict() for entry in still.objects]
    assert blurred.state != still.state
