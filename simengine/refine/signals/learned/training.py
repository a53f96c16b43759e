"""Training a refiner of signals: the loop of the pictures' refiners, watched by the distance of window features."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.evaluate.metrics.kernel_distance import mmd
from simengine.refine.learned.files import CONFIG, WEIGHTS
from simengine.refine.learned.harness import CARD, CHECKPOINT, LOG, Report, best_look, train
from simengine.refine.signals.closeness import Scale, window_rows
from simengine.refine.signals.learned.apply import LearnedSignals
from simengine.refine.signals.learned.diffusion import SignalDiffusion
from simengine.refine.signals.learned.preview import draw_spectra
from simengine.refine.signals.learned.segments import SegmentBatch, Segments
from simengine.refine.signals.learned.settings import SignalTraining
from simengine.refine.signals.learned.translation import SignalTranslation
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import Sound, sounds
from simengine.refine.signals.transfer import Transfer, fit_transfer

__all__ = ["train_signal_refiner"]

Run = SignalTranslation | SignalDiffusion

_WATCHED = 24  # simulated recordings that the distance is measured on


def train_signal_refiner(
    simulation: Dataset,
    real: HealthyRecordings,
    folder: str | Path,
    settings: SignalTraining,
    *,
    device: str = "cpu",
    report: Report | None = None,
) -> LearnedSignals:
    """Trains a refiner on health alone, or goes on with a run that was interrupted.

    The folder holds ``config.json`` (settings and transfer path) and ``model.safetensors`` (the best by distance so
    far), ``log.jsonl`` (losses by step), ``previews/`` (spectra: simulated, refined, real), ``card.md`` and a checkpoint.

    Args:
        simulation: The data set to learn from.
        real: Recordings of healthy machines to sound like.
        folder: Where the run lives.
        settings: Settings.
        device: PyTorch's name of the device.
        report: Told of every step's losses and of every look at the distance.

    Returns:
        The refiner.

    Raises:
        SimengineError: A loss is no longer finite, the folder belongs to another run, there is too little to learn from,
            or the disk refuses.
    """
    root = Path(folder)
    with disk_errors("make the folder", root):
        (root / "previews").mkdir(parents=True, exist_ok=True)
    transfer = fit_transfer(simulation, real)
    run = _new_run(settings, transfer, torch.device(device))
    segments = Segments(simulation, real, transfer, length=settings.length, batch=settings.batch, seed=settings.seed)
    key = {"settings": settings.to_dict(), "simulation": simulation.hash, "real": real.digest()}
    done = (root / CARD).exists() and (root / CHECKPOINT).exists()
    watch = None if done else _Watch(simulation, segments, transfer)

    def look(number: int) -> float:
        assert watch is not None
        return watch.look(LearnedSignals(root / "latest", device=device), root / "previews" / f"{number:06d}.png")

    history = train(
        root,
        run,
        key=key,
        steps=settings.steps,
        every=settings.every,
        patience=settings.patience,
        step=lambda number: _step(run, segments.batch(number), number),
        look=look,
        measure="mmd",
        report=report,
    )
    if not done:
        _finish(root, key, history)
    return LearnedSignals(root, device=device)


def _new_run(settings: SignalTraining, transfer: Transfer, device: torch.device) -> Run:
    kind = SignalDiffusion if settings.method == "diffusion" else SignalTranslation
    return kind(settings, transfer, device)


def _step(run: Run, batch: SegmentBatch, step: int) -> dict[str, float]:
    """A step; where the GPU's memory runs out, the batch is halved with a warning until it fits."""
    try:
        return run.step(batch, step)
    except torch.cuda.OutOfMemoryError:
        part = batch.half()
        if not len(part):
            raise SimengineError(
                "the GPU's memory does not hold a single crop: lower --length or --width, or free the GPU."
            ) from None
        torch.cuda.empty_cache()
        warnings.warn(
            f"out of GPU memory: step {step} goes on with {len(part)} crops instead of {len(batch)}.", stacklevel=2
        )
        return _step(run, part, step)


class _Watch:
    """Looks at how near refined recordings are to real ones, always the same ones."""

    def __init__(self, simulation: Dataset, segments: Segments, transfer: Transfer) -> None:
        known: list[Sound] = []
        for sound in sounds(simulation, most=20 * _WATCHED):
            if sound.healthy and sound.level > 0 and len(known) < _WATCHED:
                known.append(sound)
        self._sounds, self._rate, self._transfer = known, segments.rate, transfer
        self._real = segments.real
        real = window_rows(self._real, self._rate)
        self._scale = Scale(real, window_rows((sound.signal for sound in known), self._rate))
        self._rows = self._scale(real)

    def look(self, refiner: LearnedSignals, preview: Path) -> float:
        """Maximum mean discrepancy of window features, and a picture of spectra."""
        made = []
        for number, sound in enumerate(self._sounds):
            made.append(refiner.refine(sound, np.random.default_rng(number)).signal)
        raw = [sound.signal for sound in self._sounds]
        write_atomic(preview, draw_spectra({"simulated": raw, "refined": made, "real": self._real}, self._rate))
        return float(mmd(self._rows, self._scale(window_rows(made, self._rate))))


def _finish(root: Path, key: dict[str, Any], history: list[dict[str, Any]]) -> None:
    found = best_look(history, "mmd")
    best = f"The weights of step {found[1]}, of least distance ({found[0]:.4f})." if found else "The last weights."
    lines = [
        f"# Refiner of signals: {key['settings']['method']}",
        "",
        f"Trained by simengine in {len(history)} steps on healthy machines alone: simulation {key['simulation'][:12]}, "
        f"recordings {key['real'][:12]}. {best}",
        "",
        "Every recording that it makes must pass the label audit (`simengine refine` does it, `simengine audit` checks it).",
        "",
        *(f"- `{name}`: {value}" for name, value in key["settings"].items()),
        "",
        f"Files: `{WEIGHTS}`, `{CONFIG}`, `{LOG}` (losses by step), `previews/` (spectra: simulated, refined, real).",
        "",
    ]
    write_atomic(root / CARD, "\n".join(lines).encode())
