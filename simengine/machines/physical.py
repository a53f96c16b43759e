"""Vibration of bearings from the motion of rotor, elements and housing: the physical fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import firwin, resample_poly

from simengine.machines.contact_model import ContactModel
from simengine.machines.element_fault import ElementFault
from simengine.machines.hertz_kernel import compiled
from simengine.machines.impacts import ImpactKind, Impacts, join_impacts, no_impacts, train
from simengine.machines.mounted import BearingFault, MountedBearing
from simengine.machines.path import TransferPath, shake
from simengine.machines.race_profile import CELLS, RACE_FAULTS, Mark, marks_of, spall_depth
from simengine.machines.run import Run
from simengine.sampling.streams import stream
from simengine.signals.clock import ShaftClock

__all__ = ["CONTACT_FAULTS", "ContactVibration", "contact_vibration"]

CONTACT_FAULTS = (*RACE_FAULTS, ElementFault)
"""Faults that change the shape of what rolls; cages have no shape in this model and strike as in the parametric one."""

_GUARD = 64  # samples on either side of the wanted ones, for the filter of the decimation


@dataclass(frozen=True)
class ContactVibration:
    """What a bearing does to the sensors.

    Attributes:
        sound: Acceleration that the sound bearing causes, shape (channels, n), m/s^2: it hums at BPFO, for it is
            softer with an element on either side of the load than with one under it.
        fault: What its faults change, shape (channels, n), m/s^2.
        impacts: When elements pass damaged places. The amplitude is the largest change of the housing's
            acceleration from there to the next, m/s^2.
    """

    sound: np.ndarray
    fault: np.ndarray
    impacts: Impacts


def contact_vibration(
    name: str,
    mounted: MountedBearing,
    faults: Sequence[BearingFault],
    model: ContactModel,
    run: Run,
    path: TransferPath,
    residues: np.ndarray,
) -> ContactVibration:
    """Integrates the motion of a bearing with and without its faults, on the same slip of the cage.

    Sensors across the shaft feel the housing itself (along y through the resonator) and the modes of the
    structure that it shakes; those along the shaft feel these modes alone.

    Args:
        name: Name of the bearing, for its random streams.
        mounted: The bearing.
        faults: Its faults, each one of ``CONTACT_FAULTS``.
        model: Masses, springs and contacts.
        run: Times and sensors; speed as it may be.
        path: Modes of the structure.
        residues: Their residues, shape (channels, modes).

    Returns:
        The vibration at ``run.times``.

    Raises:
        SimengineError: Numba is missing.
    """
    several = int(np.ceil(model.rate / run.rate))
    fine = run.rate * several
    count = len(run.times) + 2 * _GUARD
    times = run.times[0] + (np.arange(count * several) - _GUARD * several) / fine
    clock = run.clock if mounted.shaft == 1 else run.clock.geared(mounted.shaft)
    turns = clock.turns(times)
    rng = run.stream(f"bearings.{name}.contact")
    cage = _cage(mounted, faults, turns, clock.turns(np.array(run.span)), rng)
    uneven = np.exp(mounted.unevenness * rng.standard_normal(mounted.bearing.elements))
    motion = _Motion(mounted, model, cage, turns, uneven, 1 / fine)
    healthy = motion.run([], np.zeros(len(times)))
    marks, flat, trains = [], np.zeros(len(times)), [no_impacts()]
    for number, fault in enumerate(faults):
        own = run.stream(f"bearings.{name}.contact.{number}")
        if isinstance(fault, ElementFault):
            strikes = fault.impacts(mounted, clock, run.span, own)
            flat += _flats(fault, mounted, model, strikes, times, clock, own)
            trains.append(strikes)
        else:
            marks += marks_of(fault, mounted, model.deepest, own)
    trains += [_passings(mark, mounted, cage, turns, times) for mark in marks]
    changed = motion.run(marks, flat) - healthy if faults else np.zeros_like(healthy)
    impacts = _measured(join_impacts(trains), changed, times)
    sound, fault_part = (_at_sensors(part, several, run, path, residues) for part in (healthy, changed))
    return ContactVibration(sound, fault_part, impacts)


@dataclass(frozen=True)
class _Motion:
    """Everything that the sound and the faulty bearing share."""

    mounted: MountedBearing
    model: ContactModel
    cage: np.ndarray
    turns: np.ndarray
    uneven: np.ndarray
    step: float

    def run(self, marks: Sequence[Mark], flat: np.ndarray) -> np.ndarray:
        """Accelerations of housing x, y and resonator, shape (3, n)."""
        mounted, model = self.mounted, self.model
        zone, bearing = mounted.zone, mounted.bearing
        load = model.load * mounted.load
        shift, clearance = model.shift(zone, load, bearing.elements)
        toward = np.array([np.cos(2 * np.pi * zone.direction), np.sin(2 * np.pi * zone.direction)])
        constants = model.constants(clearance)
        sag = load / constants[6]
        state = np.concatenate([(sag + shift) * toward, sag * toward, sag * toward[1:], np.zeros(5)])
        depths = {
            outer: sum((mark.depth for mark in marks if mark.outer == outer), start=np.zeros(CELLS + 1))
            for outer in (True, False)
        }
        outer_order, inner_order = mounted.ring_orders
        found = np.empty((3, len(self.cage)))
        compiled()(
            self.cage, outer_order * self.turns, inner_order * self.turns, depths[True], depths[False], flat,
            model.stiffness * self.uneven, load * toward, np.array([load * zone.unbalance, zone.direction]),
            constants, state, self.step, found,
        )  # fmt: skip
        return found


def _cage(
    mounted: MountedBearing,
    faults: Sequence[BearingFault],
    turns: np.ndarray,
    span: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Angle of element 0, turns; the cage slips by an independent step each time an element follows another."""
    elements, even = mounted.bearing.elements, mounted.orders.ftf * turns
    first, last = mounted.orders.ftf * span * elements  # of the labels, which no sensor moves
    nodes = np.arange(np.floor(first), np.ceil(last) + 2) / elements
    walk = np.cumsum(mounted.jitter / elements * rng.standard_normal(len(nodes)))
    slipped = even + np.interp(even, nodes, walk) - np.interp(0.0, nodes, walk)
    start = rng.random()
    for fault in faults:
        if isinstance(fault, ElementFault):
            start = fault.position
        elif fault.phase is not None and isinstance(fault, RACE_FAULTS):
            outer = marks_of(fault, mounted, 1e-6, stream(0, 0, "any"))[0].outer  # the race is not drawn
            start = fault.position + _sense(mounted, outer) * -fault.phase / elements
    return start + slipped


