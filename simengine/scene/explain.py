"""Explains a key of a scene: meaning, unit, type, range, default, and what it is drawn from now."""

from __future__ import annotations

import inspect
import json
import types
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from simengine.errors import Mark, Problem, SpecError
from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.scene.expression import nearest
from simengine.scene.node import Node, from_plain
from simengine.scene.outline import ROOT, Slot, children, step
from simengine.scene.overlay import plain_default
from simengine.scene.paths import Key, PathError, Segment, Select, find_all, parse_pattern, slot_of
from simengine.scene.recipe import is_recipe
from simengine.scene.spec import SceneSpec

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True)
class Explanation:
    """What is known of a key.

    Attributes:
        path: The key path.
        meaning: One or two sentences.
        type: What belongs there, in words.
        unit: SI unit, empty if none.
        range: Range of values in words, empty if none.
        default: The default in YAML, empty if the key is required or has none.
        current: What the scene has there, with ``file:line``; one line for each alternative or match.
        children: Name, current value or default, and meaning of each key below.
    """

    path: str
    meaning: str
    type: str
    unit: str
    range: str
    default: str
    current: tuple[str, ...]
    children: tuple[tuple[str, str, str], ...] = field(default=())

    def __str__(self) -> str:
        lines = [self.path or "(the scene)", f"  {self.meaning}"]
        for label, text in (("type", self.type), ("unit", self.unit), ("range", self.range), ("default", self.default)):
            if text:
                lines.append(f"  {label + ':':<9}{text}")
        lines += [f"  {'now:':<9}{text}" for text in self.current]
        if self.children:
            lines.append("  keys:")
            width = max(len(name) for name, _, _ in self.children) + 2
            for name, now, meaning in self.children:
                lines.append(f"    {name:<{width}}{meaning}" + (f" [{now}]" if now else ""))
        return "\n".join(lines)


def explain(spec: SceneSpec, path: str = "") -> Explanation:
    """Explains a key of a scene.

    Args:
        spec: The scene.
        path: Key path, e.g. ``objects.die.material.roughness`` or ``lights[*].area.power``; empty for the
            scene itself. The key need not be set.

    Raises:
        SpecError: There is no such key; names the nearest.
    """
    try:
        segments = parse_pattern(path) if path.strip() else ()
        slot = slot_of(segments)
    except PathError as error:
        raise SpecError([Problem(str(error))]) from None
    _check_names(spec.root, segments, path)
    found = list(find_all(spec.root, segments))
    leaf = slot.leaf
    return Explanation(
        path=path,
        meaning=_meaning(slot),
        type=_type(slot),
        unit=(leaf.unit or "") if leaf and leaf.numeric else "",
        range=leaf.describe() if leaf and leaf.numeric and not leaf.rotation and leaf.unit is not None else "",
        default=_default(slot),
        current=tuple(_current(spec, slot, segments, found)),
        children=tuple(_children(slot, found)),
    )


def in_words(value: Any) -> str:
    """A value or recipe in words."""
    if isinstance(value, str) and is_recipe(value):
        return f"computed: {value.strip()}"
    if isinstance(value, dict) and is_recipe(value):
        if "nominal" in value:
            vary = value.get("vary")
            nominal = in_words(value["nominal"])
            text = f"plus or minus {_percent(vary)}" if not is_recipe(vary) else f"times a factor, {in_words(vary)}"
            return f"{nominal}, {text}" + (f", kept in {_flow(value['clip'])}" if "clip" in value else "")
        ((tag, params),) = value.items()
        if tag == "choose":
            options = params.get("options", []) if isinstance(params, dict) else params
            if any(isinstance(option, dict) for option in options):
                names = [next(iter(option), "{}") if isinstance(option, dict) else _flow(option) for option in options]
                return f"drawn: one of {len(options)} alternatives ({', '.join(map(str, names))})"
            return f"drawn: one of {_flow(options)}"
        return f"drawn: {tag} {_flow(params)} - {DISTRIBUTIONS[tag].summary.rstrip('.')}"
    return _flow(value)


def _percent(vary: Any) -> str:
    return f"{vary:.4g} (as a fraction)" if isinstance(vary, int | float) else str(vary)


