"""What the schema says at a path: the part, its fields, the leaf with unit and range."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import OneOf, Part
from simengine.scene.schema.scene import SceneModel

__all__ = ["ROOT", "Slot", "children", "part_at", "step"]


@dataclass(frozen=True)
class Slot:
    """A place of the schema.

    Attributes:
        kind: Its Python type without ``None``, unit and range: a `Part`, ``dict``, ``tuple``, ``list``, a scalar type.
        arguments: Type arguments, of the values of a mapping or the entries of a list.
        leaf: Unit and range, None if it is no leaf.
        optional: Whether it may be absent (None).
        field: The field's declaration, None for an entry of a mapping or list.
        annotation: The type as declared, for validation of a value by itself.
    """

    kind: Any
    arguments: tuple[Any, ...] = ()
    leaf: Leaf | None = None
    optional: bool = False
    field: FieldInfo | None = None
    annotation: Any = None

    @property
    def part(self) -> type[Part] | None:
        """The part that belongs here, if it is one."""
        return self.kind if isinstance(self.kind, type) and issubclass(self.kind, Part) else None

    @property
    def one_of(self) -> type[OneOf] | None:
        """The tagged union that belongs here, if it is one."""
        return self.kind if isinstance(self.kind, type) and issubclass(self.kind, OneOf) else None

    @property
    def required(self) -> bool:
        """Whether a scene must give it."""
        return self.field is not None and self.field.is_required()

    @property
    def default(self) -> Any:
        """Its default value; None if it has none."""
        if self.field is None or self.field.is_required():
            return None
        return self.field.get_default(call_default_factory=True)


ROOT = Slot(SceneModel)


def children(slot: Slot) -> list[str]:
    """Names of the fields of a part; empty for anything else."""
    return list(slot.part.model_fields) if slot.part else []


def step(slot: Slot, key: str | int) -> Slot | None:
    """One step down; None if the schema has no such place.

    An entry of a mapping is found by any name, an entry of a list by its number.
    """
    if slot.part is not None:
        field = slot.part.model_fields.get(key) if isinstance(key, str) else None
        if field is None:
            return None
        declared = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        return _slot(declared, field)
    if slot.kind is dict and isinstance(key, str):
        return _slot(slot.arguments[1], None)
    if slot.kind is tuple and isinstance(key, int) and 0 <= key < len(slot.arguments):
        inner = _slot(slot.arguments[key], None)
        return inner if inner.leaf else Slot(inner.kind, inner.arguments, slot.leaf, annotation=inner.annotation)
    if slot.kind is list and isinstance(key, int):
        return _slot(slot.arguments[0], None)
    return None


def part_at(path: Sequence[str | int], start: Slot = ROOT) -> type[Part] | None:
    """The part that belongs at a path below a place; recipes on the way are looked through."""
    slot: Slot | None = start
    keys = list(path)
    while keys and slot is not None:
        below = step(slot, keys[0])
        if below is None:  # a recipe: choose [0] or choose options [0]; nominal
            if keys[0] == "choose":
                keys = keys[3:] if keys[1:2] == ["options"] else keys[2:]
                continue
            if keys[0] == "nominal":
                keys = keys[1:]
                continue
            return None
        slot, keys = below, keys[1:]
    return slot.part if slot else None


def _slot(declared: Any, field: FieldInfo | None) -> Slot:
    annotation, leaf = declared, None
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            base, *metadata = get_args(annotation)
            leaf = next((item for item in metadata if isinstance(item, Leaf)), leaf)
            annotation = base
        elif origin in (Union, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None)]
            optional = optional or len(parts) < len(get_args(annotation))
            if len(parts) > 1:
                leaves = [i for p in parts for i in getattr(p, "__metadata__", ()) if isinstance(i, Leaf)]
                leaf = leaf or (leaves[-1] if leaves else None)
                return Slot(annotation, tuple(parts), leaf, optional, field, declared)
            annotation = parts[0]
        else:
            break
    kind = origin if origin in (dict, tuple, list) else annotation
    return Slot(kind, get_args(annotation), leaf.of_type(annotation) if leaf else None, optional, field, declared)
