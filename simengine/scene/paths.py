"""Key paths: ``objects.die[3].material.roughness``, and patterns of them."""

from __future__ import annotations

import re

__all__ = ["parse_keys"]

_SEGMENT = re.compile(r"([^.\[\]]+)|\[([^\[\]]*)\]")


def parse_keys(path: str) -> list[str | int]:
    """Splits a path at dots and brackets; numbers in brackets become int."""
    keys: list[str | int] = []
    for match in _SEGMENT.finditer(path):
        name, bracket = match.groups()
        keys.append(name if name is not None else int(bracket) if bracket.isdigit() else bracket)
    return keys
