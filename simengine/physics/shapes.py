"""Collision geometry, from metres in the object's frame to Bullet's units in the body's frame."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.assets.mesh import Collision
from simengine.bullet import pybullet
from simengine.errors import SimengineError
from simengine.physics.frames import inverse, rotate

__all__ = ["create_shapes"]

_MOST_PRIMITIVES = 16  # MAX_COMPOUND_COLLISION_SHAPES of PyBullet
_SIDES = 24


def create_shapes(
    pieces: Sequence[Collision],
    *,
    origin: NDArray,
    rotation: NDArray,
    scale: float,
    joined: bool,
    client: int,
) -> list[int]:
    """Creates Bullet's collision shapes.

    Args:
        pieces: Convex pieces in the object's frame [m].
        origin: Origin of the body's frame in the object's [m], shape (3,).
        rotation: Object from body frame, quaternion xyzw.
        scale: Bullet's units per metre.
        joined: Whether all pieces make one shape, for a body that moves; else each is its own.
        client: PyBullet's client.

    Returns:
        PyBullet's numbers of the shapes; ``[-1]`` (no collisions) for a joined shape without pieces.
    """
    turn = inverse(rotation)

    def convert(points: ArrayLike) -> NDArray:
        return rotate(turn, np.asarray(points, float) - origin) * scale

    if joined and not pieces:
        return [-1]
    hulls = [convert(hull) for piece in pieces for hull in piece.hulls]
    primitives = [piece for piece in pieces if piece.kind != "hulls"]
    if joined and ((hulls and primitives) or len(primitives) > _MOST_PRIMITIVES):
        hulls += [convert(_outline(piece)) for piece in primitives]
        primitives = []
    groups = ([primitives] if primitives else []) if joined else [[piece] for piece in primitives]
    shapes = [_primitives(group, [convert(piece.offset) for piece in group], turn, scale, client) for group in groups]
    batches = ([hulls] if hulls else []) if joined else [[hull] for hull in hulls]
    return shapes + [_hulls(batch, client) for batch in batches]


def _primitives(group: Sequence[Collision], at: list[NDArray], turn: NDArray, scale: float, client: int) -> int:
    shapes = [_primitive(piece, scale) for piece in group]
    upright = abs(turn[3]) > 1 - 1e-12
    if len(shapes) == 1 and upright and not np.any(at[0]):  # bare shapes have collision routines of their own
        ((kind, values),) = shapes
        return pybullet.createCollisionShape(kind, physicsClientId=client, **values)
    return pybullet.createCollisionShapeArray(
        shapeTypes=[kind for kind, _ in shapes],
        radii=[values.get("radius", 0.0) for _, values in shapes],
        halfExtents=[values.get("halfExtents", [0.0] * 3) for _, values in shapes],
        lengths=[values.get("height", 0.0) for _, values in shapes],
        collisionFramePositions=[position.tolist() for position in at],
        collisionFrameOrientations=[turn.tolist()] * len(shapes),
        physicsClientId=client,
    )


def _primitive(piece: Collision, scale: float) -> tuple[int, dict]:
    size = [edge * scale for edge in piece.size]
    if piece.kind == "box":
        return pybullet.GEOM_BOX, {"halfExtents": [edge / 2 for edge in size]}
    if piece.kind == "sphere":
        return pybullet.GEOM_SPHERE, {"radius": size[0]}
    kind = pybullet.GEOM_CYLINDER if piece.kind == "cylinder" else pybullet.GEOM_CAPSULE
    return kind, {"radius": size[0], "height": size[1]}


def _hulls(hulls: Sequence[NDArray], client: int) -> int:
    """One hull as points, many as the groups of an OBJ file (PyBullet takes no other list of hulls)."""
    if len(hulls) == 1:
        return pybullet.createCollisionShape(pybullet.GEOM_MESH, vertices=_reused(hulls[0]), physicsClientId=client)
    lines, first = [], 1
    for number, hull in enumerate(hulls):
        lines.append(f"o {number}")
        lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in hull.tolist()]
        last = first + len(hull) - 1  # Bullet makes the hull of the points: any triangles that name all of them do
        lines += [f"f {i} {min(i + 1, last)} {min(i + 2, last)}" for i in range(first, last + 1, 3)]
        first = last + 1
    try:
        with tempfile.TemporaryDirectory(prefix="simengine-") as folder:
            path = Path(folder) / "hulls.obj"
            path.write_text("\n".join(lines) + "\n")
            return pybullet.createCollisionShape(pybullet.GEOM_MESH, fileName=str(path), physicsClientId=client)
    except OSError as error:
        raise SimengineError(
            f"no room for a temporary file in {tempfile.gettempdir()} ({error}): free some, or set TMPDIR."
        ) from error


_ROWS: list[list[float]] = []
_TABLE: list[list[float]] = []


def _reused(points: NDArray) -> list[list[float]]:
    """Points as lists that are the same objects every time: PyBullet never lets go of the lists it is given here."""
    while len(_ROWS) < len(points):
        _ROWS.append([])
    for row, point in zip(_ROWS, points.tolist(), strict=False):
        row[:] = point
    _TABLE[:] = _ROWS[: len(points)]
    return _TABLE


def _outline(piece: Collision) -> NDArray:
    """Points whose hull is a primitive in its frame of pieces: exact for a box, 24-sided for round ones."""
    if piece.kind == "box":
        signs = np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, -1).T
        return signs * np.asarray(piece.size) / 2 + np.asarray(piece.offset)
    angles = np.arange(_SIDES) * (2 * np.pi / _SIDES)
    circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(_SIDES)], axis=1)
    radius, height = piece.size[0], piece.size[1] if len(piece.size) > 1 else 0.0
    tilts = np.array([0.0]) if piece.kind == "cylinder" else np.linspace(0, np.pi / 2, _SIDES // 4 + 1)
    half = np.concatenate([radius * (circle * np.cos(t) + [0, 0, np.sin(t)]) + [0, 0, height / 2] for t in tilts])
    return np.concatenate([half, half * [1, 1, -1]]) + np.asarray(piece.offset)
