"""The asset linter: what is likely to go wrong with a mesh, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.assets.normals import face_normals
from simengine.assets.solid import mesh_solid
from simengine.assets.topology import topology

__all__ = ["lint"]

_MANY = 200_000  # triangles that slow pictures and collision building down
_DIRECTIONS = 200


def lint(mesh: Mesh, *, time_step: float = 1 / 240, speed: float = 2.0) -> tuple[str, ...]:
    """Looks a mesh over.

    Args:
        mesh: The mesh, in metres.
        time_step: Step of the physics [s].
        speed: Speed at which things are expected to meet [m/s].

    Returns:
        Notes, each one sentence with the numbers and the remedy; none for a good mesh.
    """
    notes = []
    size = np.ptp(mesh.vertices, axis=0)
    extents = " x ".join(f"{edge:.3g}" for edge in size)
    if size.max() > 100:
        notes.append(f"it is {extents} m large: if the file is in millimetres, set `scale: 0.001`.")
    elif size.max() < 1e-3:
        notes.append(f"it is only {extents} m large: if the file is in metres times 1000, set `scale` accordingly.")

    edges = topology(mesh.faces)
    if not edges.watertight:
        parts = [
            f"{count} {what}"
            for count, what in (
                (edges.open, "open edges"),
                (edges.crowded, "edges with more than two faces"),
                (edges.twisted, "edges between faces wound against each other"),
            )
            if count
        ]
        notes.append(f"it is not watertight ({', '.join(parts)}): mass and collisions use its convex hull.")
    elif mesh_solid(mesh.vertices, mesh.faces).volume < 0:
        notes.append("it is inside out: its faces look inwards; reverse them.")

    vertices = np.asarray(mesh.vertices, np.float64)
    normals, areas = face_normals(vertices, mesh.faces)
    corners = vertices[mesh.faces]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    needles = int((2 * areas < 1e-7 * longest**2).sum())
    if needles:
        notes.append(f"{needles} of its {len(mesh.faces)} triangles have no area: clean the mesh up.")

    largest = normals[np.argsort(-areas, kind="stable")[:_DIRECTIONS]]
    thin = _width(mesh.vertices, largest)
    step = time_step * speed
    if thin < step:
        notes.append(
            f"it is {thin * 1000:.3g} mm thin, less than the {step * 1000:.3g} mm that a body moves in a physics step at "
            f"{speed:g} m/s: things may pass through it; use a smaller `world.time_step` or a thicker shape."
        )
    if thin > 0 and size.max() / thin > 1000:
        notes.append(f"it is {size.max() / thin:.0f} times longer than thick: contacts may be unsteady.")
    if len(mesh.faces) > _MANY:
        notes.append(f"it has {len(mesh.faces)} triangles, more than {_MANY}: simplify it for speed.")
    return tuple(notes)


def _width(vertices: NDArray[np.floating], normals: NDArray[np.floating]) -> float:
    """Least extent [m] over even directions and those of some faces: how thin the hull is."""
    k = np.arange(_DIRECTIONS)
    z = (k + 0.5) / _DIRECTIONS
    turn = k * np.pi * (3 - np.sqrt(5))
    r = np.sqrt(1 - z**2)
    directions = np.vstack([np.column_stack([r * np.cos(turn), r * np.sin(turn), z]), np.eye(3), normals])
    points = np.asarray(vertices, np.float64)
    points = points[:: max(1, len(points) // 20_000)]
    return float(np.ptp(points @ directions.T, axis=0).min())
