"""Whole outlines: each object alone, as if nothing stood before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import load_warp
from simengine.render.eye import is_rolling
from simengine.render.launch import Launcher
from simengine.render.model import Amodal, Instance, Picture, RenderCamera
from simengine.render.outline import Window, clipped, outline_window, widest_window
from simengine.render.placing import Placed

__all__ = ["trace_outlines"]

_LOOKS = 33  # states of a rolling shutter whose bounds are looked at


@dataclass(frozen=True)
class _Task:
    """An object whose outline is drawn."""

    picture: int
    id: int
    window: Window
    members: list[int]  # its instances, by number on the device


def trace_outlines(
    pictures: Sequence[tuple[Picture, Sequence[Instance]]],
    launcher: Launcher,
    *,
    placed: Placed,
    cameras: Any,
    seen: Any,
    moved: NDArray[np.float64] | None = None,
) -> list[dict[int, Amodal]]:
    """Traces each object alone in the window that can hold it; all of a batch in one launch.

    With a rolling shutter each row has the outline of its own time; rows outside the picture have that of its edge.

    Args:
        pictures: Each picture, and its instances as numbered on the device.
        launcher: The device.
        placed: The instances on the device.
        cameras: The cameras on the device.
        seen: Ids by pixel on the device, shape (B H, W).
        moved: Of a single picture with a shutter, the instances' transforms in its states, shape (S, N, 4, 4).

    Returns:
        Outlines by id, of each picture.
    """
    tasks: list[_Task] = []
    results: list[dict[int, Amodal]] = []
    for number, (picture, instances) in enumerate(pictures):
        camera, wanted, shutter = picture.camera, picture.settings.amodal, picture.shutter
        camera_from_world = np.linalg.inv(camera.world_from_camera)
        parts: dict[int, list[int]] = {}
        for k, instance in enumerate(instances):
            parts.setdefault(instance.id, []).append(k)
        result: dict[int, Amodal] = {}
        for id_ in sorted(parts if wanted is None else set(wanted) & set(parts)):
            alone = [instances[k] for k in parts[id_]]
            if shutter is None or moved is None or not is_rolling(shutter):
                window = outline_window([(i.mesh, camera_from_world @ i.transform) for i in alone], camera)
            else:
                window = _swept_window(alone, moved[:, parts[id_]], shutter.world_from_camera, camera)
            result[id_] = Amodal(left=0, top=0, mask=np.zeros((0, 0), bool), clipped=window.cut)
            if not window.empty:
                tasks.append(_Task(number, id_, window, [int(placed.starts[number]) + k for k in parts[id_]]))
        results.append(result)
    if tasks:
        first = pictures[0][0]
        tiles = launcher.tiles and first.camera.distortion is None and not is_rolling(first.shutter)
        masks = _masks(tasks, launcher, [placed.scenes, cameras], seen, tiles=tiles)
        for task, mask in zip(tasks, masks, strict=True):
            window = task.window
            clipped = window.cut and _goes_on(mask, window, pictures[task.picture][0].camera)
            results[task.picture][task.id] = Amodal(left=window.left, top=window.top, mask=mask, clipped=clipped)
    return results


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


def _masks(tasks: list[_Task], launcher: Launcher, view: list, seen: Any, *, tiles: bool) -> list[NDArray[np.bool_]]:
    wp = load_warp()
    from simengine.render.kernels import geometry

    def ints(values: Any, dtype: Any = wp.int32) -> Any:
        return wp.array(np.asarray(values, np.int32), dtype=dtype, device=launcher.device)

    sizes = [(t.window.bottom - t.window.top, t.window.right - t.window.left) for t in tasks]
    starts = np.cumsum([0] + [h * w for h, w in sizes])
    tile_starts = np.cumsum([0] + [-(-h // 8) * -(-w // 8) for h, w in sizes])
    mask = wp.empty(int(starts[-1]), dtype=wp.uint8, device=launcher.device)
    inputs = [
        *view,
        ints([t.picture for t in tasks]),
        ints([(t.window.left, t.window.top, w, t.id) for t, (_, w) in zip(tasks, sizes, strict=True)], wp.vec4i),
        ints(starts),
        ints(tile_starts),
        ints([k for t in tasks for k in t.members]),
        ints(np.cumsum([0] + [len(t.members) for t in tasks])),
        seen,
    ]
    kernel, total = (geometry.cover_tiles, tile_starts) if tiles else (geometry.trace_outlines, starts)
    launcher.pieces(kernel, int(total[-1]), lambda first: [*inputs, first, mask])
    flat = mask.numpy().view(np.bool_)
    return [flat[a:b].reshape(size) for size, a, b in zip(sizes, starts[:-1], starts[1:], strict=True)]


def _goes_on(outline: NDArray[np.bool_], window: Window, camera: RenderCamera) -> bool:
    """Whether an outline reaches an edge at which its window was cut."""
    left, top, right, bottom = (int(v) for v in widest_window(camera).ravel())
    return bool(
        (window.left == left and outline[:, 0].any())
        or (window.top == top and outline[0].any())
        or (window.right == right and outline[:, -1].any())
        or (window.bottom == bottom and outline[-1].any())
    )
