"""Parts of rotating machines: their measures, and where they fit together."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.errors import Rejected


def turned(points, angle):
    return Rotation.from_rotvec([0, 0, angle]).apply(points)


def test_belt_lies_on_the_pitch_circles_and_is_as_long_as_the_closed_form(built, solid):
    """Length of an open belt: 2 sqrt(c^2 - (R - r)^2) + pi (R + r) + 2 (R - r) asin((R - r) / c), along the pitch line."""
    first, second, away, wide = 0.1, 0.16, 0.4, 0.0127
    asset = built("v_belt", diameters=(first, second), distance=away, belt=wide)
    lean = (second - first) / 2
    length = 2 * np.sqrt(away**2 - lean**2) + np.pi * (first + second) / 2 + 2 * lean * np.arcsin(lean / away)
    top, thick, slope = 0.97 * wide, 0.79 * wide, np.tan(np.radians(18))
    section = (top - thick * slope) * thick
    middle = (
        0.22 * wide - thick / 2 + thick**2 * slope / 6 / (top - thick * slope)
    )  # of the section, from the pitch line
    assert asset.volume == pytest.approx(section * (length + 2 * np.pi * middle), rel=0.01)
    low, high = solid(asset).bounds
    assert high[0] == pytest.approx(away + second / 2 + 0.22 * wide, rel=1e-3)
    assert low[0] == pytest.approx(-first / 2 - 0.22 * wide, rel=1e-3)


def test_the_belt_runs_in_the_groove(built, cast, solid):
    """Rays from the belt's flanks along the axis meet the pulley's groove, closely, and are not inside of it."""
    belt, pulley = built("v_belt", diameters=(0.1, 0.1)), solid(built("pulley", diameter=0.1, bore=0.02))
    vertices = belt.links[0].mesh.vertices
    radius = np.linalg.norm(vertices[:, :2], axis=1)
    wrapped = vertices[(vertices[:, 0] < -0.01) & (radius < 0.1 / 2 + 0.2 * 0.0127)].astype(float)
    assert len(wrapped) > 60
    up = np.tile([0.0, 0.0, 1.0], (len(wrapped), 1)) * np.sign(wrapped[:, 2:])
    gap = cast(pulley, wrapped, up)
    assert (gap > 0).all() and gap.max() < 0.001
    assert radius.min() < 0.05 < radius[vertices[:, 0] < -0.01].max()


@pytest.mark.parametrize(
    ("tag", "values", "count"),
    [("impeller", {"blades": 5}, 5), ("impeller", {"blades": 3}, 3), ("pulley", {"spokes": 6}, 6)],
)
def test_blades_and_spokes_repeat_around_the_axis(built, distance, solid, tag, values, count):
    asset = built(tag, **values)
    vertices = asset.links[0].mesh.vertices
    size = np.ptp(vertices, axis=0).max()
    away = distance(solid(asset), turned(vertices, 2 * np.pi / count))
    assert away.max() < 1e-3 * size  # facets of what is round
    assert distance(solid(asset), turned(vertices, np.pi / count)).max() > 0.02 * size


def test_a_broken_blade_is_shorter_and_moves_the_centre_of_mass_away(built):
    whole, broken = built("impeller", blades=5), built("impeller", blades=5, damage=0.6)
    assert np.linalg.norm(whole.center_of_mass[:2]) < 1e-6
    assert broken.center_of_mass[0] < -1e-4  # the blade on +x lacks
    assert abs(broken.center_of_mass[1]) < 0.6 * abs(broken.center_of_mass[0])
    reach = [np.linalg.norm(a.links[0].mesh.vertices[:, :2], axis=1).max() for a in (whole, broken)]
    assert reach == pytest.approx([0.15, 0.15], rel=0.01)


def test_a_shaft_fits_the_bearing_and_the_motor_at_the_stated_heights(built, cast, solid):
    """Rays along the stated axes: nothing in the way in the bearing's bore, the motor's face at x = 0."""
    axis = 1.46 * 0.03
    starts = np.array([(-1, 0, axis), (-1, 0.0149, axis), (-1, 0, axis + 0.0149), (-1, 0.016, axis)])
    hits = np.isfinite(cast(solid(built("bearing_block", bore=0.03)), starts, np.tile([1.0, 0, 0], (4, 1))))
    assert hits.tolist() == [False, False, False, True]
    motor = solid(built("motor", height=0.1))
    assert cast(motor, np.array([[1, 0.03, 0.1]]), np.array([[-1.0, 0, 0]]))[0] == pytest.approx(1.0, abs=1e-5)
    assert motor.bounds[0, 2] == pytest.approx(0, abs=1e-9)


def test_impossible_belt_drives_are_refused_with_a_remedy(built):
    with pytest.raises(Rejected, match="more than 160 mm apart"):
        built("v_belt", diameters=(0.16, 0.16), distance=0.1)
    with pytest.raises(Rejected, match="keep the bore below"):
        built("pulley", diameter=0.06, bore=0.05)
