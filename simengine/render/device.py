"""What lives on the device between frames: meshes with their acceleration structures, and textures."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.render.solidity import solid_grid

__all__ = [
    "DeviceCache",
    "DeviceMesh",
    "encode_texture",
    "load_warp",
    "struct_array",
    "struct_rows",
    "wide_trees",
]


@lru_cache(maxsize=1)
def load_warp() -> Any:
    """Imports Warp without its banner; done late because it takes a third of a second."""
    import warp as wp

    if wp.config.log_level < wp.LOG_WARNING:
        wp.config.log_level = wp.LOG_WARNING
    with _no_driver_is_no_news():
        wp.init()
    return wp


@contextmanager
def _no_driver_is_no_news() -> Iterator[None]:
    """Keeps Warp's native code from warning of a missing CUDA driver; all else said meanwhile is passed on.

    Few need a driver, and those are told by `simengine.render.select.resolve_device`.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # closed
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            caught.seek(0)
            for line in caught.read().splitlines(keepends=True):
                if b"find or load the NVIDIA CUDA driver" not in line:
                    os.write(2, line)
            os.close(stderr)


def struct_rows(values: Sequence[Any]) -> NDArray[np.void]:
    """Warp structures of one kind as rows of a table; `warp.array` takes it with their type."""
    dtype = row_type(values[0]._cls)
    return np.frombuffer(b"".join(bytes(value.__ctype__()) for value in values), dtype).copy()


@lru_cache(maxsize=32)
def row_type(struct: Any) -> np.dtype:
    """A Warp structure as a row of a table."""
    return np.dtype(struct.numpy_dtype())


def upload_rows(rows: NDArray[np.void], struct: Any, *, device: str) -> Any:
    """A table of Warp structures on a device; `warp.array` itself would work out their layout at every call."""
    wp = load_warp()
    if not len(rows):
        return wp.empty(0, dtype=struct, device=device)
    raw = wp.array(rows.view(np.uint8), dtype=wp.uint8, device=device)
    table = wp.array(ptr=raw.ptr, dtype=struct, shape=(len(rows),), device=device)
    table.keep = raw
    return table


def wide_trees(source: Any, groups: Sequence[int] = (-1,)) -> tuple[Any, Any, NDArray[np.int32]]:
    """Warp's tree with eight boxes a node, as `simengine.render.kernels.traversal` reads it.

    Args:
        source: A `warp.Mesh` or `warp.Bvh` on the CPU.
        groups: Groups of the `warp.Bvh` to make a tree of each; -1 for everything in one.

    Returns:
        Nodes of all trees, shape (N, 64) float32; blocks of eight triangles, shape (B, 80) float32, or the numbers
        of the boxes in the order of the leaves, shape (B, 1), int32 words; and the first node of each tree.
    """
    wp = load_warp()
    from simengine.render.kernels.traversal import collapse

    is_mesh = isinstance(source, wp.Mesh)
    wanted = wp.array(np.asarray(groups, np.int32), dtype=wp.int32, device="cpu")
    counts = wp.zeros((len(groups), 2), dtype=wp.int32, device="cpu")
    none = wp.zeros(len(groups), dtype=wp.int32, device="cpu")
    tree = [source.id, is_mesh, wanted]
    wp.launch(collapse, dim=len(groups), inputs=[*tree, none, False, 0, 0, counts], device="cpu")
    found = counts.numpy()
    starts = np.concatenate([[0], np.cumsum(found[:, 0])]).astype(np.int32)
    nodes = wp.empty((int(starts[-1]), 64), dtype=wp.float32, device="cpu")
    blocks = wp.empty((max(int(found[:, 1].sum()), 1), 80 if is_mesh else 1), dtype=wp.float32, device="cpu")
    first = wp.array(starts[:-1], dtype=wp.int32, device="cpu")
    wp.launch(collapse, dim=len(groups), inputs=[*tree, first, True, nodes.ptr, blocks.ptr, counts], device="cpu")
    return nodes, blocks, starts[:-1]


def struct_array(dtype: Any, rows: list[tuple], *, device: str) -> Any:
    """Rows of values as an array of a Warp struct."""
    return upload_rows(np.array(rows, row_type(dtype)), dtype, device=device)


class DeviceMesh:
    """A mesh on the device; built once for all its instances."""

    def __init__(self, mesh: Mesh, *, device: str) -> None:
        wp = load_warp()
        vertices = np.ascontiguousarray(mesh.vertices, np.float32)
        faces = np.ascontiguousarray(mesh.faces, np.int32)
        points = wp.array(vertices, dtype=wp.vec3, device=device)
        source = wp.Mesh(points, wp.array(faces.ravel(), dtype=wp.int32, device=device))
        self.keep: Any
        if device == "cpu":
            nodes, blocks, _ = wide_trees(source)
            self.tree, self.keep = (nodes.ptr, blocks.ptr), (nodes, blocks)
        else:
            self.tree, self.keep = (source.id, 0), source
        self.corners = wp.array(vertices[faces].reshape(-1, 3), dtype=wp.vec3, device=device)
        normals = np.ascontiguousarray(mesh.normals, np.float32).reshape(-1, 3)
        self.normals = wp.array(normals, dtype=wp.vec3, device=device)
        self.slots = wp.array(np.ascontiguousarray(mesh.slots, np.int32), dtype=wp.int32, device=device)
        self.uv = None
        if mesh.uv is not None:
            uv = np.ascontiguousarray(mesh.uv, np.float32).reshape(-1, 2)
            self.uv = wp.array(uv, dtype=wp.vec2, device=device)
        self.faces = len(mesh.faces)
        self.low, self.high = mesh.vertices.min(axis=0).astype(float), mesh.vertices.max(axis=0).astype(float)
        self.bytes = 12 * len(mesh.vertices) + (12 + 36 + 36 + 4 + 24 + 80) * self.faces


