import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.sampling.distribution import DistributionError, from_dict
from simengine.sampling.points import InBox, InCone, InDisk, unit_vector
from simengine.sampling.spheres import InSphere, OnSphere
from simengine.sampling.streams import stream


def grid_integral(distribution, low, high, steps=90):
    """Midpoint rule of the density over a box."""
    axes = [a + (np.arange(steps) + 0.5) * (b - a) / steps for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return np.exp(distribution.log_prob(points)).mean() * np.prod(np.subtract(high, low))


def test_box(uniform_p, count):
    ours = InBox((2, 4, 0.5), (1, 0, -1))
    draws = ours.sample(stream(1, 0, "box"), count)
    scaled = (draws - [0, -2, -1.25]) / [2, 4, 0.5]
    assert all(uniform_p(scaled[:, axis]) > 1e-3 for axis in range(3))
    assert np.abs(np.corrcoef(scaled.T) - np.eye(3)).max() < 4.5 / math.sqrt(count)
    assert math.exp(ours.log_prob([1, 0, -1])) == pytest.approx(1 / 4)
    assert ours.log_prob([2.1, 0, -1]) == -math.inf
    low, high = ours.support()
    assert (low.tolist(), high.tolist()) == ([0, -2, -1.25], [2, 2, -0.75])
    fitted = InBox.fit(draws)
    assert np.allclose(fitted.size, ours.size, rtol=1e-3)
    assert np.allclose(fitted.center, ours.center, atol=1e-3)


def test_flat_box_has_a_density_per_area():
    ours = InBox((2, 4, 0), (0, 0, 1))
    assert np.all(ours.sample(stream(1, 0, "flat"), 100)[:, 2] == 1)
    assert math.exp(ours.log_prob([0.5, 1, 1])) == pytest.approx(1 / 8)
    assert ours.log_prob([0.5, 1, 1.01]) == -math.inf


@pytest.mark.parametrize("inner", [0.0, 0.8])
def test_ball_and_shell(inner, uniform_p, count):
    ours = InSphere(1.5, (1, 2, 3), inner)
    offset = ours.sample(stream(2, 0, f"ball {inner}"), count) - [1, 2, 3]
    radius = np.linalg.norm(offset, axis=1)
    assert uniform_p((radius**3 - inner**3) / (1.5**3 - inner**3)) > 1e-3
    for axis in range(3):  # by Archimedes each coordinate of a direction is uniform
        assert uniform_p((offset[:, axis] / radius + 1) / 2) > 1e-3
    assert uniform_p((np.arctan2(offset[:, 1], offset[:, 0]) + math.pi) / (2 * math.pi)) > 1e-3
    assert abs(np.corrcoef(radius, offset[:, 2] / radius)[0, 1]) < 4.5 / math.sqrt(count)
    assert grid_integral(ours, *ours.support()) == pytest.approx(1, abs=0.01)


def test_ball_fit(count):
    fitted = InSphere.fit(InSphere(2, (1, 0, -1)).sample(stream(3, 0, "fit"), count))
    assert fitted.radius == pytest.approx(2, abs=0.05)
    assert fitted.center == pytest.approx((1, 0, -1), abs=0.05)


@pytest.mark.parametrize(
    ("elevation", "azimuth"), [((-math.pi / 2, math.pi / 2), (-math.pi, math.pi)), ((0.3, 1.2), (2.5, 4.5))]
)
def test_sphere_by_area(elevation, azimuth, uniform_p, count):
    ours = OnSphere(2, (0, 0, 1), elevation, azimuth)
    offset = ours.sample(stream(4, 0, f"sphere {elevation}"), count) - [0, 0, 1]
    assert np.allclose(np.linalg.norm(offset, axis=1), 2)
    low, high = np.sin(elevation)
    assert uniform_p((offset[:, 2] / 2 - low) / (high - low)) > 1e-3
    turned = np.mod(np.arctan2(offset[:, 1], offset[:, 0]) - azimuth[0], 2 * math.pi)
    assert uniform_p(turned / (azimuth[1] - azimuth[0])) > 1e-3
    # the density per area integrates to 1: midpoint rule over elevation and azimuth of the whole sphere
    e, a = np.meshgrid(*((np.arange(n) + 0.5) / n for n in (600, 601)), indexing="ij")
    e, a = (e - 0.5) * math.pi, a * 2 * math.pi
    points = 2 * np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1) + [0, 0, 1]
    area = 4 * np.cos(e) * (math.pi / 600) * (2 * math.pi / 601)
    assert np.sum(np.exp(ours.log_prob(points)) * area) == pytest.approx(1, abs=0.01)
    assert ours.log_prob([0, 0, 1]) == -math.inf