def _flow(value: Any) -> str:
    """A value as YAML in one line, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _meaning(slot: Slot) -> str:
    described = slot.field.description if slot.field is not None and slot.field.description else ""
    part = inspect.getdoc(slot.part) if slot.part is not None else ""
    first = (part or "").split("\n\n")[0].replace("\n", " ")
    if described and first and described.rstrip(".") != first.rstrip("."):
        return f"{described} {first}"
    return described or first or ("A named value." if slot.leaf else "An entry.")


def _type(slot: Slot) -> str:
    if slot.one_of is not None:
        return f"exactly one of {', '.join(children(slot))}"
    if slot.part is not None:
        return "a mapping with the keys below"
    if slot.leaf is not None and slot.leaf.unit is None:
        return "any value"
    if slot.leaf is not None and slot.leaf.rotation:
        return "a rotation: [roll, pitch, yaw] or a quaternion [x, y, z, w]"
    if slot.leaf is not None and slot.leaf.color:
        return "a colour: [r, g, b] or '#rrggbb'"
    return _type_name(slot.kind, slot.arguments)


def _type_name(kind: Any, arguments: tuple[Any, ...]) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        return f"one of {', '.join(str(word) for word in get_args(kind))}"
    if kind is dict:
        return "a mapping of names to entries"
    if kind is tuple:
        return f"a list of {len(arguments)} numbers"
    if kind is list:
        return "a list"
    if origin is types.UnionType or len(arguments) > 1:
        words = [get_args(part)[0] if hasattr(part, "__metadata__") else part for part in arguments]
        return " or ".join(_type_name(word, ()) for word in words)
    return {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}.get(kind, "any value")


def _default(slot: Slot) -> str:
    if slot.field is None or slot.required or slot.default is None:
        return ""
    return _flow(plain_default(slot.default))


def _where(mark: Mark | None) -> str:
    return f"  ({mark})" if mark else ""


def _current(spec: SceneSpec, slot: Slot, segments: tuple[Segment, ...], found: list[Node]) -> list[str]:
    if not segments:
        notes = [f"randomized by {', '.join(spec.randomizers)}"] if spec.randomizers else []
        return [f"{spec.name}{_where(spec.root.mark)}", *notes]
    if found:
        return [f"{_brief(node, slot)}{_where(node.mark)}" for node in found]
    for end in range(len(segments) - 1, 0, -1):
        above = list(find_all(spec.root, segments[:end]))
        part = slot_of(segments[:end]).part
        key = segments[end]
        if above and part is not None and isinstance(key, Key) and key.name in part.exclusive:
            used = [
                name for node in above if isinstance(node.value, dict) for name in part.exclusive if name in node.value
            ]
            return [f"not used here: {segments[end - 1]} is {', '.join(used) or 'a recipe'}{_where(above[0].mark)}"]
    if slot.required:
        return ["not set"]
    return [f"not set: {_default(slot)}" if slot.default is not None else "not set"]


def _brief(node: Node, slot: Slot) -> str:
    value = node.plain()
    fields = (
        children(slot)
        if slot.part is not None
        else list(value)
        if slot.kind is dict and isinstance(value, dict)
        else []
    )
    if isinstance(value, dict) and set(value) <= set(fields):
        return f"{{{', '.join(value)}}}"
    return in_words(value)


def _children(slot: Slot, found: list[Node]) -> list[tuple[str, str, str]]:
    node = found[0] if len(found) == 1 else Node({})
    if slot.part is not None:
        rows = []
        for name in children(slot):
            below = step(slot, name)
            assert below is not None
            child = node.child(name)
            exclusive = name in slot.part.exclusive
            now = (
                _brief(child, below)
                if child is not None
                else ""
                if exclusive or below.default is None
                else _default(below)
            )
            rows.append((name, now if len(now) <= 60 else f"{now[:57]}...", _meaning(below)))
        return rows
    if slot.kind is dict and isinstance(node.value, dict):
        rows = []
        for name, child in node.value.items():
            below = step(slot, name)
            assert below is not None
            rows.append((name, _brief(child, below), ""))
        return rows
    return []


def _check_names(root: Node, segments: tuple[Segment, ...], path: str) -> None:
    """Raises if the path names an object, light or camera that the scene does not have."""
    node, slot = root, ROOT
    for segment in segments:
        name = segment.name if isinstance(segment, Key) else segment.pattern
        if isinstance(segment, Select) and not segment.literal:
            return
        if slot.kind is dict and isinstance(node.value, dict) and name not in node.value:
            raise SpecError(
                [Problem(f"'{path}': the scene has no '{name}'.", remedy=nearest(name, node.value, most=24))]
            )
        child = node.child(name)
        below = step(slot, name)
        if below is None:
            return
        if child is None:
            default = below.default
            child = from_plain(plain_default(default)) if default is not None else Node({})
        node, slot = child, below
