import sys
from dataclasses import replace

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.contact_model import ContactModel
from simengine.machines.element_fault import ElementFault
from simengine.machines.hertz_kernel import compiled, integrate
from simengine.machines.load_zone import LoadZone
from simengine.machines.machine import Machine
from simengine.machines.mounted import MountedBearing
from simengine.machines.nameplate import CONDITIONS, nameplate_machine
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed, RampSpeed
from simengine.machines.wear_faults import BrinellFault, CageFault, DistributedFault
from simengine.sampling.streams import stream
from simengine.signals.catalogue import bearing
from simengine.signals.envelope import envelope_orders

pytest.importorskip("numba")

RING = bearing("6205")
ORDERS = RING.orders
ACC = {"a": Accelerometer(24_000)}
FAULTS = {
    "outer": (OuterRaceFault(position=0.25), ORDERS.bpfo),
    "inner": (InnerRaceFault(), ORDERS.bpfi),
    "rolling_element": (ElementFault(), 2 * ORDERS.bsf),
}


def machine(*faults, speed=None, jitter=0.0, zone=None, load=1.0, **more):
    mounted = MountedBearing(RING, zone=zone or LoadZone(0.4, 0.25), jitter=jitter, load=load)
    given = {"background": Background(level=0.0), "fidelity": "physical"} | more
    return Machine(speed or ConstantSpeed(29.5), bearings={"de": mounted}, faults=faults, **given)


def envelope(one):
    orders, [spectrum] = envelope_orders(
        one.acceleration[0], one.rate, one.clock, bands=[(500, 0.49 * one.rate)], whiten=False, highest=12
    )
    return orders, spectrum


def strongest(orders, spectrum, count):
    """Orders of the highest peaks that lie apart."""
    found = []
    for place in np.argsort(-spectrum):
        if orders[place] > 0.2 and all(abs(orders[place] - other) > 0.12 for other in found):
            found.append(orders[place])
        if len(found) == count:
            return found


def test_a_sound_bearing_hums_at_the_passing_of_its_elements():
    one = record(machine(), ACC, duration=2.0)
    assert not one.stems["fault"].any() and not len(one.impacts) and one.fault_type == "normal"
    found = strongest(*envelope(one), 3)
    assert sorted(found) == pytest.approx([k * ORDERS.bpfo for k in (1, 2, 3)], rel=2e-3)


@pytest.mark.parametrize("name", FAULTS)
def test_faults_strike_at_their_orders(name):
    fault, order = FAULTS[name]
    one = record(machine(fault), ACC, duration=2.0)
    orders, spectrum = envelope(one)
    for harmonic in (1, 2):
        near = np.abs(orders - harmonic * order) < 0.12
        peak = orders[near][spectrum[near].argmax()]
        assert peak == pytest.approx(harmonic * order, rel=2e-3)
    sides = {"outer": [], "inner": [1.0, order - 1], "rolling_element": [2 * ORDERS.ftf, order - ORDERS.ftf]}[name]
    floor = np.median(spectrum)
    for side in sides:  # the load zone carries a fault that turns
        assert spectrum[np.abs(orders - side) < 0.05].max() > 10 * floor
    exits = one.impacts.times[np.isin(one.impacts.kinds, [1, 3, 4, 5])]
    assert len(exits) == pytest.approx(2 * 29.5 * order, abs=1.5)


def test_orders_hold_on_a_ramp():
    one = record(machine(FAULTS["outer"][0], speed=RampSpeed(15, 45)), ACC, duration=2.0)
    orders, spectrum = envelope(one)
    near = np.abs(orders - ORDERS.bpfo) < 0.2
    assert orders[near][spectrum[near].argmax()] == pytest.approx(ORDERS.bpfo, rel=1e-2)


@pytest.mark.parametrize("fault", [None, *(pair[0] for pair in FAULTS.values())], ids=str)
def test_steps_of_half_the_length_change_nothing(fault):
    faults = [] if fault is None else [fault]
    levels = []
    for rate in (48_000, 96_000, 192_000):
        one = record(machine(*faults, contact=ContactModel(rate=rate)), {"a": Accelerometer(24_000)}, duration=1.0)
        levels.append(np.std(one.stems["fault" if faults else "shaft"][0]))
    assert levels[0] == pytest.approx(levels[2], rel=0.05)
    assert levels[1] == pytest.approx(levels[2], rel=0.02)


