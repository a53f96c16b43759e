"""Collision geometry of an asset under each of the modes a scene can ask for."""

from __future__ import annotations

from functools import lru_cache

from simengine.assets.convex import convex_hull, hull_solid
from simengine.assets.decompose import decompose
from simengine.assets.hulls import compound
from simengine.assets.mesh import Asset, Collision, Mesh
from simengine.assets.solid import mesh_solid
from simengine.assets.topology import topology
from simengine.errors import SimengineError

__all__ = ["NEARLY_CONVEX", "collision_of"]

NEARLY_CONVEX = 1.15
"""A mesh whose convex hull is less than this many times its volume collides as its hull under `auto`."""


def collision_of(asset: Asset, mode: str = "auto") -> tuple[Collision, ...]:
    """What physics uses for a rigid asset.

    Args:
        asset: An asset that is not a URDF model (PyBullet reads those itself).
        mode: ``auto``: what the shape's builder made; for a mesh from a file its hull if it is nearly
            convex or not watertight, else a decomposition. ``hull``: the convex hull. ``decompose``: a
            convex decomposition, also of shapes that have hand-made parts. ``none``: nothing.

    Raises:
        SimengineError: For another mode, or if a decomposition fails.
    """
    if mode == "none":
        return ()
    if mode == "auto" and asset.collision:
        return asset.collision
    if mode not in ("auto", "hull", "decompose"):
        raise SimengineError(f"{mode!r} is no collision mode: use auto, hull, decompose or none.")
    return _collision(asset.links[0].mesh, mode)


@lru_cache(maxsize=256)
def _collision(mesh: Mesh, mode: str) -> tuple[Collision, ...]:
    hull = convex_hull(mesh.vertices)
    if mode == "hull" or (mode == "auto" and not _hollow(mesh)):
        return compound(hull)
    return compound(*decompose(mesh.vertices, mesh.faces))


def _hollow(mesh: Mesh) -> bool:
    """Whether a closed mesh leaves much of its hull empty."""
    if not topology(mesh.faces).watertight:
        return False
    volume = abs(mesh_solid(mesh.vertices, mesh.faces).volume)
    return volume > 0 and hull_solid(mesh.vertices).volume > NEARLY_CONVEX * volume
