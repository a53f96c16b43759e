"""What a shape's builder hands on, before it becomes an asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simengine.assets.mesh import Collision, Surface
from simengine.assets.patch import Patch
from simengine.assets.solid import Solid

__all__ = ["Draft"]

Vector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Draft:
    """A parametric shape as patches.

    Attributes:
        patches: Closed surfaces, wound outwards.
        collision: What physics uses under `auto`.
        colors: sRGB colour by slot, for slots that have one of their own.
        directions: Named unit vectors.
        surfaces: Named bearing surfaces.
        solid: Mass properties in closed form; None to take them from the mesh.
    """

    patches: Sequence[Patch]
    collision: tuple[Collision, ...]
    colors: dict[str, Vector] = field(default_factory=dict)
    directions: dict[str, Vector] = field(default_factory=dict)
    surfaces: dict[str, Surface] = field(default_factory=dict)
    solid: Solid | None = None
