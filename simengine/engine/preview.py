"""A look at a scene before generating: a few samples on a contact sheet, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ViewRecord
from simengine.errors import Rejected, SimengineError

if TYPE_CHECKING:
    from simengine.render.model import Frame
    from simengine.render.select import Renderer
    from simengine.scene.spec import SceneSpec

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
        pictures = _sample(spec, seed, index, renderer)
        for number in np.unique(np.linspace(0, len(pictures) - 1, min(views, len(pictures))).round().astype(int)):
            rows.append(pictures[number])
            captions.append(f"sample {index}")
    names = "  +  ".join((spec.name, *spec.randomizers))
    return contact_sheet(rows, title=names, captions=captions, classes=spec.model.labels.classes, tile_width=tile_width)


def _sample(spec: SceneSpec, seed: int, index: int, renderer: Renderer) -> list[tuple[Frame, ViewRecord]]:
    from simengine.labels.annotate import annotate
    from simengine.physics.simulate import simulate
    from simengine.sensors.observe import observe

    last: Rejected | None = None
    for attempt in range(spec.model.attempts):
        try:
            scene = spec.sample(seed, index, attempt=attempt)
            trajectory = simulate(scene)
            pictures = [
                (view.frame_data, annotate(scene, trajectory, view))
                for view in observe(scene, trajectory, renderer=renderer)
            ]
            spec.check_labels(scene, [sum(thing.labelled for thing in record.objects) for _, record in pictures])
            return pictures
        except Rejected as rejection:
            last = rejection
    raise SimengineError(f"sample {index} was rejected {spec.model.attempts} times, at last for: {last}")
