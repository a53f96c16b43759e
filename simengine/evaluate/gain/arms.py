"""The arms of a gain experiment: what each model is trained on. Data, not code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Arm

__all__ = ["DETECT_ARMS", "SIGNAL_ARMS", "ArmPlan", "Stage", "choose_arms"]


@dataclass(frozen=True)
class Stage:
    """A part of training.

    Attributes:
        steps: Share of the optimiser steps.
        synthetic: Share of synthetic items in what the model sees, 0 to 1; the rest is real.
    """

    steps: float
    synthetic: float


@dataclass(frozen=True)
class ArmPlan:
    """How an arm trains.

    Attributes:
        about: Name, titles and kind, as results tell them.
        stages: The parts of training, one after the other; each begins where the last ended.
        compute: Optimiser steps relative to all other arms; not 1 for a control only.
        augmentation: ``strong`` as for every other arm, or ``plain``.
        balance: What is done about few real items: empty, or ``smote``.
    """

    about: Arm
    stages: tuple[Stage, ...]
    compute: float = 1.0
    augmentation: str = "strong"
    balance: str = ""

    @property
    def name(self) -> str:
        """The arm's name."""
        return self.about.name

    @property
    def uses_real(self) -> bool:
        """Whether it sees real items."""
        return any(stage.synthetic < 1.0 for stage in self.stages)

    @property
    def uses_synthetic(self) -> bool:
        """Whether it sees synthetic items."""
        return any(stage.synthetic > 0.0 for stage in self.stages)


def _arm(
    name: str, title: str, kind: str, stages: Sequence[tuple[float, float]], description: str, **options
) -> ArmPlan:
    share = stages[0][1] if len(stages) == 1 else None
    return ArmPlan(Arm(name, title, description, kind, share), tuple(Stage(*stage) for stage in stages), **options)


_SYNTHETIC = _arm("synthetic", "synthetic only", "synthetic", [(1.0, 1.0)], "Synthetic data alone.")
_MIX = _arm("mix", "real + synthetic, 1:1", "both", [(1.0, 0.5)], "Half of what the model sees is synthetic.")

DETECT_ARMS: dict[str, ArmPlan] = {
    arm.name: arm
    for arm in (
        _arm(
            "real", "real, plain augmentation", "baseline", [(1.0, 0.0)],
            "Real images with flips and crops: what the augmentation of all other arms is compared with.",
            augmentation="plain",
        ),
        _arm(
            "real-augmented", "real", "baseline", [(1.0, 0.0)],
            "Real images with the strong classical augmentation that every arm with synthetic data has too.",
        ),
        _arm(
            "real-double", "real, twice the steps", "control", [(1.0, 0.0)],
            "As real-augmented with twice the optimiser steps: whether more training does what synthetic data does.",
            compute=2.0,
        ),
        _SYNTHETIC,
        _MIX,
        _arm(
            "pretrain-finetune", "synthetic, then real", "both", [(0.6, 1.0), (0.4, 0.0)],
            "The first 60 % of the steps on synthetic images, the rest on real ones.",
        ),
    )
}  # fmt: skip
"""Arms of detectors."""

SIGNAL_ARMS: dict[str, ArmPlan] = {
    arm.name: arm
    for arm in (
        _arm("real", "real", "baseline", [(1.0, 0.0)], "Real windows, classes weighted alike."),
        _arm(
            "real-smote", "real + SMOTE", "baseline", [(1.0, 0.0)],
            "Real windows and new ones between neighbours of a class (SMOTE), which needs two windows a class; one is repeated.",
            balance="smote",
        ),
        _SYNTHETIC,
        _arm("mix", "real + synthetic, 1:4", "both", [(1.0, 0.8)], "Real windows have a fifth of the weight."),
    )
}  # fmt: skip
"""Arms of fault classifiers."""

_RATIO = re.compile(r"mix-(\d+)")


def choose_arms(names: Sequence[str], *, known: dict[str, ArmPlan], refined: bool = False) -> list[ArmPlan]:
    """The arms of an experiment, with the baselines that make it honest.

    Args:
        names: Names of `known`, or ``mix-P`` for P percent synthetic items, e.g. ``mix-75``. Every baseline but
            plain ``real`` is added if it is missing; so is plain ``real`` where it is the only one.
        known: The arms of the task.
        refined: Whether each arm with synthetic data shall also run on refined data.

    Returns:
        Baselines first, then the others as given, each with synthetic data followed by its refined form.

    Raises:
        SimengineError: A name is unknown, or none is left to compare.
    """
    wanted = list(dict.fromkeys(names))
    baselines = [arm for arm in known.values() if arm.about.kind == "baseline"]
    chosen = [arm for arm in baselines if arm.name in wanted or arm.augmentation == "strong"]
    for name in wanted:
        arm = _named(name, known)
        if arm.about.kind == "baseline":
            continue
        chosen.append(arm)
        if refined and arm.uses_synthetic:
            about = replace(
                arm.about,
                name=f"{arm.name}-refined",
                title=arm.about.title.replace("synthetic", "refined"),
                description=f"{arm.about.description} With refined data in place of raw.",
                refined=True,
            )
            chosen.append(replace(arm, about=about))
    return chosen


def _named(name: str, known: dict[str, ArmPlan]) -> ArmPlan:
    if name in known:
        return known[name]
    ratio = _RATIO.fullmatch(name)
    if ratio and 0 < int(ratio[1]) < 100:
        percent = int(ratio[1])
        title = f"real + synthetic, {100 - percent}:{percent}"
        return _arm(name, title, "both", [(1.0, percent / 100.0)], f"{percent} % of what the model sees is synthetic.")
    raise SimengineError(
        f"there is no arm {name!r}: choose from {', '.join(known)}, or mix-P for P percent synthetic items, e.g. mix-75."
    )
