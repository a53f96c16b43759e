"""A data set of signals leaves in every format and comes back."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from oracles.signal_records import small_set

from simengine.cli.main import main
from simengine.errors import SimengineError
from simengine.formats.croissant import export_croissant
from simengine.formats.signal import LazyRecords, SignalSet, open_signal_set
from simengine.formats.signal_export import SIGNAL_FORMATS, export_signals, write_signals

SCENE = """
name: mini_bench
description: A 6205 on a small rig.
recording: {duration: 0.25 s, stems: true}
machines:
  rig:
    shaft: {speed: {ramp: {from: 20 Hz, to: 30 Hz}}}
    bearings: {de: {model: "6205"}}
    snr: 6
    conditions:
      healthy: {}
      outer: {faults: [{outer: {size: 1 mm}}]}
sensors:
  acc_de: {accelerometer: {on: rig/de, rate: 12 kHz, range: 50 g, bits: 16}}
  acc_fe: {accelerometer: {on: rig, rate: 12 kHz, axis: x}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("signals")
    (root / "bench.yaml").write_text(SCENE)
    out = root / "set"
    assert main(["generate", str(root / "bench.yaml"), "--count", "4", "--shard-size", "3", "--out", str(out), "--quiet"]) == 0  # fmt: skip
    return out


def test_a_data_set_of_ours_is_read_as_it_was_written(folder):
    data = open_signal_set(folder)
    assert data.name == "mini_bench" and len(data) == 8 and data.warnings == ()
    assert {record.fault_type for record in data} == {"normal", "outer"}
    assert [record.row["channel"] for record in data][:2] == ["acc_de", "acc_fe"]
    record = data.records[5]
    assert record.id == open_signal_set(folder).subset([5]).records[0].id
    total = sum(record.arrays[f"stem_{name}"].astype(float) for name in ("fault", "background", "shaft", "electrical"))
    late = [np.corrcoef(total[: 2900 - k], record.signal[k:2900])[0, 1] for k in range(12)]
    assert max(late) > 0.95  # but for the sensor's low-pass, which delays by some samples
    assert record.clock.speed(0.125) == pytest.approx(25.0) and record.bearing.elements == 9
    assert len(open_signal_set(folder, channels="acc_fe")) == 4
    assert len({record.group for record in data}) == 4  # one a machine: its channels stay together


@pytest.mark.parametrize("form", SIGNAL_FORMATS)
def test_export_and_read_again(folder, form, tmp_path):
    if form == "hdf5":
        pytest.importorskip("h5py")
    data = open_signal_set(folder)
    path = export_signals(folder, form=form, out=tmp_path / ("s.h5" if form == "hdf5" else form))
    again = open_signal_set(path)
    for before, after in zip(data, again, strict=True):
        assert np.array_equal(before.signal, after.signal) and before.id == after.id
        assert after.fault_type == before.fault_type and after.clock.turns(0.2) == before.clock.turns(0.2)
        assert np.array_equal(before.arrays["impact_times_s"], after.arrays["impact_times_s"])
        assert np.array_equal(before.arrays["impact_kinds"], after.arrays["impact_kinds"])
    assert not [entry for entry in tmp_path.rglob("*") if entry.name.startswith(".")]


def test_the_command_writes_into_the_data_set_and_never_over_what_is_there(folder, capsys):
    assert main(["export", str(folder), "--format", "wav", "--samples", "pcm24"]) == 0
    assert capsys.readouterr().out.strip() == str(folder / "wav") and len(list((folder / "wav").glob("*.wav"))) == 4
    assert main(["export", str(folder), "--format", "wav"]) == 1
    assert "exists already: remove it, or name another place with --out" in capsys.readouterr().err
    assert main(["export", str(folder)]) == 1 and "COCO needs colour pictures" in capsys.readouterr().err
    assert main(["verify", str(folder)]) == 0


def test_files_of_others_are_converted_with_what_they_do_not_say(tmp_path, capsys):
    noise = np.random.default_rng(0).standard_normal(5000).astype("f4")
    np.savez(tmp_path / "a.npz", IR007_0=noise)
    assert main(["export", str(tmp_path / "a.npz"), "--format", "mat", "--out", str(tmp_path / "m")]) == 1
    assert "no sampling rate is stated" in capsys.readouterr().err
    hints = ["--rate", "12000", "--rpm", "1797", "--bearing", "6205"]
    assert main(["export", str(tmp_path / "a.npz"), "--format", "mat", "--out", str(tmp_path / "m"), *hints]) == 0
    (record,) = open_signal_set(tmp_path / "m")
    assert (record.rate, record.speed_rpm, record.fault_type) == (
        12_000,
        1797,
        "inner",
    ) and record.bearing.elements == 9
    assert np.array_equal(record.signal, noise)


def test_what_can_not_be_exported_is_refused(folder, tmp_path):
    with pytest.raises(SimengineError, match="'xls' is no format of recordings: name one of parquet, hdf5"):
        write_signals(small_set(1), tmp_path / "x", form="xls")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SimengineError, match="exists already"):
        export_signals(folder, form="csv", out=tmp_path / "file")