def test_sphere_fit(count):
    fitted = OnSphere.fit(OnSphere(2, (1, 2, 3), (0.2, 1.0)).sample(stream(5, 0, "fit"), count))
    assert fitted.radius == pytest.approx(2)
    assert fitted.center == pytest.approx((1, 2, 3))
    assert fitted.elevation == pytest.approx((0.2, 1.0), abs=0.01)
    with pytest.raises(DistributionError, match="plane"):
        OnSphere.fit([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])


def test_disk(uniform_p, count):
    ours = InDisk(0.5, (1, 2), 0.3, inner=0.2)
    draws = ours.sample(stream(6, 0, "disk"), count)
    offset = draws[:, :2] - [1, 2]
    assert np.all(draws[:, 2] == 0.3)
    assert uniform_p(((offset**2).sum(axis=1) - 0.04) / 0.21) > 1e-3
    assert uniform_p((np.arctan2(offset[:, 1], offset[:, 0]) + math.pi) / (2 * math.pi)) > 1e-3
    assert math.exp(ours.log_prob(draws[0])) == pytest.approx(1 / (math.pi * 0.21))
    assert ours.log_prob([1, 2, 0.3]) == -math.inf
    fitted = InDisk.fit(draws)
    assert (fitted.radius, fitted.z) == pytest.approx((0.5, 0.3), abs=0.02)
    assert fitted.center == pytest.approx((1, 2), abs=0.02)


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, -2, 0.5), (0, -1e-90, 0)])
@pytest.mark.parametrize("inner", [0.0, 1.0])
def test_cone(axis, inner, uniform_p, count):
    ours = InCone(2, 0.5, (1, 1, 1), axis, inner)
    direction = unit_vector(axis)
    offset = ours.sample(stream(7, 0, f"cone {axis} {inner}"), count) - [1, 1, 1]
    height = offset @ direction
    assert uniform_p((height**3 - inner**3) / (8 - inner**3)) > 1e-3
    side = np.linalg.norm(offset - height[:, None] * direction, axis=1) / (height * math.tan(0.5))
    assert uniform_p(side**2) > 1e-3
    to_z = Rotation.align_vectors([[0, 0, 1]], [direction])[0].apply(offset)
    assert uniform_p((np.arctan2(to_z[:, 1], to_z[:, 0]) + math.pi) / (2 * math.pi)) > 1e-3
    low, high = ours.support()
    assert np.all((offset + 1 >= low - 1e-9) & (offset + 1 <= high + 1e-9))
    assert np.allclose((offset + 1).min(axis=0), low, atol=0.12)  # the box is tight
    assert np.allclose((offset + 1).max(axis=0), high, atol=0.12)
    assert grid_integral(ours, low - 0.1, high + 0.1, 110) == pytest.approx(1, abs=0.01)


def test_wrong_shapes_are_refused(examples):
    for tree in examples:
        if next(iter(tree)) in ("in_box", "in_sphere", "on_sphere", "in_disk", "in_cone"):
            with pytest.raises(DistributionError, match="last axis"):
                from_dict(tree).log_prob([1, 2])
