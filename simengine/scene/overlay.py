"""Randomizers and overrides: edits that are laid over a scene, one after the other.

A randomizer is a YAML file::

    simengine: 1
    name: lighting/light
    description: ...
    remove: [PATH, ...]
    set: {PATH: value or recipe}
    vary: {PATH: 10% or {normal: {mean: 1, sd: 0.1}}}
    add: {PATH: subtree}

applied in this order: what it adds is not touched by its own patterns. `set` replaces a value (or
gives one that the schema has a field for), `vary` multiplies what is there, or the schema's default,
by a random factor, `add` makes a new entry. A path names places of any scene, see `paths`; where a
scene has none of them, nothing happens. Where a scene chooses between subtrees, each is edited.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simengine.errors import Mark, Problem, SpecError
from simengine.scene.document import parse, parse_file
from simengine.scene.expression import nearest
from simengine.scene.node import Node, from_plain
from simengine.scene.outline import ROOT, Slot, step
from simengine.scene.paths import Key, PathError, Segment, Select, alternatives, options, parse_pattern, slot_of
from simengine.scene.schema.base import Part

__all__ = ["Edit", "Overlay", "apply_overlay", "parse_overrides", "plain_default", "read_overlay"]

Kind = Literal["remove", "set", "vary", "add"]
KINDS: tuple[Kind, ...] = ("remove", "set", "vary", "add")
KEYS = ("simengine", "name", "description", *KINDS)


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        kind: What it does.
        path: The pattern as written.
        segments: The pattern, read.
        slot: What the schema has there.
        value: The new value, variation or entry; None for `remove`.
        mark: Where the pattern stands.
    """

    kind: Kind
    path: str
    segments: tuple[Segment, ...]
    slot: Slot
    value: Node | None
    mark: Mark | None


@dataclass(frozen=True)
class Overlay:
    """A randomizer that was read."""

    name: str
    description: str
    edits: tuple[Edit, ...]


def read_overlay(file: str | Path) -> Overlay:
    """Reads a randomizer and checks its keys and paths.

    Raises:
        SpecError: It is not valid; carries every problem.
    """
    root = parse_file(file)
    if not isinstance(root.value, dict):
        raise SpecError([Problem("a randomizer is a mapping.", root.mark, remedy=f"Keys: {', '.join(KEYS)}.")])
    problems: list[Problem] = []
    for key, node in root.value.items():
        if key not in KEYS:
            problems.append(Problem(f"the key '{key}' is unknown.", node.key_mark, key, nearest(key, KEYS)))
    version = root.child("simengine")
    if version is not None and (version.value != 1 or isinstance(version.value, bool)):
        problems.append(
            Problem(f"{version.value!r} is no version that this simengine reads; it reads 1.", version.mark)
        )
    words = {}
    for key, default in (("name", Path(file).stem), ("description", "")):
        node = root.child(key)
        words[key] = node.value if node is not None else default
        if not isinstance(words[key], str):
            problems.append(Problem("a text belongs here.", node.mark if node else None, key))
    edits = []
    for kind in KINDS:
        for path, mark, value in _entries(root, kind, problems):
            try:
                edits.append(_edit(kind, path, value, mark))
            except PathError as error:
                problems.append(Problem(str(error), mark, f"{kind}: {path}"))
    if not edits and not problems:
        problems.append(Problem("changes nothing.", root.mark, remedy=f"Give one of {', '.join(KINDS)}."))
    if problems:
        raise SpecError(problems)
    return Overlay(words["name"], words["description"], tuple(edits))


def parse_overrides(overrides: Mapping[str, Any] | Sequence[str]) -> list[Edit]:
    """Reads overrides: a mapping of paths to values, or texts ``path=value`` with a YAML value.

    Raises:
        SpecError: A path or value is not valid; marks name the override by number (``--set:1:12``).
    """
    problems: list[Problem] = []
    edits = []
    items = overrides.items() if isinstance(overrides, Mapping) else ((None, text) for text in overrides)
    for number, (path, given) in enumerate(items, start=1):
        mark = Mark("--set", number, 1)
        try:
            if path is None:
                path, equals, text = str(given).partition("=")
                if not equals:
                    raise PathError(f"'{given}' has no '=': write path=value.")
                value = (
                    _numbered(parse(text, file="--set", first_column=len(path) + 2), number)
                    if text.strip()
                    else Node(None)
                )
                path = path.strip()
            else:
                value = from_plain(given, mark=mark)
            edits.append(_edit("set", path, value, mark))
        except PathError as error:
            problems.append(Problem(str(error), mark))
        except SpecError as error:
            problems += [Problem(p.message, _line(p.mark, number), p.path, p.remedy) for p in error.problems]
    if problems:
        raise SpecError(problems)
    return edits


def apply_overlay(root: Node, edits: Sequence[Edit]) -> list[int]:
    """Applies edits in place.

    Args:
        root: The scene's tree; owned by the caller and changed.
        edits: In their order.

    Returns:
        For each edit the number of places it changed.

    Raises:
        SpecError: An entry to `add` exists already.
    """
    return [_visit(root, ROOT, edit.segments, edit) for edit in edits]


def _entries(root: Node, kind: Kind, problems: list[Problem]) -> Iterator[tuple[str, Mark | None, Node | None]]:
    section = root.child(kind)
    if section is None or section.value is None:
        return
    if kind == "remove":
        if not isinstance(section.value, list) or not all(isinstance(node.value, str) for node in section.value):
            problems.append(Problem("a list of paths belongs here.", section.mark, kind))
            return
        for node in section.value:
            yield node.value, node.mark, None
    elif not isinstance(section.value, dict):
        problems.append(Problem("a mapping of paths to values belongs here.", section.mark, kind))
    else:
        for path, node in section.value.items():
            yield path, node.key_mark, node


