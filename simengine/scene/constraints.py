"""Constraints: expressions that every sample meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from simengine.errors import Rejected
from simengine.scene.expression import Expression, ExpressionError, compile_expression
from simengine.scene.scene import Scene

__all__ = ["LABELLED", "acceptance_text", "broken_constraint", "check_label_constraints", "split_constraints"]

LABELLED = "labelled"
"""Name that stands for the number of labelled objects in a view."""


def split_constraints(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Splits constraints into those that a draw decides and those that need the labels."""
    late = [text for text in texts if LABELLED in compile_expression(text).names]
    return tuple(text for text in texts if text not in late), tuple(late)


def broken_constraint(texts: Sequence[str], scene: Scene, *, labelled: int | None = None) -> str | None:
    """Describes the first constraint that a sample breaks, with the values involved; None if it meets all."""
    if not texts:
        return None
    counts = Counter(each.group for each in scene.objects)
    scope: dict[str, Any] = {**scene.model.variables, "count": _Counts(counts)}
    if labelled is not None:
        scope[LABELLED] = labelled
    for text in texts:
        expression = compile_expression(text)
        try:
            holds = expression(scope)
        except ExpressionError as error:
            return f"constraint '{text}': {error}"
        if not holds:
            return f"constraint '{text}' does not hold{_values(expression, scope, counts)}."
    return None


def check_label_constraints(texts: Sequence[str], scene: Scene, *, labelled: int) -> None:
    """Checks the constraints that need labels.

    Args:
        texts: `SceneSpec.label_constraints`.
        scene: The sample.
        labelled: Number of objects of the view that get a label.

    Raises:
        Rejected: One does not hold (stage ``labels``).
    """
    broken = broken_constraint(texts, scene, labelled=labelled)
    if broken is not None:
        raise Rejected("labels", broken)


def acceptance_text(*, tried: int, accepted: int, reasons: Sequence[str] = ()) -> str:
    """One line on how many draws were accepted, and why most others were not.

    Args:
        tried: Draws.
        accepted: Those that were not rejected.
        reasons: Reason of each rejection.
    """
    rate = accepted / tried if tried else 0.0
    text = f"{accepted} of {tried} draws were accepted ({rate:.1%})"
    if reasons:
        reason, times = Counter(reasons).most_common(1)[0]
        text += f"; the most frequent reason ({times} times): {reason}"
    return text


class _Counts(Counter):
    """Numbers of copies by object; objects without copies count 0 and are known by the check at load."""

    def __contains__(self, name: object) -> bool:
        return True


def _values(expression: Expression, scope: dict[str, Any], counts: Counter) -> str:
    parts = [f"{name} = {scope[name]!r}" for name in sorted(expression.names) if name in scope]
    parts += [f"count('{name}') = {counts[name]}" for name in sorted(expression.counted)]
    return f" with {', '.join(parts)}" if parts else ""
