"""Validates drawn values: whatever was drawn must fit as if it had been written."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from simengine.scene.recipe import DrawError
from simengine.scene.schema.base import Part

__all__ = ["CONCRETE", "first_message", "validated"]

CONCRETE = {"concrete": True}
"""Context of validation in which recipes are forbidden."""

_Kind = TypeVar("_Kind", bound=Part)


def validated(family: type[_Kind], fields: Any, path: str) -> _Kind:
    """A part from drawn values.

    Raises:
        DrawError: They don't fit; its path is that of the first that does not.
    """
    try:
        return family.model_validate(fields, context=CONCRETE)
    except ValidationError as error:
        where = path
        for part in error.errors(include_url=False)[0]["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
        raise DrawError(where, first_message(error)) from None


def first_message(error: ValidationError) -> str:
    """What a failed validation says first."""
    message = error.errors(include_url=False)[0]["msg"].replace("Input should be", "it must be")
    return message if message.endswith(".") else f"{message}."
