"""Faults of a scene's machine in recordings of healthy ones."""

import warnings

import numpy as np
import pytest

from simengine.cli.main import main
from simengine.engine.inject import inject_faults, injected_set
from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord, SignalSet, open_signal_set
from simengine.formats.signal_windows import resample
from simengine.scene.load import load_scene
from simengine.signals.envelope import envelope_orders

SCENE = """
name: small_rig
machines:
  rig:
    shaft: {speed: {constant: 50 Hz}}
    bearings: {de: {model: "6205", jitter: 0.3%}}
    conditions:
      healthy: {}
      outer: {faults: [{outer: {size: 1 mm}}]}
sensors:
  acc: {accelerometer: {on: rig/de, rate: 12 kHz}}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "small_rig.yaml"
    path.write_text(SCENE)
    return path


def quiet(seconds=2.0, *, number=0, **row):
    noise = 0.05 * np.random.default_rng(number).standard_normal(int(12_000 * seconds)).astype(np.float32)
    full = {"signal_id": f"rec{number}/DE", "recording_id": f"rec{number}", "channel": "DE", "speed_rpm": 1500.0}
    return SignalRecord(noise, 12_000.0, {**full, "fault_type": "normal", "unit": "g", **row})


HEALTHY = SignalSet("plant", (quiet(), quiet(number=1)))


def test_what_is_added_follows_the_speed_of_the_recording_and_can_be_taken_off_again(scene):
    data = injected_set(HEALTHY, load_scene(scene), count=8, snr=(0.0, 10.0))
    kinds = [record.fault_type for record in data]
    assert set(kinds) == {"normal", "outer"} and kinds == [record.fault_type for record in data]
    for index, record in enumerate(data):
        source = HEALTHY.records[index % 2]
        assert record.row["injected_into"] == source.id and record.group == source.group and record.row["unit"] == "g"
        assert record.row["speed_rpm"] == 1500.0 and record.row["bearing_model"] == "6205-2RS"
        if record.fault_type == "normal":
            assert np.array_equal(record.signal, source.signal) and record.row["fault_origin"] is None
            continue
        fault = record.arrays["stem_fault"].astype(float)
        assert np.abs(record.signal - fault - source.signal).max() < 1e-7 * 10 * np.abs(record.signal).max()
        level = 20 * np.log10(np.std(fault) / np.std(source.signal))
        assert 0 <= record.row["snr_db"] <= 10 and level == pytest.approx(record.row["snr_db"], abs=1e-3)
        assert record.row["fault_size_mm"] == 1.0 and record.row["fault_origin"] == "simulated"
        orders, spectra = envelope_orders(record.signal, record.rate, record.clock, bands=[(500, 5000)], highest=8)
        side = (orders > 1.5) & (orders < 6)
        assert orders[side][spectra[0][side].argmax()] == pytest.approx(3.5848, rel=0.01)
        times = record.arrays["impact_times_s"]
        assert len(times) == len(record.arrays["impact_kinds"]) > 150  # 89.6 passings a second, each in and out
        passings = times[record.arrays["impact_kinds"] == "outer_entry"]
        assert 1 / np.diff(passings).mean() == pytest.approx(25 * 3.5848, rel=0.01)


def test_the_set_is_written_whole_with_its_labels_and_the_same_bytes_again(scene, tmp_path):
    data = injected_set(HEALTHY, load_scene(scene), count=5, snr=(3.0, 3.0), seconds=0.5, seed=4)
    counts = inject_faults(data, tmp_path / "a" / "set")
    inject_faults(data, tmp_path / "b" / "set")
    again = open_signal_set(tmp_path / "a" / "set")
    assert counts.total() == len(again) == 5 and set(counts) == {record.fault_type for record in again}
    for before, after in zip(data, again, strict=True):
        assert np.array_equal(before.signal, after.signal) and before.id == after.id and before.group == after.group
        assert len(after.signal) == 6000 and after.row.get("snr_db") == before.row.get("snr_db")
        if after.fault_type != "normal":
            assert np.array_equal(after.arrays["stem_fault"], before.arrays["stem_fault"])
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_changing_speed_carries_over(scene):
    row = {"speed_profile": "ramp"}
    ramp = quiet(4.0, number=2, **row)
    ramp.arrays.update(speed_trace_s=np.array([0.0, 4.0]), speed_trace_hz=np.array([10.0, 40.0]))
    data = injected_set(SignalSet("p", (ramp,)), load_scene(scene), count=4, snr=(10, 10))
    record = next(one for one in data if one.fault_type == "outer")
    passings = record.arrays["impact_times_s"][record.arrays["impact_kinds"] == "outer_entry"]
    turns = ramp.clock.turns(passings)
    assert np.diff(turns) == pytest.approx(1 / 3.5848, rel=0.03)


@pytest.mark.parametrize(
    "records, options, words",
    [
        ((quiet(fault_type="inner"),), {}, "labelled 'inner': faults are added to healthy recordings only"),
        ((quiet(speed_rpm=None),), {}, "the speed of the shaft is not known"),
        ((quiet(bearing_model="6203-2RS"),), {}, r"recorded with a bearing 6203-2RS \(BPFO 3.0531\).*BPFO 3.5848"),
        ((quiet(),), {"snr": None}, r"has no `snr`.*give --snr LOW HIGH"),
        ((quiet(),), {"machine": "pump"}, "has no machine 'pump' .*it has rig"),
        ((quiet(),), {"count": 0}, "count is 0"),
        ((quiet(0.2),), {"seconds": 1.0}, "lasts 0.2 s, less than a window of 1 s"),
    ],
)
def test_what_does_not_fit_is_refused(scene, records, options, words):
    with pytest.raises(SimengineError, match=words):
        list(injected_set(SignalSet("p", records), load_scene(scene), **{"count": 6, "snr": (0.0, 0.0), **options}))


def test_on_real_normals_the_rest_is_untouched(scene, real_data, tmp_path, capsys):
    source = real_data / "bearings/cwru_normal_48k.npz"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        healthy = open_signal_set(source, rate=48_000, bearing_model="6205", channels=["DE"])
    slow = SignalSet("cwru", tuple(resample(record, 12_000) for record in healthy))
    data = injected_set(slow, load_scene(scene), count=6, snr=(-3.0, 6.0), seconds=1.0)
    faulty = [record for record in data if record.fault_type == "outer"]
    assert faulty
    for record in faulty:
        real = record.signal.astype(float) - record.arrays["stem_fault"]
        begin = round(12_000 * record.row["window_start_s"])
        origin = next(one for one in slow if record.row["injected_into"].startswith(one.id))
        assert np.abs(real - origin.signal[begin : begin + 12_000]).max() < 1e-6
    command = ["inject", str(source), "--rate", "48000", "--bearing", "6205", "--channel", "DE", "--resample", "12000"]
    command += [
        "--seconds",
        "1",
        "--machine",
        str(scene),
        "--snr",
        "-3",
        "6",
        "--count",
        "4",
        "--out",
        str(tmp_path / "set"),
    ]
    assert main(command) == 0
    assert "4 records on 2 healthy ones" in capsys.readouterr().out
    written = open_signal_set(tmp_path / "set")
    assert [one.digest() for one in (written.subset([k]) for k in range(4))] and len(written) == 4
    assert np.array_equal(written.records[1].signal, data.records[1].signal)
