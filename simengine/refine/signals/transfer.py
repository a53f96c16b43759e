"""The transfer path and the noise floor of the user's machine, from recordings of it in health."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.formats.signal_windows import windows
from simengine.refine.signals.floor import noise_floor
from simengine.refine.signals.path import colored_noise, through_path
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import Refined, Sound, sounds

__all__ = ["RatePath", "Transfer", "fit_transfer"]

_LIMIT = 3.5  # nepers, 30 dB: beyond the pass bands of both chains a ratio means nothing
_SHARES = np.linspace(0.0, 0.25, 26)  # more would drown too many faults
_LEAST = 4  # healthy simulated recordings
_DIGITS = 4  # kept in the manifest, and so used
_WINDOW = 1.0  # s


@dataclass(frozen=True)
class RatePath:
    """What leads from the simulation to the real machine, at one sampling rate.

    Attributes:
        rate: Samples per second.
        path: Natural logarithm of the path's magnitude at `floor_frequencies`, for signals of unit level.
        floor: Natural logarithm of the power density that noise has there, 1/Hz, for signals of unit level.
        share: Part of the floor's power that is the same in every recording.
    """

    rate: float
    path: tuple[float, ...]
    floor: tuple[float, ...]
    share: float

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {"rate": self.rate, "path": list(self.path), "floor": list(self.floor), "share": self.share}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RatePath:
        """Reads what `to_dict` wrote."""
        return cls(float(data["rate"]), tuple(data["path"]), tuple(data["floor"]), float(data["share"]))


@dataclass(frozen=True)
class Transfer:
    """Brings simulated recordings to the spectrum of the real machine in health.

    The path is the smooth ratio (a third of an octave) of the real to the simulated floor, both of healthy machines and
    averaged as logarithms, as a causal filter of minimum phase and least delay: the same for every recording, so faults
    keep their lines, strikes, bearings and severities, and simulated machines their variety. The floor is stationary
    Gaussian noise of the real floor's colour, the same in all recordings whatever their fault. Of real faults nothing is
    used.

    Attributes:
        paths: One a sampling rate.
        level: Level of a healthy recording, m/s^2 r.m.s., lines included, that floors stand at; None keeps each simulated
            recording's own.
    """

    paths: tuple[RatePath, ...]
    level: float | None = None
    name: str = "transfer"
    folder: Path = Path()
    files: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        return {"method": self.name, "level": self.level, "paths": [path.to_dict() for path in self.paths]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Transfer:
        """Reads what `to_dict` wrote."""
        return cls(tuple(RatePath.from_dict(one) for one in data["paths"]), data["level"])

    def path_at(self, rate: float) -> RatePath:
        """What was found for a sampling rate.

        Raises:
            SimengineError: The simulation that this was fitted on had no such rate.
        """
        for path in self.paths:
            if abs(path.rate - rate) < 1e-6 * rate:
                return path
        known = ", ".join(f"{path.rate:g}" for path in self.paths)
        raise SimengineError(
            f"nothing was fitted for {rate:g} samples per second, only for {known}: fit it on this set."
        )

    def refine(self, sound: Sound, rng: np.random.Generator) -> Refined:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        path = self.path_at(sound.rate)
        clean = self._through(sound, np.sqrt(1 - path.share))
        if path.share == 0:
            return clean
        noise = colored_noise(rng, len(clean.signal), path.rate, np.array(path.floor))
        noise *= np.sqrt(path.share) * (self.level or sound.level)
        stems = {**clean.stems, "stem_floor": noise} if clean.stems else {}
        return Refined(clean.signal + noise, stems, clean.log_gain, float(np.std(noise)))

    def gentle(self, sound: Sound) -> Refined:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        return self._through(sound, 1.0)

    def _through(self, sound: Sound, gain: float) -> Refined:
        path = self.path_at(sound.rate)
        if self.level is not None:
            gain = gain * self.level / sound.level
        log_gain = np.array(path.path) + np.log(gain)
        stems = {name: gain * through_path(stem, path.rate, np.array(path.path)) for name, stem in sound.stems.items()}
        if stems:
            stems["stem_floor"] = np.zeros(len(sound.signal))
        return Refined(gain * through_path(sound.signal, path.rate, np.array(path.path)), stems, log_gain)


def fit_transfer(simulation: Dataset, real: HealthyRecordings, *, most: int = 600) -> Transfer:
    """Estimates path and floor.

    Args:
        simulation: The data set to refine; its healthy recordings are compared, and with stems also what others have
            besides their faults.
        real: The real healthy recordings.
        most: Samples of the simulation that are read, spread evenly.

    Raises:
        SimengineError: The simulation has too few healthy recordings, or the rates don't fit.
    """
    floors: dict[float, list[NDArray[np.float64]]] = {}
    rates: set[float] = set()
    for sound in sounds(simulation, most=most):
        rates.add(sound.rate)
        known = sound.without_fault
        if known is not None and sound.level > 0:
            floors.setdefault(sound.rate, []).append(noise_floor(known, sound.rate) - 2 * np.log(sound.level))
    for rate in sorted(rates):
        if len(floors.get(rate, ())) < _LEAST:
            raise SimengineError(
                f"{simulation.root} has {len(floors.get(rate, ()))} recordings of healthy machines at {rate:g} Hz: real and "
                f"simulated health can't be compared with less than {_LEAST}. Simulate a healthy condition too, or keep "
                "stems (--set recording.stems=true)."
            )
    return Transfer(tuple(_path(rate, floors[rate], real) for rate in sorted(rates)), real.level())


def _path(rate: float, simulated: list[NDArray[np.float64]], real: HealthyRecordings) -> RatePath:
    wholes, parts = [], []
    for record in real.at(rate):
        wholes.append(_unit_floor(record.signal, rate))
        seconds = min(_WINDOW, record.duration)
        parts += [_unit_floor(window.signal, rate) for window in windows([record], seconds)]
    floor = np.mean(wholes, axis=0)
    ratio = 0.5 * (floor - np.mean(simulated, axis=0))
    middle = float(np.median(ratio))
    path = np.clip(ratio, middle - _LIMIT, middle + _LIMIT)
    moved = np.stack(simulated) + 2 * path
    share = round(_share(moved, floor, np.stack(parts)), _DIGITS)
    excess = _mixed(moved, floor, share).mean(axis=0) - floor  # one floor for all lifts the mean of logarithms
    return RatePath(rate, _rounded(path - excess / 2), _rounded(floor - excess), share)


def _unit_floor(signal: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    return noise_floor(signal, rate) - 2 * np.log(float(np.std(signal, dtype=float)))


def _share(moved: NDArray[np.float64], floor: NDArray[np.float64], parts: NDArray[np.float64]) -> float:
    """The least part of one floor for all that brings simulated spectra as near to one another as real ones are."""
    wanted = _spread(parts) if len(parts) > 1 else 0.0
    for share in _SHARES.tolist():
        if _spread(_mixed(moved, floor, share)) <= wanted:
            return share
    return float(_SHARES[-1])


def _mixed(moved: NDArray[np.float64], floor: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.logaddexp(np.log1p(-share) + moved, np.log(max(share, 1e-300)) + floor)


def _spread(levels: NDArray[np.float64]) -> float:
    """Standard deviation between recordings, mean over frequencies."""
    return float(levels.std(axis=0).mean())


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
