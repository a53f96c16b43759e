import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.scene.rotation import normalize, quaternion_from_euler


def test_euler_angles_agree_with_scipy_and_pybullet():
    rng = np.random.default_rng(1)
    for angles in rng.uniform(-math.pi, math.pi, (50, 3)):
        ours = Rotation.from_quat(quaternion_from_euler(angles.tolist()))
        theirs = Rotation.from_euler("xyz", angles)
        assert (ours.inv() * theirs).magnitude() < 1e-12
    pybullet = pytest.importorskip("pybullet")
    assert quaternion_from_euler([0.3, -0.5, 2.0]) == pytest.approx(pybullet.getQuaternionFromEuler([0.3, -0.5, 2.0]))


def test_texts_with_units():
    assert quaternion_from_euler(["0 deg", 0, "90 deg"]) == pytest.approx((0, 0, math.sqrt(0.5), math.sqrt(0.5)))
    with pytest.raises(ValueError, match="three angles"):
        quaternion_from_euler([1, 2])


def test_quaternions_are_normalized(load, complaints):
    assert normalize([0, 0, 3, 4]) == pytest.approx((0, 0, 0.6, 0.8))
    spec = load("objects: {a: {shape: {box: {}}, placement: {fixed: {rotation: [0, 0, 2, 0]}}}}")
    assert spec.sample().objects[0].spec.placement.fixed.rotation == (0, 0, 1, 0)
    ((line, column, path, text),) = complaints(
        "objects: {a: {shape: {box: {}}, placement: {fixed: {rotation: [0, 0, 0, 0]}}}}"
    )
    assert (line, column, path) == (1, 63, "objects.a.placement.fixed.rotation")
    assert "length 0" in text


def test_drawn_euler_angles(load):
    spec = load("objects: {a: {shape: {box: {}}, placement: {fixed: {rotation: [0, 0, {uniform: [0 deg, 90 deg]}]}}}}")
    for index in range(5):
        scene = spec.sample(0, index)
        yaw = scene.draws["objects.a[0].placement.fixed.rotation[2]"]
        assert 0 < yaw < math.pi / 2
        rotation = scene.objects[0].spec.placement.fixed.rotation
        assert rotation == pytest.approx((0, 0, math.sin(yaw / 2), math.cos(yaw / 2)))
