"""Verification: every file against its hash, and samples made again against their files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors
from simengine.dataset.manifest import dataset_hash, plan_differences
from simengine.dataset.pictures import decode_picture
from simengine.dataset.reader import Dataset
from simengine.dataset.record import SampleRecord
from simengine.dataset.shard import check_shard, hash_file, read_shard, shard_folder
from simengine.dataset.signals import SIGNALS, compare_signals
from simengine.dataset.tally import Tally
from simengine.dataset.units import work_unit, work_units
from simengine.dataset.workers import Maker, OpenMaker
from simengine.engine.chain import Chain, device_of, open_spec
from simengine.engine.fingerprint import package_versions, platform_fingerprint
from simengine.errors import SimengineError

__all__ = ["TOLERANCES", "Verification", "verify"]

TOLERANCES = {
    "rgb": 3.0, "depth": 0.002, "instances": 0.005, "classes": 0.005, "normals": 0.02, "coordinates": 0.002,
    "signals": 1e-4,
}  # fmt: skip
"""What another platform or version may differ by: mean absolute difference of colour [of 255]; share of pixels
with another instance id; and the 99th percentile of the difference of
depth [m], normals and coordinates [m], where both hit something. Signals: root mean square of the difference over that
of the signal."""

_POSITION = 0.001  # [m], of objects


@dataclass(frozen=True)
class Verification:
    """What was compared and what differs; ``print(verification)`` says it in words.

    Attributes:
        root: Folder of the data set.
        files: Number of files whose hashes were compared.
        samples: The samples that were made again.
        exact: Whether they had to be equal to the byte; else `TOLERANCES` applied.
        platform: How software and machine differ from those that made the data set.
        differences: Everything that is wrong; one sentence each.
        note: What could not be checked; empty if nothing.
    """

    root: Path
    files: int
    samples: tuple[int, ...]
    exact: bool
    platform: tuple[str, ...]
    differences: tuple[str, ...]
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        lines = [f"{self.root}: the hashes of {self.files} files were compared."]
        if self.samples:
            how = "compared to the byte" if self.exact else "compared within tolerances"
            lines.append(f"Made again and {how}: {', '.join(map(str, self.samples))}.")
        if self.platform:
            lines.append("Another platform or other versions than those that made it:")
            lines += [f"  {line}" for line in self.platform]
        lines += [self.note] if self.note else []
        lines += [f"DIFFERS: {line}" for line in self.differences]
        lines.append("Everything agrees." if self.ok else f"{len(self.differences)} differences.")
        return "\n".join(lines)


def verify(
    dataset_dir: str | Path,
    *,
    sample: int | None = 3,
    device: str = "auto",
    refined: Callable[[OpenMaker], OpenMaker] | None = None,
    _open_maker: OpenMaker | None = None,
) -> Verification:
    """Checks a finished data set: all hashes, then some samples made again.

    On the platform and with the versions named in the manifest, samples made again must be equal to the byte:
    every picture and the whole record. Elsewhere they are compared within `TOLERANCES`.

    Args:
        dataset_dir: Folder of the data set.
        sample: How many samples to make again, evenly spaced; all of them if None.
        device: ``auto``, ``cpu`` or ``cuda:K``.
        refined: For a data set that was refined: gives what makes refined samples from what simulates them. Without, only
            its hashes are compared.

    Returns:
        What was compared, and every difference by name.

    Raises:
        SimengineError: There is no finished data set, or a sample can't be made.
    """
    dataset = Dataset.open(dataset_dir)
    differences, files = _check_files(dataset)
    count = len(dataset)
    wanted = count if sample is None else min(max(sample, 0), count)
    indices = sorted({int(i) for i in np.linspace(0, count - 1, wanted).round()})
    exact, platform, note = True, [], ""
    if indices and "refined" in dataset.plan and refined is None:
        indices, note = (
            [],
            (
                "It was refined: its samples can't be made again from its scene alone. `simengine audit DIR --renders RENDERS` "
                "compares it with the data set that it was made from."
            ),
        )
    if indices:
        chain, spec_hash = _chain(dataset, device)
        if spec_hash != dataset.plan["spec_hash"]:
            differences.append(
                "the scene: a file that it names has changed, or this version reads the scene differently "
                f"(spec hash {spec_hash} now, {dataset.plan['spec_hash']} in the manifest)"
            )
        now = {"versions": package_versions(), "platform": platform_fingerprint(chain.device)}
        platform = plan_differences({key: dataset.plan[key] for key in now}, now)
        exact = not platform
        make = (_open_maker or (refined(chain) if refined else chain))()
        damaged = {difference.partition(":")[0] for difference in differences}
        for index in indices:
            differences += _check_sample(dataset, index, make, exact=exact, damaged=damaged)
    return Verification(dataset.root, files, tuple(indices), exact, tuple(platform), tuple(differences), note)


def _chain(dataset: Dataset, device: str) -> tuple[Chain, str]:
    """What makes the data set's samples, and the hash of its scene as it is now."""
    tree, base = dataset.plan["scene"]["tree"], str(dataset.root / dataset.plan["base"])
    spec = open_spec(tree, base)
    renderer = spec.model.render.renderer
    return Chain(tree, base, dataset.plan["seed"], renderer, device_of(spec, device), 1), spec.hash


