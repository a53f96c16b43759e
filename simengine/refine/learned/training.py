"""Training a refiner: resumable, watched by KID, stopped with the cause where numbers go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.pictures import encode_picture
from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.features.images import embed
from simengine.evaluate.metrics.kernel_distance import kid
from simengine.refine.frame import Frame, frames
from simengine.refine.learned.apply import Learned
from simengine.refine.learned.crops import Batch, Crops
from simengine.refine.learned.diffusion import DiffusionRun, DiffusionSettings
from simengine.refine.learned.files import CONFIG, read_config
from simengine.refine.learned.harness import CARD, CHECKPOINT, LOG, best_look, train
from simengine.refine.learned.hub.lora import find_lora
from simengine.refine.learned.hub.lora_training import LoraRun, LoraSettings
from simengine.refine.learned.hub.refiner import HubDiffused
from simengine.refine.learned.hub.source import Source
from simengine.refine.learned.sdedit import Diffused
from simengine.refine.learned.settings import TrainSettings
from simengine.refine.learned.translation import Translation
from simengine.refine.method import Refiner, refine_all
from simengine.refine.photos import Photos

__all__ = ["open_learned", "train_refiner"]

Settings = TrainSettings | DiffusionSettings | LoraSettings
Run = Translation | DiffusionRun | LoraRun

_WATCHED = 32  # renders and photos that KID is measured on
_SHOWN = 4  # renders in a preview


def train_refiner(
    renders: Dataset,
    photos: Photos,
    folder: str | Path,
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    device: str = "cpu",
    report: Callable[[dict[str, Any]], None] | None = None,
) -> Learned | Diffused | HubDiffused:
    """Trains a refiner, or goes on with a run that was interrupted.

    The folder holds ``config.json`` and ``model.safetensors`` or, of a LoRA,
    ``pytorch_lora_weights.safetensors`` (the best by KID so far), ``log.jsonl`` (losses by step), ``previews/`` (renders above, refined below), ``card.md`` and, while it runs, a checkpoint.

    Args:
        renders: The data set to learn from.
        photos: The photos to look like.
        folder: Where the run lives.
        settings: Settings.
        embedder: Network that KID is measured with; None trains for all steps and keeps the last weights.
        device: PyTorch's name of the device.
        report: Told of every step's losses and of every look at KID.

    Returns:
        The refiner.

    Raises:
        SimengineError: A loss is no longer finite, the folder belongs to another run, or the disk refuses.
    """
    root = Path(folder)
    with disk_errors("make the folder", root):
        (root / "previews").mkdir(parents=True, exist_ok=True)
    key = {"settings": settings.to_dict(), "renders": renders.hash, "photos": photos.digest()}
    run = _new_run(settings, torch.device(device))
    crops = Crops(renders, photos, side=settings.side, batch=settings.batch, seed=settings.seed)
    done = (root / CARD).exists() and (root / CHECKPOINT).exists()
    watch = None if done else _Watch(renders, photos, embedder)

    def look(number: int) -> float | None:
        latest = run.refiner() if isinstance(run, LoraRun) else open_learned(root / "latest", device=device)
        assert watch is not None
        return watch.look(latest, root / "previews" / f"{number:06d}.png")

    history = train(
        root,
        run,
        key=key,
        steps=settings.steps,
        every=settings.every,
        patience=settings.patience,
        step=lambda number: _step(run, crops.batch(number), number),
        look=look,
        measure="kid",
        report=report,
    )
    if not done:
        _finish(root, key, history, run)
    return _best(run, root)


def open_learned(folder: str | Path, *, device: str = "cpu") -> Learned | Diffused:
    """A trained refiner of any method.

    Raises:
        SimengineError: The folder holds none.
    """
    diffused = read_config(Path(folder)).get("method") == DiffusionSettings.method
    return Diffused(Path(folder), device=device) if diffused else Learned(Path(folder), device=device)


def _best(run: Run, root: Path) -> Learned | Diffused | HubDiffused:
    if isinstance(run, LoraRun):
        return HubDiffused(run.settings.model, run.settings.shown, lora=find_lora(str(root)), device=str(run.device))
    return open_learned(root, device=str(run.device))


def _new_run(settings: Settings, device: torch.device) -> Run:
    if isinstance(settings, LoraSettings):
        return LoraRun(settings, device)
    return DiffusionRun(settings, device) if isinstance(settings, DiffusionSettings) else Translation(settings, device)


def _step(run: Run, batch: Batch, step: int) -> dict[str, float]:
    """A step; where the GPU's memory runs out, the batch is halved with a warning until it fits."""
    import warnings

    try:
        return run.step(batch, step)
    except torch.cuda.OutOfMemoryError:
        half = len(batch.render) // 2
        if half == 0:
            raise SimengineError(
                "the GPU's memory does not hold a single crop: lower --side or --width, or free the GPU."
            ) from None
        torch.cuda.empty_cache()
        warnings.warn(
            f"out of GPU memory: step {step} goes on with {half} crops instead of {len(batch.render)}.", stacklevel=2
        )
        return _step(
            run,
            replace(batch, render=batch.render[:half], buffers=batch.buffers[:half], photo=batch.photo[:half]),
            step,
        )


