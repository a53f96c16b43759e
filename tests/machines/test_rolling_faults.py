import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.element_fault import ElementFault
from simengine.machines.impacts import ImpactKind
from simengine.machines.load_zone import LoadZone
from simengine.machines.mounted import MountedBearing
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.wear_faults import BrinellFault, CageFault, DistributedFault
from simengine.signals.bearing import Bearing
from simengine.signals.catalogue import bearing
from simengine.signals.clock import ShaftClock

RING = bearing("6205")
EXACT = MountedBearing(RING, jitter=0.0)
RAMP = ShaftClock([0, 10], [10, 60])
SPAN = (0.0, 10.0)


def rng(seed=0):
    return np.random.default_rng(seed)


def lines(impacts, clock, orders):
    """Fourier coefficients of the train at given orders of the shaft, relative to the mean."""
    turns = clock.turns(impacts.times)
    weights = impacts.amplitudes
    return np.abs([np.sum(weights * np.exp(-2j * np.pi * o * turns)) for o in np.atleast_1d(orders)]) / weights.sum()


@pytest.mark.parametrize(
    "fault, order, kind",
    [
        (OuterRaceFault(entry=0, scatter=0), RING.orders.bpfo, ImpactKind.OUTER_EXIT),
        (InnerRaceFault(entry=0, scatter=0), RING.orders.bpfi, ImpactKind.INNER_EXIT),
        (ElementFault(scatter=0), 2 * RING.orders.bsf, None),
        (CageFault(scatter=0, looseness=0, rubs=0), RING.orders.ftf, ImpactKind.CAGE),
    ],
)
def test_impacts_sit_at_their_order_on_a_ramp(fault, order, kind):
    impacts = fault.impacts(EXACT, RAMP, SPAN, rng())
    spacing = np.diff(RAMP.turns(impacts.times))
    assert np.allclose(spacing, 1 / order, rtol=1e-9)
    assert len(impacts) == pytest.approx(order * 350, abs=1.01)  # the ramp makes 350 turns
    if kind is not None:
        assert set(impacts.kinds) == {kind}


def test_phase_places_the_first_impact():
    impacts = OuterRaceFault(entry=0, phase=0.25).impacts(EXACT, ShaftClock([0], [30]), (0, 1), rng())
    assert impacts.times[0] == pytest.approx(0.25 / RING.orders.bpfo / 30, rel=1e-12)


def test_inner_fault_is_carried_through_the_load_zone():
    steady = ShaftClock([0], [30])
    mounted = MountedBearing(RING, zone=LoadZone(0.3), jitter=0)
    impacts = InnerRaceFault(entry=0, scatter=0).impacts(mounted, steady, (0, 20), rng())
    bpfi = RING.orders.bpfi
    side, off = (
        lines(impacts, steady, [bpfi - 1, bpfi + 1]),
        lines(impacts, steady, [bpfi - 0.5, bpfi + RING.orders.ftf]),
    )
    assert side.min() > 0.4 and off.max() < 0.02
    # outside the zone no force acts: 1 - 1/(2 eps) (1 - cos psi) = 0 at cos psi = 0.4
    angle = (impacts.times * 30 + 0.5) % 1 - 0.5
    assert np.all(impacts.amplitudes[np.abs(angle) > np.arccos(0.4) / 2 / np.pi] == 0)


def test_outer_fault_stands_still_unless_its_ring_turns():
    steady = ShaftClock([0], [30])
    bpfo = RING.orders.bpfo
    still = OuterRaceFault(entry=0, scatter=0).impacts(EXACT, steady, (0, 20), rng())
    assert np.ptp(still.amplitudes) == 0
    turning = Bearing(9, RING.element_diameter, RING.pitch_diameter, rotating="outer")
    moved = OuterRaceFault(entry=0, scatter=0).impacts(MountedBearing(turning, jitter=0), steady, (0, 20), rng())
    assert lines(moved, steady, [bpfo + 1])[0] > 0.4
    fixed = InnerRaceFault(entry=0, scatter=0).impacts(MountedBearing(turning, jitter=0), steady, (0, 20), rng())
    assert np.ptp(fixed.amplitudes) == 0


def test_unbalance_modulates_a_standing_fault_once_a_turn():
    steady = ShaftClock([0], [30])
    mounted = MountedBearing(RING, zone=LoadZone(0.4, unbalance=0.3), jitter=0)
    impacts = OuterRaceFault(entry=0, scatter=0).impacts(mounted, steady, (0, 20), rng())
    assert lines(impacts, steady, [RING.orders.bpfo + 1])[0] == pytest.approx(0.15, rel=0.05)


def test_element_fault_is_carried_by_the_cage():
    steady = ShaftClock([0], [30])
    mounted = MountedBearing(RING, zone=LoadZone(0.4), jitter=0)
    impacts = ElementFault(scatter=0, inner_ratio=1).impacts(mounted, steady, (0, 40), rng())
    spin = 2 * RING.orders.bsf
    side = lines(impacts, steady, [spin - RING.orders.ftf, spin + RING.orders.ftf])
    assert side.min() > 0.4 and lines(impacts, steady, [spin + 0.2])[0] < 0.02


