"""Parts of pictures: a window of a camera, tiles of a huge one, each exactly as in the whole picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from simengine.errors import SimengineError
from simengine.render.model import Amodal, Crop, Frame, RenderCamera

__all__ = ["crop_camera", "crop_frame", "drawn_camera", "tile_cameras"]

_TILE = 8  # pixels of the label kernels' tiles, and of the noise filter's blocks


def crop_camera(camera: RenderCamera, *, left: int, top: int, width: int, height: int) -> RenderCamera:
    """A camera that draws a window of another's picture: the same bytes, in the time of the window.

    Only Open Image Denoise (`RenderSettings.oidn`), which looks far around a pixel, may differ near the window's rim.

    Args:
        camera: The camera, which may be a window itself.
        left: First column.
        top: First row.
        width: Columns.
        height: Rows.

    Raises:
        SimengineError: If the window is empty or reaches out of the picture.
    """
    if min(left, top) < 0 or min(width, height) < 1 or left + width > camera.width or top + height > camera.height:
        raise SimengineError(
            f"a crop of {width} x {height} pixels at ({left}, {top}) doesn't lie in a picture of "
            f"{camera.width} x {camera.height}. Move it or make it smaller."
        )
    whole = camera.whole
    return replace(
        camera,
        width=width,
        height=height,
        cx=camera.cx - left,
        cy=camera.cy - top,
        crop=replace(whole, left=whole.left + left, top=whole.top + top),
    )


def tile_cameras(camera: RenderCamera, *, size: int = 1024) -> Iterator[tuple[int, int, RenderCamera]]:
    """A camera's picture in tiles: (left, top, camera of the tile), row by row.

    A picture of any size is drawn with the memory of a tile; put side by side, the tiles are the whole.

    Args:
        camera: The camera.
        size: Largest edge of a tile, pixels.
    """
    if size < 1:
        raise SimengineError(f"tiles of {size} pixels hold nothing. Give a size of at least 1.")
    for top in range(0, camera.height, size):
        for left in range(0, camera.width, size):
            width, height = min(size, camera.width - left), min(size, camera.height - top)
            yield left, top, crop_camera(camera, left=left, top=top, width=width, height=height)


def drawn_camera(camera: RenderCamera) -> RenderCamera:
    """The window to draw so that a crop is that of the whole: aligned, with the surroundings that filters see."""
    if camera.crop is None:
        return camera
    whole = camera.crop
    left, right = _aligned(whole.left, camera.width, whole.width)
    top, bottom = _aligned(whole.top, camera.height, whole.height)
    return replace(
        camera,
        width=right - left,
        height=bottom - top,
        cx=camera.cx + whole.left - left,
        cy=camera.cy + whole.top - top,
        crop=Crop(left, top, whole.width, whole.height),
    )


def crop_frame(frame: Frame, drawn: RenderCamera, camera: RenderCamera) -> Frame:
    """Cuts what `drawn_camera` added."""
    if drawn is camera:
        return frame
    x, y = camera.whole.left - drawn.whole.left, camera.whole.top - drawn.whole.top
    cut = {
        part.name: np.ascontiguousarray(value[y : y + camera.height, x : x + camera.width])
        for part in fields(frame)
        if isinstance(value := getattr(frame, part.name), np.ndarray)
    }
    moved = {id_: _moved(outline, x, y) for id_, outline in frame.amodal.items()}
    return replace(frame, **cut, amodal=moved)


def _aligned(start: int, length: int, whole: int) -> tuple[int, int]:
    """Whole tiles around a stretch of the picture, one more on each side."""
    first = start // _TILE * _TILE
    last = (start + length - 1) // _TILE * _TILE
    return max(first - _TILE, 0), min(last + 2 * _TILE, whole)


def _moved(outline: Amodal, x: int, y: int) -> Amodal:
    return replace(outline, left=outline.left - x, top=outline.top - y)
