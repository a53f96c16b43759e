"""A look at a scene before generating: a few samples on a contact sheet, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ViewRecord
from simengine.engine.sample import Watcher, make_sample

if TYPE_CHECKING:
    from simengine.render.model import Frame
    from simengine.render.select import Renderer
    from simengine.scene.scene import Scene
    from simengine.scene.spec import SceneSpec
    from simengine.sensors.observe import View

__all__ = ["preview"]


def preview(
    spec: SceneSpec, *, count: int = 4, views: int = 2, seed: int = 0, renderer: Renderer, tile_width: int = 400
) -> NDArray[np.uint8]:
    """Draws the first samples of a data set as a contact sheet.

    Args:
        spec: The scene.
        count: Number of samples.
        views: Most pictures shown of one sample; spread evenly over its times and cameras.
        seed: The data set's seed.
        renderer: What draws.
        tile_width: Width of one picture on the sheet [px].

    Returns:
        The sheet, sRGB, uint8, shape (H, W, 3).

    Raises:
        SimengineError: A sample can't be drawn within the scene's `attempts`.
    """
    from simengine.labels.sheet import contact_sheet

    rows, captions = [], []
    for index in range(count):
        album = _Album()
        make_sample(spec, seed, index, renderer=renderer, sink=album, outputs=(), watcher=album)
        pictures = album.pictures
        for number in np.unique(np.linspace(0, len(pictures) - 1, min(views, len(pictures))).round().astype(int)):
            rows.append(pictures[number])
            captions.append(f"sample {index}")
    names = "  +  ".join((spec.name, *spec.randomizers))
    return contact_sheet(rows, title=names, captions=captions, classes=spec.model.labels.classes, tile_width=tile_width)


class _Album(Watcher):
    """Keeps the pictures of the last try, and takes no files."""

    def __init__(self) -> None:
        self.pictures: list[tuple[Frame, ViewRecord]] = []

    def drawn(self, scene: Scene) -> None:
        self.pictures.clear()

    def pictured(self, view: View, record: ViewRecord) -> None:
        self.pictures.append((view.frame_data, record))

    def write(self, name: str, data: bytes) -> None:
        """Nothing is written: no outputs are asked for."""

    def remove(self, name: str) -> None:
        """Nothing was written."""

    def add_signal(self, row: Mapping[str, Any]) -> None:
        """Signals are looked at as they are recorded."""
