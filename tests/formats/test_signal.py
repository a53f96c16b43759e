import json
import warnings

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord, SignalSet, open_signal_set
from simengine.signals.catalogue import bearing

RATE = 12_000
NOISE = np.random.default_rng(0).standard_normal(4000).astype(np.float32)


@pytest.fixture
def npz(tmp_path):
    path = tmp_path / "bench.npz"
    np.savez(path, IR007_0=NOISE, IR007_0__rpm=1797.0, OR021__rpm=1730.0, OR021=2 * NOISE)
    return path


def test_what_the_caller_says_wins_over_the_json_beside_and_that_over_the_file(npz):
    npz.with_suffix(".json").write_text(json.dumps({"fs": 5000, "fault_type": "cage", "load": 2.0}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = open_signal_set(npz).records[0]
        assert (first.rate, first.fault_type, first.speed_rpm, first.row["load"]) == (5000, "cage", 1797.0, 2.0)
        given = open_signal_set(npz, rate=RATE, fault_type="other", speed_rpm=1500, bearing_model="6205").records[0]
    assert (given.rate, given.fault_type, given.speed_rpm, given.row["load"]) == (RATE, "other", 1500.0, 2.0)
    assert given.bearing == bearing("6205") and given.row["bpfo"] == pytest.approx(3.5848, abs=1e-4)
    assert given.row["n_samples"] == 4000 and given.signal.dtype == np.float32 and (given.signal == NOISE).all()


def test_names_of_the_layout_of_public_copies_tell_the_labels(npz):
    first, second = open_signal_set(npz, rate=RATE)
    assert first.fault_type == "inner" and first.row["fault_size_mm"] == 0.1778 and first.row["load"] == 0.0
    assert first.group == "IR007" and first.row["fault_severity_level"] == 1
    assert second.fault_type == "unknown" and second.speed_rpm == 1730 and second.orders is None


def test_a_missing_rate_or_speed_is_named_with_its_remedy(tmp_path):
    np.savez(tmp_path / "a.npz", acc=NOISE)
    with pytest.raises(SimengineError, match=r"a\.npz, channel acc: no sampling rate is stated. Give rate="):
        open_signal_set(tmp_path / "a.npz")
    with pytest.raises(SimengineError, match=r"no speed of the shaft is stated.*speed_rpm=\"unknown\""):
        open_signal_set(tmp_path / "a.npz", rate=RATE)
    record = open_signal_set(tmp_path / "a.npz", rate=RATE, speed_rpm="unknown").records[0]
    with pytest.raises(SimengineError, match=r"the speed of the shaft is not known.*speed_rpm=\.\.\."):
        _ = record.speed_rpm
    for wrong in (-3.0, 0, float("nan"), "fast"):
        with pytest.raises(SimengineError, match="fs is"):
            open_signal_set(tmp_path / "a.npz", rate=wrong, speed_rpm=1500)
    with pytest.raises(SimengineError, match="speed_rpm is -5"):
        open_signal_set(tmp_path / "a.npz", rate=RATE, speed_rpm=-5)


@pytest.mark.parametrize(
    "samples, words",
    [
        (np.where(np.arange(4000) == 77, np.nan, NOISE), "channel acc: Sample 77 of a signal.*interpolate"),
        (np.where(np.arange(4000) >= 3990, np.inf, NOISE), "Sample 3990 .* 10 samples in all"),
        (NOISE.reshape(40, 100), r"shape \(40, 100\).*one vector"),
        (NOISE + 1j, "complex"),
        (NOISE.astype(str), "<U"),
    ],
)
def test_samples_that_are_no_vector_of_numbers_are_refused_with_their_place(tmp_path, samples, words):
    np.savez(tmp_path / "a.npz", acc=samples)
    with pytest.raises(SimengineError, match=words) as caught:
        open_signal_set(tmp_path / "a.npz", rate=RATE, speed_rpm=1500)
    assert "a.npz" in str(caught.value)


def test_a_row_or_a_column_of_a_matrix_is_a_vector(tmp_path):
    np.savez(tmp_path / "a.npz", x=NOISE[None], y=NOISE[:, None])
    x, y = open_signal_set(tmp_path / "a.npz", rate=RATE, speed_rpm=1500)
    assert (
        (x.signal == NOISE).all() and (y.signal == NOISE).all() and [x.row["channel"], y.row["channel"]] == ["x", "y"]
    )


def test_unknown_columns_and_channels_are_named_with_the_nearest(npz):
    with pytest.raises(SimengineError, match="'fault_typ' is no label column; did you mean fault_type"):
        open_signal_set(npz, rate=RATE, fault_typ="inner")
    npz.with_suffix(".json").write_text('{"sampling": 3}')
    with pytest.raises(SimengineError, match=r"bench\.json: 'sampling' is no label column"):
        open_signal_set(npz)
    npz.with_suffix(".json").write_text("[1, 2")
    with pytest.raises(SimengineError, match=r"bench\.json is not readable as label columns"):
        open_signal_set(npz)
    npz.with_suffix(".json").unlink()
    with pytest.raises(SimengineError, match="has no channel 'FE': it has IR007_0, OR021"):
        open_signal_set(npz, rate=RATE, channels=["FE"])
    assert len(open_signal_set(npz, rate=RATE, channels="OR021")) == 1


def test_what_is_no_recording_is_refused(tmp_path):
    with pytest.raises(SimengineError, match="does not exist"):
        open_signal_set(tmp_path / "none.npz")
    with pytest.raises(SimengineError, match=r"no file there ends in \.mat"):
        open_signal_set(tmp_path)
    (tmp_path / "a.xyz").write_text("1")
    with pytest.raises(SimengineError, match="of no known format"):
        open_signal_set(tmp_path / "a.xyz")
    for suffix in ("npz", "mat", "wav", "h5", "parquet"):
        (tmp_path / f"broken.{suffix}").write_bytes(b"no such file at all, only text of some length" * 9)
        with pytest.raises(SimengineError, match=f"broken.{suffix}"):
            open_signal_set(tmp_path / f"broken.{suffix}", rate=RATE, speed_rpm=1500)


def test_a_folder_is_read_file_by_file_and_its_parts_can_be_taken(tmp_path):
    (tmp_path / "deep").mkdir()
    np.savez(tmp_path / "b.npz", acc=2 * NOISE)
    np.savez(tmp_path / "deep" / "a.npz", acc=NOISE)
    data = open_signal_set(tmp_path, rate=RATE, speed_rpm=1500)
    assert [record.id for record in data] == ["b/acc", "deep/a/acc"]
    assert [record.id for record in data.subset([1])] == ["deep/a/acc"]
    assert data.digest() == open_signal_set(tmp_path, rate=RATE, speed_rpm=1500).digest() != data.subset([0]).digest()


def test_the_clock_follows_speed_trace_or_tachometer():
    signal = np.zeros(1000, np.float32)
    row = {"speed_rpm": 600.0, "recording_id": "r"}
    assert SignalRecord(signal, 1000.0, row).clock.steady_speed == 10.0
    ramp = {"speed_trace_s": np.array([0.0, 1.0]), "speed_trace_hz": np.array([5.0, 15.0])}
    assert SignalRecord(signal, 1000.0, row, ramp).clock.turns(1.0) == pytest.approx(10.0)
    edges = {"tacho_s": np.cumsum(np.linspace(0.2, 0.1, 8))}
    tracked = SignalRecord(signal, 1000.0, row | {"speed_profile": "ramp"}, edges).clock
    assert tracked.speed(edges["tacho_s"][0]) == pytest.approx(5.0, rel=0.1) and tracked.speed(1.0) == pytest.approx(
        9, rel=0.2
    )


def test_groups_keep_bearings_together_and_healthy_recordings_apart():
    record = lambda **row: SignalRecord(NOISE, 1.0, {"recording_id": "r1", **row})  # noqa: E731
    assert (
        record(bearing_id="B7").group == "B7" and record(bearing_id="healthy").group == "r1" and record().group == "r1"
    )
    assert SignalSet("s", (record(),)).records[0].fault_type == "unknown"


def test_copies_of_cwru_that_state_12_khz_for_the_normals_raise_the_warning_and_right_ones_do_not(real_data):
    normals, faults = real_data / "bearings/cwru_normal_48k.npz", real_data / "bearings/cwru_12k_drive_end.npz"
    with pytest.warns(UserWarning, match="contradict the sampling rate of 12000 Hz.*48000 Hz") as raised:
        data = open_signal_set(normals, rate=12_000)
    assert len(raised) == 1 and len(data.warnings) == 1 and "load0/DE" in data.warnings[0]  # once a file, not a channel
    with pytest.warns(UserWarning, match="load3/FE"):
        open_signal_set(normals, rate=12_000, channels=["FE"], speed_rpm=1726).subset([1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right = open_signal_set(normals, rate=48_000)
        assert right.warnings == () and {record.fault_type for record in right} == {"normal"}
        loaded = open_signal_set(faults, rate=12_000, bearing_model="6205")  # all 60 are checked
    assert len(loaded) == 60 and len({record.group for record in loaded}) == 11
    sizes = {(r.fault_type, r.row["fault_size_mm"]) for r in loaded}
    assert ("inner", 0.7112) in sizes and ("rolling_element", 0.3556) in sizes and len(sizes) == 11


def test_the_second_rig_reads_by_its_names(real_data):
    data = open_signal_set(real_data / "bearings/hit_mfs_51k2.npz", rate=51_200, bearing_model="6205")
    assert len(data) == 21 and data.warnings == ()
    assert {(r.fault_type, r.speed_rpm) for r in data} == {
        (kind, rpm) for kind in ("normal", "inner", "outer") for rpm in (600.0, 900.0, 1200.0)
    }
