import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import SimengineError
from simengine.signals.bearing import Bearing, BearingOrders, bearing_from_orders
from simengine.signals.catalogue import BEARINGS, bearing

# orders as the owners of the rigs publish them
PUBLISHED = {
    "6205-2RS": {
        "bpfo": 3.5848,
        "bpfi": 5.4152,
        "bsf": 4.7135 / 2,
        "ftf": 0.39828,
    },  # Case Western Reserve, table of orders
    "6203-2RS": {"bpfo": 3.0530, "bpfi": 4.9469, "bsf": 3.9874 / 2, "ftf": 0.3817},
    "NICE": {"bpfo": 3.2450, "bpfi": 4.7550, "bsf": 2.5546, "ftf": 0.4056},  # MFPT
    "ZA-2115": {
        "bpfo": 236.4 / (2000 / 60),
        "bpfi": 296.9 / (2000 / 60),
        "bsf": 139.9 / (2000 / 60),
    },  # IMS, at 2000 rpm
    "UER204": {"bpfo": 107.91 / 35, "bpfi": 172.09 / 35, "bsf": 72.33 / 35, "ftf": 13.49 / 35},  # XJTU-SY, at 35 Hz
}


@pytest.mark.parametrize("model", PUBLISHED)
def test_catalogue_gives_the_published_orders(model):
    orders = BEARINGS[model].orders
    for name, value in PUBLISHED[model].items():
        assert getattr(orders, name) == pytest.approx(value, rel=5e-4), name


@given(
    n=st.integers(4, 30),
    ratio=st.floats(0.02, 0.3),
    angle=st.floats(0, 1.2),
    ring=st.sampled_from(["inner", "outer"]),
)
def test_orders_obey_rolling(n, ratio, angle, ring):
    pitch = 0.05
    diameter = min(ratio, 0.99 * math.sin(math.pi / n)) * pitch
    made = Bearing(n, diameter, pitch, angle, rotating=ring)
    orders = made.orders
    assert orders.bpfo + orders.bpfi == pytest.approx(n, rel=1e-12)
    # each race is passed by n elements at the speed of the cage relative to it
    outer, inner = (0, 1) if ring == "inner" else (1, 0)
    assert orders.bpfo == pytest.approx(n * abs(orders.ftf - outer), rel=1e-12)
    assert orders.bpfi == pytest.approx(n * abs(orders.ftf - inner), rel=1e-12)
    # an element rolls on both races without slip: surface speeds agree
    spin = orders.bsf * diameter
    assert made.outer_diameter * abs(orders.ftf - outer) == pytest.approx(spin, rel=1e-9)
    assert made.inner_diameter * abs(orders.ftf - inner) == pytest.approx(spin, rel=1e-9)


def test_rotating_outer_ring_turns_the_cage_faster():
    ring = bearing("6205")
    outer = Bearing(ring.elements, ring.element_diameter, ring.pitch_diameter, rotating="outer")
    assert outer.orders.ftf == pytest.approx(1 - ring.orders.ftf)


@pytest.mark.parametrize("name", ["6205-2rs", "6205", " 6203zz "])
def test_lookup_is_lenient_about_case_and_seals(name):
    assert bearing(name).model.startswith(name.strip().upper()[:4])


def test_unknown_model_names_the_nearest():
    with pytest.raises(SimengineError, match=r"6205-2RS.*geometry"):
        bearing("6205-2RZ")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"elements": 0}, "elements is 0.*from 2"),
        ({"element_diameter": -1e-3}, "element_diameter is -0.001"),
        ({"pitch_diameter": float("nan")}, "pitch_diameter is nan"),
        ({"element_diameter": 20e-3}, "don't fit.*units"),
        ({"contact_angle": 2.0}, "contact_angle"),
        ({"rotating": "both"}, "'inner' or 'outer'"),
    ],
)
def test_impossible_geometry_is_refused(change, words):
    with pytest.raises(SimengineError, match=words):
        Bearing(**{**{"elements": 9, "element_diameter": 7.94e-3, "pitch_diameter": 39.04e-3}, **change})


@pytest.mark.parametrize("model", BEARINGS)
def test_orders_give_the_bearing_back(model):
    ring = BEARINGS[model]
    assert bearing_from_orders(ring.orders).orders.__dict__ == pytest.approx(ring.orders.__dict__)
    turned = replace(ring, rotating="outer").orders
    assert bearing_from_orders(turned).orders.__dict__ == pytest.approx(turned.__dict__)


def test_orders_in_hertz_are_refused():
    with pytest.raises(SimengineError, match="not in Hz"):
        bearing_from_orders(BearingOrders(ftf=11.9, bsf=70.6, bpfo=107.4, bpfi=162.2))
