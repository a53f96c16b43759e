"""Prints a catalogue as two columns that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Literal

from simengine.scene.catalogue import describe

__all__ = ["print_catalogue"]


def print_catalogue(names: Sequence[str], *, kind: Literal["scene", "randomizer"]) -> None:
    """Prints each name with its one-line description."""
    left = max((len(name) for name in names), default=0) + 2
    width = max(40, shutil.get_terminal_size().columns - left)
    for name in names:
        lines = textwrap.wrap(describe(name, kind=kind), width) or [""]
        print(f"{name:<{left}}{lines[0]}")
        for line in lines[1:]:
            print(" " * left + line)
