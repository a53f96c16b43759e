"""What one format writes, it reads back: samples to the bit, every label."""

import csv
import io
import json
import wave

import numpy as np
import pytest
from oracles.signal_records import small_set

from simengine.errors import SimengineError
from simengine.formats.bearing_datasets import write_built
from simengine.formats.signal import SignalRecord, SignalSet, open_signal_set
from simengine.formats.signal_csv import write_csv
from simengine.formats.signal_hdf5 import write_hdf5
from simengine.formats.signal_mat import write_mat
from simengine.formats.signal_rows import recordings
from simengine.formats.signal_wav import write_wav

STEMS = {"stem_fault", "stem_background", "stem_shaft", "stem_electrical"}


@pytest.fixture(scope="module")
def data():
    return small_set()


def write(form, data, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if form == "hdf5":
        pytest.importorskip("h5py")
        write_hdf5(recordings(data), folder / "signals.h5")
    elif form == "built":
        write_built(data, folder, name="bench")
    else:
        for number, (name, channels) in enumerate(recordings(data)):
            if form == "mat":
                write_mat(channels, folder, name, number)
            elif form == "csv":
                write_csv(channels, folder, name)
            else:
                write_wav(channels, folder, name, sample_format="pcm24" if form == "pcm24" else "float32")
    return folder


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("form", ["mat", "csv", "wav", "hdf5", "built"])
def test_signal_and_labels_come_back(form, data, tmp_path):
    again = open_signal_set(write(form, data, tmp_path / form))
    assert [record.id for record in again] == [record.id for record in data]
    for before, after in zip(data, again, strict=True):
        assert after.signal.dtype == np.float32 and np.array_equal(before.signal, after.signal)
        assert after.rate == before.rate and after.fault_type == before.fault_type and after.group == before.group
        known = {name: value for name, value in before.row.items() if value is not None}
        if form == "built":  # its table has a word for what does not apply
            known.pop("fault_location", None)
        assert {name: after.row[name] for name in known} == known
        kept = set(before.arrays) - (STEMS if form in ("csv", "wav") else set())
        assert set(after.arrays) == kept
        for name in kept:
            assert plain(after.arrays[name]) == plain(before.arrays[name]), name
            assert after.arrays[name].dtype.kind == before.arrays[name].dtype.kind, name
        assert after.clock.turns(0.2) == before.clock.turns(0.2) and after.bearing == before.bearing


@pytest.mark.parametrize("form", ["mat", "csv", "wav", "hdf5", "built"])
def test_a_simulated_record_without_a_shaft_comes_back_too(form, data, tmp_path):
    first = data.records[0]
    row = {**first.row, "speed_rpm": None, "fault_type": None, "bearing_model": None, "quantity": "angular velocity"}
    bare = SignalSet("imu", (SignalRecord(first.signal, first.rate, row),))
    (again,) = open_signal_set(write(form, bare, tmp_path / form))
    assert np.array_equal(again.signal, first.signal) and again.row["quantity"] == "angular velocity"
    assert again.row.get("speed_rpm") is None and again.fault_type == "unknown"


@pytest.mark.parametrize("form", ["mat", "csv", "wav", "pcm24", "hdf5", "built"])
def test_equal_data_give_equal_bytes(form, data, tmp_path):
    first, second = write(form, data, tmp_path / "a"), write(form, data, tmp_path / "b")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files and files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
        assert not file.name.startswith(".")


def test_24_bit_sound_is_within_half_a_step_of_the_stated_full_scale(data, tmp_path):
    folder = write("pcm24", data, tmp_path)
    for before, after in zip(data, open_signal_set(folder), strict=True):
        assert np.abs(before.signal - after.signal).max() <= (0.5 / 2**23 + 2.0**-24) * after.row["full_scale"]
    with wave.open(str(next(folder.glob("*.wav")))) as file:  # the standard library's own reader
        assert (file.getsampwidth(), file.getframerate(), file.getnchannels(), file.getnframes()) == (
            3,
            12_000,
            2,
            3000,
        )


def test_mat_holds_what_cwru_users_look_for(data, tmp_path):
    from scipy.io import loadmat

    folder = write("mat", data, tmp_path)
    file = loadmat(folder / "3-2-0.mat")
    assert {"X002_acc_de_time", "X002_acc_fe_time", "X002RPM", "X002FS"} <= set(file)
    assert file["X002_acc_de_time"].shape == (3000, 1) and file["X002RPM"].item() == pytest.approx(1800)
    assert json.loads(file["X002_labels"][0])["acc_de"]["fault_type"] == "outer"
    assert b"Created on" not in (folder / "3-2-0.mat").read_bytes()[:116]
    assert file["X002_acc_de_stem_fault"].shape == (3000, 1)


def test_hdf5_says_units_and_meanings(data, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(write("hdf5", data, tmp_path) / "signals.h5") as file:
        place = file["3-0-0/acc_de"]
        assert place["signal"].attrs["unit"] == "m/s^2" and place["signal"].chunks == (3000,)
        assert place["impact_times_s"].attrs["unit"] == "s" and place["impact_amplitudes"].attrs["unit"] == "m/s^2"
        assert place["speed_trace_hz"].attrs["unit"] == "Hz" and place["stem_fault"].attrs["unit"] == "m/s^2"
        assert file["3-0-0"].attrs["fs"] == 12_000 and "samples per second" in file["columns"].attrs["fs"]
        total = sum(place[name][()].astype(float) for name in STEMS)
        assert np.abs(total).max() > 0 and len(total) == 3000


def test_csv_opens_as_a_plain_table(data, tmp_path):
    text = (write("csv", data, tmp_path) / "3-0-0.csv").read_text()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["time_s", "acc_de", "acc/fe"] and float(rows[13][0]) == pytest.approx(12 / 12_000)
    labels = json.loads((tmp_path / "3-0-0.json").read_text())
    assert labels["fault_type"] == "outer" and set(labels["channels"]) == {"acc_de", "acc/fe"}
    bare = open_signal_set(tmp_path / "3-0-0.csv").records[0]
    (tmp_path / "3-0-0.json").unlink()
    alone = open_signal_set(tmp_path / "3-0-0.csv", speed_rpm=1800).records[0]
    assert alone.rate == bare.rate == 12_000 and (alone.signal == bare.signal).all()


def test_bearing_datasets_opens_the_folder(data, tmp_path):
    library = pytest.importorskip("bearing_datasets", reason="pip install bearing-datasets, the independent reader")
    write("built", data, tmp_path / "bench")
    theirs = library.open("bench", root=tmp_path)
    table = theirs.metadata()
    assert len(table) == 6 and not table.isna().any().any() and theirs.manifest["n_recordings"] == 3
    for record in data:
        assert (theirs.signal(record.id) == record.signal).all()
    assert set(table["fault_type"]) == {"outer", "normal"}


def test_a_folder_that_bearing_datasets_built_is_read(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    noise = np.random.default_rng(0).standard_normal((3, 2000)).astype(np.float64)
    (tmp_path / "signals").mkdir()
    with pq.ParquetWriter(tmp_path / "signals/part-float64.parquet", pa.schema([("signal_id", pa.string()), ("signal", pa.list_(pa.float64()))])) as w:  # fmt: skip
        w.write_table(pa.table({"signal_id": ["a/DE", "b/DE"], "signal": [list(noise[0]), list(noise[1])]}))
        w.write_table(pa.table({"signal_id": ["c/DE"], "signal": [list(noise[2])]}))
    common = {"dataset": "rig", "channel": "DE", "fs": 10_000.0, "n_samples": 2000, "speed_rpm": 1500.0}
    rows = [
        {**common, "signal_id": f"{name}/DE", "recording_id": name, "fault_type": kind, "fault_origin": origin,
         "signal_file": "part-float64.parquet", "signal_row_group": group, "signal_row": row}
        for name, kind, origin, group, row in [("a", "normal", "none", 0, 0), ("b", "inner", "real", 0, 1), ("c", "outer", "unknown", 1, 0)]
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "metadata.parquet")
    data = open_signal_set(tmp_path)
    assert [r.fault_type for r in data] == ["normal", "inner", "outer"]
    assert [r.row.get("fault_origin") for r in data] == [None, "real", None]
    for record, signal in zip(data, noise, strict=True):
        assert (record.signal == signal.astype(np.float32)).all() and record.rate == 10_000


def test_a_parquet_table_with_lists_is_read_and_others_are_refused(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"signal": [[0.5] * 100, [1.5] * 100], "fs": [100.0, 200.0], "speed_rpm": [60.0, 60.0]}), tmp_path / "a.parquet")  # fmt: skip
    first, second = open_signal_set(tmp_path / "a.parquet")
    assert (first.rate, second.rate) == (100.0, 200.0) and second.signal[0] == 1.5 and first.id != second.id
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "b.parquet")
    with pytest.raises(SimengineError, match=r"no column 'signal'.*it has x"):
        open_signal_set(tmp_path / "b.parquet")
