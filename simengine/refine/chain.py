"""Refining one sample of a data set: read, refine, audit, write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.pictures import encode_picture
from simengine.dataset.reader import Dataset
from simengine.dataset.record import ObjectRecord, SampleRecord, ViewRecord
from simengine.dataset.shard import Sink, picture_name
from simengine.dataset.workers import Maker
from simengine.errors import SimengineError
from simengine.refine.audit.picture import PictureAudit, audit_picture
from simengine.refine.audit.rule import Thresholds
from simengine.refine.frame import Frame, read_frame
from simengine.refine.method import Refiner, refine_all
from simengine.sampling.streams import stream

__all__ = ["REJECTED", "RefineChain"]

REJECTED = ("raw", "drop")
"""What becomes of a picture that the audit rejects: the render stays in its place, or the view is left out."""


@dataclass(frozen=True)
class RefineChain:
    """Opens a maker of refined samples in any process; see `simengine.dataset.workers.OpenMaker`.

    Attributes:
        source: Folder of the renders.
        refiner: What changes the pictures.
        seed: Seed of what it draws.
        thresholds: Rule of the audit.
        budget: Share of a picture's objects that may be dropped.
        rejected: One of `REJECTED`.
    """

    source: Path
    refiner: Refiner
    seed: int
    thresholds: Thresholds
    budget: float
    rejected: str

    def __call__(self) -> Maker:
        """The maker."""
        dataset = Dataset.open(self.source)
        size = dataset.plan["shard_size"]
        expected, pictures = -1, self._refined(dataset, 0)

        def make(index: int, sink: Sink, folder: str) -> SampleRecord:
            nonlocal expected, pictures
            if index != expected or index % size == 0:  # each shard is refined by itself, whoever makes the others
                pictures = self._refined(dataset, index)
            expected = index + 1
            sample = dataset[index]
            views = [self._view(dataset, sample, view, sink, folder, *next(pictures)) for view in sample.views]
            return replace(sample, views=[view for view in views if view is not None], machines=[])

        return make

    def _refined(self, dataset: Dataset, start: int) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
        """Renders and refined pictures from a sample to the end of its shard, which may be refined several at a time."""
        size = dataset.plan["shard_size"]
        end = min((start // size + 1) * size, len(dataset))
        samples = (dataset[index] for index in range(start, end))
        return refine_all(
            self.refiner,
            (
                (
                    read_frame(dataset, sample, view),
                    stream(self.seed, sample.index, f"refine.{view.camera}.{view.frame}"),
                )
                for sample in samples
                for view in sample.views
            ),
        )

    def _view(
        self,
        dataset: Dataset,
        sample: SampleRecord,
        view: ViewRecord,
        sink: Sink,
        folder: str,
        frame: Frame,
        refined: NDArray[np.uint8],
    ) -> ViewRecord | None:
        _check(refined, frame.rgb, self.refiner.name, frame.key)
        picture, audit = audit_picture(
            frame.rgb,
            refined,
            frame.ids,
            frame.labelled,
            depth=frame.depth,
            thresholds=self.thresholds,
            budget=self.budget,
        )
        if not audit.accepted:
            if self.rejected == "drop":
                return None
            picture = frame.rgb
        files = {}
        for output, name in view.files.items():
            kept = picture_name(sample.index, view.camera, view.frame, output)
            data = encode_picture("rgb", picture) if output == "rgb" else (dataset.root / name).read_bytes()
            sink.write(kept, data)
            files[output] = f"{folder}/{kept}" if folder else kept
        return replace(
            view,
            files=files,
            objects=_labels(view.objects, audit),
            certificate={"method": self.refiner.name, **audit.to_dict()},
        )


def _labels(objects: list[ObjectRecord], audit: PictureAudit) -> list[ObjectRecord]:
    """A dropped object loses its label in an accepted picture; in a rejected one the render is back."""
    lost = {o.scores.id for o in audit.objects if o.verdict == "dropped"} if audit.accepted else set()
    return [replace(o, labelled=False, reason="audit") if o.id in lost else o for o in objects]


def _check(refined: Any, render: NDArray[np.uint8], name: str, key: str) -> None:
    if getattr(refined, "shape", None) != render.shape or refined.dtype != np.uint8:
        raise SimengineError(
            f"refiner {name!r} gave {getattr(refined, 'shape', type(refined).__name__)} {getattr(refined, 'dtype', '')} "
            f"for picture {key} of {render.shape} uint8: labels fit only a picture of the same size."
        )
