"""What simengine relies on in a distribution, as checks that name the likely mistake."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.sampling.distribution import Distribution, from_dict
from simengine.sampling.streams import stream

__all__ = ["check_distribution", "example_of"]

DRAWS = 4000
BINS = 20
WORST_P = 1e-6
"""A correct distribution fails the chi-square test once in a million checks of other seeds; the seed is fixed."""


def example_of(family: type[Distribution]) -> tuple[Distribution | None, str]:
    """An instance to check: from the class attribute ``example`` (parameters) or from the defaults.

    Returns:
        The instance and an empty text, or None and the problem.
    """
    params = getattr(family, "example", None)
    try:
        return family.from_params({} if params is None else params), ""
    except SimengineError as error:
        hint = "Give the class an attribute `example = {...}` of parameters to check it with."
        return None, f"no example of it can be made: {error} {hint if params is None else ''}".strip()
    except Exception as error:
        return (
            None,
            f"making an example fails with {type(error).__name__}: {error}. Raise self.error(...) for bad parameters.",
        )


def check_distribution(distribution: Distribution) -> list[str]:
    """Checks one distribution.

    The same stream gives the same value; other streams give others; global generators are left
    alone; batches have the right shape; draws lie in the support; ``to_dict`` and ``from_dict`` are
    inverse; ``log_prob`` agrees with the draws (chi-square); ``ppf`` is monotone.

    Returns:
        A message for each failure.
    """
    messages: list[str] = []
    for check in (_repeats, _shapes, _round_trip, _in_support, _density, _monotone):
        try:
            message = check(distribution)
        except SimengineError as error:
            message = f"{check.__name__.strip('_')}: {error}"
        except Exception as error:
            message = f"the check '{check.__name__.strip('_')}' fails with {type(error).__name__}: {error}."
        if message:
            messages.append(message)
    return messages


def _rng(name: str) -> np.random.Generator:
    return stream(0, 0, f"check.{name}")


def _repeats(distribution: Distribution) -> str:
    before = _global_states()
    first, second = (_text(distribution.sample(_rng("repeat"))) for _ in range(2))
    batches = [_text(distribution.sample(_rng("repeat"), size=50)) for _ in range(2)]
    if before != _global_states():
        return "sample() draws from a global generator. Use only the `rng` that it is given."
    if first != second or batches[0] != batches[1]:
        return (
            "the same stream gives different values. Draw only from `rng`; keep no state between calls, use no clock."
        )
    if len(set(json.loads(batches[0]) if distribution.event_shape == () else ["", " "])) == 1:
        low, high = _optional(distribution.support) or (0, 1)
        if not distribution.discrete and low != high:
            return "sample() ignores the stream: every value is the same. Draw from `rng`."
    return ""


def _global_states() -> tuple[Any, ...]:
    """State of the global generators of Python and NumPy."""
    return random.getstate(), repr(np.random.get_state())  # noqa: NPY002


def _shapes(distribution: Distribution) -> str:
    if type(distribution).tag in ("choose",) or not isinstance(distribution.event_shape, tuple):
        return ""
    for size, shape in ((5, (5,)), ((2, 3), (2, 3))):
        drawn = np.shape(np.asarray(distribution.sample(_rng("shape"), size=size)))
        expected = (*shape, *distribution.event_shape)
        if drawn != expected:
            return f"sample(rng, size={size}) has shape {drawn}, not {expected}. Return (*size, *event_shape)."
    single = np.shape(np.asarray(distribution.sample(_rng("shape"))))
    if single != distribution.event_shape:
        return f"sample(rng) has shape {single}, but event_shape is {distribution.event_shape}."
    return ""


def _round_trip(distribution: Distribution) -> str:
    tree = distribution.to_dict()
    text = json.dumps(tree, allow_nan=False)
    if list(tree) != [type(distribution).tag]:
        return f"to_dict() gives {text[:80]}. It must be {{tag: params}} with the tag '{type(distribution).tag}'."
    again = from_dict(json.loads(text))
    if again != distribution:
        return "from_dict(d.to_dict()) differs from d. Declare every parameter as a field with param(...)."
    if _text(again.sample(_rng("trip"))) != _text(distribution.sample(_rng("trip"))):
        return "from_dict(d.to_dict()) draws other values than d. Keep no state that is not a parameter."
    return ""


def _in_support(distribution: Distribution) -> str:
    bounds = _optional(distribution.support)
    if bounds is None:
        return ""
    low, high = (np.asarray(edge, dtype=float) for edge in bounds)
    values = np.asarray(distribution.sample(_rng("support"), size=DRAWS), dtype=float)
    slack = 1e-9 * (1 + np.abs(values).max())
    if np.isnan(values).any():
        return "sample() gives NaN."
    if (values < low - slack).any() or (values > high + slack).any():
        return f"draws reach from {values.min():g} to {values.max():g}, outside support() = ({np.min(low):g}, {np.max(high):g})."
    return ""


def _density(distribution: Distribution) -> str:
    values = np.asarray(distribution.sample(_rng("density"), size=DRAWS))
    if values.dtype == object:
        return ""
    logs = _optional(lambda: np.asarray(distribution.log_prob(values), dtype=float))
    if logs is None:
        return ""
    if logs.shape != values.shape[: values.ndim - len(distribution.event_shape)]:
        return f"log_prob of an array of shape {values.shape} has shape {logs.shape}."
    if not np.isfinite(logs).all():
        return "log_prob() is not finite at values that sample() gives. Check the limits of the density."
    if distribution.event_shape != ():
        return ""
    observed, expected = _discrete_bins(distribution, values) if distribution.discrete else _bins(distribution, values)
    keep = expected >= 5
    if keep.sum() < 2:
        return ""
    rest_observed, rest_expected = DRAWS - observed[keep].sum(), max(DRAWS - expected[keep].sum(), 0.0)
    statistic = float((((observed - expected) ** 2) / expected)[keep].sum())
    degrees = int(keep.sum()) - 1
    if rest_expected >= 5:
        statistic, degrees = statistic + (rest_observed - rest_expected) ** 2 / rest_expected, degrees + 1
    from scipy.stats import chi2

    p = float(chi2.sf(statistic, degrees))
    if p < WORST_P:
        total = float(expected.sum()) / DRAWS
        likely = (
            f"The density adds up to {total:.3g} over the draws instead of 1: a constant is missing."
            if abs(total - 1) > 0.05
            else "Check the density's formula and that sample() inverts its cumulative function."
        )
        return f"log_prob() disagrees with the draws (chi-square {statistic:.0f} on {degrees} degrees, p = {p:.1g}). {likely}"
    return ""


def _discrete_bins(distribution: Distribution, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kinds, observed = np.unique(values, return_counts=True)
    return observed.astype(float), DRAWS * np.exp(np.asarray(distribution.log_prob(kinds), dtype=float))


def _bins(distribution: Distribution, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of an independent half of the draws in bins between quantiles of the other, and integrals there."""
    other = np.asarray(distribution.sample(_rng("edges"), size=DRAWS), dtype=float)
    edges = np.unique(np.quantile(other, np.linspace(0.02, 0.98, BINS + 1)))
    observed = np.histogram(values, edges)[0].astype(float)
    nodes, weights = np.polynomial.legendre.leggauss(32)
    centers, halves = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    points = centers[:, None] + halves[:, None] * nodes
    density = np.exp(np.asarray(distribution.log_prob(points), dtype=float))
    return observed, DRAWS * halves * (density @ weights)


def _monotone(distribution: Distribution) -> str:
    if distribution.event_shape != ():
        return ""
    u = np.linspace(0.001, 0.999, 201)
    quantiles = _optional(lambda: np.asarray(distribution.ppf(u)))
    if quantiles is None or quantiles.dtype.kind not in "if":
        return ""
    if (np.diff(quantiles.astype(float)) < 0).any():
        return "ppf() falls somewhere. It must be the inverse of the cumulative function."
    return ""


def _optional(call: Callable[[], Any]) -> Any:
    """The result; None where the distribution says that it has none."""
    try:
        return call()
    except SimengineError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, default=lambda part: part.tolist() if hasattr(part, "tolist") else repr(part))
