"""The tree of boxes against testing every box."""

import numpy as np
import pytest

from simengine.render.tree import build_tree


def met(lower, upper, origin, direction):
    a, b = (lower - origin) / direction, (upper - origin) / direction
    near, far = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return far >= np.maximum(near, 0)


@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_rays_reach_every_box_that_they_meet(count):
    rng = np.random.default_rng(count)
    lower = rng.uniform(-1, 1, (count, 3))
    upper = lower + rng.uniform(0, 0.4, (count, 3))
    tree = build_tree(lower, upper)
    assert sorted(tree.item[tree.item >= 0]) == list(range(count))
    assert len(tree.item) == 2 * count - 1
    for _ in range(50):
        origin, direction = rng.uniform(-2, 2, 3), rng.normal(size=3)
        hits = met(tree.lower, tree.upper, origin, direction)
        node, found = 0, []
        while node < len(tree.item):
            if hits[node]:
                if tree.item[node] >= 0:
                    found.append(tree.item[node])
                node += 1
            else:
                node = tree.skip[node]
        assert sorted(found) == list(np.nonzero(met(lower, upper, origin, direction))[0])


def test_no_boxes_no_nodes():
    tree = build_tree(np.zeros((0, 3)), np.zeros((0, 3)))
    assert len(tree.item) == 0 and tree.lower.shape == (0, 3)


def test_equal_boxes_are_split_all_the_same():
    tree = build_tree(np.zeros((5, 3)), np.ones((5, 3)))
    assert sorted(tree.item[tree.item >= 0]) == [0, 1, 2, 3, 4]
