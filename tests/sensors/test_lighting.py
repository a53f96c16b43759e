import math

import numpy as np
import pytest

from simengine.errors import Rejected
from simengine.scene.scene import SceneLight
from simengine.scene.schema.light import Light
from simengine.sensors.color import LUMINANCE
from simengine.sensors.lighting import light_source


def source(**spec):
    return light_source(SceneLight("lamp[0]", Light.model_validate(spec, context={"concrete": True})))


def test_area_light_shines_at_its_target():
    light = source(area={"position": [1, 0, 1], "target": [0, 0, 1], "size": [0.4, 0.2], "power": 30})
    assert (light.kind, light.position, light.size, light.power) == ("area", (1, 0, 1), (0.4, 0.2), 30)
    np.testing.assert_allclose(light.direction, [-1, 0, 0])
    np.testing.assert_allclose(light.up, [0, 0, 1])


@pytest.mark.parametrize("target", [[0, 0, 0], [0.3, -0.2, 0.1], [0, 0, 3]])
def test_edges_of_area_lights_are_square_to_the_direction(target):
    light = source(area={"position": [0, 0, 1.5], "target": target})
    assert np.dot(light.direction, light.up) == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(light.direction) == pytest.approx(1)
    assert np.linalg.norm(light.up) == pytest.approx(1)


def test_sun_travels_away_from_where_it_stands():
    light = source(sun={"elevation": math.pi / 2, "irradiance": 4, "angle": 0.01})
    np.testing.assert_allclose(light.direction, [0, 0, -1], atol=1e-12)
    assert (light.kind, light.size, light.power) == ("sun", (0.01, 0.0), 4)
    west = source(sun={"elevation": 0.0, "azimuth": math.pi})
    np.testing.assert_allclose(west.direction, [1, 0, 0], atol=1e-12)


def test_point_light():
    light = source(point={"position": [1, 2, 3], "radius": 0.05, "power": 7})
    assert (light.kind, light.position, light.size, light.power) == ("point", (1, 2, 3), (0.05, 0.0), 7)


def test_disk_and_spot():
    disk = source(area={"shape": "disk", "position": [1, 0, 1], "target": [0, 0, 1], "size": [0.4, 0.4]})
    assert (disk.kind, disk.size) == ("disk", (0.4, 0.4))
    spot = source(spot={"position": [0, 0, 2], "target": [0, 1, 2], "angle": 0.8, "soft": 0.25, "radius": 0.01})
    assert (spot.kind, spot.size, spot.power) == ("spot", (0.01, 0.0), 10)
    assert spot.direction == pytest.approx((0, 1, 0)) and spot.cone == pytest.approx((0.8, 0.6))


def test_color_never_changes_power():
    for spec in ({"color": [0.2, 0.1, 0.9]}, {"temperature": 2700}, {}):
        light = source(point={"power": 20}, **spec)
        assert np.dot(light.color, LUMINANCE) == pytest.approx(1)
        assert light.power == 20
    assert source(point={}).color == pytest.approx((1, 1, 1), abs=1e-9)


def test_black_light_is_off():
    assert source(point={"power": 20}, color=[0, 0, 0]).power == 0


def test_temperature_wins_over_color():
    assert source(point={}, temperature=3000, color=[0, 0, 1]).color == source(point={}, temperature=3000).color


@pytest.mark.parametrize("kind", ["area", "spot"])
def test_light_without_direction_rejects_the_draw(kind):
    with pytest.raises(Rejected, match=rf"lamp\[0\].{kind}"):
        source(**{kind: {"position": [1, 1, 1], "target": [1, 1, 1]}})
