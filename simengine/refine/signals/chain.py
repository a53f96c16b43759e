"""Refining one sample of signals: read, refine, audit, label anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.reader import Dataset
from simengine.dataset.record import MachineRecord, SampleRecord
from simengine.dataset.shard import Sink, picture_name, shard_folder
from simengine.dataset.signals import SIGNALS, STEM_COLUMNS, read_signals
from simengine.dataset.workers import Maker, OpenMaker
from simengine.errors import SimengineError
from simengine.formats.signal_columns import split_row
from simengine.refine.chain import REJECTED
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.audit.verdict import SignalVerdict, audit_signal, certificate
from simengine.refine.signals.floor import floor_frequencies
from simengine.refine.signals.sound import Refined, SignalRefiner, Sound, is_recording
from simengine.sampling.streams import stream

__all__ = ["REJECTED", "Again", "SignalChain", "refine_sample"]

Row = dict[str, Any]


def refine_sample(
    sample: SampleRecord,
    rows: Sequence[Row],
    refiner: SignalRefiner,
    *,
    seed: int,
    thresholds: SignalThresholds,
    rejected: str,
) -> tuple[SampleRecord, list[Row]]:
    """Refines every recording of a sample; rows of inertial units stay as they are.

    Args:
        sample: Its record.
        rows: Its rows of signals.
        refiner: What changes them.
        seed: Seed of what it draws.
        thresholds: Rule of the audit.
        rejected: ``raw``: a recording whose labels did not survive keeps its simulation; ``drop``: it is left out.

    Returns:
        Record and rows.
    """
    out: list[Row] = []
    judged: list[tuple[Row, SignalVerdict]] = []
    for _, group in groupby(rows, key=itemgetter("recording_id")):
        made, found = [], []
        for row in group:
            if is_recording(row):
                row, verdict = _refined(Sound(row), refiner, seed, sample.index, thresholds)
                found.append((row, verdict))
            made.append(_with_floor(row))
        judged += found
        if rejected == "raw" or all(verdict.verdict != "dropped" for _, verdict in found):
            out += made
    machines = [_certified(one, refiner.name, judged, rejected) for one in sample.machines]
    return replace(sample, machines=[one for one in machines if one.recordings]), out


def _refined(
    sound: Sound, refiner: SignalRefiner, seed: int, index: int, thresholds: SignalThresholds
) -> tuple[Row, SignalVerdict]:
    refined = refiner.refine(sound, stream(seed, index, f"refine.{sound.id}"))
    if refined.signal.shape != sound.signal.shape:
        raise SimengineError(
            f"refiner {refiner.name!r} gave {refined.signal.shape} for signal {sound.id} of {sound.signal.shape}: labels fit "
            "only a signal of the same length."
        )
    passed, verdict = audit_signal(sound, refined, thresholds=thresholds, gentle=lambda: refiner.gentle(sound))
    return (dict(sound.row) if passed is None else _relabelled(sound, passed)), verdict


def _relabelled(sound: Sound, refined: Refined) -> Row:
    """The row with its new samples, and what of its labels follows the path: residues and the level of the fault."""
    row = dict(sound.row)
    row["signal"] = refined.signal.astype(np.float32)
    row |= {name: stem.astype(np.float32) for name, stem in refined.stems.items()}
    modes = split_row({"modes": row["modes"]})[1].get("modes")
    if modes is not None and len(modes) and len(refined.log_gain):
        modes = modes.copy()
        gain = np.exp(np.interp(modes["frequency_hz"], floor_frequencies(sound.rate), refined.log_gain))
        modes["residue"] *= gain
        row["modes"] = modes
    if row["snr_db"] is not None:
        row["snr_db"] = _snr(refined)
    return row


def _snr(refined: Refined) -> float | None:
    """All faults over the background with what was added, dB; unknown without stems."""
    if not refined.stems:
        return None
    background = refined.stems["stem_background"] + refined.stems["stem_floor"]
    fault, rest = (float(np.mean(one**2)) for one in (refined.stems["stem_fault"], background))
    return 10 * float(np.log10(fault / rest)) if fault > 0 and rest > 0 else None


def _with_floor(row: Row) -> Row:
    """Rows with stems have a floor too, so that all rows of a file have the same columns."""
    if STEM_COLUMNS[0].name not in row:
        return row
    silent = np.zeros(len(row[STEM_COLUMNS[0].name]), np.float32)
    return {**row, "stem_floor": row.get("stem_floor", silent)}


def _certified(
    machine: MachineRecord, method: str, judged: Sequence[tuple[Row, SignalVerdict]], rejected: str
) -> MachineRecord:
    """The line of a machine with the verdicts of its own recordings."""
    own = [(row, one) for row, one in judged if _belongs(row, machine)]
    lost = {row["recording_id"] for row, one in own if one.verdict == "dropped"} if rejected == "drop" else ()
    given = certificate(method, [one for _, one in own])
    return replace(machine, recordings=machine.recordings - len(lost), certificate=given)


def _belongs(row: Row, machine: MachineRecord) -> bool:
    same = all(row[name] == getattr(machine, name) for name in ("machine", "condition", "fault_type"))
    return same and row["channel"] in machine.channels


@dataclass(frozen=True)
class SignalChain:
    """Opens a maker of refined samples in any process; see `simengine.dataset.workers.OpenMaker`.

    Attributes:
        source: Folder of the simulation.
        refiner: What changes the signals.
        seed: Seed of what it draws.
        thresholds: Rule of the audit.
        rejected: One of `REJECTED`.
    """

    source: Path
    refiner: SignalRefiner
    seed: int
    thresholds: SignalThresholds
    rejected: str

    def __call__(self) -> Maker:
        """The maker."""
        dataset = Dataset.open(self.source)
        read = _Reader(dataset)

        def make(index: int, sink: Sink, folder: str) -> SampleRecord:
            record, rows = read(index)
            sample = self.refined(record, rows, sink)
            views = []
            for view in sample.views:  # pictures of the same samples come along as they are
                files = {}
                for output, name in view.files.items():
                    kept = picture_name(index, view.camera, view.frame, output)
                    sink.write(kept, (dataset.root / name).read_bytes())
                    files[output] = f"{folder}/{kept}" if folder else kept
                views.append(replace(view, files=files))
            return replace(sample, views=views)

        return make

    def refined(self, record: SampleRecord, rows: Sequence[Row], sink: Sink) -> SampleRecord:
        """Refines a sample, its rows into a sink."""
        sample, rows = refine_sample(
            record, rows, self.refiner, seed=self.seed, thresholds=self.thresholds, rejected=self.rejected
        )
        for row in rows:
            sink.add_signal(row)
        return sample


@dataclass(frozen=True)
class Again:
    """Makes refined samples without the simulation they were refined from: it is simulated again.

    Attributes:
        chain: How they were refined; its source is not read.
        simulate: Opens what makes simulated samples.
    """

    chain: SignalChain
    simulate: OpenMaker

    def __call__(self) -> Maker:
        """The maker."""
        simulated = self.simulate()

        def make(index: int, sink: Sink, folder: str) -> SampleRecord:
            rows = _Rows(sink)
            record = simulated(index, rows, folder)
            return self.chain.refined(record, rows.rows, sink)

        return make


class _Rows:
    """A sink that keeps rows and passes files on."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.rows: list[Row] = []

    def write(self, name: str, data: bytes) -> None:
        self._sink.write(name, data)

    def remove(self, name: str) -> None:
        self._sink.remove(name)

    def add_signal(self, row: Mapping[str, Any]) -> None:
        self.rows.append(dict(row))


