"""One sample of a data set made again with everything that can be seen of it, for debugging."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_file, disk_errors, write_atomic
from simengine.dataset.manifest import read_manifest
from simengine.dataset.signals import SIGNALS, SignalWriter
from simengine.engine.chain import open_spec
from simengine.engine.sample import Watcher, try_sample
from simengine.errors import Rejected, SimengineError
from simengine.scene.scene import Scene
from simengine.scene.schema.scene import OUTPUTS

__all__ = ["Replay", "replay"]


@dataclass(frozen=True)
class Replay:
    """What came of a sample made again; ``print(replay)`` says it in words.

    Attributes:
        out: Folder with everything.
        item: The sample's number.
        rejected: The tries thrown away: number, stage and reason.
        succeeded: Number of the try that became the sample; None if none did.
    """

    out: Path
    item: int
    rejected: tuple[dict[str, Any], ...]
    succeeded: int | None

    def __str__(self) -> str:
        lines = [f"Sample {self.item}, every try in {self.out}:"]
        lines += [f"  try {entry['attempt']}: {entry['stage']}: {entry['reason']}" for entry in self.rejected]
        lines.append(
            "  no try became a sample." if self.succeeded is None else f"  try {self.succeeded}: became the sample."
        )
        return "\n".join(lines)


def replay(dataset_dir: str | Path, *, item: int, out: str | Path, device: str = "auto") -> Replay:
    """Makes one sample of a data set again, finished or not, and keeps everything.

    Writes a folder ``try-K`` for each try, with ``scene.json`` (the scene as drawn), every output of every
    picture up to where the try ended and, for the last, ``signals.parquet`` and ``record.json``; and ``tries.json`` with the stage and
    reason of each.

    Args:
        dataset_dir: Folder of the data set.
        item: Number of the sample.
        out: Folder to write; what it holds of an earlier replay is overwritten.
        device: ``auto``, ``cpu`` or ``cuda:K``.

    Raises:
        SimengineError: There is no such sample, a stage failed (what there is of it is written first), or the
            disk refuses.
    """
    root, target = Path(dataset_dir), Path(out)
    plan = read_manifest(root, partial=True)["plan"]
    if not 0 <= item < plan["count"]:
        raise SimengineError(f"there is no sample {item}: {root} has samples 0 to {plan['count'] - 1}.")
    spec = open_spec(plan["scene"]["tree"], str(root / plan["base"]))
    renderer = None
    if spec.model.pictured:
        from simengine.render.select import make_renderer

        renderer = make_renderer(spec.model.render.renderer, device=device)
    outputs = [name for name in OUTPUTS if name != "classes" or spec.model.labels.classes]
    tries: list[dict[str, Any]] = []
    succeeded = None
    for attempt in range(spec.model.attempts):
        folder = target / f"try-{attempt}"
        sink = _Folder(folder)
        try:
            record = try_sample(
                spec, plan["seed"], item, attempt,
                renderer=renderer, sink=sink, folder=folder.name, outputs=outputs, watcher=sink,
            )  # fmt: skip
        except Rejected as rejection:
            tries.append({"attempt": attempt, "stage": rejection.stage, "reason": rejection.reason})
            write_atomic(target / "tries.json", canonical_json(tries, indent=True))
            continue
        except SimengineError:
            sink.finish()
            write_atomic(folder / "error.txt", traceback.format_exc().encode())
            raise
        sink.finish()
        record = replace(record, rejected=tries)
        write_atomic(folder / "record.json", canonical_json(record.to_dict(), indent=True))
        succeeded = attempt
        break
    write_atomic(target / "tries.json", canonical_json(tries, indent=True))
    return Replay(target, item, tuple(tries), succeeded)


class _Folder(Watcher):
    """A sink that is a plain folder, forgets nothing, and notes the scene."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Mapping[str, Any]] = []
        with disk_errors("make the folder", path):
            path.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, data: bytes) -> None:
        with disk_errors("write", self._path / name):
            (self._path / name).write_bytes(data)

    def remove(self, name: str) -> None:
        """Keeps the file: it is what the rejection was about."""

    def add_signal(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)

    def finish(self) -> None:
        """Writes the signals."""
        if self._rows:
            with (
                atomic_file(self._path / SIGNALS) as file,
                SignalWriter(file, stems="stem_fault" in self._rows[0]) as writer,
            ):
                for row in self._rows:
                    writer.add(row)
            self._rows.clear()

    def drawn(self, scene: Scene) -> None:
        drawn = {
            "index": scene.index,
            "attempt": scene.attempt,
            "scene": scene.model.model_dump(
                mode="json", exclude={"objects", "lights", "cameras", "machines", "sensors"}
            ),
            "objects": [
                {
                    "id": o.id,
                    "name": o.name,
                    "offset": list(o.offset),
                    **o.spec.model_dump(mode="json", exclude_unset=True),
                }
                for o in scene.objects
            ],
            "lights": [
                {"name": light.name, **light.spec.model_dump(mode="json", exclude_unset=True)} for light in scene.lights
            ],
            "cameras": [{"name": c.name, **c.spec.model_dump(mode="json", exclude_unset=True)} for c in scene.cameras],
            "machines": [
                {"name": m.name, "condition": m.condition, **m.spec.model_dump(mode="json", exclude_unset=True)}
                for m in scene.machines
            ],
            "sensors": [{"name": s.name, **s.spec.model_dump(mode="json", exclude_unset=True)} for s in scene.sensors],
            "draws": scene.draws,
        }
        self.write("scene.json", canonical_json(drawn, indent=True, ordered=True))
