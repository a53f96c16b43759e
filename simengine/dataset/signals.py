"""Signals of a data set: ``signals.parquet`` in a shard, one row per recording and channel.

A row holds the signal, its labels in the column names of ``bearing-datasets`` and, as nested lists, everything that is
known of it to the sample: when the structure was struck, how hard and by what, the modes it rang in, the speed, the
marks of the tachometer, and which samples were clipped or lost. With ``stems`` also what each source added.

Rows are written in groups of bounded size, so that a shard of any length needs the memory of one group, and read the
same way. Equal rows in equal order give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "FLOOR_COLUMNS",
    "SIGNALS",
    "STEM_COLUMNS",
    "Column",
    "SignalWriter",
    "compare_signals",
    "mask_of",
    "read_signals",
    "spans_of",
]

SIGNALS = "signals.parquet"
"""Name of the file in a shard."""

_GROUP_BYTES = 8 << 20  # of samples in memory before a group of rows is written

Kind = Literal["text", "number", "whole", "truth", "samples", "numbers", "wholes", "texts", "modes"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its name.
        kind: What a cell holds: ``text``, ``number`` (double), ``whole`` (64 bit), ``truth``; ``samples`` (list of
            float32), ``numbers`` (list of double), ``wholes`` (list of int32), ``texts`` (list), ``modes`` (list of
            frequency_hz, damping, residue).
        meaning: What it says, with its unit.
    """

    name: str
    kind: Kind
    meaning: str


def _columns(text: str) -> tuple[Column, ...]:
    lines = (line.split(None, 2) for line in text.strip().splitlines())
    return tuple(Column(name, kind, meaning) for name, kind, meaning in lines)  # type: ignore[arg-type]


COLUMNS = _columns("""
index                whole    number of the sample in the data set
seed                 whole    seed of the data set
attempt              whole    try that became the sample, from 0
spec_hash            text     hash of the scene
dataset              text     name of the scene
signal_id            text     name of this row, unique in the data set
recording_id         text     name of the recording; its channels share it
machine              text     name of the machine in the scene
condition            text     the machine's condition that was drawn; null where the scene names none
weight               number   rate of that condition in the world over its share in the data set
native_label         text     fault_type
channel              text     name of the sensor
sensor_location      text     where it sits
sensor_at_fault      truth    whether that is where the fault is; null for a healthy machine
fs                   number   nominal rate, samples per second
n_samples            whole    length of the signal
fault_type           text     faults joined by '+' in alphabetical order, or normal
fault_location       text     name of the bearing or gear that has the first fault
fault_origin         text     simulated, or null for a healthy machine
fault_size_mm        number   width of the first bearing fault, mm
fault_severity_level number   severity of the first gear fault, 0 to 1
quantity             text     acceleration, or angular velocity
unit                 text     m/s^2, or rad/s
sensitivity          number   gain of the sensor relative to its data sheet
axis                 text     x and y across the shaft, z along it; of an inertial unit its own axis
sensor_mounting      text     stud, glue, magnet, probe; null if unknown
speed_rpm            number   mean speed of the reference shaft, turns per minute
speed_profile        text     how the speed goes: constant, ramp, ...
load                 number   load of the faulty (else the first) bearing
load_unit            text     relative: to the nominal load
bearing_id           text     one for each machine that was drawn: split by it
bearing_model        text     designation of the faulty (else the first) bearing
bpfo                 number   elements that pass a point of the outer race per turn of the shaft
bpfi                 number   elements that pass a point of the inner race per turn
bsf                  number   turns of an element per turn; it strikes at twice this order
ftf                  number   turns of the cage per turn
n                    whole    rolling elements
d_mm                 number   diameter of an element, mm
D_mm                 number   pitch diameter, mm
phi_deg              number   contact angle, degrees
run_id               text     the run to failure it belongs to
time_s               number   time of the recording in that run, s
rul_s                number   remaining useful life then, s
snr_db               number   all faults over the background, dB; null for a healthy machine
clipped              number   fraction of samples at the limit of sensor or converter
dropped              number   fraction of samples that were lost
modes                modes    modes of the structure with their residues at this sensor
impact_times_s       numbers  when faults struck, s from the first sample
impact_amplitudes    numbers  acceleration that each strike starts in a mode of unit residue, m/s^2
impact_kinds         texts    what struck
nuisance_times_s     numbers  when the background struck, s
nuisance_amplitudes  numbers  as impact_amplitudes
nuisance_kinds       texts    as impact_kinds
speed_trace_s        numbers  times of the speed trace, s
speed_trace_hz       numbers  speed of the reference shaft then, Hz
tacho_s              numbers  when the shaft passed a mark of the tachometer, s
clipped_spans        wholes   first and past-the-last sample of each clipped stretch, one after the other
dropped_spans        wholes   the same for lost stretches
signal               samples  what the sensor wrote, in its unit
""")
"""The columns of every file, in order."""

