"""Simulated recordings as the records that formats read and write."""

import numpy as np

from simengine.dataset.signals import spans_of
from simengine.formats.signal import SignalRecord, SignalSet
from simengine.formats.signal_columns import split_row
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.label_row import label_row
from simengine.machines.machine import Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.race_faults import OuterRaceFault
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed
from simengine.signals.catalogue import bearing

RING = bearing("6205")


SPALL = OuterRaceFault(size=1e-3)
STEADY = ConstantSpeed(30.0)


def faulty_machine(speed=STEADY, *, faults=(SPALL,), snr=6.0, **parts):
    """A machine with one bearing, by default with a spall in its outer race."""
    mounted = MountedBearing(RING, jitter=0.005)
    rotor = parts.pop("rotor", Rotor((0.3, 0.2, 0.1)))
    return Machine(speed, bearings={"de": mounted}, faults=faults, snr=snr, rotor=rotor, **parts)


def records_of(one, *, profile="constant"):
    """A recording of `simengine.machines` as records, stems and all lists with them."""
    found = []
    times = np.linspace(0, one.signal.shape[1] / one.rate, 201)
    for k, channel in enumerate(one.sensors):
        row = label_row(one, channel, spec_hash="abc", dataset="bench")
        row |= {"speed_profile": profile, "speed_trace_s": times, "speed_trace_hz": one.clock.speed(times)}
        row |= {"clipped_spans": spans_of(one.clipped[k]), "dropped_spans": spans_of(one.dropped[k])}
        row |= {f"stem_{name}": stem[k] for name, stem in one.stems.items()}
        found.append(SignalRecord(one.signal[k].astype(np.float32), one.rate, *split_row(row)))
    return found


def small_set(count=3, *, rate=12_000, duration=0.25, snr=6.0):
    """A set of two channels a recording, faulty and healthy in turn."""
    sensors = {"acc_de": Accelerometer(rate, axis="z", range=20.0, bits=16), "acc/fe": Accelerometer(rate, axis="x")}
    records = []
    for index in range(count):
        machine = faulty_machine(faults=() if index % 2 else (SPALL,), snr=snr)
        records += records_of(record(machine, sensors, duration=duration, seed=3, index=index))
    return SignalSet("bench", tuple(records))
