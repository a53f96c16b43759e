import pytest

from simengine.labels.annotate import annotate
from simengine.sensors.camera import render_camera
from simengine.sensors.observe import View, state_hash

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def labelled(made):
    """Paints rectangles {id: (x, y, w, h)}, the first in front, and labels the picture with a lenient policy."""

    def label(objects, rectangles, *, policy=None, classes=None, camera=None, **known):
        lenient = {"min_pixels": 1, "min_visible_fraction": 0, "min_box_edge": 0}
        model = {"labels": {"policy": {**lenient, **(policy or {})}}}
        if classes:
            model["labels"]["classes"] = classes
        scene = made.scene(objects, model=model, cameras={"camera": {"resolution": [WIDTH, HEIGHT], **(camera or {})}})
        trajectory = made.trajectory(scene, **known)
        frame = made.paint(WIDTH, HEIGHT, rectangles)
        eye = render_camera(scene.cameras[0])
        view = View("camera", 0, float(trajectory.times[0]), eye, frame, state_hash(trajectory, 0, eye))
        return annotate(scene, trajectory, view), view, scene, trajectory

    return label