def test_machine_code_does_what_the_text_says():
    rng = np.random.default_rng(0)
    turns = np.linspace(0, 0.3, 500)
    shape = 1e-5 * np.maximum(rng.random(257) - 0.8, 0)
    constants = ContactModel().constants(1e-6)
    found = np.zeros((2, 3, 500))
    for result, function in zip(found, (integrate, compiled()), strict=True):
        function(
            0.4 * turns, 0 * turns, turns, shape, shape, 1e-6 * (turns > 0.1), np.full(9, 8e9), np.array([30.0, 400.0]),
            np.array([50.0, 0.1]), constants, np.zeros(10), 1 / 96_000, result,
        )  # fmt: skip
    assert np.abs(found[0]).max() > 1
    assert found[1] == pytest.approx(found[0], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("extent", [0.2, 0.4, 0.7])
def test_load_is_borne_over_the_arc_of_the_zone(extent):
    """The static sum of the contacts at the shift is the load (Stribeck), and the arc ends where the zone says."""
    model, zone = ContactModel(), LoadZone(extent)
    shift, clearance = model.shift(zone, 500.0, 9)
    total = 0.0
    for start in np.linspace(0, 1 / 9, 40, endpoint=False):  # the mean over positions of the cage
        psi = 2 * np.pi * (start + np.arange(9) / 9)
        depth = np.maximum(shift * np.cos(psi) - clearance, 0)
        total += (model.stiffness * depth**1.5 * np.cos(psi)).sum() / 40
    assert total == pytest.approx(500.0, rel=1e-3)
    angles = np.linspace(0, 0.5, 2001)
    carried = shift * np.cos(2 * np.pi * angles) > clearance + 1e-12
    assert angles[carried].max() == pytest.approx(angles[zone.load(angles, angles) > 0].max(), abs=1e-3)


def test_rotor_and_housing_settle_where_statics_say():
    model = ContactModel()
    _, clearance = model.shift(LoadZone(0.4), 500.0, 9)
    still, found = np.zeros(960_000), np.empty((3, 960_000))
    constants, state = model.constants(clearance), np.zeros(10)
    compiled()(
        still, still, still, np.zeros(9), np.zeros(9), still, np.full(9, model.stiffness), np.array([500.0, 0.0]),
        np.zeros(2), constants, state, 1 / 960_000, found,
    )  # fmt: skip
    assert np.abs(found[:, -1000:]).max() < 1e-6 * np.abs(found).max()
    # the same equations as ordinary differential equations, by another integrator
    from scipy.integrate import solve_ivp

    m, kr, cr, cc, mh, kh, ch = constants[1:8]
    psi = 2 * np.pi * np.arange(9) / 9

    def flow(_, y):
        apart = y[0] - y[1]
        push = (model.stiffness * np.maximum(apart * np.cos(psi) - clearance, 0) ** 1.5 * np.cos(psi)).sum()
        push += cc * (y[2] - y[3])
        return [y[2], y[3], (500 - push - kr * y[0] - cr * y[2]) / m, (push - kh * y[1] - ch * y[3]) / mh]

    times = np.arange(1, 2001) / 96_000
    exact = solve_ivp(flow, (0, times[-1]), np.zeros(4), t_eval=times, rtol=1e-9, atol=1e-13)
    want = np.array([flow(0, y)[3] for y in exact.y.T])
    assert found[0, 10:20_001:10] == pytest.approx(want, abs=0.01 * np.abs(want).max())


def test_larger_spalls_and_loads_shake_harder():
    sizes = [0.2e-3, 0.5e-3, 1e-3]
    levels = [
        np.std(record(machine(OuterRaceFault(size=s, position=0.25)), ACC, duration=0.5).stems["fault"]) for s in sizes
    ]
    assert levels == sorted(levels)
    loads = [np.std(record(machine(FAULTS["outer"][0], load=f), ACC, duration=0.5).stems["fault"]) for f in (0.5, 2.0)]
    assert loads[0] < loads[1]
    away = record(machine(OuterRaceFault(position=0.75)), ACC, duration=0.5)  # opposite the load nothing is touched
    assert np.std(away.stems["fault"]) < 1e-3 * levels[1]


def test_strikes_are_where_the_signal_bursts():
    one = record(machine(OuterRaceFault(position=0.25)), {"a": Accelerometer(48_000)}, duration=0.5)
    entries = one.impacts.times[one.impacts.kinds == 0]
    size = np.abs(one.stems["fault"][0])
    for entry in entries[2:-2]:  # it is loud from the near edge of the spall on, and was quiet before
        at = round(entry * 48_000)
        assert size[at : at + 60].max() > 4 * size[at - 60 : at - 3].max()
    assert one.impacts.amplitudes.min() > 0


def test_sensors_and_steps_do_not_move_strikes():
    fault = FAULTS["outer"][0]
    slow = record(machine(fault, jitter=0.02), {"a": Accelerometer(12_000)}, duration=0.5).impacts.times
    fast = record(machine(fault, jitter=0.02, contact=ContactModel(rate=200_000.0)), ACC, duration=0.5).impacts.times
    assert slow == pytest.approx(fast, abs=1e-7)
    gaps = np.diff(slow[::2]) * 29.5 * ORDERS.bpfo
    assert np.std(gaps) == pytest.approx(0.02, rel=0.4) and np.mean(gaps) == pytest.approx(1, abs=0.01)


def test_phase_says_when_the_first_element_passes():
    for fault, order in (
        (OuterRaceFault(position=0.25, phase=0.3), ORDERS.bpfo),
        (InnerRaceFault(phase=0.3), ORDERS.bpfi),
    ):
        one = record(machine(fault), ACC, duration=0.2)
        entry, exit_ = (one.impacts.times[one.impacts.kinds % 2 == k][:1] for k in (0, 1))
        assert (entry + exit_) / 2 == pytest.approx(0.3 / (29.5 * order), rel=1e-3)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_machine_from_a_nameplate_can_be_physical(condition):
    for index in range(6):
        drawn = nameplate_machine(RING, condition, stream(3, index, "draw"), rate=12_000)
        one = record(replace(drawn, fidelity="physical"), {"a": Accelerometer(12_000)}, duration=0.3, index=index)
        assert np.isfinite(one.signal).all() and one.fault_type == condition
        assert sum(one.stems.values()) == pytest.approx(one.acceleration, abs=1e-9)
        if condition in ("inner", "outer", "cage"):
            assert one.snr[0] == pytest.approx(drawn.snr, abs=1.0)


def test_every_fault_beside_another_and_the_same_bytes():
    faults = (
        OuterRaceFault(position=0.2), InnerRaceFault(), ElementFault(missed=0.3), BrinellFault(dents=3),
        DistributedFault(race="inner"), CageFault(),
    )  # fmt: skip
    many = machine(*faults, jitter=0.01)
    first, again = (record(many, ACC, duration=0.3) for _ in range(2))
    assert first.signal.tobytes() == again.signal.tobytes()
    assert set(first.impacts.kinds) == {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
    beside = record(
        many, {**ACC, "x": Accelerometer(24_000, axis="x"), "z": Accelerometer(24_000, axis="z")}, duration=0.3
    )
    assert beside.stems["fault"][0] == pytest.approx(first.stems["fault"][0])
    assert (np.std(beside.stems["fault"], axis=1) > 0).all()


def test_outer_ring_that_turns():
    turned = replace(RING, rotating="outer")
    mounted = MountedBearing(turned, zone=LoadZone(0.4, 0.25), jitter=0.0)
    one = record(
        Machine(ConstantSpeed(29.5), bearings={"de": mounted}, faults=[OuterRaceFault()], fidelity="physical",
                background=Background(level=0.0)), ACC, duration=2.0,
    )  # fmt: skip
    orders, spectrum = envelope(one)
    floor = np.median(spectrum)
    for line in (1.0, turned.orders.bpfo, turned.orders.bpfo - 1):  # the spall is carried through the load zone
        assert spectrum[np.abs(orders - line) < 0.03].max() > 10 * floor


def test_without_numba_it_says_what_to_install(monkeypatch):
    compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(SimengineError, match=r"pip install 'simengine\[signals\]'"):
        record(machine(), ACC, duration=0.1)
    compiled.cache_clear()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"rate": 8_000.0}, "rate"), ({"load": -1.0}, "load"), ({"resonator_frequency": 20_000.0}, "rate")],
)
def test_models_that_cannot_move_are_refused(change, message):
    with pytest.raises(SimengineError, match=message):
        ContactModel(**change)


def test_unknown_fidelity_is_refused():
    with pytest.raises(SimengineError, match="'parametric' or 'physical'"):
        machine(fidelity="perfect")