def _edit(kind: Kind, path: str, value: Node | None, mark: Mark | None) -> Edit:
    segments = parse_pattern(path)
    slot = slot_of(segments)
    if kind == "vary" and (slot.leaf is None or not slot.leaf.numeric or slot.leaf.rotation):
        raise PathError(f"'{path}' is no number and can't vary relatively. Use set.")
    if kind == "add" and isinstance(segments[-1], Select) and not segments[-1].literal:
        raise PathError(f"'{path}' names no new entry: end with a name.")
    return Edit(kind, path, segments, slot, value, mark)


def _visit(container: Node, slot: Slot, segments: Sequence[Segment], edit: Edit) -> int:
    """Edits everything below that the segments lead to; returns how many places."""
    return sum(_visit_one(each, slot, segments, edit) for each in alternatives(container, slot))


def _visit_one(container: Node, slot: Slot, segments: Sequence[Segment], edit: Edit) -> int:
    segment, rest = segments[0], segments[1:]
    if isinstance(segment, Select):
        found = list(segment.picks(container))[::-1]  # backwards, so that removing keeps the numbers
        if found or rest or not segment.literal or slot.kind is not dict:
            return sum(_enter(container, key, child, step(slot, key), rest, edit) for key, child in found)
        segment = Key(segment.pattern)  # a new entry
    below = step(slot, segment.name)
    if below is None or not isinstance(container.value, dict):
        return 0
    child = container.value.get(segment.name)
    if child is not None and not (child.value is None and rest):
        return _enter(container, segment.name, child, below, rest, edit)
    if child is None and slot.part is not None and segment.name in slot.part.exclusive:
        return 0  # another tag is in use
    if child is not None and slot.part is not None and segment.name not in slot.part.exclusive:
        return 0  # null: the scene says that there is none
    return _make(container, segment.name, below, rest, edit)


def _enter(container: Node, key: Any, child: Node, slot: Slot | None, rest: Sequence[Segment], edit: Edit) -> int:
    if slot is None:
        return 0
    if not rest:
        return _change(container, key, child, slot, edit)
    return _visit(child, slot, rest, edit)


def _make(container: Node, key: str, slot: Slot, rest: Sequence[Segment], edit: Edit) -> int:
    """Edits a place that the scene does not mention: starts from the schema's default."""
    if edit.kind == "remove":
        return 0
    default = slot.default
    if not rest and edit.kind in ("set", "add"):
        return _change(container, key, None, slot, edit)
    if container.child(key) is not None and slot.part is not None:
        default = {}  # `tag:` with nothing after it
    elif default is None:
        return 0
    made = from_plain(plain_default(default), mark=edit.mark)
    changed = _enter(Node({key: made}), key, made, slot, rest, edit) if rest else 0
    if not rest:
        return _change(container, key, made, slot, edit)
    if changed:
        container.value[key] = made
    return changed


def _change(container: Node, key: Any, child: Node | None, slot: Slot, edit: Edit) -> int:
    entries = container.value
    if edit.kind == "remove":
        del entries[key]
        return 1
    assert edit.value is not None
    value = edit.value.copy()
    value.key_mark = edit.mark
    if edit.kind == "vary":
        return _vary(entries, key, child, slot, value)
    if edit.kind == "add" and child is not None:
        if isinstance(child.value, list) and isinstance(value.value, list):
            child.value.extend(value.value)
            return 1
        raise SpecError([Problem(
            f"'{edit.path}' exists already" + (f" ({child.mark})." if child.mark else "."), edit.mark,
            remedy="Use set to replace it, or another name.",
        )])  # fmt: skip
    entries[key] = value
    return 1


def _vary(entries: Any, key: Any, child: Node | None, slot: Slot, vary: Node) -> int:
    """Wraps a value; each alternative of a choice by itself."""
    if child is None or child.value is None:
        return 0
    if isinstance(child.value, dict) and list(child.value) == ["choose"]:
        listed = options(child)
        return sum(_vary(listed, number, option, slot, vary.copy()) for number, option in enumerate(listed))
    wrapped = {"nominal": child, "vary": vary}
    leaf = slot.leaf
    if leaf is not None and math.isfinite(leaf.high) and not leaf.color:
        low = Node(leaf.low if math.isfinite(leaf.low) and not leaf.positive else None, vary.mark)
        wrapped["clip"] = Node([low, Node(leaf.high, vary.mark)], vary.mark)
    entries[key] = Node(wrapped, vary.mark, child.key_mark)
    return 1


def plain_default(default: Any) -> Any:
    """A default of the schema as a scene would write it."""
    if isinstance(default, Part):
        return {
            name: plain_default(getattr(default, name))
            for name in type(default).model_fields
            if name in default.model_fields_set
        }
    if isinstance(default, dict):
        return {key: plain_default(part) for key, part in default.items()}
    if isinstance(default, list | tuple):
        return [plain_default(part) for part in default]
    return default


def _numbered(node: Node, number: int) -> Node:
    """Marks of an override name its number as the line."""
    for _, each in node.walk():
        each.mark, each.key_mark = _line(each.mark, number), _line(each.key_mark, number)
    return node


def _line(mark: Mark | None, number: int) -> Mark | None:
    return Mark(mark.file, number, mark.column) if mark else None
