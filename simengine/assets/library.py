"""PyBullet's thousand random blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simengine.assets.convex import convex_hull
from simengine.assets.decompose import read_convex_obj
from simengine.assets.files import asset_path
from simengine.assets.hulls import compound
from simengine.assets.import_mesh import link_from_parts, rigid_asset
from simengine.assets.mesh import Asset
from simengine.assets.urdf import read_urdf

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["library_asset"]


def library_asset(shape: shapes.Library, base: str) -> Asset:
    """A block as an ordinary rigid asset: its one link's mesh, and the convex pieces it is made of."""
    number = f"{shape.index:03d}"
    robot = read_urdf(asset_path(f"pybullet_data:random_urdfs/{number}/{number}.urdf", base=base))
    name = robot.links[0]
    parts = [replace(part, vertices=part.vertices * shape.scale) for part in robot.visuals[name]]
    hulls = []
    for file, pose in robot.collision_files[name]:
        for hull in read_convex_obj(file):
            hulls.append(convex_hull((hull @ pose[:3, :3].T + pose[:3, 3]) * shape.scale))
    return rigid_asset(replace(link_from_parts("", parts), unwrapped=False), compound(*hulls))