STEM_COLUMNS = _columns("""
stem_fault           samples  true acceleration that the faults caused, m/s^2
stem_background      samples  that of noise, nuisance strikes and the neighbour
stem_shaft           samples  that of the healthy shaft and gears
stem_electrical      samples  that of the motor's field and the mains; the four sum to what the sensor felt
""")
"""The columns that a scene may ask for besides."""

FLOOR_COLUMNS = _columns("""
stem_floor           samples  noise that a refiner added; it joins the sum of the stems
""")
"""The column that refined signals with stems have besides."""

_ALL = {column.name: column for column in (*COLUMNS, *STEM_COLUMNS, *FLOOR_COLUMNS)}


class SignalWriter:
    """Writes rows to an open file; a context manager that ends the file.

    Args:
        file: Where to; only appended to.
        stems: Whether rows hold `STEM_COLUMNS` too.
        floor: Whether they hold `FLOOR_COLUMNS` too.
    """

    def __init__(self, file: BinaryIO, *, stems: bool, floor: bool = False) -> None:
        import pyarrow.parquet as pq

        self._columns = (*COLUMNS, *(STEM_COLUMNS if stems else ()), *(FLOOR_COLUMNS if floor else ()))
        self._schema = _schema(self._columns)
        lists = {column.name: column.kind for column in self._columns}
        rough = [f"{name}.list.element" for name, kind in lists.items() if kind in ("samples", "numbers")]
        self._writer = pq.ParquetWriter(
            file,
            self._schema,
            version="2.6",
            compression="zstd",
            compression_level=1,
            use_dictionary=[f"{name}.list.element" if kind == "texts" else name for name, kind in lists.items() if kind in ("text", "texts")],
            column_encoding=dict.fromkeys(rough, "BYTE_STREAM_SPLIT"),
            data_page_version="2.0",
            write_statistics=False,
        )  # fmt: skip
        self._rows: list[Mapping[str, Any]] = []
        self._bytes = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds a row: a value for each column, arrays or sequences for lists.

        Raises:
            SimengineError: A column is missing or unknown.
        """
        wrong = {column.name for column in self._columns} ^ set(row)
        if wrong:
            raise SimengineError(f"a row of signals has missing or unknown columns: {', '.join(sorted(wrong))}.")
        self._rows.append(row)
        self._bytes += sum(value.nbytes for value in row.values() if isinstance(value, np.ndarray))
        if self._bytes >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Writes what is left and the end of the file."""
        self._flush()
        self._writer.close()

    def __enter__(self) -> SignalWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            arrays = [_array(column, [row[column.name] for row in self._rows]) for column in self._columns]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=len(self._rows))
            self._rows, self._bytes = [], 0


