"""Turns pydantic's errors into problems with file, line, column, key path and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from simengine.errors import Problem
from simengine.scene.expression import nearest
from simengine.scene.node import Node, format_path
from simengine.scene.outline import ROOT, Slot, part_at

__all__ = ["problems_of"]

Path = tuple[str | int, ...]

_PLAIN = {
    "string_type": "a text belongs here",
    "float_type": "a number belongs here",
    "float_parsing": "a number belongs here",
    "int_type": "a whole number belongs here",
    "int_parsing": "a whole number belongs here",
    "int_parsing_size": "the whole number is too large",
    "int_from_float": "a whole number belongs here",
    "bool_type": "true or false belongs here",
    "bool_parsing": "true or false belongs here",
    "tuple_type": "a list belongs here",
    "list_type": "a list belongs here",
    "dict_type": "a mapping (`key: value`) belongs here",
    "model_type": "a mapping (`key: value`) belongs here",
    "model_attributes_type": "a mapping (`key: value`) belongs here",
}
"""Our words for pydantic's error types; ``, not VALUE`` follows."""


def problems_of(error: ValidationError, root: Node, *, start: Slot = ROOT) -> list[Problem]:
    """Every problem of a failed validation, in order of the text, each place once.

    Args:
        error: What pydantic found.
        root: The tree that was validated.
        start: What the schema has at the root.
    """
    found: dict[tuple[Path, str], Problem] = {}
    for line in error.errors(include_url=False):
        problem = _problem(line, root, start)
        found.setdefault((problem.path, problem.message), problem)  # type: ignore[arg-type]
    merged: dict[str, Problem] = {}
    for problem in found.values():  # the branches of a union each complain at one place
        other = merged.get(problem.path)
        if other is None or problem.mark != other.mark:
            merged[problem.path if other is None else f"{problem.path} {problem.message}"] = problem
        elif "unknown" in problem.message or "unknown" in other.message:
            merged[f"{problem.path} {problem.message}"] = problem
        else:
            message = f"{other.message.rstrip('.')}; or {problem.message}"
            merged[problem.path] = Problem(
                message, other.mark, other.path, " ".join(filter(None, (other.remedy, problem.remedy)))
            )
    return sorted(merged.values(), key=lambda p: (p.mark.line, p.mark.column) if p.mark else (0, 0))


def _problem(line: Any, root: Node, start: Slot) -> Problem:
    path = _in_text(root, line["loc"])
    node, _ = root.follow(path)
    kind, message, remedy = line["type"], line["msg"], ""
    if kind == "extra_forbidden":
        part = part_at(path[:-1], start)
        message = f"the key '{path[-1]}' is unknown."
        remedy = nearest(str(path[-1]), part.model_fields if part else (), most=16)
        return Problem(message, node.key_mark or node.mark, format_path(path), remedy)
    if kind == "missing":
        missing = line["loc"][-1]
        if isinstance(missing, int):
            length = len(node.value) if isinstance(node.value, list) else 0
            return Problem(f"has {length} entries; more belong here.", node.mark, format_path(path))
        return Problem(f"'{missing}' is missing.", node.mark, format_path(path), f"Add `{missing}: ...`.")
    if kind in _PLAIN:
        message = f"{_PLAIN[kind]}, not {_show(line['input'])}."
    elif kind == "literal_error":
        expected = [word.strip("'") for word in line["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        message = f"{_show(line['input'])} is none of {', '.join(expected)}."
        if isinstance(line["input"], str):
            remedy = nearest(line["input"], expected, most=0)
    elif kind in ("too_short", "too_long"):
        bound = line["ctx"].get("max_length") or line["ctx"].get("min_length")
        message = f"has {line['ctx'].get('actual_length', '?')} entries; {bound} belong here."
    elif kind == "string_pattern_mismatch":
        message = f"{_show(line['input'])} may hold only lower-case letters, digits, '-' and '_'."
    elif not message.endswith((".", "?", "!")):
        message += "."
    if kind == "missing_argument" or message.startswith("Input should be"):
        message = message.replace("Input should be", "this must be")
    return Problem(message, node.mark, format_path(path), remedy)


def _in_text(root: Node, loc: Sequence[str | int]) -> Path:
    """The location as far as it exists in the tree; pydantic's names for union branches are left out."""
    node, path = root, []
    for part in loc:
        child = node.child(part)
        if child is None:
            continue
        node = child
        path.append(part)
    return tuple(path)


def _show(value: object) -> str:
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 50 else f"{text[:47]}..."