class _Reader:
    """Reads samples of a data set in order, one group of rows in memory at a time."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset, self._size = dataset, dataset.plan["shard_size"]
        self._shard, self._next = -1, 0
        self._records: Iterator[SampleRecord] = iter(())
        self._rows: Iterator[tuple[int, Iterator[Row]]] = iter(())
        self._held: tuple[int, list[Row]] | None = None

    def __call__(self, index: int) -> tuple[SampleRecord, list[Row]]:
        if index // self._size != self._shard or index < self._next:
            self._open(index // self._size)
        record = next(record for record in self._records if record.index == index)
        self._next = index + 1
        while self._held is not None and self._held[0] < index:
            self._advance()
        rows = self._held[1] if self._held is not None and self._held[0] == index else []
        return record, rows

    def _open(self, shard: int) -> None:
        import json

        lines = self._dataset.shard_lines(shard)
        self._records = (SampleRecord.from_dict(json.loads(line)) for line in lines)
        path = self._dataset.root / shard_folder(shard) / SIGNALS
        found = read_signals(path) if path.is_file() else iter(())
        self._rows = groupby(found, key=itemgetter("index"))
        self._shard, self._next = shard, 0
        self._advance()

    def _advance(self) -> None:
        found = next(self._rows, None)
        self._held = None if found is None else (found[0], list(found[1]))
