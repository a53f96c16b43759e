"""The looks of a batch of pictures: each distinct one is put on the device once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import DeviceCache, load_warp, struct_rows, upload_rows
from simengine.render.eye import is_blurred
from simengine.render.finish import is_rich
from simengine.render.look import look_data
from simengine.render.model import Instance, Picture
from simengine.render.points import point_sets

__all__ = ["Looks", "looks_of", "with_points"]


@dataclass(frozen=True, eq=False)
class Looks:
    """What surfaces and lights look like in each picture.

    Attributes:
        rows: A `simengine.render.kernels.look.LookData` for each picture.
        seeds: Key of each picture's noise.
        pairs: Most dimensions of a path, in pairs.
        keep: What has to stay alive as long.
    """

    rows: NDArray[np.void]
    seeds: tuple[int, ...]
    pairs: int
    keep: list[Any]


def looks_of(
    pictures: Sequence[Picture], instances: Sequence[Sequence[Instance]], starts: NDArray[np.int64], cache: DeviceCache
) -> Looks:
    """Puts what the pictures' surfaces and lights look like on the device; pictures may share it.

    Args:
        pictures: The pictures of a batch.
        instances: What is in each, as it is numbered on the device.
        starts: Number of the first instance of each.
        cache: Keeps what is used again.
    """
    found: dict[tuple, int] = {}
    looks: list[Any] = []
    numbers = []
    keep: list[Any] = []
    for number, (scene, camera, settings, _) in enumerate(pictures):
        parts = tuple(id(getattr(scene, part.name)) for part in fields(scene) if part.name != "instances")
        own = number if is_rich(scene) else -1  # what glows and what weathers goes by instances
        key = (own, parts, id(camera), replace(settings, seed=0, amodal=None))
        if key not in found:
            found[key] = len(looks)
            look, more = look_data(scene, instances[number], int(starts[number]), camera, settings, cache)
            looks.append(look)
            keep += more
        numbers.append(found[key])
    rows = struct_rows(looks)[numbers]
    seeds = tuple(picture.settings.seed for picture in pictures)
    rows["seed"] = [(seed ^ seed >> 32) & 0xFFFFFFFF for seed in seeds]
    pairs = max(1 + look.surfaces * (look.light_rays + 2) for look in looks)
    if any(is_blurred(picture.camera, picture.shutter) for picture in pictures):
        pairs += 2  # place in the pupil and time, at the end
    return Looks(rows, seeds, pairs, [*looks, *keep])


def with_points(looks: Looks, *, count: int, number: int, device: str) -> tuple[Any, Any]:
    """The looks on the device, with the points of one pass.

    Args:
        looks: The looks.
        count: Samples a pixel in this pass.
        number: Number of the pass.
        device: Where they lie.

    Returns:
        The array of looks, and what has to stay alive as long.
    """
    from simengine.render.kernels.look import LookData

    block = 1 << (count - 1).bit_length()
    points = _points(looks.pairs, 16 * block, looks.seeds, number, device)
    rows = looks.rows
    rows["samples"], rows["block"] = count, block
    rows["points"] = struct_rows([_view(points)])["points"]
    rows["points"]["data"] += np.arange(len(rows), dtype=np.uint64) * np.uint64(8 * looks.pairs * 16 * block)
    return upload_rows(rows, LookData, device=device), points


def _view(points: Any) -> Any:
    from simengine.render.kernels.look import LookData

    look = LookData()
    look.points = points[0]
    return look


@lru_cache(maxsize=8)
def _points(pairs: int, count: int, seeds: tuple[int, ...], number: int, device: str) -> Any:
    wp = load_warp()
    sets = point_sets(pairs, count, [seed % 2**64 + (number << 64) for seed in seeds])
    return wp.array(sets, dtype=wp.vec2ui, device=device)
