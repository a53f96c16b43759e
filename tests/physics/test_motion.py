"""Motion against the textbook: free fall, bounces, friction, free rotation, conveyor belts, contacts."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.physics.frames import matrix
from simengine.physics.simulate import simulate

G = 9.80665


def timeline(start: float, frames: int, rate: float) -> dict:
    return {"timeline": {"start": start, "frames": frames, "rate": rate}}


def released(
    shape: dict, center: list, *, velocity=(0, 0, 0), spin=(0, 0, 0), rotation=(0, 0, 0, 1), **physics
) -> dict:
    drop = {
        "center": center,
        "size": [0, 0, 0],
        "rotation": list(rotation),
        "velocity": list(velocity),
        "spin": list(spin),
    }
    return {"shape": shape, "physics": physics, "placement": {"drop": drop}}


def test_free_fall(scene):
    ball = released({"sphere": {"radius": 0.02}}, [0, 0, 5], velocity=[1, 0.5, 2])
    path = simulate(scene({"ball": ball}, **timeline(0.0, 13, 20)))
    t = path.times[:, None]
    expected = [0, 0, 5] + t * [1, 0.5, 2] + 0.5 * t**2 * [0, 0, -G]
    np.testing.assert_allclose(path.times, np.arange(13) / 20)
    np.testing.assert_allclose(path.positions[:, 1, :2], expected[:, :2], atol=1e-9)
    # The symplectic Euler method is off by g t dt / 2 at most.
    np.testing.assert_allclose(path.positions[:, 1, 2], expected[:, 2], atol=G * 0.6 / 240 / 2)
    np.testing.assert_allclose(path.velocities[:, 1, 2], 2 - G * path.times, atol=1e-6)


def test_times_need_not_be_multiples_of_the_step(scene):
    ball = released({"sphere": {"radius": 0.02}}, [0, 0, 5], velocity=[1, 0, 0])
    path = simulate(scene({"ball": ball}, **timeline(0.123456, 4, 7.3)))
    np.testing.assert_allclose(path.times, 0.123456 + np.arange(4) / 7.3)
    np.testing.assert_allclose(path.positions[:, 1, 0], path.times, atol=1e-9)


@pytest.mark.parametrize("size", [0.004, 0.02, 0.2])
def test_bounce_height(scene, size):
    height = 20 * size
    floor = {"shape": {"plane": {"size": [8, 8]}}, "physics": {"static": True, "restitution": 0.8}}
    ball = released({"sphere": {"radius": size}}, [0, 0, height + size], restitution=1.0)
    fall = np.sqrt(2 * height / G)
    path = simulate(
        scene(
            {"floor": floor, "ball": ball}, floor=False, world={"time_step": 1 / 2000}, **timeline(0.0, 200, 100 / fall)
        )
    )
    after = path.positions[100:, 1, 2].max() - size
    assert after == pytest.approx(0.8**2 * height, rel=0.05)


@pytest.mark.parametrize("edge", [0.01, 0.1])
def test_sliding_stops_where_friction_says(scene, edge):
    floor = {"shape": {"plane": {"size": [8, 8]}}, "physics": {"static": True, "friction": 0.8}}
    box = released({"box": {"size": [edge] * 3}}, [0, 0, edge / 2 + 1e-5], velocity=[1, 0, 0], friction=0.5)
    path = simulate(scene({"floor": floor, "box": box}, floor=False, **timeline(1.0, 1, 30)))
    assert path.positions[0, 1, 0] == pytest.approx(1 / (2 * 0.8 * 0.5 * G), rel=0.03)
    assert abs(path.positions[0, 1, 1]) < 0.002
    assert np.abs(path.velocities[0, 1]).max() < 0.002


def test_a_body_turns_about_its_centre_of_mass(scene):
    """A cone's origin is at half its height, its centre of mass a quarter above the base."""
    cone = released({"cone": {"radius": 0.05, "height": 0.1}}, [0, 0, 1], velocity=[0.2, 0, 0], spin=[3, 0, 0])
    path = simulate(scene({"cone": cone}, world={"gravity": 0}, **timeline(0.0, 21, 20)))
    centers = path.positions[:, 1] + np.einsum("tij,j->ti", matrix(path.rotations[:, 1]), [0, 0, -0.025])
    expected = np.array([0, 0, 0.975]) + path.times[:, None] * [0.2, 0, 0]
    np.testing.assert_allclose(centers, expected, atol=2e-4)
    moves = np.gradient(path.positions[:, 1], path.times, axis=0, edge_order=2)
    np.testing.assert_allclose(path.velocities[:, 1, :3][1:-1], moves[1:-1], atol=1e-3)