def _sense(mounted: MountedBearing, outer: bool) -> float:
    """Which way elements roll over a race: 1 with the turning of the shaft, -1 against it."""
    return float(np.sign(mounted.orders.ftf - mounted.ring_orders[0 if outer else 1]))


def _passings(mark: Mark, mounted: MountedBearing, cage: np.ndarray, turns: np.ndarray, times: np.ndarray) -> Impacts:
    """When elements reach the edges of a mark."""
    elements = mounted.bearing.elements
    ring = mounted.ring_orders[0 if mark.outer else 1]
    rolled = _sense(mounted, mark.outer) * (cage - ring * turns - mark.position) * elements
    whole = np.arange(np.ceil(rolled[0]), np.floor(rolled[-1]) + 1)
    half = elements * mark.width / 2
    trains = []
    for kind, edge in ((mark.entry, -half), (mark.exit, half if mark.entry is not None else 0.0)):
        if kind is not None:
            at = np.interp(whole + edge, rolled, times, left=-np.inf, right=np.inf)
            at = at[np.isfinite(at)]
            trains.append(train(at, np.ones(len(at)), kind, step=kind == mark.entry))
    return join_impacts(trains)


def _flats(
    fault: ElementFault,
    mounted: MountedBearing,
    model: ContactModel,
    strikes: Impacts,
    times: np.ndarray,
    clock: ShaftClock,
    rng: np.random.Generator,
) -> np.ndarray:
    """Missing height of the damaged element over time: a raised cosine at each contact of the spot."""
    sunk = spall_depth(mounted.bearing, fault.size, model.deepest)
    spin = mounted.orders.bsf * np.maximum(clock.speed(strikes.times), 1e-3)
    lengths = fault.size / (np.pi * mounted.bearing.element_diameter) / spin
    depths = fault.scattered(np.full(len(strikes), sunk), rng)
    depths *= np.where(strikes.kinds == ImpactKind.ELEMENT_ON_INNER, fault.inner_ratio, 1.0)
    step, flat = times[1] - times[0], np.zeros(len(times))
    for at, length, depth in zip(strikes.times, lengths, depths, strict=True):
        first, last = np.searchsorted(times, (at - length / 2, at + length / 2))
        flat[first:last] += depth * 0.5 * (1 + np.cos(2 * np.pi * (times[first:last] - at) / max(length, step)))
    return flat


def _measured(impacts: Impacts, changed: np.ndarray, times: np.ndarray) -> Impacts:
    """The same impacts with what each changed as its amplitude."""
    if not len(impacts):
        return impacts
    size = np.hypot(changed[0], changed[1])
    places = np.clip(np.searchsorted(times, impacts.times), 0, len(times) - 1)
    return Impacts(impacts.times, np.maximum.reduceat(size, places), impacts.kinds, impacts.steps)


def _at_sensors(moved: np.ndarray, several: int, run: Run, path: TransferPath, residues: np.ndarray) -> np.ndarray:
    """Accelerations at the sensors at ``run.times``, from those of housing and resonator at the integrator's steps."""
    taps = firwin(32 * several + 1, 0.9 / several, window=("kaiser", 8.0)) if several > 1 else np.ones(1)
    slow = resample_poly(moved, 1, several, axis=1, window=taps)[:, _GUARD : _GUARD + len(run.times)]
    lowest = 2 * np.pi * min(path.frequencies)
    total = np.zeros((len(run.channels), len(run.times)))
    for row, axis in enumerate(run.axes):
        base = slow[0] if axis == "x" else slow[1]
        total[row] = shake(base * (lowest / run.rate), path, residues[row], rate=run.rate)
        if axis != "z":
            total[row] += slow[0] if axis == "x" else slow[2]
    return total
