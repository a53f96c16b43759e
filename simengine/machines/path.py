"""The path from a strike to a sensor: a few modes of the structure, exactly sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simengine.machines.impacts import Impacts
from simengine.signals.checks import require, require_in, require_natural, require_positive

__all__ = ["RandomPath", "TransferPath", "ring", "shake", "shaken_power"]

_BLOCK = 64  # samples; the cost is flat between 32 and 128


@dataclass(frozen=True)
class TransferPath:
    """Modes that all sensors share, seen by each with residues of its own.

    A unit impulse at time 0 gives the acceleration sum_m r_m exp(-zeta_m w_m t) sin(w_dm t) for t > 0.

    Attributes:
        frequencies: Natural frequencies, Hz.
        dampings: Damping ratios.
        residues: Residues per channel name, one per mode; a channel that is not named draws its own.
        spread: Standard deviation of the logarithm of drawn residues; their signs are random.
    """

    frequencies: Sequence[float] = (900.0, 2400.0, 3600.0)
    dampings: Sequence[float] = (0.05, 0.03, 0.02)
    residues: Mapping[str, Sequence[float]] = field(default_factory=dict)
    spread: float = 0.8

    def __post_init__(self) -> None:
        require(len(self.frequencies) > 0, self, "frequencies", self.frequencies, "name at least one mode.")
        same = len(self.frequencies) == len(self.dampings)
        require(same, self, "dampings", self.dampings, f"give {len(self.frequencies)}, one per frequency.")
        for index, (frequency, damping) in enumerate(zip(self.frequencies, self.dampings, strict=True)):
            require_positive(self, **{f"frequencies[{index}]": frequency})
            require_in(self, 1e-5, 0.99, **{f"dampings[{index}]": damping})
        for name, values in self.residues.items():
            why = f"give {len(self.frequencies)} residues, one per mode."
            require(len(values) == len(self.frequencies), self, f"residues[{name}]", values, why)
        require_in(self, 0.0, 3.0, spread=self.spread)

    @cached_property
    def poles(self) -> np.ndarray:
        """Poles in the upper half plane, shape (modes,), complex, rad/s."""
        natural = 2 * np.pi * np.asarray(self.frequencies, dtype=float)
        dampings = np.asarray(self.dampings, dtype=float)
        return natural * (-dampings + 1j * np.sqrt(1 - dampings**2))

    def residues_of(self, channel: str, rng: np.random.Generator) -> np.ndarray:
        """Residues of a channel, given or drawn from ``rng``, shape (modes,)."""
        if channel in self.residues:
            return np.asarray(self.residues[channel], dtype=float)
        count = len(self.frequencies)
        return np.exp(self.spread * rng.standard_normal(count)) * np.where(rng.random(count) < 0.5, -1.0, 1.0)

    def response(self, frequencies: np.ndarray, residues: np.ndarray) -> np.ndarray:
        """Fourier transform of the impulse response.

        Args:
            frequencies: Where, shape (f,), Hz.
            residues: Shape (channels, modes).

        Returns:
            Complex, shape (channels, f), s.
        """
        squares = (2 * np.pi * frequencies) ** 2
        poles = self.poles
        total = np.zeros((len(residues), len(frequencies)), dtype=complex)
        below = np.empty(len(frequencies), dtype=complex)
        for mode, pole in enumerate(poles):
            below.real = abs(pole) ** 2 - squares
            below.imag = (-2 * pole.real * 2 * np.pi) * frequencies
            total += (residues[:, mode, None] * pole.imag) / below
        return total


@dataclass(frozen=True)
class RandomPath:
    """A structure that nobody has measured: modes anywhere in a range, evenly on a logarithmic scale.

    Attributes:
        count: Number of modes.
        frequency: Lowest and highest natural frequency, Hz.
        damping: Lowest and highest damping ratio.
        spread: As of the ``TransferPath`` that is drawn.
    """

    count: int
    frequency: tuple[float, float]
    damping: tuple[float, float] = (0.01, 0.08)
    spread: float = 0.8

    def __post_init__(self) -> None:
        require_natural(self, count=self.count)
        for name in ("frequency", "damping"):
            low, high = getattr(self, name)
            require(0 < low <= high, self, name, (low, high), "give the lowest and the highest, both above 0.")

    def draw(self, rng: np.random.Generator) -> TransferPath:
        """One structure, its modes in order of frequency."""
        frequencies = _logarithmic(rng, self.frequency, self.count)
        dampings = _logarithmic(rng, self.damping, self.count)
        return TransferPath(tuple(np.sort(frequencies)), tuple(dampings), spread=self.spread)


def _logarithmic(rng: np.random.Generator, ends: tuple[float, float], count: int) -> np.ndarray:
    low, high = np.log(ends)
    return np.exp(rng.uniform(low, high, count))


def ring(
    impacts: Impacts, path: TransferPath, residues: np.ndarray, *, start: float, rate: float, count: int
) -> np.ndarray:
    """Acceleration that a train of impacts starts in the modes, sampled without a grid for the impacts.

    Each impact is a sum of decaying sinusoids that begin at its exact time. Their values at the samples
    are computed in blocks: an impact rings freely to the end of its block by the powers of the poles, and
    what is left enters the state with which the next blocks begin. That is the same sum as the direct one,
    to rounding, at a cost linear in impacts plus samples.

    Args:
        impacts: The train; impacts before ``start`` are heard too.
        path: The modes.
        residues: Shape (channels, modes).
        start: Time of the first sample, s.
        rate: Samples per second.
        count: Number of samples.

    Returns:
        Acceleration, shape (channels, count), m/s^2.
    """
    channels, poles = len(residues), path.poles
    late = (impacts.times - start) * rate
    first = np.maximum(np.ceil(late), 0).astype(np.int64)
    heard = first < count
    first, late = first[heard], late[heard]
    if not len(first):
        return np.zeros((channels, count))
    rung = impacts.amplitudes[heard][:, None] * np.exp(((first - late) / rate)[:, None] * poles)
    steps = impacts.steps[heard]
    if steps.any():  # the response to a step is the integral of that to an impulse: 1/p, scaled by the slowest mode
        rung[steps] *= np.abs(poles).min() / poles
    block, offset = np.divmod(first, _BLOCK)
    powers = np.exp(np.arange(_BLOCK + 1)[:, None] * (poles / rate))  # (block + 1, modes)
    sines = _sines(powers, residues)

    left = np.zeros((-(-count // _BLOCK) + 1, len(poles)), dtype=complex)
    np.add.at(left, block + 1, rung * powers[_BLOCK - offset])
    signal = _flow(left, powers[_BLOCK], sines, channels)

    own = (np.concatenate([rung.real, rung.imag], axis=1) @ sines).reshape(-1, channels, _BLOCK)
    length = signal.shape[1]
    step = np.arange(_BLOCK)
    inside = step < (_BLOCK - offset)[:, None]
    places = (first[:, None] + step).ravel()  # beyond its block an impact adds 0, which costs less than leaving it out
    for channel in range(channels):
        signal[channel] += np.bincount(places, (own[:, channel] * inside).ravel(), minlength=length + _BLOCK)[:length]
    return signal[:, :count]


def shake(force: np.ndarray, path: TransferPath, residues: np.ndarray, *, rate: float) -> np.ndarray:
    """Acceleration that a force given at the samples starts in the modes: each value is an impulse at its sample.

    The same blocks as ``ring``; within a block the impulse response is a triangular matrix.

    Args:
        force: Impulses, shape (n,).
        path: The modes.
        residues: Of one channel, shape (modes,).
        rate: Samples per second.

    Returns:
        Shape (n,).
    """
    poles, count = path.poles, len(force)
    blocks = -(-count // _BLOCK)
    rows = np.zeros((blocks, _BLOCK))
    rows.reshape(-1)[:count] = force
    powers = np.exp(np.arange(_BLOCK + 1)[:, None] * (poles / rate))
    sines = _sines(powers, residues[None])
    response = powers[:_BLOCK].imag @ residues
    past = np.arange(_BLOCK) - np.arange(_BLOCK)[:, None]
    tails = powers[_BLOCK - np.arange(_BLOCK)]
    pushed = rows @ np.concatenate([tails.real, tails.imag], axis=1)
    left = np.zeros((blocks + 1, len(poles)), dtype=complex)
    left.real[1:], left.imag[1:] = pushed[:, : len(poles)], pushed[:, len(poles) :]
    signal = _flow(left, powers[_BLOCK], sines, 1)[0]
    signal += (rows @ np.where(past >= 0, response[past], 0.0)).reshape(-1)
    return signal[:count]


def shaken_power(path: TransferPath, residues: np.ndarray, rate: float) -> float:
    """Variance of ``shake`` under white noise of variance 1: the sum of squares of the impulse response, in closed form."""
    steps = path.poles / rate
    pairs = np.outer(residues, residues)
    apart = pairs / (1 - np.exp(steps[:, None] + steps.conj()))
    along = pairs / (1 - np.exp(steps[:, None] + steps))
    return float(np.sum(apart - along).real / 2)


def _sines(powers: np.ndarray, residues: np.ndarray) -> np.ndarray:
    """What a state of the modes, its real parts before its imaginary ones, sounds like over a block."""
    heads = residues[:, None, :] * powers[None, :_BLOCK]  # (channels, block, modes)
    return np.concatenate([heads.imag, heads.real], axis=2).reshape(len(residues) * _BLOCK, -1).T


def _flow(left: np.ndarray, carry: np.ndarray, sines: np.ndarray, channels: int) -> np.ndarray:
    """Signal of the states that enter each block, ``left`` being what the block before added to them."""
    step, factor = 1, carry
    while step < len(left):  # prefix sums by doubling: after each round a state holds what twice as many blocks left
        left[step:] += factor * left[:-step]
        step, factor = 2 * step, factor * factor
    blocks = len(left) - 1
    flow = np.concatenate([left.real, left.imag], axis=1)[:blocks] @ sines
    return flow.reshape(blocks, channels, _BLOCK).transpose(1, 0, 2).reshape(channels, -1)
