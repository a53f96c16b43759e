"""Whole outlines: each object alone, as if nothing stood before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import load_warp
from simengine.render.launch import Launcher
from simengine.render.model import Amodal, Instance, RenderCamera, Shutter
from simengine.render.outline import Window, clipped, outline_window, widest_window

__all__ = ["trace_outlines"]

_LOOKS = 33  # states of a rolling shutter whose bounds are looked at


@dataclass
class _Windows:
    """Objects whose outlines are drawn in one launch."""

    ids: list[int] = field(default_factory=list)
    bounds: list[Window] = field(default_factory=list)
    members: list[list[int]] = field(default_factory=list)  # instances of each, by number on the device

    def add(self, id_: int, bounds: Window, members: list[int]) -> None:
        self.ids.append(id_)
        self.bounds.append(bounds)
        self.members.append(members)


def trace_outlines(
    placed: Sequence[Instance],
    camera: RenderCamera,
    wanted: tuple[int, ...] | None,
    launcher: Launcher,
    *,
    data: Any,
    eye: Any,
    seen: Any,
    shutter: Shutter | None = None,
    moved: NDArray[np.float64] | None = None,
) -> dict[int, Amodal]:
    """Traces each object alone in the window that can hold it; all in one launch.

    Args:
        placed: The instances, as numbered on the device.
        camera: The camera.
        wanted: Ids of the objects; None for all.
        launcher: The device.
        data: The instances on the device.
        eye: The camera on the device.
        seen: Ids by pixel on the device, shape (H, W).
        shutter: The shutter, if it is a rolling one: each row then has the outline of its own time; rows outside the
            picture have that of its edge.
        moved: The instances' transforms in the shutter's states, shape (S, N, 4, 4).

    Returns:
        Outlines by id.
    """
    parts: dict[int, list[int]] = {}
    for k, instance in enumerate(placed):
        parts.setdefault(instance.id, []).append(k)
    chosen = sorted(parts if wanted is None else set(wanted) & set(parts))
    result: dict[int, Amodal] = {}
    windows = _Windows()
    for id_ in chosen:
        alone = [placed[k] for k in parts[id_]]
        if shutter is None or moved is None:
            camera_from_world = np.linalg.inv(camera.world_from_camera)
            bounds = outline_window([(i.mesh, camera_from_world @ i.transform) for i in alone], camera)
        else:
            bounds = _swept_window(alone, moved[:, parts[id_]], shutter.world_from_camera, camera)
        if bounds.empty:
            result[id_] = Amodal(left=0, top=0, mask=np.zeros((0, 0), bool), clipped=bounds.cut)
            continue
        windows.add(id_, bounds, parts[id_])
    if windows.ids:
        tiles = launcher.tiles and camera.distortion is None and shutter is None
        result.update(_masks(windows, camera, launcher, [data, eye], seen, tiles=tiles))
    return dict(sorted(result.items()))


def _swept_window(
    parts: Sequence[Instance], transforms: NDArray[np.float64], poses: NDArray[np.float64], camera: RenderCamera
) -> Window:
    """Bounds of an object in all states; between the states looked at, it may go as far as from one to the next."""
    states = np.unique(np.linspace(0, len(poses) - 1, _LOOKS).astype(int))
    found = []
    for state in states:
        camera_from_world = np.linalg.inv(poses[state])
        pairs = zip(parts, transforms[state], strict=True)
        found.append(outline_window([(part.mesh, camera_from_world @ pose) for part, pose in pairs], camera))
    edges = np.array([window[:4] for window in found if not window.empty], float).reshape(-1, 2, 2)
    if not len(edges):
        return Window(cut=any(window.cut for window in found))
    slack = np.abs(np.diff(edges, axis=0)).max(initial=0.0) if len(edges) == len(found) else np.inf
    wanted = np.array([edges[:, 0].min(axis=0) - slack, edges[:, 1].max(axis=0) + slack])
    window = clipped(wanted, camera)
    return window._replace(cut=window.cut or any(each.cut for each in found))


def _masks(
    windows: _Windows, camera: RenderCamera, launcher: Launcher, view: list, seen: Any, *, tiles: bool
) -> dict[int, Amodal]:
    wp = load_warp()
    from simengine.render.kernels import geometry

    def ints(values: Any, dtype: Any = wp.int32) -> Any:
        return wp.array(np.asarray(values, np.int32), dtype=dtype, device=launcher.device)

    bounds = windows.bounds
    starts = np.cumsum([0] + [(w.right - w.left) * (w.bottom - w.top) for w in bounds])
    tile_starts = np.cumsum([0] + [-(-(w.right - w.left) // 8) * -(-(w.bottom - w.top) // 8) for w in bounds])
    member_starts = np.cumsum([0] + [len(m) for m in windows.members])
    mask = wp.empty(int(starts[-1]), dtype=wp.uint8, device=launcher.device)
    inputs = [
        *view,
        ints([(w.left, w.top, w.right - w.left, id_) for w, id_ in zip(bounds, windows.ids, strict=True)], wp.vec4i),
        ints(starts),
        ints(tile_starts),
        ints([k for members in windows.members for k in members]),
        ints(member_starts),
        seen,
    ]
    kernel, total = (geometry.cover_tiles, tile_starts[-1]) if tiles else (geometry.trace_outlines, starts[-1])
    launcher.pieces(kernel, int(total), lambda first: [*inputs, first, mask])
    flat = mask.numpy().view(np.bool_)
    result = {}
    for window, id_, start, end in zip(bounds, windows.ids, starts[:-1], starts[1:], strict=True):
        outline = flat[start:end].reshape(window.bottom - window.top, window.right - window.left)
        clipped = window.cut and _goes_on(outline, window, camera)
        result[id_] = Amodal(left=window.left, top=window.top, mask=outline, clipped=clipped)
    return result


def _goes_on(outline: NDArray[np.bool_], window: Window, camera: RenderCamera) -> bool:
    """Whether an outline reaches an edge at which its window was cut."""
    left, top, right, bottom = (int(v) for v in widest_window(camera).ravel())
    return bool(
        (window.left == left and outline[:, 0].any())
        or (window.top == top and outline[0].any())
        or (window.right == right and outline[:, -1].any())
        or (window.bottom == bottom and outline[-1].any())
    )
