"""Convex decomposition of meshes, kept on disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.assets.convex import convex_hull
from simengine.errors import SimengineError

__all__ = ["cache_folder", "decompose", "read_convex_obj"]

Floats = NDArray[np.float32]

_VERSION = "1"  # of the parameters below: part of the cache's keys
_VHACD = {"resolution": 250_000, "concavity": 0.001, "maxNumVerticesPerCH": 48, "minVolumePerCH": 0.0002}
_COACD = {"threshold": 0.05, "max_convex_hull": 32, "seed": 0}
_LIMIT = 600  # seconds


def cache_folder() -> Path:
    """Where results are kept: ``$SIMENGINE_CACHE``, else ``$XDG_CACHE_HOME/simengine``, else ``~/.cache/simengine``."""
    if named := os.environ.get("SIMENGINE_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser(), "simengine")


def decompose(
    vertices: NDArray[np.floating], faces: NDArray[np.integer], *, method: str = "vhacd"
) -> tuple[Floats, ...]:
    """Convex hulls that together fill about the solid that triangles bound.

    The same mesh gives the same hulls. They are kept in `cache_folder` by a hash of the content; a
    folder that can't be written only costs time.

    Args:
        vertices: Positions [m], shape (V, 3).
        faces: Vertex numbers, shape (F, 3).
        method: ``vhacd`` (Mamou and Ghorbel, 2009; comes with PyBullet) or ``coacd`` (Wei et al., 2022;
            tighter and slower, ``pip install simengine[decompose]``).

    Returns:
        Vertices of each hull [m], shape (n, 3).

    Raises:
        SimengineError: If the method is missing or fails.
    """
    if method not in ("vhacd", "coacd"):
        raise SimengineError(f"{method!r} is no method of decomposition: use vhacd or coacd.")
    points = np.ascontiguousarray(vertices, np.float32)
    triangles = np.ascontiguousarray(faces, np.int32)
    digest = hashlib.blake2b(f"{_VERSION} {method} {len(points)} ".encode(), digest_size=16)
    digest.update(points.tobytes())
    digest.update(triangles.tobytes())
    file = cache_folder() / "hulls" / f"{digest.hexdigest()}.npz"
    if (found := _load(file)) is not None:
        return found
    # In units of its own size about its middle, so that tolerances mean the same for every mesh.
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    scale = float(np.ptp(points, axis=0).max()) or 1.0
    run = _vhacd if method == "vhacd" else _coacd
    hulls = tuple(
        (convex_hull(hull) * scale + middle).astype(np.float32) for hull in run((points - middle) / scale, triangles)
    )
    if not hulls:
        raise SimengineError("The convex decomposition found no solid part. Use `collision: hull`.")
    _save(file, hulls)
    return hulls


def _vhacd(points: Floats, faces: NDArray[np.int32]) -> list[Floats]:
    """Runs V-HACD in a process of its own: it prints a lot, and a crash must not take the caller along."""
    with tempfile.TemporaryDirectory() as folder:
        source, target, log = (str(Path(folder, name)) for name in ("in.obj", "out.obj", "log.txt"))
        lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
        Path(source).write_text("\n".join(lines) + "\n")
        code = f"import pybullet, sys; pybullet.vhacd(*sys.argv[1:4], **{_VHACD!r})"
        try:
            result = subprocess.run(
                [sys.executable, "-c", code, source, target, log], capture_output=True, text=True, timeout=_LIMIT
            )
        except subprocess.TimeoutExpired:
            raise SimengineError(
                f"V-HACD took more than {_LIMIT} s. Simplify the mesh or use `collision: hull`."
            ) from None
        if result.returncode or not Path(target).exists():
            last = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
            raise SimengineError(f"V-HACD failed ({last}). Repair the mesh or use `collision: hull`.")
        return read_convex_obj(Path(target))


def _coacd(points: Floats, faces: NDArray[np.int32]) -> list[Floats]:
    try:
        import coacd
    except ImportError:
        raise SimengineError("CoACD is not installed. Run: pip install 'simengine[decompose]'.") from None
    coacd.set_log_level("error")
    parts = coacd.run_coacd(coacd.Mesh(points.astype(np.float64), faces), **_COACD)
    return [np.asarray(vertices, np.float32) for vertices, _ in parts]


def read_convex_obj(file: Path) -> list[Floats]:
    """Vertices of each object (``o``) of an OBJ file whose objects are convex, shapes (n, 3)."""
    groups: list[list[list[float]]] = [[]]
    for line in file.read_text(errors="replace").splitlines():
        if line.startswith("o "):
            groups.append([])
        elif line.startswith("v "):
            groups[-1].append([float(part) for part in line.split()[1:4]])
    return [np.array(group, np.float32) for group in groups if len(group) > 3]


def _load(file: Path) -> tuple[Floats, ...] | None:
    try:
        with np.load(file) as data:
            points, counts = data["points"], data["counts"]
        if points.ndim != 2 or points.shape != (counts.sum(), 3):
            return None
        return tuple(np.split(points.astype(np.float32), np.cumsum(counts)[:-1]))
    except (OSError, ValueError, KeyError, EOFError):  # absent, or cut short: make it again
        return None
    except Exception as error:  # zipfile.BadZipFile has no base class of its own
        if type(error).__name__ == "BadZipFile":
            return None
        raise


def _save(file: Path, hulls: tuple[Floats, ...]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(stream, points=np.concatenate(hulls), counts=np.array([len(hull) for hull in hulls]))
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        pass
