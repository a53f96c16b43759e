"""Collision geometry of an asset under each of the modes a scene can ask for."""

from __future__ import annotations

from simengine.assets.mesh import Asset, Collision
from simengine.errors import SimengineError

__all__ = ["collision_of"]


def collision_of(asset: Asset, mode: str = "auto") -> tuple[Collision, ...]:
    """What physics uses for a rigid asset.

    Args:
        asset: An asset that is not a URDF model (PyBullet reads those itself).
        mode: ``auto``: what the shape's builder made; ``none``: nothing.

    Raises:
        SimengineError: For another mode.
    """
    if mode == "none":
        return ()
    if mode == "auto":
        return asset.collision
    raise SimengineError(f"collision mode {mode!r}: not available.")
