"""Which classes a data set has, and their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["class_names"]

_FACES = ("one", "two", "three", "four", "five", "six")  # a die's directions, in order of their value


def class_names(tree: dict[str, Any], occurring: Iterable[str]) -> list[str]:
    """Class names in the order of their ids, from 1.

    The scene's ``labels.classes`` if it lists them. Else the names that its label rules state, in order of the
    file, and after them those that only draws brought up: the faces of dice by value, others by alphabet.

    Args:
        tree: The resolved tree of the scene.
        occurring: Classes of the labels in the data set.
    """
    listed = (tree.get("labels") or {}).get("classes")
    if listed:
        return list(listed)
    rules = [entry.get("label") for entry in (tree.get("objects") or {}).values() if isinstance(entry, dict)]
    stated = dict.fromkeys(name for rule in rules for name in _stated(rule))
    rank = {name: number for number, name in enumerate(_FACES)}
    others = sorted(set(occurring) - set(stated), key=lambda name: (rank.get(name, len(rank)), name))
    return [*stated, *others]


def _stated(node: Any, *, named: bool = False) -> Iterator[str]:
    """Texts that can become a class: those below a ``name`` or ``classes`` key, through any choice."""
    if isinstance(node, str):
        if named and not node.lstrip().startswith("="):
            yield node
    elif isinstance(node, dict):
        for key, part in node.items():
            if key != "weights":
                yield from _stated(part, named=named or key in ("name", "classes"))
    elif isinstance(node, list):
        for part in node:
            yield from _stated(part, named=named)