@pytest.mark.parametrize("form", SIGNAL_FORMATS)
def test_memory_is_flat_and_what_breaks_leaves_nothing(form, tmp_path):
    if form == "hdf5":
        pytest.importorskip("h5py")
    one = small_set(1, duration=4.0 if form == "parquet" else 0.25).records[0]
    bare = replace(one, arrays={})
    counts = (60, 200) if form == "parquet" else (4, 40)

    def many(count, breaks=None):
        def read(number):
            if number == breaks:
                raise SimengineError("the source broke")
            return replace(bare, row={**bare.row, "recording_id": f"r{number}", "signal_id": f"r{number}/a"})

        return SignalSet("many", LazyRecords(count, read))

    write_signals(many(2), tmp_path / "warm", form=form)  # libraries load
    peaks = []
    for count in counts:
        tracemalloc.start()
        write_signals(many(count), tmp_path / str(count), form=form)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    more = (counts[1] - counts[0]) * 4 * len(one.signal)
    assert peaks[1] - peaks[0] < more / 3  # parquet holds a group of rows of 8 MB, the others a recording
    with pytest.raises(SimengineError, match="the source broke"):
        write_signals(many(5, breaks=3), tmp_path / "broken", form=form)
    assert not [path for path in tmp_path.iterdir() if "broken" in path.name]


def test_croissant_describes_rows_and_files(folder, tmp_path):
    path = export_croissant(folder, out=tmp_path / "c.json")
    described = json.loads(path.read_bytes())
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.0" and described["name"] == "mini_bench"
    (rows,) = described["recordSet"]
    fields = {field["name"]: field for field in rows["field"]}
    assert fields["signal"]["repeated"] and fields["signal"]["source"]["extract"] == {"column": "signal"}
    assert fields["fs"]["dataType"] == "sc:Float" and "repeated" not in fields["fs"] and "stem_fault" in fields
    assert "datePublished" not in described and "license" not in described
    assert path.read_bytes() == export_croissant(folder, out=tmp_path / "d.json").read_bytes()


def test_the_reference_loader_of_croissant_reads_the_rows(folder):
    loader = pytest.importorskip("mlcroissant", reason="pip install 'mlcroissant[parquet]', the reference loader")
    described = loader.Dataset(str(export_croissant(folder)))
    assert not described.metadata.ctx.issues.errors
    data = open_signal_set(folder)
    for record, theirs in zip(data, described.records("signals"), strict=True):
        assert np.array_equal(np.float32(theirs["signals/signal"]), record.signal)
        assert theirs["signals/fault_type"].decode() == record.fault_type and theirs["signals/fs"] == record.rate
        assert theirs["signals/impact_times_s"] == record.arrays["impact_times_s"].tolist()


def test_croissant_of_pictures_reads_through_coco(tmp_path):
    from oracles.fake_chain import FakeChain, fake_spec

    from simengine.engine.generate import generate

    generate(fake_spec(), out=tmp_path / "set", count=3, device="cpu", _open_maker=FakeChain())
    path = export_croissant(tmp_path / "set")
    described = json.loads(path.read_bytes())
    assert [table["name"] for table in described["recordSet"]] == ["images", "annotations", "categories"]
    coco = json.loads((tmp_path / "set/coco/annotations.json").read_bytes())
    loader = pytest.importorskip("mlcroissant", reason="pip install 'mlcroissant[parquet]', the reference loader")
    for table in ("images", "annotations", "categories"):
        assert len(list(loader.Dataset(str(path)).records(table))) == len(coco[table])
