import numpy as np
import pytest

from simengine.errors import Rejected
from simengine.sensors.camera import render_camera
from simengine.sensors.focus import focused
from simengine.sensors.observe import body_transforms

LENS = {"aperture": {"diameter": 0.01}, "pose": {"look_at": {"eye": [0, -2, 0], "target": [0, 0, 0]}}}


def distance(made, spec, *, objects=1, position=(0.0, 0.5, 0.0)):
    scene = made.scene(
        [{"name": "box", "shape": {"box": {"size": [0.2, 0.2, 0.2]}}}] * objects, cameras={"camera": {**LENS, **spec}}
    )
    trajectory = made.trajectory(scene, positions=[[position] * objects])
    entry = scene.cameras[0]
    return focused(render_camera(entry), entry, scene, trajectory, body_transforms(trajectory, 0)).focus


def test_focus_by_distance_by_object_and_by_where_the_camera_looks(made):
    assert distance(made, {"focus": {"distance": 0.7}}) == 0.7
    assert distance(made, {}) == pytest.approx(2.0)
    assert distance(made, {"focus": {"on": "box"}}) == pytest.approx(2.5)
    assert distance(made, {"focus": {"on": "box[1]"}}, objects=2, position=(0.3, 1.0, 0.2)) == pytest.approx(3.0)
    orbit = {"pose": {"orbit": {"target": [0, 0, 0.1], "distance": 0.9}}}
    assert distance(made, orbit) == pytest.approx(0.9)


def test_a_fisheye_focuses_in_space(made):
    fisheye = {"focus": {"on": "box"}, "distortion": {"kannala_brandt": {}}}
    assert distance(made, fisheye, position=(0.3, 1.0, 0.2)) == pytest.approx(np.hypot(3, np.hypot(0.3, 0.2)))


@pytest.mark.parametrize(
    ("spec", "position", "said"),
    [
        ({"focus": {"on": "box[7]"}}, (0, 0, 0), r"no box\[7\]"),
        ({"focus": {"on": "box"}}, (0, -3, 0), "behind"),
        ({"pose": {"fixed": {}}}, (0, 0, 0), "give `focus` a distance"),
    ],
)
def test_what_cannot_be_focused_on_rejects_the_draw(made, spec, position, said):
    with pytest.raises(Rejected, match=said):
        distance(made, spec, position=position)
