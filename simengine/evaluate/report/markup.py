"""HTML and SVG by a function that escapes all text: names of classes and files come from strangers."""

from __future__ import annotations

import html
import unicodedata
from typing import Any

__all__ = ["Markup", "plain", "tag"]


class Markup(str):
    """Text that is markup already; made by `tag` alone."""

    __slots__ = ()


_VOID = {"meta", "link", "img", "br", "hr"}


def plain(text: object) -> str:
    """Text without control characters, line breaks or marks that turn the direction of writing."""
    return "".join(" " if character in "\r\n\t" else character for character in str(text) if _shown(character))


def _shown(character: str) -> bool:
    return character in "\r\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def tag(name: str, /, *children: object, **attributes: Any) -> Markup:
    """One element; children that are not `Markup` and all attributes are escaped.

    Args:
        name: Of the element.
        children: Text or markup; None is left out.
        **attributes: ``class_`` and ``for_`` lose their underscore, other underscores become hyphens; None is left out,
            True stands alone.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _VOID:
        return Markup(f"<{name}{shown}>")
    inner = "".join(
        child if isinstance(child, Markup) else html.escape(plain(child), quote=False)
        for child in children
        if child is not None
    )
    return Markup(f"<{name}{shown}>{inner}</{name}>")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    name = {"viewbox": "viewBox"}.get(name, name)
    return f" {name}" if value is True else f' {name}="{html.escape(plain(value), quote=True)}"'
