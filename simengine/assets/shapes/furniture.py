"""Cartons, pallets and racks: what a warehouse is made of."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import box_hull, compound
from simengine.assets.mesh import Collision, Surface
from simengine.assets.patch import Patch, moved
from simengine.assets.profile import polyline
from simengine.assets.rounded_box import rounded_box
from simengine.assets.sweep import fan, outline, stitch, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["carton", "pallet", "rack"]

Doubles = NDArray[np.float64]


def carton(shape: shapes.Carton) -> Draft:
    """A carton standing on z = 0: walls, two long flaps that meet over a seam, tape along it."""
    x, y, z = shape.size
    board = float(np.clip(0.02 * min(shape.size), 0.0005, 0.005))
    seam, edge = 0.6 * board, 0.5 * board
    flap = (x - 0.4 * board, y / 2 - seam / 2 - 0.2 * board, board)
    hair = 0.15 * board
    patches = _block((x, y, z - board - hair), (0.0, 0.0, (z - board - hair) / 2), 0.7 * board)
    for side in (-1.0, 1.0):
        patches += _block(flap, (0.0, side * (seam + flap[1]) / 2, z - board / 2), edge)
    patches += _tape(x, z, min(0.05, 0.3 * y), 0.1 * board, min(0.35 * z, 0.06), edge)
    return Draft(
        patches,
        (Collision("box", shape.size, offset=(0.0, 0.0, z / 2)),),
        colors={"tape": (0.72, 0.6, 0.42)},
        surfaces={"top": Surface((0.0, 0.0, z), (x, y))},
    )


def _block(size: tuple[float, float, float], centre: tuple[float, float, float], edge: float) -> list[Patch]:
    pose = np.eye(4)
    pose[:3, 3] = centre
    return [moved(patch, pose) for patch in rounded_box(size, edge, segments=3)]


def _tape(x: float, z: float, width: float, thick: float, drop: float, edge: float) -> list[Patch]:
    """A strip along x over the top and down both ends, a hair off the board."""
    hair = 0.3 * thick
    chains = []
    for off in (hair, hair + thick):
        a = x / 2 + off
        corners = [(a, z - drop), (a, z + off), (-a, z + off), (-a, z - drop)]
        chains.append(np.concatenate([strip.points for strip in polyline(corners, edge + off, step=30.0)]))
    inner, outer = chains
    border = polyline(np.vstack([outer, inner[::-1]]), closed=True)
    # Built lying down, extruded along z, then stood up: the strip's z axis is the carton's -y.
    up = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])
    half = width / 2
    patches = sweep(polyline([(0, -half), (0, half)]), outline(border), slot="tape")
    lid = [np.column_stack([chain, np.full(len(chain), half)]) for chain in (inner, outer)]
    base = [chain * (1.0, 1.0, -1.0) for chain in lid]
    patches.append(stitch(lid[0], lid[1], (0, 0, 1), slot="tape", by="length"))
    patches.append(stitch(base[0][::-1], base[1][::-1], (0, 0, -1), slot="tape", by="length"))
    return [Patch(p.vertices, p.faces, None, None, p.slot) for p in (moved(patch, up) for patch in patches)]


def pallet(shape: shapes.Pallet) -> Draft:
    """A pallet: three skids, nine blocks, three stringer boards, five deck boards along x.

    Source: the proportions of EN 13698-1 (the 800 x 1200 mm pallet), whatever the size.
    """
    x, y, z = shape.size
    board, block = 22 / 144 * z, 78 / 144 * z
    gap = 0.002 * z  # boards are nailed on, not grown together
    widths = np.array([145.0, 100.0, 145.0, 100.0, 145.0]) / 800 * y
    slot = (y - widths.sum()) / 4
    centres = np.cumsum(widths + slot) - widths / 2 - slot - y / 2
    feet = [(145 / 1200 * x, s * (x / 2 - 145 / 2400 * x)) for s in (-1.0, 1.0)] + [(145 / 1200 * x, 0.0)]
    rows = [(100 / 800 * y, s * (y / 2 - 50 / 800 * y)) for s in (-1.0, 1.0)] + [(145 / 800 * y, 0.0)]
    parts: list[tuple[tuple[float, float, float], tuple[float, float, float]]] = []
    for width, at in zip(widths.tolist(), centres.tolist(), strict=True):
        parts.append(((x, width, board - gap), (0.0, at, z - (board - gap) / 2)))
    for width, at in feet:
        parts.append(((width, y, board - gap), (at, 0.0, z - 1.5 * board)))
        parts += [((width, deep, block - gap), (at, off, board + block / 2)) for deep, off in rows]
    for deep, off in rows:
        parts.append(((x, deep, board - gap), (0.0, off, (board - gap) / 2)))
    patches = [patch for size, centre in parts for patch in _block(size, centre, 0.08 * board)]
    hulls = [box_hull((-x / 2, -y / 2, z - 2 * board), (x / 2, y / 2, z))]
    hulls += [box_hull((-x / 2, off - deep / 2, 0.0), (x / 2, off + deep / 2, board)) for deep, off in rows]
    for (width, at), (deep, off) in product(feet, rows):
        hulls.append(box_hull((at - width / 2, off - deep / 2, board), (at + width / 2, off + deep / 2, board + block)))
    return Draft(patches, compound(*hulls), surfaces={"top": Surface((0.0, 0.0, z), (x, y))})


def rack(shape: shapes.Rack) -> Draft:
    """A rack standing on z = 0: four angle posts, boards between them, beams under the boards."""
    x, y, z = shape.size
    steel = min(0.003, 0.02 * min(x, y))
    leg = min(0.04, 0.15 * min(x, y))
    lowest, highest = 0.08 * z, 0.985 * z
    tops = np.linspace(lowest, highest, shape.levels) if shape.levels > 1 else np.array([0.5 * z])
    pitch = tops[1] - tops[0] if shape.levels > 1 else tops[0]
    if shape.board > 0.8 * min(pitch, tops[0]):
        raise Rejected(
            "draw",
            f"a rack {z:g} m high can't hold {shape.levels} boards of {shape.board:g} m: "
            f"only {min(pitch, tops[0]):g} m lie between them.",
        )
    wide, deep = x - 2 * steel - 0.001, y - 2 * steel - 0.001
    beam = (x - 2 * leg, min(0.015, 0.1 * y), min(0.03, 0.3 * (min(pitch, tops[0]) - shape.board)))
    patches: list[Patch] = []
    hulls = []
    for top in tops:
        centre = (0.0, 0.0, float(top) - shape.board / 2)
        patches += _slotted(_block((wide, deep, shape.board), centre, min(0.0015, 0.2 * shape.board)), "board")
        hulls.append(box_hull((-wide / 2, -deep / 2, top - shape.board), (wide / 2, deep / 2, top)))
        for side in (-1.0, 1.0):
            place = (0.0, side * (deep / 2 - beam[1] / 2), float(top) - shape.board - beam[2] / 2 - 0.0002)
            patches += _slotted(_block(beam, place, 0.1 * beam[1]), "post")
    for sx, sy in product((-1.0, 1.0), repeat=2):
        patches += _post(sx, sy, x / 2, y / 2, leg, steel, z)
        for span in ((leg, steel), (steel, leg)):
            ends = np.sort([[sx * x / 2, sx * (x / 2 - span[0])], [sy * y / 2, sy * (y / 2 - span[1])]], axis=1)
            hulls.append(box_hull((*ends[:, 0], 0.0), (*ends[:, 1], z)))
    surfaces = {f"level[{i}]": Surface((0.0, 0.0, float(top)), (wide, deep)) for i, top in enumerate(tops)}
    surfaces["top"] = surfaces[f"level[{shape.levels - 1}]"]
    return Draft(patches, compound(*hulls), colors={"post": (0.23, 0.26, 0.3)}, surfaces=surfaces)


def _slotted(patches: list[Patch], slot: str) -> list[Patch]:
    return [Patch(patch.vertices, patch.faces, patch.normals, None, slot) for patch in patches]


def _post(sx: float, sy: float, x: float, y: float, leg: float, steel: float, height: float) -> list[Patch]:
    """An angle profile around one corner."""
    corner = np.array([sx * x, sy * y])
    inward = np.array([-sx, -sy])
    shape = np.array([(0, 0), (leg, 0), (leg, steel), (steel, steel), (steel, leg), (0, leg)])
    points = corner + inward * shape
    if sx * sy < 0:
        points = points[::-1]
    around = outline(polyline(points, closed=True))
    inner = corner + inward * steel
    return [
        *sweep(polyline([(0, 0), (0, height)]), around, slot="post"),
        fan(around.at(0, height), (0, 0, 1), slot="post", centre=(*inner, height)),
        fan(around.at(0, 0)[::-1], (0, 0, -1), slot="post", centre=(*inner, 0.0)),
    ]
