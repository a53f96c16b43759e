import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.gear_faults import EccentricGear
from simengine.machines.gears import GearPair
from simengine.machines.inject import inject
from simengine.machines.machine import Machine
from simengine.machines.mounted import MountedBearing
from simengine.machines.race_faults import OuterRaceFault
from simengine.machines.speed import ConstantSpeed
from simengine.signals.catalogue import bearing
from simengine.signals.envelope import envelope_orders

RATE = 12_000
RING = bearing("6205")
MACHINE = Machine(ConstantSpeed(29.0), bearings={"de": MountedBearing(RING)}, faults=[OuterRaceFault()])
HEALTHY = 0.05 * np.random.default_rng(0).standard_normal(2 * RATE)


def test_fault_is_added_at_its_level_and_nothing_else():
    mixed = inject(HEALTHY, RATE, MACHINE, snr=-3.0)
    assert np.array_equal(mixed.signal - mixed.fault, HEALTHY) or np.allclose(
        mixed.signal - mixed.fault, HEALTHY, atol=1e-15
    )
    assert 20 * np.log10(np.std(mixed.fault) / np.std(HEALTHY)) == pytest.approx(-3.0, abs=1e-9)
    orders, spectra = envelope_orders(mixed.signal, RATE, mixed.clock, bands=[(100, 5000)])
    side = (orders > 1.5) & (orders < 6)
    assert orders[side][spectra[0][side].argmax()] == pytest.approx(RING.orders.bpfo, rel=0.02)
    assert len(mixed.impacts) > 150
    assert np.array_equal(inject(HEALTHY, RATE, MACHINE, snr=-3.0).signal, mixed.signal)


def test_the_sound_mesh_is_not_added_twice():
    pair = GearPair(20, 30, eccentricity=(0, 0), wobble=(0, 0))
    machine = Machine(ConstantSpeed(30.0), gears={"g": pair}, faults=[EccentricGear(severity=0.5)])
    spectrum = np.abs(np.fft.rfft(inject(HEALTHY, RATE, machine, snr=0.0).fault))
    assert spectrum[(600 + 30) * 2] > 20 * spectrum[600 * 2 - 7]
    assert spectrum[(600 + 30) * 2] > 3 * spectrum[600 * 2]


@pytest.mark.parametrize(
    "healthy, machine, words",
    [
        (np.zeros(5000), MACHINE, "constant"),
        (np.append(HEALTHY, np.nan), MACHINE, "Sample 24000"),
        (HEALTHY, Machine(ConstantSpeed(30)), "no fault to inject"),
    ],
)
def test_bad_recordings_are_refused(healthy, machine, words):
    with pytest.raises(SimengineError, match=words):
        inject(healthy, RATE, machine, snr=0)