class _Watch:
    """Looks at how near a generator's pictures are to the photos, always on the same ones."""

    def __init__(self, renders: Dataset, photos: Photos, embedder: Embedder | None) -> None:
        self._frames: Sequence[Frame] = list(frames(renders, most=_WATCHED if embedder else _SHOWN))
        self._embedder = embedder
        self._real: np.ndarray | None = None
        if embedder:
            chosen = sorted({int(i) for i in np.linspace(0, len(photos) - 1, min(4 * _WATCHED, len(photos))).round()})
            self._real = embed((photos[i] for i in chosen), embedder)

    def look(self, refiner: Refiner, preview: Path) -> float | None:
        rng = np.random.default_rng(0)
        pictures = [picture for _, picture in refine_all(refiner, ((frame, rng) for frame in self._frames))]
        shown = [np.vstack([f.rgb, p]) for f, p in zip(self._frames[:_SHOWN], pictures, strict=False)]
        height = min(s.shape[0] for s in shown)
        write_atomic(preview, encode_picture("rgb", np.hstack([s[:height] for s in shown])))
        if self._embedder is None or self._real is None:
            return None
        return kid(self._real, embed(pictures, self._embedder))


def _finish(root: Path, key: dict[str, Any], history: list[dict[str, Any]], run: Run) -> None:
    found = best_look(history, "kid")
    best = f"The weights of step {found[1]}, of lowest KID ({found[0]:.4f})." if found else "The last weights."
    lines = [
        f"# Refiner {key['settings']['method']}",
        "",
        f"Trained by simengine in {len(history)} steps on renders {key['renders'][:12]} and photos {key['photos'][:12]}. {best}",
        "",
        "Every picture that it makes must pass the label audit (`simengine refine` does it, `simengine audit` checks it).",
        "",
        *(f"- `{name}`: {value}" for name, value in key["settings"].items()),
        "",
        f"Files: `{run.weights_file}`, `{CONFIG}`, `{LOG}` (losses by step), `previews/` (renders above, refined below).",
        "",
        *(_base(run.settings.model) if isinstance(run, LoraRun) else []),
    ]
    write_atomic(root / CARD, "\n".join(lines).encode())


def _base(model: Source) -> list[str]:
    """What a card says of the model that a LoRA is for."""
    revision = f" at revision {model.revision}" if model.revision else ""
    terms = f"under the licence `{model.licence}`" if model.licence else "whose repository states no licence"
    lines = [
        f"It changes `{model.name}`{revision} (weights {model.weights[:12]}), {terms}: its terms hold for this, too.",
        "",
    ]
    return (
        [*lines, "## Licence of the base model", "", "```", model.licence_text, "```", ""]
        if model.licence_text
        else lines
    )
