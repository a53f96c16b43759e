"""Rules that involve several parts of a scene: names that expressions use, objects that others stand on."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from simengine.errors import Problem
from simengine.scene.camera_rules import camera_rules
from simengine.scene.constraints import LABELLED
from simengine.scene.expression import CONSTANTS, Expression, ExpressionError, compile_expression, nearest
from simengine.scene.machine_rules import machine_rules
from simengine.scene.node import Node, format_path
from simengine.scene.paths import alternatives
from simengine.scene.recipe import is_recipe

__all__ = ["check_rules"]

GROUPS = ("objects", "lights", "cameras", "machines", "sensors")
COPIED = ("objects", "lights", "cameras")
COPY_NAMES = ("index", "count")
UNDRAWN = ("simengine", "name", "description", "plan", "constraints", "attempts", "outputs")
"""Keys of a scene under which a text is never an expression."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_RESERVED = {*COPY_NAMES, LABELLED, "true", "false", *CONSTANTS}


def check_rules(root: Node) -> list[Problem]:
    """Every broken rule; parts that are malformed are left to the schema to report."""
    problems = [*_names(root), *_variables(root), *_expressions(root), *_constraints(root)]
    problems += [*machine_rules(root), *camera_rules(root)]
    for name, node in _entries(root, "objects"):
        for body in alternatives(node, None):
            if isinstance(body.value, dict):
                problems += _placement(root, name, body)
                problems += _repeat(name, body)
    return [*problems, *_classes(root)]


def _entries(node: Node | None, key: str) -> list[tuple[str, Node]]:
    child = node.child(key) if node is not None else None
    return list(child.value.items()) if child is not None and isinstance(child.value, dict) else []


def _names(root: Node) -> Iterator[Problem]:
    """Names of objects, lights, cameras and slots become parts of paths and of file names."""
    for group in GROUPS:
        for name, node in _entries(root, group):
            if not _NAME.fullmatch(name):
                yield Problem(
                    f"'{name}' is no name.", node.key_mark, group,
                    "Use at most 64 letters, digits, '_' and '-', a letter first.",
                )  # fmt: skip


def _variables(root: Node) -> Iterator[Problem]:
    places = [("variables", root)]
    for group in GROUPS:
        for name, node in _entries(root, group):
            places += [(f"{group}.{name}.variables", body) for body in alternatives(node, None)]
    for path, owner in places:
        for name, node in _entries(owner, "variables"):
            if name in _RESERVED or keyword.iskeyword(name):
                yield Problem(
                    f"'{name}' has a meaning of its own in expressions.", node.key_mark, path, "Choose another name."
                )
            elif not _VARIABLE.fullmatch(name):
                yield Problem(
                    f"'{name}' can't be used in an expression.", node.key_mark, path,
                    "Name it with letters, digits and '_', no digit first.",
                )  # fmt: skip


def _expressions(root: Node) -> Iterator[Problem]:
    """Expressions may use the variables that are drawn before them."""
    for path, node in root.walk():
        if not path or path[0] in UNDRAWN or not isinstance(node.value, str) or not is_recipe(node.value):
            continue
        expression = _compiled(node.value)
        if expression is None:
            continue
        if expression.counted:
            yield Problem("count('NAME') works in constraints only.", node.mark, format_path(path))
        known = _scope(root, path)
        for name in sorted(expression.names - set(known) - set(CONSTANTS)):
            remedy = nearest(name, [*known, *CONSTANTS]) if known else "Declare it under `variables`."
            if path[0] == "variables" and any(name == other for other, _ in _entries(root, "variables")):
                remedy = "It is drawn later: move it up."
            yield Problem(f"there is no variable '{name}'.", node.mark, format_path(path), remedy)


def _scope(root: Node, path: tuple[Any, ...]) -> list[str]:
    """Names that an expression at a path may use."""
    shared = [name for name, _ in _entries(root, "variables")]
    if path[0] == "variables":
        return shared[: shared.index(path[1])] if path[1:2] and path[1] in shared else shared
    if path[0] not in GROUPS or len(path) < 3:
        return shared
    entry = root.child(path[0]).child(path[1])  # type: ignore[union-attr]
    own: list[str] = []
    for body in alternatives(entry, None) if entry is not None else ():
        own += [name for name, _ in _entries(body, "variables")]
    keys = [key for key in path[2:] if isinstance(key, str) and key not in ("choose", "options")]
    if keys[:1] == ["variables"] and len(keys) > 1 and keys[1] in own:
        own = own[: own.index(keys[1])]
    if path[0] in COPIED and keys[:1] in (["count"], ["repeat"]):
        return shared
    return [*own, *(COPY_NAMES if path[0] in COPIED else ()), *shared]


