"""Sampling plans: points that cover the space of a scene's variables more evenly than chance does.

Each plan gives the sample ``index`` a point in the open unit cube, one coordinate a variable,
which the variable's distribution turns into a value by its `ppf`. Any index can be asked for
alone. Coordinates are keyed by the seed and by the variable's *name*: a variable that is added
at the end leaves the coordinates of the others as they were (Latin hypercube: wherever it is
added). The Sobol sequence gives its dimensions, which differ in quality, in the order in which
the variables are declared; the grid and the stratified plan let the first variable run fastest.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.sampling.streams import stream, uniforms

__all__ = ["PLANS", "check_plan", "plan_json_schema", "plan_points"]

PLANS: dict[str, str] = {
    "independent": "Every sample is drawn by itself.",
    "sobol": "A scrambled Sobol sequence: even in all dimensions together; best in powers of two.",
    "latin_hypercube": "`size` samples of which each lies in another `size`-th of every variable's range.",
    "grid": "The middle of every combination of `size` (or `levels`) steps of each variable's range.",
    "stratified": "A random point of every combination of `size` (or `levels`) steps of each variable's range.",
}
"""One line on each plan."""

_SOBOL_BITS = 30
_MOST = 10_000_000  # steps of a variable: their order is held in memory


@dataclass(frozen=True)
class _Plan:
    kind: str
    size: int | None
    levels: dict[str, int]


def plan_points(plan: Mapping[str, Any] | str, names: Sequence[str], *, seed: int, index: int) -> np.ndarray | None:
    """The point of one sample.

    Args:
        plan: ``independent``, ``sobol``, ``{latin_hypercube: {size: 100}}``, ``{grid: {size: 5}}``,
            ``{grid: {levels: {distance: 5, angle: 8}}}`` or ``{stratified: {size: 4}}``; a number
            instead of the mapping is the size.
        names: Names of the variables, in the order of their declaration.
        seed: Seed of the data set, any integer from 0.
        index: Index of the sample, from 0. Beyond the size of a plan (`size` of a Latin hypercube,
            all combinations of a grid, 2**30 of a Sobol sequence) a new round begins, keyed differently.

    Returns:
        float64 in (0, 1), shape ``(len(names),)``; ``None`` for the independent plan.

    Raises:
        SimengineError: The plan is not valid.
    """
    parsed = _parse(plan, names)
    if parsed.kind == "independent":
        return None
    if parsed.kind == "sobol":
        return _sobol(names, seed, index)
    if parsed.kind == "latin_hypercube":
        assert parsed.size is not None
        turn, place = divmod(index, parsed.size)
        places = [(_order(seed, turn, parsed.kind, name, parsed.size)[place], parsed.size) for name in names]
    else:
        places = _grid(parsed, names, seed, index)
    within = [0.5 if parsed.kind == "grid" else uniforms(stream(seed, index, f"plan.{name}")) for name in names]
    points = [(place + offset) / count for (place, count), offset in zip(places, within, strict=True)]
    return np.clip(np.array(points, dtype=float), 2.0**-54, 1 - 2.0**-53)


def check_plan(plan: Any, names: Sequence[str]) -> None:
    """Raises SimengineError, with the remedy, unless the plan is valid for these variables."""
    _parse(plan, names)


def plan_json_schema() -> dict[str, Any]:
    """JSON Schema of a plan in a scene file."""
    size = {
        "type": "integer",
        "minimum": 1,
        "maximum": _MOST,
        "description": "Samples of a round, or steps of each variable.",
    }
    levels = {
        "type": "object",
        "additionalProperties": {"type": "integer", "minimum": 1, "maximum": _MOST},
        "description": "Steps by variable.",
    }

    def sized(*keys: str) -> dict[str, Any]:
        properties = {key: value for key, value in (("size", size), ("levels", levels)) if key in keys}
        return {"anyOf": [size, {"type": "object", "properties": properties, "additionalProperties": False}]}

    shapes = {"latin_hypercube": sized("size"), "grid": sized("size", "levels"), "stratified": sized("size", "levels")}
    tagged = {
        "type": "object",
        "properties": {kind: shape | {"description": PLANS[kind]} for kind, shape in shapes.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": ["independent", "sobol"]}, tagged]}


def _parse(plan: Any, names: Sequence[str]) -> _Plan:
    if isinstance(plan, str):
        kind, params = plan, None
    elif isinstance(plan, Mapping) and len(plan) == 1:
        ((kind, params),) = plan.items()
    else:
        raise SimengineError(f"plan: {plan!r} is not understood. Write a word or {{plan: params}}; {_known()}.")
    if kind not in PLANS:
        near = difflib.get_close_matches(str(kind), PLANS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise SimengineError(f"plan: {kind!r} is no plan. {hint}{_known()}.")
    if not isinstance(params, Mapping):
        params = {} if params is None else {"size": params}
    allowed = {"latin_hypercube": {"size"}, "grid": {"size", "levels"}, "stratified": {"size", "levels"}}.get(
        kind, set()
    )
    for key in params:
        if key not in allowed:
            takes = f"It takes {', '.join(sorted(allowed))}." if allowed else "It takes no parameters."
            raise SimengineError(f"plan: {kind} has no parameter {key!r}. {takes}")
    size, levels = params.get("size"), params.get("levels") or {}
    if not isinstance(levels, Mapping):
        raise SimengineError(
            f"plan: levels of {kind} are {levels!r}. Write a mapping of variables to numbers of steps."
        )
    for label, value in [("size", size), *levels.items()]:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST):
            raise SimengineError(f"plan: {label} of {kind} is {value!r}. Give a whole number from 1 to {_MOST}.")
    if kind == "latin_hypercube" and size is None:
        raise SimengineError("plan: latin_hypercube needs its size, the number of samples of one round.")
    if kind in ("grid", "stratified"):
        unknown = [name for name in levels if name not in names]
        if unknown:
            has = ", ".join(names) or "none"
            raise SimengineError(
                f"plan: levels of {kind} name {', '.join(unknown)}, which is no variable. There are: {has}."
            )
        without = [name for name in names if size is None and name not in levels]
        if without:
            raise SimengineError(
                f"plan: {kind} has no size and no levels for {', '.join(without)}. Give one or the other."
            )
    return _Plan(kind, size, {name: levels.get(name, size) for name in names} if kind in ("grid", "stratified") else {})


def _known() -> str:
    return f"There are: {', '.join(PLANS)}"


def _grid(plan: _Plan, names: Sequence[str], seed: int, index: int) -> list[tuple[int, int]]:
    """Step and number of steps of each variable: the digits of the index, in an order of steps of its own."""
    turn, rest = divmod(index, math.prod(plan.levels[name] for name in names))
    places = []
    for name in names:
        count = plan.levels[name]
        rest, digit = divmod(rest, count)
        places.append((int(_order(seed, turn, plan.kind, name, count)[digit]), count))
    return places


@lru_cache(maxsize=64)
def _order(seed: int, turn: int, kind: str, name: str, count: int) -> np.ndarray:
    """A random order of 0 .. count-1, shape (count,)."""
    return np.argsort(uniforms(stream(seed, turn, f"plan.{kind}.{name}"), count), kind="stable").astype(np.int32)


def _sobol(names: Sequence[str], seed: int, index: int) -> np.ndarray:
    turn, place = divmod(index, 2**_SOBOL_BITS)
    plain = _sobol_integers(len(names), place)
    points = []
    for name, value in zip(names, plain, strict=True):
        matrix, shift = _scramble(seed, turn, name)
        bits = (int(value) >> np.arange(_SOBOL_BITS - 1, -1, -1)) & 1
        scrambled = ((matrix @ bits) & 1) ^ shift
        points.append((int("".join(map(str, scrambled)), 2) + 0.5) / 2**_SOBOL_BITS)
    return np.array(points, dtype=float)


def _sobol_integers(dimensions: int, place: int) -> np.ndarray:
    """Coordinates of the plain Sobol sequence (Joe & Kuo 2008) times 2**30, shape (dimensions,)."""
    from scipy.stats import qmc

    if dimensions == 0:
        return np.zeros(0, dtype=np.int64)
    if dimensions > qmc.Sobol.MAXDIM:
        raise SimengineError(f"plan: sobol has at most {qmc.Sobol.MAXDIM} dimensions, not {dimensions}.")
    engine = qmc.Sobol(dimensions, scramble=False, bits=_SOBOL_BITS)
    if place:
        engine.fast_forward(place)
    return np.rint(engine.random(1)[0] * 2**_SOBOL_BITS).astype(np.int64)


@lru_cache(maxsize=256)
def _scramble(seed: int, turn: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A random linear scramble (Matousek, J. Complexity 14, 1998) of one variable and a digital shift.

    scipy's own scramble is keyed by the number of dimensions, so a variable more would move all others.
    """
    rng = stream(seed, turn, f"plan.sobol.{name}")
    bits = (uniforms(rng, (_SOBOL_BITS + 1, _SOBOL_BITS)) < 0.5).astype(np.int64)
    return np.tril(bits[1:], -1) + np.eye(_SOBOL_BITS, dtype=np.int64), bits[0]
