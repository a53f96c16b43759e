"""What every part of a scene shares: the closed model and the named leaf types."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from simengine.scene.leaf import Leaf

__all__ = ["Color", "Count", "Fraction", "Length", "OneOf", "Part", "Point", "Position", "Rotation", "Size3"]


class Part(BaseModel):
    """A closed part of a scene: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class OneOf(Part):
    """A part of which exactly one field is given: a tagged union written ``{tag: {...}}``."""

    @model_validator(mode="after")
    def _exactly_one(self) -> OneOf:
        given = sorted(self.model_fields_set)
        if len(given) != 1:
            raise PydanticCustomError(
                "one_of", "needs exactly one of {tags}; {given}.",
                {"tags": ", ".join(type(self).model_fields), "given": f"found {', '.join(given)}" if given else "none is given"},
            )
        return self

    @property
    def tag(self) -> str:
        """Name of the field that is given."""
        return next(iter(self.model_fields_set))

    @property
    def value(self) -> Any:
        """The part that is given."""
        return getattr(self, self.tag)


def _euler_or_quaternion(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 3:
        from simengine.scene.rotation import quaternion_from_euler

        if all(isinstance(part, int | float | str) for part in value):
            return quaternion_from_euler(value)
    return value


Fraction = Annotated[float, Leaf(low=0.0, high=1.0)]
"""A number in [0, 1]."""

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

Rotation = Annotated[tuple[float, float, float, float], Leaf(), BeforeValidator(_euler_or_quaternion)]
"""A rotation: quaternion [x, y, z, w] or Euler angles [roll, pitch, yaw] (about x, y, z of the parent)."""
