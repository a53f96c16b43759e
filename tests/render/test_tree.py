"""The trees of eight boxes a node against testing every box and every triangle."""

from functools import partial

import numpy as np
import pytest
import trimesh

from simengine.render.device import load_warp, wide_trees


def tree_of(lower, upper):
    wp = load_warp()
    corners = [wp.array(c.astype(np.float32), dtype=wp.vec3, device="cpu") for c in (lower, upper)]
    nodes, items, _ = wide_trees(wp.Bvh(*corners, constructor="sah"))
    return nodes.numpy(), items.numpy().view(np.int32).ravel()


def met(lower, upper, origin, direction):
    a, b = (lower - origin) / direction, (upper - origin) / direction
    near, far = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return (far >= np.maximum(near, 0)) & (lower <= upper).all(axis=-1)


def reached(nodes, meets):
    """First block and number of blocks of the leaves below boxes for which `meets` holds."""
    stack, found = [0], []
    while stack:
        node = nodes[stack.pop()]
        boxes = meets(node[:24].reshape(3, 8).T, node[24:48].reshape(3, 8).T)
        content, count = node[48:].view(np.int32).reshape(2, 8)
        stack += list(content[boxes & (count == 0)])
        found += [(a, n) for a, n in zip(content[boxes], count[boxes], strict=True) if n]
    return found


@pytest.mark.parametrize("count", [1, 2, 7, 9, 300])
def test_rays_reach_every_box_that_they_meet(count):
    rng = np.random.default_rng(count)
    lower = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
    upper = lower + rng.uniform(0, 0.4, (count, 3)).astype(np.float32)
    nodes, items = tree_of(lower, upper)
    assert sorted(items) == list(range(count))
    for _ in range(50):
        origin, direction = rng.uniform(-2, 2, 3), rng.normal(size=3)
        leaves = reached(nodes, partial(met, origin=origin, direction=direction))
        found = [i for a, n in leaves for i in items[a : a + n]]
        assert set(np.nonzero(met(lower, upper, origin, direction))[0]) <= set(found)


def test_no_boxes_one_empty_node():
    nodes, _ = tree_of(np.zeros((0, 3)), np.zeros((0, 3)))
    assert reached(nodes, lambda lo, hi: (lo <= hi).all(axis=-1)) == []


def test_each_group_has_the_tree_that_it_has_alone():
    wp = load_warp()
    rng = np.random.default_rng(0)
    sizes = [30, 0, 1, 200]
    lower = [rng.uniform(-1, 1, (n, 3)).astype(np.float32) for n in sizes]
    upper = [a + np.float32(0.1) for a in lower]
    groups = wp.array(np.repeat(range(4), sizes).astype(np.int32), dtype=wp.int32, device="cpu")
    corners = [wp.array(np.concatenate(c), dtype=wp.vec3, device="cpu") for c in (lower, upper)]
    nodes, items, starts = wide_trees(wp.Bvh(*corners, constructor="sah", groups=groups), range(4))
    nodes, items = nodes.numpy(), items.numpy().view(np.int32).ravel()
    firsts = np.cumsum([0, *sizes])
    for start, end, first, size, a, b in zip(
        starts, [*starts[1:], len(nodes)], firsts, sizes, lower, upper, strict=False
    ):
        alone, order = tree_of(a, b)
        assert (nodes[start:end, :48] == alone[:, :48]).all()
        assert (items[first : first + size] == order[:size] + first).all()


def test_equal_boxes_are_all_reached():
    nodes, items = tree_of(np.zeros((20, 3)), np.ones((20, 3)))
    found = reached(nodes, lambda lo, hi: (lo <= hi).all(axis=-1))
    assert sorted(i for a, n in found for i in items[a : a + n]) == list(range(20))


@pytest.mark.parametrize("solid", [trimesh.creation.icosphere(3), trimesh.creation.box(), trimesh.creation.torus(2, 1)])
def test_blocks_hold_every_triangle_once_within_its_boxes(solid):
    wp = load_warp()
    points = np.asarray(solid.vertices, np.float32)
    faces = np.asarray(solid.faces, np.int32)
    mesh = wp.Mesh(wp.array(points, dtype=wp.vec3, device="cpu"), wp.array(faces.ravel(), dtype=wp.int32, device="cpu"))
    nodes, blocks, _ = wide_trees(mesh)
    nodes, blocks = nodes.numpy(), blocks.numpy()
    leaves = {}

    def meets(lower, upper):
        return (lower <= upper).all(axis=-1)

    for a, n in reached(nodes, meets):
        for block in blocks[a : a + n]:
            numbers = block[72:].view(np.int32)
            corners = block[:72].reshape(3, 3, 8).transpose(2, 0, 1)
            for number, triangle in zip(numbers, corners, strict=True):
                if number >= 0:
                    assert number not in leaves and (triangle == points[faces[number]]).all()
                    leaves[number] = triangle
    assert sorted(leaves) == list(range(len(faces)))
