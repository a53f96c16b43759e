"""simengine: scenes in, exactly labelled synthetic data out.

The walk in five lines::

    import simengine
    scene = simengine.load_scene("dice", randomizers=["lighting/light"])
    sample = scene.sample(seed=0, index=3)                               # every value concrete, every draw recorded
    views = list(simengine.observe(sample, simengine.simulate(sample)))  # pictures, depth, ids, normals
    simengine.generate(scene, out="data", count=100, seed=0)             # a data set with COCO beside it

Names are imported when first used, so ``import simengine`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.dataset.reader import Dataset
    from simengine.engine.generate import generate
    from simengine.engine.replay import replay
    from simengine.engine.verify import verify
    from simengine.errors import SimengineError
    from simengine.labels.annotate import annotate
    from simengine.physics.simulate import simulate
    from simengine.scene.load import load_scene
    from simengine.sensors.observe import observe

__version__ = "0.1.0"

_HOMES = {
    "Dataset": "simengine.dataset.reader",
    "SimengineError": "simengine.errors",
    "annotate": "simengine.labels.annotate",
    "generate": "simengine.engine.generate",
    "load_scene": "simengine.scene.load",
    "observe": "simengine.sensors.observe",
    "replay": "simengine.engine.replay",
    "simulate": "simengine.physics.simulate",
    "verify": "simengine.engine.verify",
}

__all__ = [
    "Dataset",
    "SimengineError",
    "annotate",
    "generate",
    "load_scene",
    "observe",
    "replay",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'simengine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
