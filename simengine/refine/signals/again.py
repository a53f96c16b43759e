"""Refined samples made again from their scene alone: what `simengine verify` compares with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simengine.dataset.reader import Dataset
from simengine.dataset.workers import OpenMaker
from simengine.errors import SimengineError
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.chain import Again, SignalChain
from simengine.refine.signals.learned.settings import METHODS
from simengine.refine.signals.run import MODEL
from simengine.refine.signals.sound import SignalRefiner
from simengine.refine.signals.transfer import Transfer

__all__ = ["made_again"]


def made_again(dataset: Dataset, simulate: OpenMaker) -> OpenMaker:
    """What makes the samples of a refined data set again: they are simulated, and refined as its manifest says.

    Args:
        dataset: The refined data set.
        simulate: Opens what simulates samples of its scene.

    Raises:
        SimengineError: It was refined by a method that this version does not know.
    """
    how = dataset.plan["refined"]
    chain = SignalChain(
        Path(),
        _refiner(dataset, how["refiner"]),
        how["seed"],
        SignalThresholds.from_dict(how["thresholds"]),
        how["rejected"],
    )
    return Again(chain, simulate)


def _refiner(dataset: Dataset, how: dict[str, Any]) -> SignalRefiner:
    if how["method"] == Transfer.name:
        return Transfer.from_dict(how)
    if how["method"] in METHODS:
        from simengine.refine.signals.learned.apply import LearnedSignals

        return LearnedSignals(dataset.root / MODEL)
    raise SimengineError(
        f"{dataset.root} was refined by {how['method']!r}, which this version does not know: verify it with the version that "
        f"made it ({MODEL}/ holds its network)."
    )
