"""How finely physics runs, and that what is coarse is fine enough."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.assets.build import build
from simengine.assets.collision import collision_of
from simengine.physics.body import Body
from simengine.physics.scale import choose_resolution
from simengine.physics.simulate import simulate

CUBE = {"shape": {"box": {"size": [0.3, 0.3, 0.3]}}}


def still(shape: dict, position=(0, 0, 0), **physics) -> dict:
    return {
        "shape": shape,
        "physics": {"static": True, **physics},
        "placement": {"fixed": {"position": list(position)}},
    }


def reach(scene) -> np.ndarray:
    bodies = []
    for item in scene.objects:
        asset = build(item.spec.shape, base="")
        bodies.append(Body(item, asset, collision_of(asset, item.spec.physics.collision)))
    return choose_resolution(bodies, scene.model.world).reach


def test_paint_on_the_floor_asks_for_no_finer_steps(scene):
    stripe = {"box": {"size": [2, 0.1, 0.002]}}
    plain = reach(scene({"cube": CUBE}))
    assert reach(scene({"cube": CUBE, "stripe": still(stripe, collision="none")})) == pytest.approx(plain)
    assert reach(scene({"washer": {"shape": {"washer": {}}}, "stripe": still(stripe)}))[0] < 0.001


@pytest.mark.parametrize("shape", [{"box": {"size": [0.3, 0.3, 0.3]}}, {"sphere": {"radius": 0.15}}, {"mug": {}}])
def test_bulky_things_thrown_at_a_thin_plate_stay_on_top(scene, shape):
    plate = still({"box": {"size": [2, 2, 0.003]}}, [0, 0, 0.5])
    drop = {"center": [0, 0, 1.2], "size": [0.2, 0.2, 0.1], "velocity": [0.3, 0, -6]}
    thing = {"shape": shape, "count": 3, "placement": {"drop": drop}}
    drawn = scene({"plate": plate, "thing": thing}, timeline={"start": 0.1, "frames": 9, "rate": 20})
    path = simulate(drawn)
    rows = [row for row, item in enumerate(drawn.objects) if item.group == "thing"]
    assert (path.positions[-1, rows, 2] > 0.5).all()