def encode_texture(texture: NDArray[np.uint8], *, linear: bool = False) -> list[NDArray[np.uint32]]:
    """An sRGB picture (H, W, 3) as its levels of detail: ten bits a channel, square root of linear light.

    Args:
        texture: The picture.
        linear: Whether its values are linear already.
    """
    steps = np.arange(256) / 255.0
    table = steps if linear else np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    level = table.astype(np.float32)[texture]
    levels: list[NDArray[np.uint32]] = []
    shifts = np.array([0, 10, 20], np.uint32)
    while True:
        words = (np.sqrt(level) * 1023.0 + 0.5).astype(np.uint32)
        levels.append(np.bitwise_or.reduce(words << shifts, axis=-1))
        h, w = level.shape[:2]
        if h == 1 and w == 1:
            return levels
        # odd edges repeat their last line, so that every level is half the one before, rounded up
        level = np.pad(level, ((0, h % 2 if h > 1 else 0), (0, w % 2 if w > 1 else 0), (0, 0)), mode="edge")
        if h > 1:
            level = 0.5 * (level[0::2] + level[1::2])
        if w > 1:
            level = 0.5 * (level[:, 0::2] + level[:, 1::2])


def _texels(levels: list[NDArray[np.uint32]]) -> int:
    return sum(level.size for level in levels)


class DeviceCache:
    """Least recently used meshes and textures leave when the memory bound is reached.

    Args:
        device: Name of the device.
        limit: Bytes of meshes; textures may have a quarter of that beside them.
    """

    def __init__(self, *, device: str, limit: int = 1 << 28) -> None:
        self.device = device
        self.limit = limit
        self._meshes: OrderedDict[str, DeviceMesh] = OrderedDict()
        self._textures: OrderedDict[bytes, list[NDArray[np.uint32]]] = OrderedDict()
        self._grids: OrderedDict[tuple[str, float], Any] = OrderedDict()
        self._atlas: tuple[tuple[bytes, ...], Any] | None = None

    def mesh(self, mesh: Mesh) -> DeviceMesh:
        """The mesh on the device, built at its first use."""
        found = self._meshes.get(mesh.key)
        if found is None:
            found = self._meshes[mesh.key] = DeviceMesh(mesh, device=self.device)
        self._meshes.move_to_end(mesh.key)
        return found

    def grid(self, mesh: Mesh, edge: float) -> Any:
        """The `simengine.render.solidity.SolidGrid` of a mesh, and its cells on the device; (None, None) for none."""
        found = self._grids.get((mesh.key, edge))
        if found is None:
            grid = solid_grid(mesh, edge=edge)
            cells = None
            if grid is not None:
                cells = load_warp().array(grid.cells.ravel(), dtype=load_warp().uint8, device=self.device)
            found = self._grids[mesh.key, edge] = (grid, cells)
            if len(self._grids) > 256:
                self._grids.popitem(last=False)
        self._grids.move_to_end((mesh.key, edge))
        return found

    def trim(self, used: set[str]) -> None:
        """Lets go of what exceeds the bound, except the meshes in use now."""
        total = sum(mesh.bytes for mesh in self._meshes.values())
        for key in list(self._meshes):
            if total <= self.limit:
                break
            if key not in used:
                total -= self._meshes.pop(key).bytes
        total = sum(_texels(levels) for levels in self._textures.values())
        while 4 * total > self.limit // 4:
            total -= _texels(self._textures.popitem(last=False)[1])

    def textures(self, pictures: tuple[NDArray[np.uint8], ...], maps: tuple[NDArray[np.uint8], ...] = ()) -> Any:
        """All levels of all pictures, then maps, in one array: (texels, starts, sizes, first_levels) on the device."""
        wp = load_warp()
        keys = tuple(
            hashlib.blake2b(
                np.ascontiguousarray(p).data, digest_size=16, salt=str(p.shape).encode()[:16], person=kind
            ).digest()
            for kind, group in ((b"", pictures), (b"map", maps))
            for p in group
        )
        if self._atlas and self._atlas[0] == keys:
            return self._atlas[1]
        levels: list[NDArray[np.uint32]] = []
        first_levels = [0]
        for number, (key, picture) in enumerate(zip(keys, pictures + maps, strict=True)):
            if key not in self._textures:
                self._textures[key] = encode_texture(picture, linear=number >= len(pictures))
            self._textures.move_to_end(key)
            levels += self._textures[key]
            first_levels.append(len(levels))
        texels = np.concatenate([level.ravel() for level in levels]) if levels else np.zeros(1, np.uint32)
        starts = np.cumsum([0] + [level.size for level in levels])[:-1] if levels else [0]
        sizes = [(level.shape[1], level.shape[0]) for level in levels] or [(1, 1)]
        arrays = (
            wp.array(texels, dtype=wp.uint32, device=self.device),
            wp.array(np.asarray(starts, np.int32), dtype=wp.int32, device=self.device),
            wp.array(np.asarray(sizes, np.int32), dtype=wp.vec2i, device=self.device),
            wp.array(np.asarray(first_levels, np.int32), dtype=wp.int32, device=self.device),
        )
        self._atlas = keys, arrays
        return arrays
