"""How far the lines of bearing faults rise above the floor of an envelope spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from simengine.signals.bearing import Bearing, BearingOrders

__all__ = ["COMBS", "FaultLine", "comb_scores", "fault_lines", "line_ratios"]

COMBS = (
    "outer", "outer low", "inner", "inner sides", "inner low", "element", "element sides", "element cage", "element odd",
    "cage", "shaft",
)  # fmt: skip


@dataclass(frozen=True)
class FaultLine:
    """A place on the order axis.

    Attributes:
        name: E.g. ``bpfi2-1``: second harmonic of BPFI less one turn.
        order: Its order.
    """

    name: str
    order: float


def fault_lines(orders: BearingOrders, *, harmonics: int = 5) -> list[FaultLine]:
    """Lines at which faults of a bearing show, with the sidebands that tell them apart.

    Harmonics of BPFO, BPFI and twice BSF; BPFI with the shaft around it, twice BSF with the cage around it, BPFO with
    both; the cage, the element and the shaft themselves.
    """
    spin = 2 * orders.bsf
    lines = [
        FaultLine(f"{name}{k}", k * order)
        for name, order in (("bpfo", orders.bpfo), ("bpfi", orders.bpfi), ("spin", spin))
        for k in range(1, harmonics + 1)
    ]
    sides = [
        ("bpfi", orders.bpfi, 1.0),
        ("bpfi", orders.bpfi, 2.0),
        ("bpfi", orders.bpfi, -1.0),
        ("bpfi", orders.bpfi, -2.0),
    ]
    sides += [
        ("spin", spin, orders.ftf),
        ("spin", spin, -orders.ftf),
        ("bpfo", orders.bpfo, 1.0),
        ("bpfo", orders.bpfo, -1.0),
    ]
    lines += [FaultLine(f"{name}{k}{side:+.3g}", k * order + side) for name, order, side in sides for k in range(1, 4)]
    lines += [FaultLine(f"cage{k}", k * orders.ftf) for k in (1, 2, 3)]
    lines += [FaultLine(f"element{k}", k * orders.bsf) for k in (1, 3)]
    lines += [FaultLine(f"shaft{k}", float(k)) for k in (1, 2, 3, 4)]
    return [line for line in lines if line.order > 0]


def line_ratios(
    orders: np.ndarray, spectra: np.ndarray, lines: list[FaultLine], *, tolerance: float = 0.01, floor: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of peaks at the lines over the running median of the spectrum.

    Args:
        orders: Axis, shape (k,), evenly spaced.
        spectra: Amplitudes, shape (bands, k).
        lines: Where to look.
        tolerance: Half width of the search as a fraction of the order, for slip; never below one and a half bins.
        floor: Width of the median, orders.

    Returns:
        Ratios, shape (bands, lines), and the ratio of the whole spectrum to its median, shape (bands, k).
    """
    step = orders[1] - orders[0]
    width = max(5, round(floor / step) | 1)
    base = np.stack([median_filter(row, width, mode="nearest") for row in spectra])
    ratio = np.log(np.maximum(spectra, 1e-12) / np.maximum(base, 1e-12))
    found = np.zeros((len(spectra), len(lines)))
    for column, line in enumerate(lines):
        reach = max(tolerance * line.order, 1.5 * step)
        low, high = int(np.ceil((line.order - reach) / step)), int((line.order + reach) / step) + 1
        if low < ratio.shape[1]:
            found[:, column] = ratio[:, max(low, 0) : high].max(axis=1)
    return found, ratio


def comb_scores(
    orders: np.ndarray, ratio: np.ndarray, bearing: Bearing, *, slips: np.ndarray | None = None
) -> np.ndarray:
    """Mean height of whole families of lines, at the lag of the cage that makes each family highest.

    One lag moves all lines of a bearing at once: BPFO falls by what BPFI gains. So a family is searched along one
    line of slip and not line by line, which keeps the maximum over noise low.

    Args:
        orders: Axis, shape (k,), evenly spaced.
        ratio: Logarithm of the spectra over their running median, shape (bands, k); see ``line_ratios``.
        bearing: The bearing.
        slips: Lags of the cage to try, as fractions; by default -0.4 to 1.5 %.

    Returns:
        Scores, shape (families, bands), in the order of ``COMBS``.
    """
    step = orders[1] - orders[0]
    tried = np.linspace(-0.004, 0.015, 9) if slips is None else slips
    scores = np.full((len(COMBS), len(ratio)), -np.inf)
    for slip in tried:
        for row, family in enumerate(_families(bearing, slip)):
            low = (np.asarray(family) / step).astype(int)
            low = low[(low >= 0) & (low < ratio.shape[1] - 1)]
            if len(low):
                height = np.maximum(ratio[:, low], ratio[:, low + 1]).mean(axis=1)
                scores[row] = np.maximum(scores[row], height)
    return np.where(np.isfinite(scores), scores, 0.0)


def _families(bearing: Bearing, slip: float) -> list[list[float]]:
    """Orders of the lines of each family of ``COMBS``, the cage lagging by ``slip``."""
    still, turning = (0.0, 1.0) if bearing.rotating == "inner" else (1.0, 0.0)
    cage = bearing.orders.ftf * (1 - slip)
    outer, inner = bearing.elements * abs(cage - still), bearing.elements * abs(turning - cage)
    spin = 2 * bearing.orders.bsf * (1 - slip)
    five, sides = range(1, 6), (-2, -1, 0, 1, 2)
    return [
        [k * outer for k in five],
        [outer, 2 * outer],
        [k * inner for k in five],
        [k * inner + j for k in (1, 2, 3) for j in sides],
        [inner - 1, inner, inner + 1],
        [k * spin for k in five],
        [k * spin + j * cage for k in (1, 2, 3, 4) for j in sides],
        [k * spin + j * cage for k in (1, 2, 3, 4) for j in (-1, 1)],
        [k * spin / 2 for k in (1, 3, 5)],
        [k * cage for k in (1, 2, 3)],
        [1.0, 2.0, 3.0, 4.0],
    ]
