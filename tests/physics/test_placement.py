"""Placement: who stands where, and clear messages where nobody can."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from simengine.errors import Rejected
from simengine.physics.frames import matrix, rotate
from simengine.physics.simulate import simulate

AT_ONCE = {"timeline": {"start": 0.0}}  # the picture shows the release
TABLE = {
    "shape": {"box": {"size": [1.2, 0.8, 0.1]}},
    "physics": {"static": True},
    "placement": {"fixed": {"position": [0.3, 0, 0.5], "rotation": [0, 0, 0.6]}},
}
CAN = {"cylinder": {"radius": 0.03, "height": 0.1}}
BRICK = {"box": {"size": [0.1, 0.05, 0.04]}}


def thing(shape: dict, count: int = 1, *, static: bool = True, **placement) -> dict:
    return {"shape": shape, "count": count, "physics": {"static": static}, "placement": placement}


def rows(path, scene, group: str) -> list[int]:
    return [row for row, item in enumerate(scene.objects) if item.group == group]


def corners(path, row: int, size) -> np.ndarray:
    signs = np.array(list(itertools.product((-0.5, 0.5), repeat=3)))
    return rotate(path.rotations[0, row], signs * size) + path.positions[0, row]


def separated(first: np.ndarray, second: np.ndarray, axes: np.ndarray) -> float:
    """Widest gap between two point clouds along any of some axes (separating axis theorem)."""
    a, b = first @ axes.T, second @ axes.T
    return float(np.maximum(a.min(0) - b.max(0), b.min(0) - a.max(0)).max())


def test_fixed_goes_where_it_is_told(scene):
    drawn = scene({"table": TABLE}, **AT_ONCE)
    path = simulate(drawn)
    np.testing.assert_allclose(path.positions[0, 1], [0.3, 0, 0.5])
    np.testing.assert_allclose(rotate(path.rotations[0, 1], [1, 0, 0]), [np.cos(0.6), np.sin(0.6), 0], atol=1e-12)


def test_scatter_stands_on_its_bearer_without_overlap(scene):
    drawn = scene({"brick": thing(BRICK, 40, scatter={"on": "table", "gap": 0.005}), "table": TABLE}, **AT_ONCE)
    path = simulate(drawn)
    bricks = [corners(path, row, [0.1, 0.05, 0.04]) for row in rows(path, drawn, "brick")]
    for points in bricks:
        assert points[:, 2].min() == pytest.approx(0.55, abs=1e-6)
        local = (points - [0.3, 0, 0.5]) @ matrix(path.rotations[0, rows(path, drawn, "table")[0]])
        assert np.all(np.abs(local[:, :2]) <= [0.6 + 1e-6, 0.4 + 1e-6])
    for first, second in itertools.combinations(bricks, 2):
        axes = np.concatenate([np.diff(points[[0, 4, 0, 2]], axis=0)[[0, 2], :2] for points in (first, second)])
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        assert separated(first[:, :2], second[:, :2], axes) > 0
    turns = [rotate(path.rotations[0, row], [1, 0, 0]) for row in rows(path, drawn, "brick")]
    assert np.ptp([np.arctan2(t[1], t[0]) for t in turns]) > 3


def test_scatter_keeps_the_gap_between_round_things(scene):
    drawn = scene({"can": thing(CAN, 20, scatter={"size": [0.5, 0.5], "center": [1, 0], "gap": 0.01})}, **AT_ONCE)
    at = simulate(drawn).positions[0, 1:]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(at, 2)]
    assert min(distances) >= 0.07 - 1e-4  # vertices of the mesh lie on the circle, faces just inside
    assert np.all(np.abs(at[:, :2] - [1, 0]) <= 0.25 - 0.03 + 1e-3)
    np.testing.assert_allclose(at[:, 2], 0.05, atol=1e-6)


def test_scatter_avoids_what_stands_there_already(scene):
    pillar = thing({"box": {"size": [0.3, 0.3, 1]}}, fixed={"position": [0, 0, 0.5]})
    drawn = scene({"can": thing(CAN, 12, scatter={"size": [0.5, 0.5]}), "pillar": pillar}, **AT_ONCE)
    path = simulate(drawn)
    at = path.positions[0, rows(path, drawn, "can")]
    assert np.all(np.abs(at[:, :2]).max(axis=1) > 0.15 + 0.03)


def test_scatter_without_room_says_so(scene):
    with pytest.raises(Rejected, match=r"no room for can\[\d+\] \(60 x 60 x 100 mm\).*lower the counts") as caught:
        simulate(scene({"can": thing(CAN, 60, scatter={"size": [0.3, 0.3]})}))
    assert caught.value.stage == "placement"
    with pytest.raises(Rejected, match=r"can\[0\].*is larger than its region"):
        simulate(scene({"can": thing(CAN, scatter={"size": [0.05, 0.3]})}))
    with pytest.raises(Rejected, match=r"has no end: give `scatter.size`"):
        simulate(scene({"can": thing(CAN, scatter={})}))


def test_bearers_that_cannot_bear_say_so(scene):
    with pytest.raises(Rejected, match=r"can\[0\] stands on 'shelf', of which this draw has no copy"):
        simulate(scene({"can": thing(CAN, scatter={"on": "shelf"})}))
    tilted = TABLE | {"placement": {"fixed": {"rotation": [0.1, 0, 0]}}}
    with pytest.raises(Rejected, match=r"table\[0\] is tilted"):
        simulate(scene({"table": tilted, "can": thing(CAN, scatter={"on": "table"})}))
    with pytest.raises(Rejected, match=r"can\[0\] on crate"):
        simulate(scene({"crate": thing(BRICK, drop={}), "can": thing(CAN, scatter={"on": "crate"})}))


def test_stack_piles_up(scene):
    drawn = scene(
        {"brick": thing(BRICK, 6, stack={"on": "table", "jitter": 0.004, "turn": 0.1}), "table": TABLE}, **AT_ONCE
    )
    path = simulate(drawn)
    at = path.positions[0, rows(path, drawn, "brick")]
    np.testing.assert_allclose(at[:, 2], 0.57 + 0.04 * np.arange(6), atol=1e-6)
    steps = np.linalg.norm(np.diff(at[:, :2], axis=0), axis=1)
    assert 0 < steps.max() <= 0.004


def test_shelf_fills_rows_with_fronts_aligned(scene):
    rack = {"shape": {"rack": {}}, "physics": {"static": True}}
    drawn = scene(
        {"box": thing(BRICK, 9, shelf={"on": "rack", "level": 1, "gap": 0.02}), "rack": rack}, floor=False, **AT_ONCE
    )
    path = simulate(drawn)
    at = path.positions[0, rows(path, drawn, "box")]
    assert np.ptp(at[:, 2]) < 1e-9
    np.testing.assert_allclose(np.diff(at[:6, 0]), 0.12, atol=1e-6)
    assert len(np.unique(np.round(at[:, 1], 6))) == 2  # seven in a row of 0.9 m, then a second row
    assert at[-1, 1] - at[0, 1] == pytest.approx(0.07, abs=1e-6)
    with pytest.raises(Rejected, match=r"fits on none of level\[1\] of rack\[0\]"):
        simulate(scene({"box": thing(BRICK, 60, shelf={"on": "rack", "level": 1}), "rack": rack}, floor=False))


def test_shelf_draws_boards_that_have_room(scene):
    rack = {"shape": {"rack": {}}, "physics": {"static": True}}
    drawn = scene({"box": thing(BRICK, 40, shelf={"on": "rack"}), "rack": rack}, floor=False, **AT_ONCE)
    path = simulate(drawn)
    heights = np.unique(np.round(path.positions[0, rows(path, drawn, "box"), 2], 6))
    assert len(heights) >= 3


def test_drop_starts_apart_and_grows_upwards(scene):
    drop = {"center": [0, 0, 0.1], "size": [0.1, 0.1, 0.05], "rotation": [0, 0, 0, 1]}
    drawn = scene({"brick": thing(BRICK, 30, static=False, drop=drop)}, **AT_ONCE)
    path = simulate(drawn)
    boxes = [corners(path, row, [0.1, 0.05, 0.04]) for row in rows(path, drawn, "brick")]
    for first, second in itertools.combinations(boxes, 2):
        assert separated(first, second, np.eye(3)) >= -1e-6
    at = path.positions[0, 1:]
    assert np.all(np.abs(at[:, :2]) <= 0.05) and at[:, 2].min() > 0.02 and at[:, 2].max() > 0.2
    simulate(scene({"brick": thing(BRICK, 30, static=False, drop=drop)}))  # and it comes to rest


def test_drop_turns_uniformly(scene):
    drop = {"center": [0, 0, 2], "size": [3, 3, 3]}
    path = simulate(scene({"die": thing({"die": {}}, 400, static=False, drop=drop)}, **AT_ONCE))
    up = rotate(path.rotations[0, 1:], [0, 0, 1])
    np.testing.assert_allclose(up.mean(axis=0), 0, atol=4 / np.sqrt(3 * 400))
    np.testing.assert_allclose(np.mean(up**2, axis=0), 1 / 3, atol=0.06)


def test_attempts_differ(scene):
    from dataclasses import replace

    drawn = scene({"die": thing({"die": {}}, static=False, drop={})}, **AT_ONCE)
    again = simulate(replace(drawn, attempt=1))
    assert not np.array_equal(simulate(drawn).positions, again.positions)
