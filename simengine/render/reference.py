"""A small known scene whose picture every machine must reproduce, for `simengine doctor`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.render.camera import look_at, make_camera
from simengine.render.environment import sky_environment
from simengine.render.model import Frame, Instance, LightSource, RenderScene, RenderSettings, SurfaceMaterial

__all__ = ["Comparison", "compare_with_reference", "reference_frame"]

PIXELS = {1: 13546, 2: 930, 3: 840}
"""Visible pixels by instance id."""

DEPTHS = {1: 0.692244, 2: 0.66889, 3: 0.592993}
"""Mean depth by instance id [m]."""

COLORS = {1: (0.48013, 0.47869, 0.51256), 2: (0.59032, 0.13893, 0.11877), 3: (0.51937, 0.42637, 0.2829)}
"""Mean linear radiance by instance id."""


@dataclass(frozen=True)
class Comparison:
    """How a machine's picture stands to the reference.

    Attributes:
        ok: Whether it is the same within rounding.
        pixel_error: Largest difference of an object's visible pixels, as a share of them.
        depth_error: Largest difference of an object's mean depth [m].
        color_error: Largest relative difference of an object's mean radiance.
        digest: Hash of the label maps; equal on machines that round alike.
    """

    ok: bool
    pixel_error: float
    depth_error: float
    color_error: float
    digest: str

    def __str__(self) -> str:
        verdict = "as it should be" if self.ok else "NOT as it should be"
        return (
            f"{verdict} (pixels {self.pixel_error:.2%}, depth {1e3 * self.depth_error:.3f} mm, "
            f"colour {self.color_error:.2%} off; labels {self.digest})"
        )


def reference_frame(*, device: str = "cpu") -> Frame:
    """Draws the reference scene: a box and a ball on a sheet under an area light and a sky, 160 x 120 pixels."""
    from simengine.render.warp_renderer import WarpRenderer

    materials = (
        SurfaceMaterial(base_color=(0.6, 0.55, 0.5), roughness=0.6),
        SurfaceMaterial(base_color=(0.8, 0.1, 0.05), roughness=0.3, clear_coat=1.0),
        SurfaceMaterial(base_color=(0.9, 0.7, 0.4), roughness=0.25, metallic=1.0),
    )
    instances = (
        Instance(mesh=_box((1.0, 1.0, 0.01)), transform=_at(0.0, 0.0, -0.005), materials=(0,), id=1),
        Instance(mesh=_box((0.1, 0.1, 0.1)), transform=_at(-0.07, 0.0, 0.05, turn=0.5), materials=(1,), id=2),
        Instance(mesh=_ball(0.06), transform=_at(0.08, 0.02, 0.06), materials=(2,), id=3),
    )
    light = LightSource(
        kind="area",
        position=(0.3, -0.4, 0.8),
        direction=(-0.318, 0.424, -0.848),
        up=(0.0, 0.894, 0.447),
        size=(0.3, 0.2),
        power=6.0,
        color=(1.0, 1.0, 1.0),
    )
    scene = RenderScene(
        instances=instances,
        materials=materials,
        lights=(light,),
        environment=sky_environment((0.2, 0.3, 0.5), (0.5, 0.5, 0.5), (0.1, 0.1, 0.1), height=16),
    )
    camera = make_camera(look_at((0.35, -0.45, 0.4), (0.0, 0.0, 0.03)), width=160, height=120)
    return WarpRenderer(device=device).render(scene, camera, RenderSettings(samples=4, bounces=1, seed=7))


def compare_with_reference(*, device: str = "cpu") -> Comparison:
    """Draws the reference scene on a device and compares it with the stored numbers."""
    frame = reference_frame(device=device)
    assert frame.linear is not None
    pixels, depths, colors = [], [], []
    for id_, count in PIXELS.items():
        here = frame.instances == id_
        pixels.append(abs(int(here.sum()) - count) / count)
        depths.append(abs(float(frame.depth[here].mean(dtype=float)) - DEPTHS[id_]) if here.any() else np.inf)
        mean = frame.linear[here].mean(axis=0, dtype=float) if here.any() else np.full(3, np.inf)
        colors.append(float(np.abs(mean / np.array(COLORS[id_]) - 1).max()))
    digest = hashlib.blake2b(digest_size=8)
    for labels in (frame.instances, frame.links, frame.depth, frame.normals, frame.coordinates):
        digest.update(np.ascontiguousarray(labels).tobytes())
    errors = max(pixels), max(depths), max(colors)
    ok = errors[0] < 0.005 and errors[1] < 2e-4 and errors[2] < 0.01
    return Comparison(ok, *errors, digest=digest.hexdigest())


def _at(x: float, y: float, z: float, *, turn: float = 0.0) -> NDArray[np.float64]:
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, z], [0, 0, 0, 1]])


def _mesh(vertices: NDArray[np.float64], faces: NDArray[np.int64], normals: NDArray[np.float64]) -> Mesh:
    arrays = vertices.astype(np.float32), faces.astype(np.int32), normals.astype(np.float32)
    key = hashlib.blake2b(b"".join(a.tobytes() for a in arrays), digest_size=16).hexdigest()
    return Mesh(*arrays, uv=None, slots=np.zeros(len(faces), np.int32), slot_names=("",), key=key)


def _box(size: tuple[float, float, float]) -> Mesh:
    signs = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)]) - 0.5
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = np.array([triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))])
    vertices = signs * size
    corners = vertices[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return _mesh(vertices, faces, np.repeat(flat[:, None], 3, axis=1))


def _ball(radius: float, *, rings: int = 24) -> Mesh:
    polar = np.pi * np.arange(rings + 1) / rings
    around = np.pi * np.arange(2 * rings) / rings
    directions = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(around),
            np.sin(polar)[:, None] * np.sin(around),
            np.cos(polar)[:, None] * np.ones_like(around),
        ],
        axis=-1,
    ).reshape(-1, 3)
    i, j = (a.ravel() for a in np.mgrid[0:rings, 0 : 2 * rings])
    a, b = i * 2 * rings + j, i * 2 * rings + (j + 1) % (2 * rings)
    c, d = a + 2 * rings, b + 2 * rings
    faces = np.concatenate([np.stack([a, c, d], 1)[i > -1], np.stack([a, d, b], 1)[i > 0]])
    return _mesh(directions * radius, faces, directions[faces])
