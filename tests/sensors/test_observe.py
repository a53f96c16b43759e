import dataclasses

import numpy as np
import pytest

from simengine.sensors import appearance as looks
from simengine.sensors.observe import body_transforms, observe, state_hash


class Recorder:
    """A renderer that keeps what it was asked for."""

    def __init__(self, paint):
        self.calls = []
        self.paint = paint

    def render(self, scene, camera, settings):
        self.calls.append((scene, camera, settings))
        return self.paint(camera.width, camera.height, {})


@pytest.fixture
def world(made, monkeypatch):
    monkeypatch.setattr(looks, "build", lambda shape, *, base: made.asset(made.link("", made.mesh())))
    small = {"resolution": [16, 12]}

    def make(**known):
        scene = made.scene(
            [{"label": {"name": "a"}}, {}, {"label": {"name": "b"}, "visible": False}],
            cameras={"left": small, "right": small},
            lights=[{"point": {}}],
            **known,
        )
        positions = np.arange(2 * 3 * 3).reshape(2, 3, 3)
        return scene, made.trajectory(scene, times=[0.0, 0.5], positions=positions)

    return make


def test_one_view_a_time_and_camera_streaming(world, made):
    recorder = Recorder(made.paint)
    stream = observe(*world(), renderer=recorder)
    first = next(stream)
    assert len(recorder.calls) == 1  # nothing is made before it is asked for
    views = [first, *stream]
    assert [(view.frame, view.time, view.camera) for view in views] == [
        (0, 0.0, "left"), (0, 0.0, "right"), (1, 0.5, "left"), (1, 0.5, "right")
    ]  # fmt: skip


class ManyRecorder(Recorder):
    """One that draws about three pictures at once."""

    batch_pixels = 2 * 16 * 12 + 1

    def render_many(self, pictures):
        self.calls.append(pictures)
        return [self.paint(picture.camera.width, picture.camera.height, {}) for picture in pictures]


def test_pictures_are_drawn_together_where_that_is_faster(world, made):
    one, many = Recorder(made.paint), ManyRecorder(made.paint)
    alone = list(observe(*world(), renderer=one))
    together = list(observe(*world(), renderer=many))
    assert [len(call) for call in many.calls] == [3, 3]  # three at once, and the last alone: scene, camera, settings
    assert [(v.camera, v.frame, v.state) for v in together] == [(v.camera, v.frame, v.state) for v in alone]
    asked = [picture[:3] for picture in many.calls[0]] + [many.calls[1]]
    for (_, camera, settings), (_, other, same) in zip(asked, one.calls, strict=True):
        assert (camera.cx, settings) == (other.cx, same)


def test_static_parts_are_built_once_and_poses_follow(world, made):
    scene, trajectory = world()
    recorder = Recorder(made.paint)
    list(observe(scene, trajectory, renderer=recorder))
    scenes = [call[0] for call in recorder.calls]
    assert all(s.materials is scenes[0].materials and s.environment is scenes[0].environment for s in scenes)
    assert all(s.lights is scenes[0].lights for s in scenes)
    assert scenes[0] is scenes[1]
    for number in (0, 2):
        assert [instance.id for instance in scenes[number].instances] == [1, 2]
        for body, instance in enumerate(scenes[number].instances):
            np.testing.assert_array_equal(instance.transform[:3, 3], trajectory.positions[number // 2, body])


def test_outlines_are_asked_for_objects_of_a_class_that_are_drawn(world, made):
    recorder = Recorder(made.paint)
    next(observe(*world(), renderer=recorder))
    assert recorder.calls[0][2].amodal == (1,)


def test_noise_differs_by_view_and_seed_and_repeats_also_for_seed_0(world, made):
    def seeds(seed):
        recorder = Recorder(made.paint)
        list(observe(*world(seed=seed), renderer=recorder))
        return [call[2].seed for call in recorder.calls]

    assert len(set(seeds(0))) == 4
    assert seeds(0) == seeds(0)
    assert not set(seeds(0)) & set(seeds(2**63))


@pytest.mark.parametrize(
    ("render", "samples", "bounces"),
    [({"preset": "draft"}, 1, 0), ({}, 8, 2), ({"preset": "draft", "samples": 5, "bounces": 1}, 5, 1), ({"bounces": 0}, 8, 0)],
)  # fmt: skip
def test_presets_and_what_the_scene_says_instead(world, made, render, samples, bounces):
    recorder = Recorder(made.paint)
    next(observe(*world(model={"render": render}), renderer=recorder))
    assert (recorder.calls[0][2].samples, recorder.calls[0][2].bounces) == (samples, bounces)


@pytest.mark.parametrize(
    ("render", "filters"),
    [
        ({}, (True, False)),
        ({"preset": "high"}, (False, True)),
        ({"denoise": True}, (False, True)),
        ({"denoise": False}, (False, False)),
        ({"preset": "high", "denoise": False}, (False, False)),
    ],
)
def test_one_filter_of_noise_or_none(world, made, render, filters):
    recorder = Recorder(made.paint)
    next(observe(*world(model={"render": render}), renderer=recorder))
    assert (recorder.calls[0][2].denoise, recorder.calls[0][2].oidn) == filters


def test_colour_is_drawn_only_if_it_is_written(world, made):
    for outputs, color in ((["rgb", "depth"], True), (["depth"], False)):
        recorder = Recorder(made.paint)
        next(observe(*world(model={"outputs": outputs}), renderer=recorder))
        assert recorder.calls[0][2].color is color


def test_state_tells_every_change_apart(world, made):
    scene, trajectory = world()
    views = list(observe(scene, trajectory, renderer=Recorder(made.paint)))
    assert len({view.state for view in views[::2]}) == 2
    camera = views[0].render_camera
    state = state_hash(trajectory, 0, camera)
    assert state == views[0].state
    moved = trajectory.positions.copy()
    moved[0, 1, 2] = np.nextafter(moved[0, 1, 2], 99)
    turned = trajectory.rotations.copy()
    turned[0, 0] = [0, 0, 1, 0]
    pose = camera.world_from_camera.copy()
    pose[0, 3] += 1e-9
    assert (
        len(
            {
                state,
                state_hash(dataclasses.replace(trajectory, positions=moved), 0, camera),
                state_hash(dataclasses.replace(trajectory, rotations=turned), 0, camera),
                state_hash(trajectory, 0, dataclasses.replace(camera, world_from_camera=pose)),
                state_hash(trajectory, 0, dataclasses.replace(camera, fx=camera.fx + 1)),
            }
        )
        == 5
    )


def test_body_transforms_turn_as_quaternions_say(made):
    scene = made.scene([{}])
    half = np.sqrt(0.5)
    trajectory = made.trajectory(scene, positions=[[[1, 2, 3]]], rotations=[[[0, 0, half, half]]])
    expected = [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]]
    np.testing.assert_allclose(body_transforms(trajectory, 0)[0], expected, atol=1e-12)


def test_a_scene_without_objects_is_an_empty_picture(made):
    scene = made.scene([], cameras={"camera": {"resolution": [16, 12]}})
    (view,) = observe(scene, made.trajectory(scene), renderer=Recorder(made.paint))
    assert view.frame_data.instances.max() == 0
