"""Generates a data set: the same command gives the same bytes, however often it is interrupted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.dataset.build import Built, Progress, build
from simengine.dataset.manifest import finished_manifest
from simengine.dataset.reader import Dataset
from simengine.dataset.shard import hash_file, read_shard
from simengine.dataset.tally import Tally
from simengine.dataset.units import work_units
from simengine.dataset.workers import OpenMaker
from simengine.engine.chain import Chain, device_of
from simengine.engine.classes import class_names
from simengine.engine.plan import make_plan
from simengine.engine.summary import Summary
from simengine.errors import SimengineError
from simengine.scene.plugins import loaded_plugins

if TYPE_CHECKING:
    from simengine.scene.spec import SceneSpec

__all__ = ["generate"]

_SIGNALS_A_WORKER = 50_000  # no library that could leak is at work, and a new process costs as much as 200 signals


def generate(
    spec: SceneSpec,
    *,
    out: str | Path,
    count: int,
    seed: int = 0,
    workers: int = 1,
    device: str = "auto",
    shard_size: int | None = None,
    progress: Progress | None = None,
    _open_maker: OpenMaker | None = None,
) -> Summary:
    """Generates a data set, or goes on with one that was interrupted at any moment.

    Finished shards are kept whatever happens; the same call on the same folder goes on after the last of them.
    The bytes depend on the scene, the seed, the count, the shard size, the versions and the platform named in
    the manifest, not on `workers` or on interruptions.

    Args:
        spec: The scene, from `simengine.scene.load.load_scene`.
        out: Folder of the data set; made if absent, else empty or holding the same data set.
        count: Number of samples, from 1.
        seed: Any integer from 0.
        workers: Processes. With 1 everything happens in this one, and the ray tracer uses all processor cores.
        device: ``auto``, ``cpu`` or ``cuda:K`` for the ray tracer.
        shard_size: Samples a shard, the unit of resuming; chosen by `count` if None.
        progress: Called as ``progress(done, total, rejected)`` with the samples finished, the samples wanted
            and the tries thrown away in this run.

    Returns:
        What the data set holds.

    Raises:
        SimengineError: An argument is out of range, the folder holds something else, a sample can't be made
            within the scene's `attempts`, or the disk refuses; the message says how to go on.
        KeyboardInterrupt: Ctrl-C; its text says how to go on.
    """
    if workers < 1:
        raise SimengineError(f"workers is {workers!r}: give an integer from 1.")
    root = Path(out)
    device = device_of(spec, device)
    plan = make_plan(spec, root=root, count=count, seed=seed, shard_size=shard_size, device=device)
    if _open_maker is None:
        threads = 1 if workers > 1 else len(os.sched_getaffinity(0))
        renderer = spec.model.render.renderer
        plugins = loaded_plugins()
        recycle = None if spec.model.pictured else _SIGNALS_A_WORKER
        _open_maker = Chain(spec.tree, spec.base, plan["seed"], renderer, device, threads, plugins, recycle)
    built = build(root, plan, open_maker=_open_maker, workers=workers, progress=progress, finish=_finish)
    return _summary(root, built)


def _finish(root: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """Adds up the shards, exports, and gives the manifest."""
    from simengine.formats.coco import COCO_FILE, write_coco

    tally, hashes = Tally(), []
    for unit in work_units(plan):
        index, shard_hash = read_shard(root, unit.shard)
        tally.merge(Tally.from_dict(index["counts"]))
        hashes.append(shard_hash)
    classes = class_names(plan["scene"]["tree"], tally.objects)
    manifest = finished_manifest(plan, classes=classes, shards=hashes, tally=tally)
    if "rgb" in plan["outputs"]:
        write_coco(Dataset(root, manifest), root / COCO_FILE)
        manifest["exports"][COCO_FILE] = hash_file(root / COCO_FILE)
    return manifest


def _summary(root: Path, built: Built) -> Summary:
    manifest = built.manifest
    tally = Tally.from_dict(manifest["summary"])
    return Summary(root, tally, manifest["hash"], tuple(manifest["exports"]), built.found, built.damaged)
