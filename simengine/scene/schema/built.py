"""Parts of a scene that stand for an object of the simulation and are checked by making it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import ValidationInfo, model_validator

from simengine.errors import SimengineError
from simengine.scene.compile import custom_error
from simengine.scene.schema.base import Part, template

__all__ = ["Built"]


class Built(Part):
    """A part whose values together make an object; what can't be made is an error at the part's place."""

    def make(self) -> Any:
        """Makes the object from values that are all concrete."""
        raise NotImplementedError

    @cached_property
    def made(self) -> Any:
        """The object, made once."""
        return self.make()

    @model_validator(mode="after")
    def _can_be_made(self, info: ValidationInfo) -> Built:
        drawn = (info.context or {}).get("concrete")
        if isinstance(self, Built) and (drawn or template(self) is self):  # neither is a recipe nor holds one
            try:
                self.made  # noqa: B018
            except SimengineError as error:
                raise custom_error("made", str(error)) from None
        return self
