"""Key paths and patterns of them: ``objects[die_*].material.roughness``.

A name after a dot is a key. Brackets select among the entries of a mapping or list: by a name with
wildcards (``lights[*]``, ``objects[die_*]``), by number (``size[0]``), or those without a key
(``objects[!label]``: everything that bears no label).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from simengine.scene.expression import nearest
from simengine.scene.node import Node
from simengine.scene.outline import ROOT, Slot, children, step
from simengine.scene.recipe import is_recipe

__all__ = [
    "Key",
    "PathError",
    "Segment",
    "Select",
    "alternatives",
    "find_all",
    "options",
    "parse_keys",
    "parse_pattern",
    "slot_of",
    "split_keys",
]

_SEGMENT = re.compile(r"\.?([A-Za-z_][\w\-]*|\*)|\[([^\[\]]*)\]")


class PathError(ValueError):
    """A path is not valid; says why and names the nearest key."""


@dataclass(frozen=True)
class Key:
    """A key of a part or a mapping."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Select:
    """Entries of a mapping or list."""

    pattern: str

    def __str__(self) -> str:
        return f"[{self.pattern}]"

    @property
    def literal(self) -> bool:
        """Whether it names one entry."""
        return not any(char in self.pattern for char in "*?!")

    def picks(self, container: Node) -> Iterator[tuple[str | int, Node]]:
        """The entries that it selects."""
        if isinstance(container.value, list):
            for number, child in enumerate(container.value):
                if self.pattern == "*" or self.pattern == str(number):
                    yield number, child
        elif isinstance(container.value, dict):
            for name, child in list(container.value.items()):
                if self.pattern.startswith("!"):
                    if not any(self.pattern[1:] in part.value for part in alternatives(child, None)):
                        yield name, child
                elif fnmatchcase(name, self.pattern):
                    yield name, child


Segment = Key | Select


def parse_keys(path: str) -> list[str | int]:
    """Splits the path of one value at dots and brackets; numbers in brackets become int.

    Raises:
        PathError: The text is no path.
    """
    keys: list[str | int] = []
    for segment in parse_pattern(path) if path else ():
        text = segment.name if isinstance(segment, Key) else segment.pattern
        keys.append(int(text) if isinstance(segment, Select) and text.isdecimal() else text)
    return keys


def split_keys(path: str) -> list[str | int]:
    """As `parse_keys`, for paths of draws, which may hold any name."""
    parts = re.findall(r"([^.\[\]]+)|\[([^\[\]]*)\]", path)
    return [name or (int(number) if number.isdecimal() else number) for name, number in parts]


def parse_pattern(text: str) -> tuple[Segment, ...]:
    """Reads a pattern.

    Raises:
        PathError: The text is no pattern.
    """
    segments: list[Segment] = []
    place = 0
    while place < len(text):
        match = _SEGMENT.match(text, place)
        if match is None or (place == 0 and text[0] in ".["):
            raise PathError(
                f"'{text}' is no path: at '{text[place : place + 12]}' a key or [...] is expected, "
                "e.g. objects[*].material.roughness."
            )
        name, selector = match.groups()
        if name == "*" or selector is not None:
            if selector == "":
                raise PathError(f"'{text}' has empty brackets: write a name, a number or *.")
            segments.append(Select(name or selector))
        else:
            if place > 0 and text[place] != ".":
                raise PathError(f"'{text}': put a dot before '{name}'.")
            segments.append(Key(name))
        place = match.end()
    if not segments:
        raise PathError("an empty path names nothing.")
    return tuple(segments)


def slot_of(segments: Sequence[Segment]) -> Slot:
    """What the schema has at a pattern.

    Raises:
        PathError: The schema has no such place; names the nearest key.
    """
    slot, done = ROOT, ""
    for segment in segments:
        below = _below(slot, segment)
        if below is None:
            where = f"'{done}'" if done else "a scene"
            if slot.part is not None and isinstance(segment, Key):
                raise PathError(
                    f"{where} has no key '{segment.name}'. {nearest(segment.name, children(slot), most=24)}".strip()
                )
            if slot.part is not None:
                raise PathError(f"{where} is no list of entries: {segment} can't select there; put a key after a dot.")
            if slot.kind in (tuple, list):
                raise PathError(f"{where} is a list: write a number in brackets that it has.")
            raise PathError(f"{where} is a single value and has no '{segment}'.")
        slot = below
        done += f".{segment}" if done and isinstance(segment, Key) else str(segment)
    return slot


def _below(slot: Slot, segment: Segment) -> Slot | None:
    if isinstance(segment, Key):
        return step(slot, segment.name) if slot.part or slot.kind is dict else None
    if slot.kind is dict:
        return step(slot, segment.pattern)
    if slot.kind in (tuple, list):
        return step(slot, 0 if segment.pattern == "*" else int(segment.pattern) if segment.pattern.isdecimal() else -1)
    return None


def alternatives(node: Node, slot: Slot | None) -> list[Node]:
    """The mappings or lists that stand at a place: of a choice each alternative, of another recipe none."""
    value = node.value
    if not isinstance(value, dict):
        return [node] if isinstance(value, list) else []
    if len(value) == 1 and "choose" in value and not (slot and slot.part and "choose" in slot.part.model_fields):
        return [each for option in options(node) for each in alternatives(option, slot)]
    if slot is not None and slot.part is not None and set(value) <= set(slot.part.model_fields):
        return [node]
    if slot is None or slot.part is not None or slot.leaf is not None:
        return [] if is_recipe(dict.fromkeys(value)) else [node]
    return [node]


def find_all(node: Node, segments: Sequence[Segment], slot: Slot | None = ROOT) -> Iterator[Node]:
    """Every node that a pattern leads to; choices between subtrees are looked through."""
    if not segments:
        yield node
        return
    segment, rest = segments[0], segments[1:]
    for container in alternatives(node, slot):
        if isinstance(segment, Select):
            found = list(segment.picks(container))
        else:
            child = container.child(segment.name)
            found = [(segment.name, child)] if child is not None else []
        for key, child in found:
            yield from find_all(child, rest, step(slot, key) if slot is not None else None)


def options(node: Node) -> list[Node]:
    """The alternatives of a ``choose`` as written."""
    params = node.value["choose"]
    if isinstance(params.value, dict):
        params = params.value.get("options", Node([]))
    return params.value if isinstance(params.value, list) else []
