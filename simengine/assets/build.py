"""From a shape, as a scene names it, to an asset."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.assets.draft import Draft
from simengine.assets.files import asset_path, check_file
from simengine.assets.import_mesh import mesh_asset
from simengine.assets.library import library_asset
from simengine.assets.mesh import Asset, Link
from simengine.assets.patch import assemble
from simengine.assets.shapes import (
    bearing_block,
    belt_drive,
    cable,
    cells,
    die,
    fan,
    fasteners,
    furniture,
    gear,
    marks,
    motor,
    mug,
    panel,
    solids,
    tray,
    vessels,
)
from simengine.assets.solid import mesh_solid
from simengine.assets.urdf import urdf_asset

if TYPE_CHECKING:
    from simengine.scene.schema.shapes import Shape

__all__ = ["build"]

_BUILDERS: dict[str, Callable[[Any], Draft]] = {
    "plane": solids.plane,
    "box": solids.box,
    "sphere": solids.sphere,
    "cylinder": solids.cylinder,
    "capsule": solids.capsule,
    "cone": solids.cone,
    "die": die.die,
    "bolt": fasteners.bolt,
    "nut": fasteners.nut,
    "washer": fasteners.washer,
    "gear": gear.gear,
    "bottle": vessels.bottle,
    "can": vessels.can,
    "mug": mug.mug,
    "bowl": vessels.bowl,
    "carton": furniture.carton,
    "tray": tray.tray,
    "rack": furniture.rack,
    "pallet": furniture.pallet,
    "drum": vessels.drum,
    "motor": motor.motor,
    "axle": belt_drive.axle,
    "pulley": belt_drive.pulley,
    "v_belt": belt_drive.v_belt,
    "impeller": fan.impeller,
    "fan_guard": fan.fan_guard,
    "bearing_block": bearing_block.bearing_block,
    "cable": cable.cable,
    "panel": panel.panel,
    "inset": panel.inset,
    "scratch": marks.scratch,
    "stain": marks.stain,
    "disc_cell": cells.disc_cell,
    "lobed_cell": cells.lobed_cell,
}

_READERS: dict[str, Callable[[Any, str], Asset]] = {"mesh": mesh_asset, "urdf": urdf_asset, "library": library_asset}

_CACHE: OrderedDict[str, Asset] = OrderedDict()
_KEPT_BYTES = 96 << 20
"""Meshes kept between uses; more than one sample holds, since a draw rarely meets another's shapes again."""


def build(shape: Shape, *, base: str) -> Asset:
    """Builds a shape, or takes it from this process's cache.

    Args:
        shape: A shape with concrete values.
        base: Folder that relative file names refer to.

    Returns:
        The asset; the same object for the same parameters while it is in the cache.

    Raises:
        SimengineError: If a file is missing or broken.
        Rejected: If the drawn parameters contradict each other (a bore wider than its gear).
    """
    content: dict[str, Any] = {"shape": shape.tag, "values": shape.value.model_dump(mode="json")}
    if shape.tag in ("mesh", "urdf"):
        file = asset_path(shape.value.file, base=base)
        content["file"] = [str(file), *check_file(file, kind="The mesh" if shape.tag == "mesh" else "The URDF")]
    key = _key(content)
    if key not in _CACHE:
        if shape.tag in _READERS:
            _CACHE[key] = _READERS[shape.tag](shape.value, base)
        else:
            _CACHE[key] = _finish(_BUILDERS[shape.tag](shape.value), key)
        while len(_CACHE) > 1 and sum(map(_bytes, _CACHE.values())) > _KEPT_BYTES:
            _CACHE.popitem(last=False)
    _CACHE.move_to_end(key)
    return _CACHE[key]


def _bytes(asset: Asset) -> int:
    meshes = (link.mesh for link in asset.links)
    return sum(
        array.nbytes for m in meshes for array in (m.vertices, m.faces, m.normals, m.uv, m.slots) if array is not None
    )


def _key(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _finish(draft: Draft, key: str) -> Asset:
    mesh = assemble(draft.patches, key=key)
    solid = draft.solid or mesh_solid(mesh.vertices, mesh.faces)
    for array in (mesh.vertices, mesh.faces, mesh.normals, mesh.uv, mesh.slots):
        if array is not None:
            array.flags.writeable = False
    return Asset(
        key=key,
        links=(Link("", mesh, colors=draft.colors),),
        collision=draft.collision,
        volume=solid.volume,
        center_of_mass=solid.center_of_mass,
        inertia=np.asarray(solid.inertia, np.float64),
        directions=draft.directions,
        surfaces=draft.surfaces,
    )
