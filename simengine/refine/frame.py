"""One rendered picture with everything the renderer knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.reader import Dataset
from simengine.dataset.record import SampleRecord, ViewRecord
from simengine.errors import SimengineError

__all__ = ["Frame", "frames", "read_frame", "require_outputs"]


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture and its buffers.

    Attributes:
        key: What seeds everything random that happens to it: sample, camera and frame number.
        rgb: sRGB, uint8 (H, W, 3).
        ids: Instance ids, int32 (H, W); 0 for nothing, and for background where only masks were recorded.
        depth: Planar depth [m], float32 (H, W), 0 for nothing; None if the data set has none.
        normals: In the camera's frame, float32 (H, W, 3); None if the data set has none.
        categories: Class name by id; None for background.
        labelled: Ids with a label.
    """

    key: str
    rgb: NDArray[np.uint8]
    ids: NDArray[np.int32]
    depth: NDArray[np.float32] | None
    normals: NDArray[np.float32] | None
    categories: dict[int, str | None]
    labelled: tuple[int, ...]

    def segment(self, category: str | None) -> NDArray[np.bool_]:
        """Pixels of a class; of everything without one for None. Shape (H, W)."""
        ids = [number for number, name in self.categories.items() if name == category]
        return np.isin(self.ids, [0, *ids] if category is None else ids)


def read_frame(dataset: Dataset, sample: SampleRecord, view: ViewRecord) -> Frame:
    """Reads one view of a data set."""
    return Frame(
        key=f"{sample.index}.{view.camera}.{view.frame}",
        rgb=dataset.picture(view, "rgb"),
        ids=dataset.picture(view, "instances") if "instances" in view.files else _ids(view),
        depth=dataset.picture(view, "depth") if "depth" in view.files else None,
        normals=dataset.picture(view, "normals") if "normals" in view.files else None,
        categories={thing.id: thing.category for thing in view.objects},
        labelled=tuple(thing.id for thing in view.objects if thing.labelled and thing.pixels > 0),
    )


def _ids(view: ViewRecord) -> NDArray[np.int32]:
    """Ids of the objects of a class from the masks in the record."""
    from pycocotools import mask as coco

    ids = np.zeros((view.height, view.width), np.int32)
    for thing in view.objects:
        if thing.mask is not None:
            ids[coco.decode(thing.mask) > 0] = thing.id
    return ids


def frames(dataset: Dataset, *, most: int | None = None) -> Iterator[Frame]:
    """Reads the views of a data set one by one.

    Args:
        dataset: The renders.
        most: Samples, spread evenly over the data set; all if None.
    """
    count = len(dataset)
    if most is None or most >= count:
        chosen = iter(dataset)
    else:
        chosen = (dataset[int(i)] for i in np.linspace(0, count - 1, most).round())
    for sample in chosen:
        for view in sample.views:
            yield read_frame(dataset, sample, view)


def require_outputs(dataset: Dataset) -> None:
    """Refuses a data set without what refining and auditing need.

    Raises:
        SimengineError: It has no colour pictures.
    """
    if "rgb" not in dataset.outputs:
        raise SimengineError(
            f"{dataset.root} has no colour pictures, which refining and auditing need. Add rgb to `outputs` of the "
            "scene and generate again."
        )