def _check_files(dataset: Dataset) -> tuple[list[str], int]:
    """Compares all hashes, from the files up to the data set's."""
    wrong: list[str] = []
    files = 0
    hashes: list[str] = []
    tally = Tally()
    units = work_units(dataset.plan)
    expected = dataset.manifest["shards"]
    for unit in units:
        found = check_shard(dataset.root, unit.shard, unit.samples)
        wrong += found
        try:
            index, shard_hash = read_shard(dataset.root, unit.shard)
        except SimengineError:
            continue
        files += len(index["files"]) + 1
        hashes.append(shard_hash)
        tally.merge(Tally.from_dict(index["counts"]))
        if not found and (unit.shard >= len(expected) or expected[unit.shard] != shard_hash):
            wrong.append(f"{shard_folder(unit.shard)}: is whole, but not the shard that the manifest names")
    if not wrong and (dataset_hash(hashes) != dataset.hash or len(expected) != len(units)):
        wrong.append("dataset.json: its hash is not that of its shards")
    if not wrong and tally.to_dict() != dataset.manifest["summary"]:
        wrong.append("dataset.json: its summary is not that of its shards")
    for name, digest in dataset.manifest["exports"].items():
        files += 1
        path = dataset.root / name
        if not path.is_file():
            wrong.append(f"{name}: missing; `simengine export` writes it again")
        elif hash_file(path) != digest:
            wrong.append(f"{name}: changed since it was written; `simengine export` writes it again")
    return wrong, files


class _Memory:
    """A sink that keeps files in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.rows: list[Mapping[str, Any]] = []

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def remove(self, name: str) -> None:
        del self.files[name]

    def add_signal(self, row: Mapping[str, Any]) -> None:
        self.rows.append(row)


def _check_sample(dataset: Dataset, index: int, make: Maker, *, exact: bool, damaged: set[str]) -> Iterator[str]:
    """Makes a sample again and names what differs; files known to be damaged are not named twice."""
    unit = work_unit(dataset.plan, index // dataset.plan["shard_size"])
    folder = shard_folder(unit.shard)
    sink = _Memory()
    record = make(index, sink, folder)
    try:
        line = next(line for n, line in enumerate(dataset.shard_lines(unit.shard)) if n == index - unit.start)
        old = SampleRecord.from_dict(json.loads(line))
    except (StopIteration, ValueError, SimengineError):
        yield f"sample {index}: its record in {folder}/records.jsonl can't be read"
        return
    if exact:
        again = canonical_json(record.to_dict()) + b"\n"
        if again != line:
            first = plan_differences(json.loads(line), json.loads(again))[:3]
            yield f"sample {index}, made again: the record differs: {'; '.join(first)}"
    else:
        yield from _compare_records(index, old, record)
    if f"{folder}/{SIGNALS}" not in damaged:
        yield from _compare_rows(dataset, index, sink.rows, exact=exact)
    names = {path for view in old.views for path in view.files.values()}
    for name in sorted(names ^ {f"{folder}/{name}" for name in sink.files}):
        yield f"sample {index}, made again: {name} is {'not made any more' if name in names else 'new'}"
    pairs = {view.files.get(output): (view, output) for view in record.views for output in view.files}
    for name, data in sorted(sink.files.items()):
        path = f"{folder}/{name}"
        if path in damaged or path not in names:
            continue
        with disk_errors("read", dataset.root / path):
            before = (dataset.root / path).read_bytes()
        if exact and before != data:
            yield f"sample {index}, made again: {path} differs"
        elif before != data:
            view, output = pairs[path]
            yield from _compare_pictures(
                f"sample {index}, made again: {path}", output, before, data, scale=view.depth_scale
            )


def _compare_rows(dataset: Dataset, index: int, rows: Sequence[Mapping[str, Any]], *, exact: bool) -> Iterator[str]:
    where = f"sample {index}, made again"
    recorded = "signals" in dataset.plan
    before = list(dataset.signals(indices=[index])) if recorded else []
    if len(before) != len(rows):
        yield f"{where}: {len(rows)} rows of signals, were {len(before)}"
        return
    for old, new in zip(before, rows, strict=True):
        wrong = compare_signals(old, new, tolerance=0.0 if exact else TOLERANCES["signals"])
        if wrong:
            yield f"{where}: signal {old['signal_id']} differs in {', '.join(wrong[:5])}"


def _compare_records(index: int, old: SampleRecord, new: SampleRecord) -> Iterator[str]:
    where = f"sample {index}, made again"
    if old.attempt != new.attempt:
        yield f"{where}: try {new.attempt} succeeds, recorded is try {old.attempt}"
        return
    for before, after in zip(old.views, new.views, strict=False):
        for was, now in zip(before.objects, after.objects, strict=False):
            shift = np.subtract(was.world_from_object.position, now.world_from_object.position)
            if np.linalg.norm(shift) > _POSITION:
                yield f"{where}: {was.name} lies {np.linalg.norm(shift) * 1000:.1f} mm elsewhere (tolerance {_POSITION * 1000:g} mm)"
                return


def _compare_pictures(where: str, output: str, before: bytes, after: bytes, *, scale: float) -> Iterator[str]:
    old: Any = decode_picture(output, before, scale=scale)
    new: Any = decode_picture(output, after, scale=scale)
    if old.shape != new.shape:
        yield f"{where}: its shape is {new.shape}, was {old.shape}"
        return
    difference = np.abs(old.astype(np.float64) - new)
    if output == "rgb":
        found = float(difference.mean())
    elif output in ("instances", "classes"):
        found = float((old != new).mean())
    else:
        same = (old != 0) & (new != 0)
        found = float(np.percentile(difference[same], 99)) if same.any() else 0.0
    if found > TOLERANCES[output]:
        yield f"{where}: differs by {found:.4g} (tolerance {TOLERANCES[output]:g})"