def test_double_impulse_gives_the_width_of_the_spall():
    clock = ShaftClock([0], [25])
    impacts = OuterRaceFault(size=1.2e-3, scatter=0).impacts(EXACT, clock, (0, 1), rng())
    exits, entries = impacts.times[~impacts.steps], impacts.times[impacts.steps]
    gap = exits[5] - entries[entries < exits[5]][-1]
    speed = np.pi * RING.outer_diameter * RING.orders.ftf * 25  # of the element along the race, m/s
    assert 2 * gap * speed == pytest.approx(1.2e-3, rel=1e-9)
    assert set(impacts.kinds[impacts.steps]) == {ImpactKind.OUTER_ENTRY}


def test_slip_is_a_random_walk():
    clock, spread = ShaftClock([0], [30]), 0.01
    mounted = MountedBearing(RING, jitter=spread)
    finals, thousands = [], []
    for seed in range(300):
        events = clock.turns(OuterRaceFault(entry=0, phase=0).impacts(mounted, clock, (0, 10), rng(seed)).times)
        events = (events - events[0]) * RING.orders.bpfo
        finals.append(events[1] - 1)
        thousands.append(events[1000] - 1000)
    assert np.std(finals) == pytest.approx(spread, rel=0.15)
    assert np.std(thousands) == pytest.approx(spread * np.sqrt(1000), rel=0.15)


def test_cage_lag_moves_both_races_and_keeps_their_sum():
    mounted = MountedBearing(RING, slip=0.02)
    assert mounted.orders.bpfo == pytest.approx(0.98 * RING.orders.bpfo)
    assert mounted.orders.bpfo + mounted.orders.bpfi == pytest.approx(9)


def test_erratic_element_misses_and_pauses():
    clock = ShaftClock([0], [30])
    every = ElementFault().impacts(MountedBearing(RING), clock, (0, 100), rng())
    some = ElementFault(missed=0.4, active=0.5, episode=4).impacts(MountedBearing(RING), clock, (0, 100), rng())
    assert len(some) / len(every) == pytest.approx(0.3, rel=0.15)
    gaps = np.diff(some.times) * 30 * RING.orders.ftf
    assert gaps.max() > 2  # a pause of more than two turns of the cage
    wander = ElementFault(wander=0.1).impacts(MountedBearing(RING, jitter=0), clock, (0, 100), rng())
    assert np.std(np.diff(wander.times) * 60 * RING.orders.bsf) == pytest.approx(0.1, rel=0.15)


def test_uneven_elements_repeat_with_the_cage():
    clock = ShaftClock([0], [30])
    mounted = MountedBearing(RING, jitter=0, unevenness=0.5)
    impacts = OuterRaceFault(entry=0, scatter=0).impacts(mounted, clock, (0, 40), rng())
    sides = lines(impacts, clock, [RING.orders.ftf, 2 * RING.orders.ftf])
    assert sides.min() > 0.03 and lines(impacts, clock, [1.3 * RING.orders.ftf])[0] < 0.01
    assert np.allclose(impacts.amplitudes[9:], impacts.amplitudes[:-9])


def test_brinell_strikes_both_orders_and_distributed_wear_modulates_noise():
    clock = ShaftClock([0], [30])
    dents = BrinellFault(scatter=0).impacts(EXACT, clock, (0, 20), rng())
    for kind, order in ((ImpactKind.BRINELL_OUTER, RING.orders.bpfo), (ImpactKind.BRINELL_INNER, RING.orders.bpfi)):
        assert np.allclose(np.diff(dents.times[dents.kinds == kind]) * 30, 1 / order)
    rough = DistributedFault(race="outer", arc=0.3).impacts(EXACT, clock, (0, 60), rng())
    power, turns = rough.amplitudes**2, clock.turns(rough.times)
    line = np.abs(np.sum(power * np.exp(-2j * np.pi * RING.orders.bpfo * turns))) / power.sum()
    assert line == pytest.approx(np.sinc(0.3), rel=0.1)
    raw = (
        np.abs(np.sum(rough.amplitudes * np.exp(-2j * np.pi * RING.orders.bpfo * turns)))
        / np.abs(rough.amplitudes).sum()
    )
    assert raw < 0.03


def test_impacts_grow_with_size_speed_and_load():
    slow, fast = ShaftClock([0], [10]), ShaftClock([0], [40])
    base = OuterRaceFault(size=0.2e-3, scatter=0).impacts(EXACT, slow, (0, 1), rng()).amplitudes.max()
    assert OuterRaceFault(size=0.6e-3, scatter=0).impacts(EXACT, slow, (0, 1), rng()).amplitudes.max() == pytest.approx(
        3 * base
    )
    assert OuterRaceFault(size=0.2e-3, scatter=0).impacts(EXACT, fast, (0, 1), rng()).amplitudes.max() == pytest.approx(
        4 * base
    )
    heavy = MountedBearing(RING, jitter=0, load=2)
    assert OuterRaceFault(size=0.2e-3, scatter=0).impacts(heavy, slow, (0, 1), rng()).amplitudes.max() == pytest.approx(
        2 * base
    )


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: OuterRaceFault(size=-1e-3), "size is -0.001"),
        (lambda: ElementFault(missed=1.5), "missed is 1.5.*0 to 1"),
        (lambda: LoadZone(1.2), "extent is 1.2.*0.1 to 0.9"),
        (lambda: MountedBearing(RING, jitter=0.5), "jitter is 0.5"),
        (lambda: DistributedFault(race="cage"), "'outer' or 'inner'"),
    ],
)
def test_bad_fault_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
