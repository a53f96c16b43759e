"""The plan of a run: everything that determines the bytes."""

from __future__ import annotations

import operator
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.dataset.pictures import ENCODINGS
from simengine.dataset.shard import hash_file
from simengine.dataset.signals import SIGNALS
from simengine.dataset.units import default_shard_size
from simengine.engine.fingerprint import package_versions, platform_fingerprint
from simengine.errors import SimengineError
from simengine.scene.files import LIBRARY_PREFIX, referenced_files
from simengine.scene.plugins import loaded_plugins
from simengine.scene.recipe import Recipe

if TYPE_CHECKING:
    from simengine.scene.spec import SceneSpec

__all__ = ["make_plan"]

_SIGNALS = "one row per recording and channel; float32 m/s^2, columns named and explained in its schema"
_PLAIN = ("attempts", "outputs", "render.renderer", "labels.classes", "recording.stems")


def make_plan(
    spec: SceneSpec, *, root: Path, count: int, seed: int, shard_size: int | None, device: str
) -> dict[str, Any]:
    """Collects everything that determines the bytes of a data set, in JSON types.

    Args:
        spec: The scene.
        root: Folder of the data set.
        count: Number of samples, from 1.
        seed: Any integer from 0.
        shard_size: Samples a shard; `default_shard_size` if None.
        device: ``cpu`` or ``cuda:K``.

    Raises:
        SimengineError: A number is out of range, or the scene draws what must be the same for all samples.
    """
    for path in _PLAIN:
        value: Any = spec.model
        for key in path.split("."):
            value = getattr(value, key)
        if isinstance(value, Recipe):
            raise SimengineError(f"{path} is drawn, but it must be the same for all samples. Give it a plain value.")
    count = _integer("count", count, least=1)
    pictured = spec.model.pictured
    default = default_shard_size(count, pictured=pictured)
    size = default if shard_size is None else _integer("shard_size", shard_size, least=1)
    return {
        "scene": {"name": spec.name, "description": spec.description, "tree": spec.tree},
        "base": _base(spec, root),
        "randomizers": list(spec.randomizers),
        "overrides": list(spec.overrides),
        "plugins": {Path(file).name: hash_file(Path(file)) for file in loaded_plugins()},
        "spec_hash": spec.hash,
        "seed": _integer("seed", seed, least=0),
        "count": count,
        "shard_size": size,
        "outputs": {name: ENCODINGS[name] for name in spec.model.outputs} if pictured else {},
        **({"signals": f"{SIGNALS}: {_SIGNALS}"} if spec.model.sensors else {}),
        "versions": package_versions(),
        "platform": platform_fingerprint(device),
    }


def _base(spec: SceneSpec, root: Path) -> str:
    """Where relative file names of the scene begin, seen from the data set; empty if it names none."""
    names = [name for name, _ in referenced_files(spec.root, spec.base) if not name.startswith(LIBRARY_PREFIX)]
    if all(Path(name).expanduser().is_absolute() for name in names):
        return ""
    return os.path.relpath(spec.base, root)


def _integer(name: str, value: Any, *, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise SimengineError(f"{name} is {value!r}: give an integer from {least}.")
    return number
