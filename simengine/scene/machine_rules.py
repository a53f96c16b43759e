"""Rules that tie machines, their faults, their sensors and what they drive together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simengine.errors import Problem
from simengine.scene.expression import nearest
from simengine.scene.node import Node, format_path
from simengine.scene.recipe import is_recipe
from simengine.scene.schema.fault import BEARING_FAULTS, GEAR_FAULTS

__all__ = ["machine_rules"]


def machine_rules(root: Node) -> Iterator[Problem]:
    """Every broken rule; parts that are malformed are left to the schema to report."""
    machines = _entries(root.child("machines"))
    for name, machine in machines.items():
        yield from _faults(machine, ("machines", name))
        yield from _condition(machine, ("machines", name))
    tachometers: dict[Any, str] = {}
    for name, sensor in _entries(root.child("sensors")).items():
        for path, node in sensor.walk(("sensors", name)):
            if path[-2:] in _NAMING and _plain_text(node):
                yield from _names_machine(node, format_path(path), machines)
            if path[-2:] == ("imu", "on") and _plain_text(node):
                yield from _names_object(node, format_path(path), _entries(root.child("objects")))
            if path[-2:] == ("tachometer", "shaft") and tachometers.setdefault(node.value, name) != name:
                yield Problem(
                    f"'{node.value}' has a tachometer already: {tachometers[node.value]}.", node.mark, format_path(path),
                    "Keep one; every channel of the machine gets its marks.",
                )  # fmt: skip
    for name, thing in _entries(root.child("objects")).items():
        for path, node in thing.walk(("objects", name)):
            if path[-2:] == ("drive", "machine") and _plain_text(node):
                yield from _names_machine(node, format_path(path), machines)


_NAMING = (("accelerometer", "on"), ("tachometer", "shaft"), ("imu", "machine"))


def _names_object(node: Node, path: str, objects: dict[str, Node]) -> Iterator[Problem]:
    name = node.value.partition("/")[0].partition("[")[0]
    if name not in objects:
        yield Problem(f"there is no object '{name}'.", node.mark, path, nearest(name, objects))


def _names_machine(node: Node, path: str, machines: dict[str, Node]) -> Iterator[Problem]:
    name = node.value.partition("/")[0]
    if name not in machines:
        remedy = nearest(name, machines) if machines else "Describe it under `machines`."
        yield Problem(f"there is no machine '{name}'.", node.mark, path, remedy)


def _faults(machine: Node, start: tuple[str, str]) -> Iterator[Problem]:
    """Faults name a bearing or gear that the machine has, or it has only one."""
    parts = {"bearing": _entries(machine.child("bearings")), "gear": _entries(machine.child("gears"))}
    for path, node in machine.walk(start):
        kind = {**dict.fromkeys(BEARING_FAULTS, "bearing"), **dict.fromkeys(GEAR_FAULTS, "gear")}.get(str(path[-1]))
        if kind is None or "faults" not in path or not isinstance(path[-2], int):
            continue
        there, named = parts[kind], node.child(kind)
        place = format_path((*path, kind) if named is not None else path)
        if not there:
            yield Problem(
                f"the machine has no {kind}s that could have this fault.", node.key_mark or node.mark, format_path(path),
                f"Give it one under {format_path((*start, kind + 's'))}.",
            )  # fmt: skip
        elif named is None and len(there) > 1:
            yield Problem(
                f"the machine has {len(there)} {kind}s: {', '.join(there)}.", node.key_mark or node.mark, place,
                f"Say which has the fault: `{kind}: {next(iter(there))}`.",
            )  # fmt: skip
        elif named is not None and _plain_text(named) and named.value not in there:
            yield Problem(f"there is no {kind} '{named.value}'.", named.mark, place, nearest(named.value, there))


def _condition(machine: Node, start: tuple[str, str]) -> Iterator[Problem]:
    wanted, conditions = machine.child("condition"), _entries(machine.child("conditions"))
    if wanted is not None and _plain_text(wanted) and wanted.value not in conditions:
        remedy = nearest(wanted.value, conditions) if conditions else "Describe it under `conditions`."
        yield Problem(
            f"there is no condition '{wanted.value}'.", wanted.mark, format_path((*start, "condition")), remedy
        )
    given = [name for name, node in conditions.items() if node.child("rate") is not None]
    if 0 < len(given) < len(conditions):
        name, node = next((name, node) for name, node in conditions.items() if name not in given)
        yield Problem(
            "has no `rate`, but other conditions have one.", node.key_mark or node.mark,
            format_path((*start, "conditions", name)), "Give all of them a rate, or none.",
        )  # fmt: skip


def _entries(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _plain_text(node: Node) -> bool:
    return isinstance(node.value, str) and not is_recipe(node.value)
