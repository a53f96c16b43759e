"""The units that are resampled or split as a whole: images, recordings, scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.errors import SimengineError

__all__ = ["Groups", "group_rows", "picked_rows", "shuffled", "unit_codes"]

Groups = np.ndarray | list[np.ndarray]
"""Row numbers by unit: shape (units, rows a unit) where all units are equally large, else a list."""


def unit_codes(count: int, names: Sequence[Any] | np.ndarray | None, *, what: str = "units") -> np.ndarray:
    """Number of the unit of each row, units in the order of their names.

    Args:
        count: Number of rows.
        names: For each row the name of the unit that it belongs to; None where every row is a unit.
        what: What the names are called in an error.

    Raises:
        SimengineError: There is not one name for each row.
    """
    if names is None:
        return np.arange(count)
    if len(names) != count:
        raise SimengineError(f"{what} has {len(names)} names for {count} rows: give the unit of each row.")
    return np.unique(np.asarray(names), return_inverse=True)[1]


def group_rows(count: int, names: Sequence[Any] | np.ndarray | None, *, what: str = "units") -> Groups:
    """The rows of each unit; arguments, order and errors as those of `unit_codes`."""
    codes = unit_codes(count, names, what=what)
    if names is None:
        return codes[:, None]
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    return np.stack(groups) if len({len(group) for group in groups}) == 1 else groups


def picked_rows(groups: Groups, picked: np.ndarray) -> np.ndarray:
    """The rows of the units picked, unit by unit; a unit picked twice comes twice."""
    if isinstance(groups, np.ndarray):
        return groups[picked].ravel()
    return np.concatenate([groups[unit] for unit in picked])


def shuffled(rng: np.random.Generator, count: int) -> np.ndarray:
    """The numbers 0 to count - 1 in random order (from uniforms only, which NumPy keeps stable across releases)."""
    return np.argsort(rng.random(count), kind="stable")
