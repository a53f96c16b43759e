"""The colours of reports by what they stand for, in a light and a dark scheme."""

from __future__ import annotations

__all__ = ["DARK", "LIGHT", "SERIES", "css_variables"]

SERIES = ("blue", "orange", "green", "purple", "amber", "slate")
"""Colours of data, in the order in which they are given away; told apart by all common kinds of colour vision."""

LIGHT = {
    "page": "#ffffff",
    "card": "#f6f7f9",
    "ink": "#14181f",
    "muted": "#5a6472",
    "line": "#dfe3e8",
    "grid": "#e9ecf0",
    "band": "#d6dbe2",
    "good": "#0a7a4b",
    "bad": "#b4450a",
    "blue": "#0b63c4",
    "orange": "#c24a06",
    "green": "#0a8754",
    "purple": "#9a3b9a",
    "amber": "#a17800",
    "slate": "#5a6472",
}
DARK = {
    "page": "#0f1318",
    "card": "#181e26",
    "ink": "#e9edf2",
    "muted": "#9aa5b3",
    "line": "#2b3440",
    "grid": "#222a34",
    "band": "#36414f",
    "good": "#4fd39a",
    "bad": "#ffa066",
    "blue": "#6cb2ff",
    "orange": "#ff9a5c",
    "green": "#4fd39a",
    "purple": "#e08be0",
    "amber": "#e3c04a",
    "slate": "#a7b0bb",
}


def css_variables(colours: dict[str, str]) -> str:
    """The colours as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
