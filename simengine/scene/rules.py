"""Rules that involve several parts of a scene: names that expressions use, objects that others stand on."""

from __future__ import annotations

from simengine.errors import Problem
from simengine.scene.document import Node

__all__ = ["check_rules"]


def check_rules(root: Node) -> list[Problem]:
    """Every broken rule."""
    return []
