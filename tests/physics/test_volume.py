"""Bounds against exact overlap tests of another make."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simengine.physics.placement.volume import Volumes


def brick(length: float, width: float, angle: float, at=(0.0, 0.0)) -> np.ndarray:
    """Corners of a box 0.2 m high that stands on z = 0."""
    points = np.array([(x, y, z) for x in (-length, length) for y in (-width, width) for z in (0, 0.4)]) / 2
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + [*at, 0]


def shared_area(first: np.ndarray, second: np.ndarray) -> float:
    """Area that two things share, seen from above [m^2], by OpenCV."""
    feet = [cv2.convexHull(points[:, :2].astype(np.float32)) for points in (first, second)]
    return float(cv2.intersectConvexConvex(*feet)[0])


def test_standing_bricks_are_apart_exactly_where_their_feet_are():
    rng = np.random.default_rng(7)
    fixed = [brick(*rng.uniform(0.02, 0.4, 2), rng.uniform(0, 6), rng.uniform(-0.3, 0.3, 2)) for _ in range(12)]
    body = brick(0.35, 0.03, 1.0)
    offsets = np.concatenate([rng.uniform(-0.5, 0.5, (400, 2)), np.zeros((400, 1))], axis=1)
    found = Volumes.around(fixed).blocked(Volumes.around([body]), offsets)
    shared = np.array([max(shared_area(body + offset, other) for other in fixed) for offset in offsets])
    assert 100 < found.sum() < 380
    certain = (shared == 0) | (shared > 1e-5)  # leaves aside those that just touch
    assert certain.sum() > 390
    np.testing.assert_array_equal(found[certain], shared[certain] > 0)


def test_gap_is_kept_between_turned_bricks():
    first, body = (Volumes.around([brick(0.3, 0.04, 0.5)]) for _ in range(2))
    across = np.array([-np.sin(0.5), np.cos(0.5), 0])
    for distance, blocked in ((0.0449, True), (0.0451, False)):
        assert first.blocked(body, [distance * across], gap=0.005)[0] == blocked


@pytest.mark.parametrize("ends", [[[0, 0, 0]], [[0, 0, 0], [0.1, 0.1, 0]], [[0, 0, 0], [0.1, 0, 0], [0.2, 0, 0.1]]])
def test_points_and_lines_have_bounds_too(ends):
    cloud = Volumes.around([np.array(ends, float)])
    inside, outside = Volumes.around([brick(1, 1, 0)]).blocked(cloud, [[0, 0, 0.05], [2, 0, 0.05]])
    assert not outside
    assert inside
