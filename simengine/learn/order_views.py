"""What a fault classifier sees of windows: numbers at the fault orders, and envelope spectra on the axes of the faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_windows import signal_at, windows
from simengine.signals.bearing import Bearing, bearing_from_orders
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders
from simengine.signals.fault_lines import line_ratios
from simengine.signals.signature import default_bands, fault_signature

__all__ = ["AXES", "CELLS", "HARMONICS", "OrderViews", "ViewSettings", "join_views", "order_image", "order_views"]

AXES = ("outer", "inner", "element", "cage", "shaft")
CELLS, HARMONICS = 24, 5
"""Cells of an image per harmonic of a fault, and harmonics; a harmonic stands in the middle of its cells."""


@dataclass(frozen=True)
class ViewSettings:
    """How records become windows and windows become numbers.

    Attributes:
        rate: Samples per second at which all records are looked at, Hz.
        seconds: Length of a window, s.
        hop: From window to window, s.
        unit_rms: Scale every window to unit RMS: nothing then knows the level, which gains and distances of sensors
            change. ``False`` adds the logarithm of the RMS.
        images: Compute the spectra that the network looks at.
    """

    rate: float
    seconds: float = 1.0
    hop: float = 1.0
    unit_rms: bool = True
    images: bool = False


@dataclass(frozen=True)
class OrderViews:
    """Windows as a classifier sees them.

    Attributes:
        lines: Heights of single lines in the pre-whitened envelope spectra, shape (n, a), float32.
        combs: Heights of families of lines and how impulsive the bands are, shape (n, b), float32.
        images: Envelope spectra on the axes of the faults, shape (n, bands, 2 len(AXES), cells), float16; without
            the setting ``images`` of shape (n, 0, 0, 0).
        labels: ``fault_type`` of each window, shape (n,), str.
        records: Index of the record that each window is from, shape (n,).
        settings: How they were made.
    """

    lines: np.ndarray
    combs: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    records: np.ndarray
    settings: ViewSettings

    def __len__(self) -> int:
        return len(self.lines)

    def subset(self, keep: np.ndarray | Sequence[int]) -> OrderViews:
        """The windows at some indices, or where a mask holds."""
        return OrderViews(**{name: getattr(self, name)[keep] for name in _BY_WINDOW}, settings=self.settings)

    @property
    def table(self) -> np.ndarray:
        """Lines and combs side by side, shape (n, a + b)."""
        return np.hstack([self.lines, self.combs])


_BY_WINDOW = tuple(one.name for one in fields(OrderViews))[:-1]


def join_views(parts: Sequence[OrderViews]) -> OrderViews:
    """Windows of several sets as one; records are numbered on.

    Raises:
        SimengineError: The sets were made with different settings.
    """
    first = parts[0]
    for other in parts[1:]:
        if other.settings != first.settings:
            raise SimengineError(
                f"Windows made with {other.settings} can't stand beside windows made with {first.settings}: "
                "make both with the same settings."
            )
    offsets = np.cumsum([0, *(one.records.max(initial=-1) + 1 for one in parts[:-1])])
    joined = {name: np.concatenate([getattr(one, name) for one in parts]) for name in _BY_WINDOW}
    joined["records"] = np.concatenate([p.records + offset for p, offset in zip(parts, offsets, strict=True)])
    return OrderViews(**joined, settings=first.settings)


def order_views(
    records: Iterable[SignalRecord], settings: ViewSettings, *, bearing: Bearing | None = None
) -> OrderViews:
    """Looks at records window by window.

    Args:
        records: Records with a speed or a tachometer; a bearing is read from their rows.
        settings: How to look.
        bearing: The bearing of all records, in place of what their rows say.

    Returns:
        The windows, in the order of the records.

    Raises:
        SimengineError: A record has no speed or bearing, is too slow or too short, or holds values that are no numbers.
    """
    found, labels, owners = [], [], []
    for number, record in enumerate(records):
        ring = _bearing_of(record) if bearing is None else bearing
        for window in windows([record], settings.seconds, hop=settings.hop):
            try:
                found.append(_views(window, ring, settings))
            except SimengineError as error:
                raise SimengineError(f"The record {record.id}: {error}") from error
            labels.append(record.fault_type)
            owners.append(number)
    if not found:
        raise SimengineError("There are no records to look at: give at least one.")
    lines, combs, images = (np.stack(part) for part in zip(*found, strict=True))
    return OrderViews(lines, combs, images, np.array(labels, dtype=str), np.array(owners), settings)


def _bearing_of(record: SignalRecord) -> Bearing:
    if record.bearing is not None:
        return record.bearing
    if record.orders is not None:
        return bearing_from_orders(record.orders)
    raise SimengineError(
        f"The record {record.id} does not say which bearing it is from, so the orders of its faults are unknown: give "
        "it the columns n, d_mm, D_mm (and phi_deg), or ftf, bsf, bpfo, bpfi, or a bearing_model of the catalogue."
    )


def _views(window: SignalRecord, ring: Bearing, settings: ViewSettings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    signal, rate = signal_at(window, settings.rate)
    signal = signal - signal.mean()
    level, clock = float(np.std(signal)), window.clock
    if not level > 0:
        raise SimengineError("a window is constant, so nothing was measured: leave the record out.")
    seen = fault_signature(signal / level, rate, clock, ring)
    combs = seen.combs if settings.unit_rms else np.append(seen.combs, np.log(level))
    image = order_image(signal / level, rate, clock, ring) if settings.images else np.zeros((0, 0, 0), np.float16)
    return seen.lines.astype(np.float32), combs.astype(np.float32), image


def order_image(signal: np.ndarray, rate: float, clock: ShaftClock, ring: Bearing) -> np.ndarray:
    """Envelope spectra of a window on five axes: orders over BPFO, BPFI, twice BSF, FTF, and turns of the shaft.

    On the axis of a fault its lines stand at 1, 2, 3, ... whatever the bearing, so what is learnt on one bearing holds
    for another. Each cell is the highest line in it, as a logarithm over the running median of the spectrum.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        clock: Clock of the shaft; time 0 is the first sample.
        ring: The bearing.

    Returns:
        Shape (bands, 2 * 5, 5 * 24), float16, from half a harmonic to five and a half: first the axes of the
        pre-whitened spectra, then those of the others.
    """
    bands, of = default_bands(rate), ring.orders
    spans = (of.bpfo, of.bpfi, 2 * of.bsf, of.ftf, 1.0)
    halves = []
    for whiten in (True, False):
        orders, spectra = envelope_orders(
            signal, rate, clock, bands=bands, whiten=whiten, highest=(HARMONICS + 0.6) * max(spans)
        )
        _, ratio = line_ratios(orders, spectra, [])
        halves += [_cells(orders, ratio, span) for span in spans]
    return np.stack(halves, axis=1).astype(np.float16)


def _cells(orders: np.ndarray, ratio: np.ndarray, span: float) -> np.ndarray:
    """Maxima over the cells of a fault's order; a cell narrower than a line takes the line that it begins in."""
    edges = np.arange(CELLS * HARMONICS + 1) / CELLS + 0.5
    places = np.round(edges * (span / (orders[1] - orders[0]))).astype(int)
    return np.maximum.reduceat(ratio[:, : places[-1] + 1], places, axis=1)[:, :-1]
