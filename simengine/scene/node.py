"""The tree of a scene as written: every node knows the place in a text that it came from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from simengine.errors import Mark, Problem, SpecError

__all__ = ["Node", "format_path", "from_plain"]


@dataclass(eq=False, slots=True)
class Node:
    """One node of the tree.

    Attributes:
        value: A scalar (str, int, float, bool, None), a dict of nodes by key, or a list of nodes.
        mark: Where the value stands; None if it comes from no text.
        key_mark: Where its key stands, for an entry of a mapping.
    """

    value: Any
    mark: Mark | None = None
    key_mark: Mark | None = None

    def plain(self) -> Any:
        """The tree without places, JSON types."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def copy(self) -> Node:
        """A copy that shares no node with this one."""
        if isinstance(self.value, dict):
            return Node({key: child.copy() for key, child in self.value.items()}, self.mark, self.key_mark)
        if isinstance(self.value, list):
            return Node([child.copy() for child in self.value], self.mark, self.key_mark)
        return Node(self.value, self.mark, self.key_mark)

    def child(self, key: str | int) -> Node | None:
        """The entry of that key or number, None if there is none."""
        if isinstance(self.value, dict):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and -1 < key < len(self.value):
            return self.value[key]
        return None

    def follow(self, path: Sequence[str | int]) -> tuple[Node, tuple[str | int, ...]]:
        """Walks down as far as the path exists.

        Returns:
            The last node met and the part of the path that led to it.
        """
        node, done = self, 0
        for key in path:
            child = node.child(key)
            if child is None:
                break
            node, done = child, done + 1
        return node, tuple(path[:done])

    def walk(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """Every node below and this one, with its path, in order of the text."""
        yield path, self
        if isinstance(self.value, dict):
            for key, child in self.value.items():
                yield from child.walk((*path, key))
        elif isinstance(self.value, list):
            for number, child in enumerate(self.value):
                yield from child.walk((*path, number))


def format_path(path: Sequence[str | int]) -> str:
    """A path as messages and streams name it: ``objects.die.shape.box.size[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def from_plain(value: Any, *, mark: Mark | None = None) -> Node:
    """Makes nodes of JSON types; every node gets the same mark.

    Raises:
        SpecError: Something in it is no JSON type.
    """
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise SpecError([Problem(f"the key {key!r} is no text.", mark, remedy="Use text as keys.")])
        return Node({key: from_plain(part, mark=mark) for key, part in value.items()}, mark)
    if isinstance(value, list | tuple):
        return Node([from_plain(part, mark=mark) for part in value], mark)
    if value is None or isinstance(value, str | bool | int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise SpecError([Problem(f"{value} is not a finite number.", mark)])
        return Node(value, mark)
    raise SpecError([Problem(f"{value!r} is neither text, number, list nor mapping.", mark)])
