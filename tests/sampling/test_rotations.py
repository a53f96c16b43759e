import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.sampling.distribution import DistributionError
from simengine.sampling.rotations import AboutAxis, AnyRotation
from simengine.sampling.streams import stream


def angle_between(first, second):
    return (Rotation.from_quat(first).inv() * Rotation.from_quat(second)).magnitude()


@pytest.mark.parametrize("reference", [[0, 0, 0, 1], [0.5, 0.5, -0.5, 0.5], [0, 0.6, 0, 0.8]])
def test_angles_to_any_rotation_follow_the_haar_measure(reference, chi_square, count):
    # The angle t of a uniform rotation to any fixed one has the density (1 - cos t) / pi on [0, pi].
    draws = AnyRotation().sample(stream(1, 0, "rotation"), count)
    edges = np.linspace(0, math.pi, 41)
    expected = np.diff((edges - np.sin(edges)) / math.pi) * count
    assert chi_square(np.histogram(angle_between(np.tile(reference, (count, 1)), draws), edges)[0], expected) > 1e-3


def test_images_of_axes_are_uniform_on_the_sphere(uniform_p, count):
    rotations = Rotation.from_quat(AnyRotation().sample(stream(2, 0, "rotation"), count))
    for axis in np.eye(3):
        image = rotations.apply(axis)
        assert all(uniform_p((image[:, part] + 1) / 2) > 1e-3 for part in range(3))


def test_quaternions_are_unit_and_of_one_sign():
    draws = AnyRotation().sample(stream(3, 0, "rotation"), 1000)
    assert np.allclose(np.linalg.norm(draws, axis=1), 1)
    assert draws[:, 3].min() >= 0
    assert np.all(AnyRotation().log_prob(draws) == 0)
    assert AnyRotation().log_prob([0, 0, 0, 2]) == -math.inf
    assert AnyRotation.fit(draws) == AnyRotation()
    with pytest.raises(DistributionError, match="quaternion"):
        AnyRotation().log_prob([0, 0, 1])


@pytest.mark.parametrize(("axis", "angle"), [("z", (-math.pi, math.pi)), ("x", (-0.3, 1.0)), ([1, 2, -2], (2.5, 4.0))])
def test_turns_about_an_axis(axis, angle, uniform_p, count):
    ours = AboutAxis(axis, angle)
    draws = ours.sample(stream(4, 0, f"about {axis}"), count)
    vectors = Rotation.from_quat(draws).as_rotvec()
    along = vectors @ ours.direction
    assert np.allclose(vectors, along[:, None] * ours.direction, atol=1e-9)
    turned = np.mod(along - angle[0], 2 * math.pi)
    assert uniform_p(turned / (angle[1] - angle[0])) > 1e-3
    assert draws[:, 3].min() >= 0
    assert np.allclose(ours.log_prob(draws), -math.log(angle[1] - angle[0]))
    assert np.allclose(ours.log_prob(-draws), ours.log_prob(draws))
    assert ours.log_prob(Rotation.from_rotvec([0.1, 0.2, 0.7]).as_quat()) == -math.inf


def test_density_over_the_angle_integrates_to_one():
    ours = AboutAxis("y", (-1, 2))
    angles = (np.arange(20_000) + 0.5) / 20_000 * 2 * math.pi - math.pi
    turns = Rotation.from_rotvec(angles[:, None] * [0, 1, 0]).as_quat()
    assert np.exp(ours.log_prob(turns)).mean() * 2 * math.pi == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("axis", "angle"), [([0, 0, 1], (-0.4, 0.9)), ([0.6, 0, 0.8], (2.8, 3.6))])
def test_fit_recovers_axis_and_range(axis, angle, count):
    fitted = AboutAxis.fit(AboutAxis(axis, angle).sample(stream(5, 0, "fit"), count))
    assert fitted.axis == pytest.approx(axis, abs=1e-9)
    middle = (angle[0] + angle[1]) / 2
    assert np.mod(np.array(fitted.angle) - middle + math.pi, 2 * math.pi) - math.pi == pytest.approx(
        np.array(angle) - middle, abs=1e-3
    )
    with pytest.raises(DistributionError, match="same"):
        AboutAxis.fit([[0, 0, 0, 1], [0, 0, 0, 1]])
