"""Dice show each face equally often."""

import numpy as np
from scipy.stats import chisquare

from simengine.assets.build import build
from simengine.physics.frames import rotate
from simengine.physics.simulate import simulate


def test_600_throws_are_fair(scene):
    """Three worlds of 200 dice, spread so that they seldom meet."""
    die = {
        "shape": {"die": {"size": 0.016}},
        "count": 200,
        "physics": {"density": 1180, "friction": 0.45, "restitution": 0.4},
        "placement": {"drop": {"center": [0, 0, 0.15], "size": [2, 2, 0.1]}},
    }
    directions = build(scene({"die": die | {"count": 1}}).objects[1].spec.shape, base="").directions
    axes = np.array(list(directions.values()))
    counts = np.zeros(6, int)
    for index in range(3):
        path = simulate(scene({"die": die}, index=index))
        up = rotate(path.rotations[0, 1:, None], axes)[..., 2]
        assert np.mean(up.max(axis=1) > 0.9999) > 0.95  # flat on the floor; the others lean on a neighbour
        counts += np.bincount(up.argmax(axis=1), minlength=6)
    assert counts.sum() == 600
    assert chisquare(counts).pvalue > 0.01
