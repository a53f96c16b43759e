"""Folders in, quality result and report out: what `simengine quality` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache, default_cache
from simengine.evaluate.features.embedders import open_embedder
from simengine.evaluate.features.signals import signal_columns
from simengine.evaluate.quality.measure import measure_quality
from simengine.evaluate.quality.opening import (
    detect_kind,
    image_samples,
    open_pictures,
    signal_samples,
    table_samples,
)
from simengine.evaluate.quality.results import QualityResult
from simengine.evaluate.quality.samples import Sample
from simengine.evaluate.result_file import write_result
from simengine.formats.detection import DetectionSet
from simengine.formats.signal import open_signal_set

__all__ = ["Comparing", "compare_folders", "write_quality_report"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Comparing:
    """What is compared with what, and how.

    Attributes:
        real: Folder or file of real data.
        synthetic: Folder or file of synthetic data.
        out: Folder of the report.
        holdout: Real data that the synthetic data was not made from; None if there is none.
        splits: Name of a split of each of them, in this order; None for all of a set.
        kind: ``images``, ``signals``, ``tables``, or ``auto``.
        features: Network for pictures; see `open_embedder`.
        device: Where it runs.
        target: Column of tables that holds the class or quantity to predict.
        seconds: Length of a window of signals, s.
        rate: Samples per second of recordings that don't say.
        speed_rpm: Speed of recordings that don't say.
        ignore_labels: Compare pictures alone.
        drop_missing: Leave out rows of tables with missing values.
        limit: Most items of a set that are looked at, drawn at random.
        resamples: Half-samples for each interval.
        seed: Of all random streams.
        cache: Folder of features; None for the user's.
        command: The command line, for the report.
    """

    real: Path
    synthetic: Path
    out: Path
    holdout: Path | None = None
    splits: tuple[str | None, ...] = ()
    kind: str = "auto"
    features: str = "lite0"
    device: str = "cpu"
    target: str | None = None
    seconds: float = 1.0
    rate: float | None = None
    speed_rpm: float | None = None
    ignore_labels: bool = False
    drop_missing: bool = False
    limit: int = 1000
    resamples: int = 400
    seed: int = 0
    cache: Path | None = None
    command: str = ""

    @property
    def paths(self) -> list[Path]:
        """The two or three folders."""
        return [self.real, self.synthetic, *([self.holdout] if self.holdout else [])]


def compare_folders(
    job: Comparing, *, progress: Progress | None = None, measuring: Callable[[str], None] | None = None
) -> QualityResult:
    """Opens, describes and measures.

    Args:
        job: What to compare.
        progress: Called with the name of a set, items done and items in all, while features are computed.
        measuring: Called with the title of each metric.

    Returns:
        The result; pictures of pairs are named from the folder of the report.

    Raises:
        SimengineError: A folder is empty or of another kind, sets don't fit together, or values are missing.
    """
    kinds = [detect_kind(path) for path in job.paths] if job.kind == "auto" else [job.kind]
    if len(set(kinds)) > 1:
        told = ", ".join(f"{path} holds {kind}" for path, kind in zip(job.paths, kinds, strict=True))
        raise SimengineError(f"{told}: give folders of one kind, or say which with --kind.")
    kind = kinds[0]
    cache = FeatureCache(job.cache or default_cache())
    sets: Sequence[DetectionSet] = ()
    columns: tuple[str, ...] = ()
    bands: tuple[float, ...] = ()
    samples: list[Sample]
    if kind == "images":
        embedder = open_embedder(job.features, device=job.device)
        sets = [
            open_pictures(path, split=split)
            for path, split in zip(job.paths, (*job.splits, None, None, None), strict=False)
        ]
        if job.ignore_labels:
            sets = [_unlabelled(one) for one in sets]
        samples = image_samples(sets, embedder, limit=job.limit, seed=job.seed, cache=cache, progress=progress)
        words = embedder.recipe
    elif kind == "signals":
        speed: float | Literal["unknown"] = job.speed_rpm or "unknown"  # of files that don't say
        opened = [open_signal_set(path, rate=job.rate, speed_rpm=speed) for path in job.paths]
        samples, settings = signal_samples(
            opened, seconds=job.seconds, limit=job.limit, seed=job.seed, cache=cache, progress=progress
        )
        words, bands, columns = settings.recipe, settings.band_centres, signal_columns()
    else:
        samples, columns = table_samples(
            job.paths, target=job.target, limit=job.limit, seed=job.seed, drop_missing=job.drop_missing
        )
        words = f"{len(columns)} columns, standardised by the real table"
    real, synthetic, *rest = samples
    result = measure_quality(
        kind,
        real,
        synthetic,
        rest[0] if rest else None,
        features=words,
        columns=columns,
        resamples=job.resamples,
        seed=job.seed,
        command=job.command,
        bands=bands,
        progress=measuring,
    )
    return _with_paths(result, sets, job.out) if sets else result


def write_quality_report(result: QualityResult, out: str | Path) -> Path:
    """Writes ``quality.json``, ``report.html``, ``report.md`` and ``figures/``.

    Args:
        result: What was found.
        out: Folder, made if need be; the one that its pictures are named from.

    Returns:
        Path of the page.

    Raises:
        SimengineError: The disk refuses, or a picture can't be read.
    """
    from simengine.evaluate.report.quality import quality_document
    from simengine.evaluate.report.write import write_report

    folder = Path(out)
    page = write_report(quality_document(result, folder), folder)
    write_result(result, folder / "quality.json")
    return page


def _with_paths(result: QualityResult, sets: Sequence[DetectionSet], out: Path) -> QualityResult:
    real, synthetic = ({image.id: os.path.relpath(image.path, out) for image in one.images} for one in sets[:2])
    pairs = (
        replace(pair, synthetic_path=synthetic[pair.synthetic], real_path=real[pair.real]) for pair in result.pairs
    )
    return replace(result, pairs=tuple(pairs))


def _unlabelled(one: DetectionSet) -> DetectionSet:
    images = (
        replace(
            image,
            boxes=image.boxes[:0],
            labels=image.labels[:0],
            visibility=image.visibility[:0],
            crowd=image.crowd[:0],
        )
        for image in one.images
    )
    return replace(one, classes=(), images=tuple(images))