def read_signals(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    indices: Sequence[int] | None = None,
    groups: Sequence[int] | None = None,
) -> Iterator[dict[str, Any]]:
    """Reads the rows of a file in order, one group of rows in memory at a time.

    Args:
        path: A ``signals.parquet``.
        columns: Names of the columns wanted; all if None.
        indices: Samples wanted; all if None. Groups of rows without any are not read.
        groups: Numbers of the groups of rows wanted; all if None.

    Yields:
        A row: single values, and arrays for lists (``samples`` float32, ``numbers`` float64, ``wholes`` int32,
        ``texts`` strings; ``modes`` a structured array of float64). What is not known is None.

    Raises:
        SimengineError: The file is no such file, or a column does not exist.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: column.kind for name, column in _ALL.items()}
    with disk_errors("read", path):
        try:
            file = pq.ParquetFile(path, memory_map=True)
        except pa.ArrowInvalid as error:
            raise SimengineError(f"{path} is no Parquet file: {error}. `simengine verify` compares hashes.") from error
        with file:
            there = file.schema_arrow.names
            missing = [name for name in columns or () if name not in there]
            if missing:
                hint = (
                    " Stems are written where the scene says `recording: {stems: true}`."
                    if missing[0].startswith("stem_")
                    else ""
                )
                raise SimengineError(f"{path} has no column {missing[0]!r}; it has {', '.join(there)}.{hint}")
            wanted = there if columns is None else list(columns)
            for group in range(file.num_row_groups) if groups is None else groups:
                keep = None
                if indices is not None:
                    found = file.read_row_group(group, columns=["index"]).column(0).to_numpy()
                    keep = np.flatnonzero(np.isin(found, indices))
                    if not len(keep):
                        continue
                table = file.read_row_group(group, columns=wanted).combine_chunks()
                cells = {name: _cells(kinds.get(name, "text"), table.column(name)) for name in wanted}
                for number in range(table.num_rows) if keep is None else keep.tolist():
                    yield {name: cell(number) for name, cell in cells.items()}


def compare_signals(before: Mapping[str, Any], after: Mapping[str, Any], *, tolerance: float = 0.0) -> list[str]:
    """Names the columns in which two rows differ.

    Args:
        before: A row as read.
        after: A row as made again.
        tolerance: 0: to the bit. Else only lists of samples are compared, and may differ by this fraction of their
            root mean square.
    """
    kinds = {name: column.kind for name, column in _ALL.items()}
    wrong = []
    for name in before.keys() | after.keys():
        old, new, kind = before.get(name), after.get(name), kinds.get(name, "text")
        if kind in ("text", "number", "whole", "truth"):
            same = old == new or tolerance > 0
        elif kind == "modes":
            same = tolerance > 0 or _modes(old).tolist() == _modes(new).tolist()
        else:
            old, new = np.asarray(old), np.asarray(new)
            if kind == "samples" and tolerance > 0 and old.shape == new.shape:
                level = float(np.sqrt(np.mean(np.square(old, dtype=float))))
                same = float(np.sqrt(np.mean(np.square(new.astype(float) - old)))) <= tolerance * level
            else:
                if kind in _NUMPY:
                    old, new = old.astype(_NUMPY[kind]), new.astype(_NUMPY[kind])
                same = (tolerance > 0 and kind != "samples") or np.array_equal(old, new)
        if not same:
            wrong.append(name)
    return sorted(wrong)


def spans_of(mask: np.ndarray) -> np.ndarray:
    """A mask as the first and past-the-last index of each stretch of True, shape (2 k,), int32."""
    edges = np.flatnonzero(np.diff(np.asarray(mask, dtype=np.int8), prepend=0, append=0))
    return edges.astype(np.int32)


def mask_of(spans: np.ndarray, count: int) -> np.ndarray:
    """The mask that `spans_of` was made from, shape (count,), bool."""
    mask = np.zeros(count, dtype=bool)
    for first, last in np.reshape(spans, (-1, 2)):
        mask[first:last] = True
    return mask


_NUMPY = {"samples": np.float32, "numbers": np.float64, "wholes": np.int32}
_MODE = ("frequency_hz", "damping", "residue")
_MODE_TYPE = np.dtype([(name, np.float64) for name in _MODE])


def _schema(columns: Sequence[Column]) -> pa.Schema:
    import pyarrow as pa

    def items(kind: pa.DataType) -> pa.DataType:
        return pa.list_(pa.field("element", kind, nullable=False))

    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "truth": pa.bool_(),
        "samples": items(pa.float32()),
        "numbers": items(pa.float64()),
        "wholes": items(pa.int32()),
        "texts": items(pa.string()),
        "modes": items(pa.struct([pa.field(name, pa.float64(), nullable=False) for name in _MODE])),
    }
    return pa.schema([pa.field(one.name, types[one.kind], metadata={"meaning": one.meaning}) for one in columns])


def _array(column: Column, cells: Sequence[Any]) -> pa.Array:
    """The cells of one column; lists are joined as arrays, never value by value."""
    import pyarrow as pa

    kind = _schema([column]).field(0).type
    if not pa.types.is_list(kind):
        return pa.array(cells, kind)
    if column.kind == "modes":
        parts = [_modes(cell) for cell in cells]
        joined = np.concatenate(parts)
        values = pa.StructArray.from_arrays(
            [pa.array(joined[name].copy()) for name in _MODE], fields=list(kind.value_type)
        )
    elif column.kind == "texts":
        parts = [np.asarray(cell, dtype=np.str_) for cell in cells]
        values = pa.array(np.concatenate(parts), pa.string())
    else:
        parts = [np.asarray(cell, dtype=_NUMPY[column.kind]) for cell in cells]
        values = pa.array(np.concatenate(parts), kind.value_type)
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind)


def _modes(cell: Any) -> np.ndarray:
    """Modes as a structured array, from one or from mappings."""
    if isinstance(cell, np.ndarray) and cell.dtype == _MODE_TYPE:
        return cell
    return np.array([tuple(mode[name] for name in _MODE) for mode in cell], dtype=_MODE_TYPE)


def _cells(kind: Kind, column: pa.ChunkedArray) -> Any:
    """What gives the value of a cell by the number of its row."""
    array = column.combine_chunks()
    array = array.chunk(0) if hasattr(array, "chunk") else array
    if kind in ("text", "number", "whole", "truth"):
        return array.to_pylist().__getitem__
    offsets = array.offsets.to_numpy()
    values = array.values
    if kind == "modes":
        joined = np.empty(len(values), dtype=_MODE_TYPE)
        for name in _MODE:
            joined[name] = values.field(name).to_numpy(zero_copy_only=False)
    else:
        joined = values.to_numpy(zero_copy_only=False)
        joined = joined.astype(np.str_) if kind == "texts" else joined
    return lambda number: joined[offsets[number] : offsets[number + 1]].copy()
