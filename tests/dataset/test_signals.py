import tracemalloc
from hashlib import sha256

import numpy as np
import pyarrow.parquet as pq
import pytest

from simengine.dataset.record import PhysicsRecord, SampleRecord
from simengine.dataset.shard import ShardWriter, check_shard, read_shard
from simengine.dataset.signals import (
    COLUMNS,
    STEM_COLUMNS,
    SignalWriter,
    compare_signals,
    mask_of,
    read_signals,
    spans_of,
)
from simengine.errors import SimengineError
from simengine.sampling.streams import stream


def make_row(index, *, stems=False, count=1200):
    rng = stream(1, index, "row")
    strikes = int(rng.integers(0, 9))
    values = {
        "text": f"text {index}",
        "number": rng.random(),
        "whole": index,
        "truth": bool(index % 2),
        "samples": rng.random(count).astype(np.float32),
        "numbers": rng.random(strikes),
        "wholes": np.array([3, 7], np.int32),
        "texts": np.array(["outer_exit", "entry"])[rng.integers(0, 2, strikes)],
        "modes": [{"frequency_hz": 900.0, "damping": 0.05, "residue": -1.5}] * (index % 3),
    }
    row = {column.name: values[column.kind] for column in (*COLUMNS, *(STEM_COLUMNS if stems else ()))}
    return {**row, "rul_s": None, "fault_location": None, "sensor_at_fault": None}


def write(path, rows):
    with path.open("wb") as file, SignalWriter(file, stems="stem_fault" in rows[0]) as writer:
        for row in rows:
            writer.add(row)


@pytest.mark.parametrize("stems", [False, True])
def test_rows_read_as_they_were_written(tmp_path, stems):
    rows = [make_row(index, stems=stems) for index in range(20)]
    write(tmp_path / "a.parquet", rows)
    for row, again in zip(rows, read_signals(tmp_path / "a.parquet"), strict=True):
        assert compare_signals(row, again) == []
        assert again["rul_s"] is None and again["sensor_at_fault"] is None
        assert again["signal"].dtype == np.float32 and again["impact_times_s"].dtype == np.float64
        assert again["impact_kinds"].tolist() == row["impact_kinds"].tolist()
        assert again["modes"]["frequency_hz"].tolist() == [m["frequency_hz"] for m in row["modes"]]


def test_any_parquet_reader_reads_them(tmp_path):
    rows = [make_row(index) for index in range(5)]
    write(tmp_path / "a.parquet", rows)
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["signal"] for row in table] == [row["signal"].tolist() for row in rows]
    assert table[2]["modes"] == rows[2]["modes"]
    assert table[0]["impact_kinds"] == rows[0]["impact_kinds"].tolist()
    meanings = pq.read_schema(tmp_path / "a.parquet").field("fs").metadata
    assert meanings == {b"meaning": b"nominal rate, samples per second"}


def test_equal_rows_give_equal_bytes_and_any_other_value_other_ones(tmp_path):
    for name in "ab":
        write(tmp_path / name, [make_row(index) for index in range(8)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    rows = [make_row(index) for index in range(8)]
    rows[5]["signal"][17] = np.nextafter(rows[5]["signal"][17], np.float32(2))
    write(tmp_path / "c", rows)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_columns_and_samples_can_be_picked(tmp_path):
    write(tmp_path / "a", [make_row(index, count=200_000) for index in range(30)])
    assert pq.ParquetFile(tmp_path / "a").num_row_groups > 2
    found = list(read_signals(tmp_path / "a", columns=["index", "fs"], indices=[2, 29]))
    assert [row["index"] for row in found] == [2, 29] and set(found[0]) == {"index", "fs"}


def test_memory_does_not_grow_with_rows(tmp_path):
    """What is allocated through Python (NumPy's arrays) while 40 rows of 2 MB are written stays below 30 MB."""
    tracemalloc.start()
    with (tmp_path / "a").open("wb") as file, SignalWriter(file, stems=False) as writer:
        for index in range(40):
            writer.add(make_row(index, count=500_000))
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()


def test_wrong_rows_columns_and_files_are_refused(tmp_path):
    row = make_row(0)
    del row["fs"]
    with pytest.raises(SimengineError, match="missing or unknown columns: fs"):
        write(tmp_path / "a", [row])
    write(tmp_path / "b", [make_row(0)])
    with pytest.raises(SimengineError, match=r"no column 'stem_fault'.*recording: \{stems: true\}"):
        list(read_signals(tmp_path / "b", columns=["stem_fault"]))
    (tmp_path / "c").write_bytes(b"PAR1 or not")
    with pytest.raises(SimengineError, match="is no Parquet file"):
        list(read_signals(tmp_path / "c"))


def test_comparison_names_what_differs():
    old, new = make_row(3), make_row(3)
    new["fs"] = 1.0
    new["signal"] = new["signal"] * np.float32(1 + 1e-6)
    assert compare_signals(old, new) == ["fs", "signal"]
    assert compare_signals(old, new, tolerance=1e-5) == []
    assert compare_signals(old, {**new, "signal": new["signal"][:-1]}, tolerance=1e-5) == ["signal"]


def test_spans_are_masks():
    mask = stream(0, 0, "mask").random(999) < 0.3
    assert np.array_equal(mask_of(spans_of(mask), 999), mask)
    assert spans_of(np.ones(4, bool)).tolist() == [0, 4] and len(spans_of(np.zeros(4, bool))) == 0


def test_a_shard_holds_hashes_and_replaces_nothing_before_it_is_whole(tmp_path):
    (tmp_path / "shards").mkdir()
    record = SampleRecord(0, 0, 0, {}, {}, [], PhysicsRecord(None, 0.0, 0), [])
    with ShardWriter(tmp_path, 0) as shard:
        shard.add_signal(make_row(0))
        shard.add(record)
        shard.commit()
    data = (tmp_path / "shards/000000/signals.parquet").read_bytes()
    assert read_shard(tmp_path, 0)[0]["files"]["signals.parquet"] == {
        "sha256": sha256(data).hexdigest(),
        "size": len(data),
    }
    assert check_shard(tmp_path, 0, range(1)) == []
    with pytest.raises(RuntimeError), ShardWriter(tmp_path, 1) as shard:
        shard.add_signal(make_row(1))
        raise RuntimeError
    assert [path.name for path in (tmp_path / "shards").iterdir()] == ["000000"]
