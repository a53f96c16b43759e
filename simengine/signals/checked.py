"""What every feature asks of a signal."""

from __future__ import annotations

import numpy as np

from simengine.errors import SimengineError

__all__ = ["checked_signal"]


def checked_signal(signal: np.ndarray, rate: float, *, least: int = 16) -> np.ndarray:
    """The signal as float64, shape (n,).

    Raises:
        SimengineError: It is not one channel, too short, has values that are no numbers, or the rate is not positive.
    """
    signal = np.asarray(signal, dtype=float)
    if signal.ndim != 1:
        raise SimengineError(f"A signal has shape {signal.shape}: give one channel, e.g. recording.signal[0].")
    if len(signal) < least:
        raise SimengineError(f"A signal has {len(signal)} samples: give at least {least}.")
    if not rate > 0:
        raise SimengineError(f"The sampling rate is {rate!r}: give samples per second, above 0.")
    bad = np.flatnonzero(~np.isfinite(signal))
    if len(bad):
        raise SimengineError(
            f"Sample {bad[0]} of a signal (at {bad[0] / rate:.6g} s) is {signal[bad[0]]}, and {len(bad)} samples in all "
            "are no finite numbers: cut these stretches out or interpolate across them first."
        )
    return signal
