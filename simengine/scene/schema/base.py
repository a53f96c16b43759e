"""What every part of a scene shares: the closed model and the named leaf types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)

from simengine.scene.compile import compile_recipe, custom_error
from simengine.scene.leaf import RECIPE, Leaf
from simengine.scene.recipe import Recipe, holds_recipe, is_recipe

__all__ = [
    "Angle",
    "Color",
    "Count",
    "Flag",
    "Fraction",
    "Length",
    "OneOf",
    "Part",
    "Point",
    "Position",
    "Rotation",
    "Size3",
    "Text",
    "Variable",
    "template",
]


class Part(BaseModel):
    """A closed part of a scene: unknown keys are errors, values are frozen.

    In a scene as written, a part may also be a recipe that draws it (``{choose: [{...}, {...}]}``). A
    mapping whose only key is a field of the part is the part, even if a distribution has that name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    exclusive: ClassVar[tuple[str, ...]] = ()
    """Fields of which exactly one is given."""

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, value: Any) -> Any:
        if isinstance(value, dict) and any(value.get(name, ...) is None for name in cls.exclusive):
            return {key: {} if part is None and _takes_part(cls, key) else part for key, part in value.items()}
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Part:
        if self.exclusive:
            given = [
                name for name in self.exclusive if name in self.model_fields_set and getattr(self, name) is not None
            ]
            if len(given) != 1:
                found = f"found {', '.join(given)}" if given else "none is given"
                raise custom_error("one_of", f"needs exactly one of {', '.join(self.exclusive)}; {found}.")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _part_or_recipe(cls, value: Any, handler: ModelWrapValidatorHandler, info: ValidationInfo) -> Any:
        if isinstance(value, cls):
            return value
        context = info.context or {}
        if context.get("concrete") or not is_recipe(value):
            return handler(value)
        if isinstance(value, dict) and set(value) <= set(cls.model_fields):
            return handler(value)

        def check(part: Any) -> Any:
            return cls._part_or_recipe(part, handler, info)  # type: ignore[operator]

        return compile_recipe(value, check=check, template=template, leaf=None, base=context.get("base", ""))

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict:
        schema = handler.resolve_ref_schema(handler(core))
        if cls.exclusive == tuple(cls.model_fields):
            schema |= {"minProperties": 1, "maxProperties": 1}
        return {"anyOf": [schema, RECIPE]}


def template(value: Any) -> Any:
    """A validated tree as the draw walks it: parts that hold recipes as mappings, constant parts as they are."""
    if isinstance(value, Part):
        fields = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
        entries = {name: template(part) for name, part in fields.items()}
        return (
            entries
            if any(entries[name] is not fields[name] or isinstance(entries[name], Recipe) for name in entries)
            else value
        )
    if isinstance(value, dict):
        entries = {key: template(part) for key, part in value.items()}
        return entries if any(entries[key] is not value[key] for key in value) or _any_recipe(value.values()) else value
    if isinstance(value, list | tuple):
        parts = [template(part) for part in value]
        changed = any(new is not old for new, old in zip(parts, value, strict=True))
        return parts if changed or _any_recipe(value) else value
    return value


def _any_recipe(values: Iterable[Any]) -> bool:
    return any(
        isinstance(value, Recipe) or (isinstance(value, list | tuple | dict) and holds_recipe(value))
        for value in values
    )


class OneOf(Part):
    """A part of which exactly one field is given: a tagged union written ``{tag: {...}}`` or ``{tag: }``."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.exclusive = tuple(cls.model_fields)

    @property
    def tag(self) -> str:
        """Name of the field that is given."""
        return next(iter(self.model_fields_set))

    @property
    def value(self) -> Any:
        """The part that is given."""
        return getattr(self, self.tag)


def _takes_part(cls: type[Part], name: str) -> bool:
    if name not in cls.model_fields:
        return False
    annotation = cls.model_fields[name].annotation
    return any(isinstance(kind, type) and issubclass(kind, Part) for kind in (annotation, *get_args(annotation)))


Fraction = Annotated[float, Leaf(low=0.0, high=1.0)]
"""A number in [0, 1]."""

Angle = Annotated[float, Leaf(unit="rad")]
"""An angle, radians."""

Length = Annotated[float, Leaf(unit="m", low=0.0, positive=True)]
"""A length above 0, metres."""

Count = Annotated[int, Leaf(low=0, high=100_000)]
"""A number of things."""

Position = Annotated[tuple[float, float, float], Leaf(unit="m")]
"""A point in the world or in the parent's frame, metres."""

Point = Annotated[tuple[float, float], Leaf(unit="m")]
"""A point in a plane, metres."""

Size3 = Annotated[tuple[float, float, float], Leaf(unit="m", low=0.0)]
"""Three extents along x, y, z, metres."""

Color = Annotated[tuple[float, float, float], Leaf(low=0.0, high=1.0, color=True)]
"""An sRGB colour, three numbers in [0, 1] or ``"#rrggbb"``."""

Rotation = Annotated[tuple[float, float, float, float], Leaf(rotation=True)]
"""A rotation: quaternion [x, y, z, w] or Euler angles [roll, pitch, yaw] (about x, y, z of the parent)."""

Flag = Annotated[bool, Leaf()]
"""True or false."""

Text = Annotated[str, Leaf()]
"""A text."""

Variable = Annotated[Any, Leaf(unit=None)]
"""A named value: anything, quantities of any unit converted to SI."""
