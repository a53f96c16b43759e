"""Faults as missing material: the depth of a race over one turn, and when elements pass it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simengine.machines.impacts import ImpactKind
from simengine.machines.mounted import BearingFault, MountedBearing
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.wear_faults import BrinellFault, DistributedFault
from simengine.signals.bearing import Bearing

__all__ = ["CELLS", "Mark", "RACE_FAULTS", "marks_of", "spall_depth"]

CELLS = 16_384
"""Points of a profile over one turn."""

RACE_FAULTS = (OuterRaceFault, InnerRaceFault, BrinellFault, DistributedFault)


@dataclass(frozen=True)
class Mark:
    """One damaged place on a race.

    Attributes:
        outer: On the outer race, else on the inner.
        depth: Missing material over one turn of the race, m, shape (CELLS + 1,), the last as the first.
        position: Middle of the damage on its ring, turns.
        width: Its width, turns.
        entry: What an element that reaches its near edge is called; ``None``: no event of its own.
        exit: What it is called at the far edge.
    """

    outer: bool
    depth: np.ndarray
    position: float
    width: float
    entry: ImpactKind | None
    exit: ImpactKind


def spall_depth(bearing: Bearing, size: float, deepest: float) -> float:
    """How far an element sinks into a gap of width ``size`` before it rests on both edges or on the bottom, m."""
    radius = bearing.element_diameter / 2
    return min(deepest, radius - np.sqrt(max(radius**2 - min(size / 2, radius) ** 2, 0.0)))


def marks_of(fault: BearingFault, mounted: MountedBearing, deepest: float, rng: np.random.Generator) -> list[Mark]:
    """The damaged places of a fault of the races.

    Args:
        fault: One of ``RACE_FAULTS``.
        mounted: The bearing.
        deepest: How far an element can sink, m.
        rng: Stream of rough surfaces.

    Returns:
        One mark a race.
    """
    bearing, sunk = mounted.bearing, spall_depth(mounted.bearing, fault.size, deepest)
    widths = {
        o: fault.size / (np.pi * (bearing.outer_diameter if o else bearing.inner_diameter)) for o in (True, False)
    }
    if isinstance(fault, DistributedFault):
        outer = fault.race == "outer"
        arc = fault.arc / bearing.elements
        rough = _rough(arc, fault.density, rng)
        profile = sunk * _over_turn(fault.position, arc, rough)
        return [Mark(outer, profile, fault.position, arc, None, ImpactKind.ROUGHNESS)]
    if isinstance(fault, BrinellFault):
        places = fault.position + np.arange(min(fault.dents or bearing.elements, bearing.elements)) / bearing.elements
        marks = []
        for outer, ratio, kind in (
            (True, 1.0, ImpactKind.BRINELL_OUTER),
            (False, fault.inner_ratio, ImpactKind.BRINELL_INNER),
        ):
            profile = np.sum([_over_turn(place, widths[outer], _gap) for place in places], axis=0)
            marks.append(Mark(outer, ratio * sunk * profile, fault.position, widths[outer], None, kind))
        return marks
    outer = isinstance(fault, OuterRaceFault)
    kinds = (
        (ImpactKind.OUTER_ENTRY, ImpactKind.OUTER_EXIT) if outer else (ImpactKind.INNER_ENTRY, ImpactKind.INNER_EXIT)
    )
    profile = sunk * _over_turn(fault.position, widths[outer], _gap)  # type: ignore[attr-defined]
    return [Mark(outer, profile, fault.position, widths[outer], *kinds)]  # type: ignore[attr-defined]


def _gap(u: np.ndarray) -> np.ndarray:
    """A raised cosine over -1/2 to 1/2."""
    return 0.5 * (1 + np.cos(2 * np.pi * u))


def _rough(arc: float, density: float, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Random pits, ``density`` of them over -1/2 to 1/2, none at the ends."""
    nodes = max(4, round(2 * density))
    heights = rng.random(nodes) * np.hanning(nodes + 2)[1:-1]
    return lambda u: np.interp(u, np.linspace(-0.5, 0.5, nodes), heights)


def _over_turn(position: float, width: float, shape: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    apart = np.arange(CELLS + 1) / CELLS - position
    apart -= np.round(apart)
    width = max(width, 8 / CELLS)
    return np.where(np.abs(apart) < width / 2, shape(apart / width), 0.0)