def test_free_rotation_keeps_angular_momentum(scene, made, monkeypatch):
    """With axes of inertia that are not those of the mesh, and a centre of mass off its origin."""
    axes = matrix(np.array([0.2, 0.5, -0.3, 0.8]))
    inertia = axes @ np.diag([1.0, 2.0, 2.6]) @ axes.T * 1e-3
    from dataclasses import replace

    from simengine.assets.build import build

    def lopsided(shape, *, base):
        asset = build(shape, base=base)
        return replace(asset, volume=1.0, center_of_mass=(0.02, -0.01, 0.03), inertia=inertia)

    monkeypatch.setattr("simengine.physics.simulate.build", lopsided)
    box = released({"box": {}}, [0, 0, 1], spin=[2, 3, 1], density=1.0)
    path = simulate(
        scene({"box": box}, floor=False, world={"gravity": 0, "time_step": 1 / 1000}, **timeline(0.0, 41, 20))
    )
    turns = matrix(path.rotations[:, 0])
    momenta = np.einsum("tij,jk,tlk,tl->ti", turns, inertia, turns, path.velocities[:, 0, 3:])
    assert np.ptp(path.velocities[:, 0, 3:], axis=0).max() > 0.3  # it wobbles
    np.testing.assert_allclose(
        momenta, np.broadcast_to(momenta[0], momenta.shape), atol=0.01 * np.linalg.norm(momenta[0])
    )
    centers = path.positions[:, 0] + turns @ [0.02, -0.01, 0.03]
    np.testing.assert_allclose(centers, np.broadcast_to(centers[0], centers.shape), atol=1e-6)


BELT = {
    "shape": {"box": {"size": [2, 0.4, 0.04]}},
    "physics": {"static": True, "friction": 0.9, "surface_velocity": [0.3, 0, 0]},
    "placement": {"fixed": {"position": [0, 0, 0.3]}},
}


@pytest.mark.parametrize(
    "shape",
    [{"box": {"size": [0.1, 0.1, 0.1]}}, {"cylinder": {"radius": 0.03, "height": 0.11}}, {"die": {"size": 0.05}}],
)
def test_belt_carries(scene, shape):
    thing = {"shape": shape, "placement": {"scatter": {"on": "belt", "center": [-0.8, 0], "size": [0.2, 0.2]}}}
    path = simulate(scene({"belt": BELT, "thing": thing}, **timeline(0.3, 21, 10)))
    np.testing.assert_allclose(path.positions[:, 1], np.broadcast_to([0, 0, 0.3], (21, 3)))  # the belt stays
    speed = np.diff(path.positions[:, 2, 0]) * 10
    np.testing.assert_allclose(speed, 0.3, rtol=0.02)
    assert np.abs(np.diff(path.positions[:, 2, 1])).max() < 0.001
    assert np.ptp(path.positions[:, 2, 2]) < 0.0005


def test_belt_drives_along_its_own_frame_and_lets_things_fall_off(scene):
    turned = BELT | {"placement": {"fixed": {"position": [0, 0, 0.3], "rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)]}}}
    box = {
        "shape": {"box": {"size": [0.1, 0.1, 0.1]}},
        "placement": {"scatter": {"on": "belt", "center": [0.8, 0], "size": [0.2, 0.2]}},
    }
    path = simulate(scene({"belt": turned, "box": box}, **timeline(0.2, 2, 0.5)))
    assert path.positions[0, 2, 1] > 0.6 and path.positions[0, 2, 2] > 0.36
    assert path.positions[1, 2, 1] > 1.0 and path.positions[1, 2, 2] < 0.06  # beyond the end, on the floor


def test_contacts_tell_when_and_how_hard(scene):
    ball = released({"sphere": {"radius": 0.05}}, [0, 0, 0.55], mass=0.2, restitution=0.0)
    path = simulate(scene({"ball": ball}, **timeline(0.6, 1, 30)))
    (touch,) = path.contacts
    fall = np.sqrt(2 * 0.5 / G)
    assert set(touch.bodies) == {"floor[0]", "ball[0]"}
    assert touch.time == pytest.approx(fall, abs=0.003)
    assert touch.impulse == pytest.approx(0.2 * G * fall, rel=0.03)
    np.testing.assert_allclose(touch.position, [0, 0, 0], atol=0.01)
    assert abs(touch.normal[2]) == pytest.approx(1)
    assert touch.normal[2] * (1 if touch.bodies[0] == "ball[0]" else -1) > 0
