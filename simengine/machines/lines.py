"""Spectral lines tied to a shaft's angle, to the clock on the wall, or to both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.machines.phasor import harmonic_sum, phasor
from simengine.machines.run import Run

__all__ = ["Line", "Resonance", "draw_lines"]

_BASES = (1.0, 0.5, 1 / 3, 0.25)


@dataclass(frozen=True)
class Line:
    """One line of a machine: its phase is ``order`` turns of the shaft plus ``hertz`` cycles of time.

    Attributes:
        order: Cycles per turn of the reference shaft.
        hertz: Cycles per second on top, e.g. 100 for twice the mains.
        x: Acceleration across the shaft, m/s^2, complex: the angle is the phase.
        y: The same, a quarter turn on.
        z: The same along the shaft.
    """

    order: float = 0.0
    hertz: float = 0.0
    x: complex = 0.0
    y: complex = 0.0
    z: complex = 0.0

    def seen(self, axis: str) -> complex:
        """The amplitude along an axis."""
        return {"x": self.x, "y": self.y, "z": self.z}[axis]


@dataclass(frozen=True)
class Resonance:
    """A critical speed: lines grow and turn their phase as they pass it.

    Attributes:
        frequency: Natural frequency of the rotor in its bearings, Hz.
        damping: Damping ratio.
    """

    frequency: float
    damping: float = 0.05

    def gain(self, frequencies: np.ndarray) -> np.ndarray:
        """Magnification 1 / (1 - r^2 + 2 j zeta r) of the Jeffcott rotor at ``frequencies`` (Hz)."""
        ratio = frequencies / self.frequency
        return 1 / (1 - ratio**2 + 2j * self.damping * ratio)


def draw_lines(
    lines: Sequence[Line], run: Run, *, reference: float = 0.0, power: float = 0.0, resonance: Resonance | None = None
) -> np.ndarray:
    """Acceleration of a set of lines at the sensors.

    Args:
        lines: The lines.
        run: Times, shaft angles and sensors.
        reference: Speed at which the amplitudes are given, Hz; needed with ``power``.
        power: Exponent with which amplitudes grow with speed (2 for unbalance).
        resonance: A critical speed that the lines pass.

    Returns:
        Shape (channels, n), m/s^2.
    """
    total = np.zeros((len(run.axes), len(run.times)))
    steady = run.clock.steady_speed
    speeds = run.speeds if steady is None and (power or resonance) else np.array([steady or reference])
    varies = resonance is not None and steady is None

    if not varies and lines:
        if all(line.hertz == 0 for line in lines):
            base = next((one for one in _BASES if all(_whole(line.order / one) for line in lines)), None)
            numbers, tone = [line.order for line in lines], None if base is None else run.phasor(base)
        else:
            base = min(abs(line.hertz) for line in lines)
            fixed = base > 0 and all(line.order == 0 and _whole(line.hertz / base) for line in lines)
            numbers, tone = [line.hertz for line in lines], run.tone(base) if fixed else None
        if base and tone is not None:  # harmonics of one tone: one phasor serves all
            rows = np.zeros((len(run.axes), round(max(numbers) / base)), dtype=complex)
            for line, number in zip(lines, numbers, strict=True):
                gain = resonance.gain(line.order * speeds + line.hertz)[0] if resonance else 1.0
                for channel, axis in enumerate(run.axes):
                    rows[channel, round(number / base) - 1] += line.seen(axis) * gain
            total += harmonic_sum(tone, rows)
            lines = ()
    for line in lines:
        wave = phasor(line.order * run.turns + line.hertz * run.times)
        if resonance is not None:
            wave = wave * resonance.gain(abs(line.order * speeds + line.hertz))
        for channel, axis in enumerate(run.axes):
            amplitude = complex(line.seen(axis))
            total[channel] += amplitude.real * wave.real - amplitude.imag * wave.imag
    if power:
        total *= (speeds / reference) ** power
    return total


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-12 and round(number) >= 1