def _constraints(root: Node) -> Iterator[Problem]:
    section = root.child("constraints")
    if section is None or not isinstance(section.value, list):
        return
    shared = [name for name, _ in _entries(root, "variables")]
    objects = [name for name, _ in _entries(root, "objects")]
    for number, node in enumerate(section.value):
        path = f"constraints[{number}]"
        if not isinstance(node.value, str):
            continue
        try:
            expression = compile_expression(node.value)
        except ExpressionError as error:
            yield Problem(str(error), node.mark, path)
            continue
        for name in sorted(expression.names - {*shared, *CONSTANTS, LABELLED}):
            remedy = nearest(name, [*shared, LABELLED])
            yield Problem(f"there is no variable '{name}'.", node.mark, path, remedy)
        for name in sorted(expression.counted - set(objects)):
            yield Problem(f"there is no object '{name}'.", node.mark, path, nearest(name, objects))


def _placement(root: Node, name: str, body: Node) -> Iterator[Problem]:
    objects = dict(_entries(root, "objects"))
    for tag, placement in _entries(body, "placement"):
        on = placement.child("on")
        if on is None or not isinstance(on.value, str) or is_recipe(on.value):
            continue
        path = f"objects.{name}.placement.{tag}.on"
        if on.value not in objects:
            yield Problem(f"there is no object '{on.value}'.", on.mark, path, nearest(on.value, objects))
        elif on.value == name or name in _bearers(objects, on.value):
            yield Problem(f"'{name}' would stand on itself.", on.mark, path, "Name another object.")
        elif tag == "shelf":
            shape = objects[on.value].child("shape")
            if shape is not None and isinstance(shape.value, dict) and not {"rack", "choose"} & set(shape.value):
                yield Problem(
                    f"'{on.value}' is no rack, so it has no boards.", on.mark, path, "Use scatter, or name a rack."
                )


def _bearers(objects: dict[str, Node], name: str) -> set[str]:
    """The objects below an object, as far as the text tells."""
    found: set[str] = set()
    queue = [name]
    while queue:
        for _, placement in _entries(objects.get(queue.pop()), "placement"):
            on = placement.child("on")
            if on is not None and isinstance(on.value, str) and on.value not in found:
                found.add(on.value)
                queue.append(on.value)
    return found


def _repeat(name: str, body: Node) -> Iterator[Problem]:
    repeat, count = body.child("repeat"), body.child("count")
    if repeat is not None and repeat.value is not None and count is not None and count.value != 1:
        yield Problem(
            "`count` and `repeat` exclude each other.", repeat.key_mark, f"objects.{name}.repeat", "Keep one."
        )


def _classes(root: Node) -> Iterator[Problem]:
    """Classes that labels name must be listed, if there is a list."""
    labels = root.child("labels")
    listed = labels.child("classes") if labels is not None else None
    if listed is None or not isinstance(listed.value, list):
        outputs = root.child("outputs")
        for node in outputs.value if outputs is not None and isinstance(outputs.value, list) else ():
            if node.value == "classes":
                yield Problem(
                    "class ids can't be written before all classes are known.", node.mark, "outputs",
                    "List them, in the order of their ids, under labels.classes.",
                )  # fmt: skip
        return
    classes = [node.value for node in listed.value]
    for number, node in enumerate(listed.value):
        if node.value in classes[:number]:
            yield Problem(
                f"the class {node.value!r} is listed twice.", node.mark, f"labels.classes[{number}]", "Keep one."
            )
    for name, entry in _entries(root, "objects"):
        for body in alternatives(entry, None):
            label = body.child("label")
            named = [label.child("name")] if label is not None else []
            face_up = label.child("face_up") if label is not None else None
            named += [node for _, node in _entries(face_up, "classes")]
            for node in named:
                if (
                    node is not None
                    and isinstance(node.value, str)
                    and not is_recipe(node.value)
                    and node.value not in classes
                ):
                    remedy = f"Add it there. {nearest(node.value, map(str, classes))}"
                    yield Problem(
                        f"the class '{node.value}' is not in labels.classes.",
                        node.mark,
                        f"objects.{name}.label",
                        remedy.strip(),
                    )


def _compiled(text: str) -> Expression | None:
    try:
        return compile_expression(text)
    except ExpressionError:
        return None  # the schema reports it
