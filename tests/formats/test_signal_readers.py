"""Files as others write them."""

import json
import wave

import numpy as np
import pytest
from scipy.io import savemat, wavfile

from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_cwru_number, columns_of_name
from simengine.formats.signal import open_signal_set

NOISE = np.random.default_rng(0).standard_normal(3000)


# --- MATLAB


def test_a_cwru_file_is_known_by_the_number_in_its_variables(tmp_path):
    savemat(tmp_path / "renamed.mat", {"X105_DE_time": NOISE[:, None], "X105_FE_time": 2 * NOISE[:, None], "X105RPM": [[1797]]})  # fmt: skip
    drive, fan = open_signal_set(tmp_path)
    assert drive.rate == 12_000 and drive.speed_rpm == 1797 and drive.fault_type == "inner"
    assert drive.row["fault_size_mm"] == 0.1778 and drive.row["load"] == 0.0 and drive.row["unit"] == "g"
    assert drive.row["recording_id"] == "12k_DE_IR007_0" and drive.group == "DE_IR007" == fan.group
    assert drive.bearing.model == "6205-2RS" and fan.bearing.model == "6203-2RS"
    assert drive.row["fault_location"] == "motor_bearing_de" and np.array_equal(fan.signal, (2 * NOISE).astype("f4"))


def test_the_normals_of_cwru_are_48_khz_wherever_they_lie(tmp_path):
    folder = tmp_path / "12k_drive_end"
    folder.mkdir()
    savemat(folder / "Normal_0.mat", {"X097_DE_time": NOISE[:, None], "X097RPM": [[1796]]})
    record = open_signal_set(folder).records[0]
    assert record.rate == 48_000 and record.fault_type == "normal" and record.group == "48k_Normal_0"


def test_a_file_with_variables_of_another_record_keeps_its_own(tmp_path):
    both = {"X098_DE_time": NOISE[:, None], "X099_DE_time": 2 * NOISE[:, None], "X099RPM": [[1750]]}
    savemat(tmp_path / "99.mat", both)
    (record,) = open_signal_set(tmp_path)
    assert record.row["native_label"] == "Normal_2" and record.speed_rpm == 1750
    assert np.array_equal(record.signal, (2 * NOISE).astype("f4"))


def test_numbers_of_cwru_agree_with_their_index_pages():
    table = {
        97: ("Normal_0", 48e3), 100: ("Normal_3", 48e3), 108: ("IR007_3", 12e3), 109: ("IR007_0", 48e3),
        158: ("OR007@12_1", 12e3), 217: ("IR021_3", 48e3), 226: ("B021_0", 48e3), 261: ("OR021@12_3", 12e3),
        270: ("IR021_0", 12e3), 309: ("OR014@3_1", 12e3), 310: ("OR014@3_0", 12e3), 313: ("OR014@6_0", 12e3),
        318: ("OR021@3_3", 12e3), 3001: ("IR028_0", 12e3), 3008: ("B028_3", 12e3),
    }  # fmt: skip
    for number, (label, rate) in table.items():
        columns = columns_of_cwru_number(number, "DE")
        assert (columns["native_label"], columns["fs"]) == (label, rate), number
    assert columns_of_cwru_number(101, "DE") == {} == columns_of_cwru_number(105, "acc")
    known = [number for number in range(4000) if columns_of_cwru_number(number, "DE")]
    assert len(known) == 161  # files of the four index pages
    assert columns_of_cwru_number(294, "FE")["or_position"] == "6:00"


def test_names_that_only_look_alike_tell_nothing():
    assert columns_of_name("OR007@6_0")["or_position"] == "6:00" and columns_of_name("IR2_900")["speed_rpm"] == 900
    assert columns_of_name("Normal_600")["fault_type"] == "normal" and "speed_rpm" not in columns_of_name("Normal_3")
    for name in ("IR7_0", "B0071_0", "abnormal_7", "OR007@5_0", "IR_900", "run_B007_0"):
        assert columns_of_name(name) == {}, name
    assert columns_of_name("load3_DE", within="cwru_normal_48k") == {
        "fault_type": "normal", "fault_size_mm": 0.0, "fault_severity_level": 0, "bearing_id": "healthy", "load": 3.0,
    }  # fmt: skip


def test_any_vectors_of_a_mat_are_channels(tmp_path):
    savemat(tmp_path / "a.mat", {"bearing": NOISE, "fs": 97_656.0, "rpm": 1500.0, "note": "hello"})
    (record,) = open_signal_set(tmp_path)
    assert (record.rate, record.speed_rpm, record.row["channel"]) == (97_656.0, 1500.0, "bearing")
    savemat(tmp_path / "a.mat", {"fs": 97_656.0})
    with pytest.raises(SimengineError, match="no vector of 16 samples or more: it holds fs"):
        open_signal_set(tmp_path)


def test_a_mat_of_version_7_3_is_read_too(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "big.mat", "w", userblock_size=512) as file:
        file["X106_DE_time"], file["X106RPM"] = NOISE[None], [[1772.0]]  # MATLAB stores columns as rows
        file["X106_note"] = np.array([[72], [105]], dtype=np.uint16)
    with (tmp_path / "big.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    (record,) = open_signal_set(tmp_path)
    assert record.row["native_label"] == "IR007_1" and record.speed_rpm == 1772
    assert np.array_equal(record.signal, NOISE.astype("f4"))
    (tmp_path / "big.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 400)
    with pytest.raises(SimengineError, match=r"big\.mat is no sound HDF5 file"):
        open_signal_set(tmp_path)


# --- text


@pytest.mark.parametrize(
    "text, names",
    [
        ("acc,mic\n{}", ["acc", "mic"]),
        ("acc;mic\n{}", ["acc", "mic"]),
        ('"acc"\t"mic"\n{}', ["acc", "mic"]),
        ("acc mic\n{}", ["acc", "mic"]),
        ("{}", ["ch1", "ch2"]),
        ("\ufeffacc,mic\n{}", ["acc", "mic"]),
        ("# measured on the pump\nacc,mic\n\n{}", ["acc", "mic"]),
    ],
)
def test_csv_of_any_make(tmp_path, text, names):
    mark = next((one for one in (";", "\t", ",") if one in text), "," if text == "{}" else " ")
    number = (lambda x: f"{x:.6f}".replace(".", ",")) if mark in (";", "\t") else (lambda x: f"{x:.6f}")
    body = "\n".join(f"{number(x)}{mark}{number(2 * x)}" for x in NOISE[:500])
    (tmp_path / "a.csv").write_text(text.format(body), encoding="utf-8")
    data = open_signal_set(tmp_path / "a.csv", rate=1000, speed_rpm=600)
    assert [record.row["channel"] for record in data] == names
    assert data.records[1].signal == pytest.approx(2 * NOISE[:500], abs=2e-6)


@pytest.mark.parametrize("column, scale", [("time", 1.0), ("t", 1.0), ("Time [ms]", 1e3), ("time_s", 1.0)])
@pytest.mark.parametrize("digits", [9, 4])
def test_csv_takes_the_rate_from_times_and_the_speed_from_a_column(tmp_path, column, scale, digits):
    rate = 12_800
    lines = [f"{column},acc_x,rpm"] + [
        f"{scale * k / rate:.{digits}f},{x:.5f},{1500 + k % 2}" for k, x in enumerate(NOISE)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    (record,) = open_signal_set(tmp_path)
    assert record.rate == pytest.approx(rate, rel=1e-3 if digits == 4 else 1e-6)
    assert record.speed_rpm == pytest.approx(1500.5) and record.row["axis"] == "x"


def test_one_column_with_decimal_commas_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("acc\n" + "\n".join(f"{x:.6f}".replace(".", ",") for x in NOISE))
    (record,) = open_signal_set(tmp_path, rate=1000, speed_rpm=600)
    assert record.signal == pytest.approx(NOISE, abs=1e-6) and record.row["channel"] == "acc"


def test_csv_states_columns_in_comments_and_beside_itself(tmp_path):
    (tmp_path / "IR014_2.csv").write_text("# fs: 48000 Hz\n# rpm = 1750\nDE\n" + "\n".join(map(str, NOISE)))
    record = open_signal_set(tmp_path).records[0]
    assert (record.rate, record.speed_rpm, record.fault_type, record.row["load"]) == (48_000, 1750, "inner", 2.0)
    beside = {"fs": 24_000, "channels": {"DE": {"unit": "g", "bearing_model": "6205"}}}
    (tmp_path / "IR014_2.json").write_text(json.dumps(beside))
    record = open_signal_set(tmp_path).records[0]
    assert record.rate == 24_000 and record.row["unit"] == "g" and record.bearing.elements == 9


@pytest.mark.parametrize(
    "text, words",
    [
        ("", r"a\.csv is empty"),
        ("a,b\n1,2\n3\n", r"a\.csv:3: the line has 1 cells, the first one 2"),
        ("a,b\n1,2\n3,bad\n", r"a\.csv:3: cell 2 is 'bad', no number"),
        ("a,a\n1,2\n", "several columns of one name"),
        ("t\n" + "\n".join(str(k / 100) for k in range(99)), "has times but no channel"),
        ("t,a\n" + "\n".join(f"{k**2 / 100},1" for k in range(99)), "not evenly spaced"),
        ("t,a\n" + "\n".join(f"{(k if k < 50 else k + 9) / 100},{k}" for k in range(99)), "not evenly spaced"),
        ("t,a\n" + "\n".join(f"{-k / 100},{k}" for k in range(99)), "not evenly spaced"),
        ("a\n" + "\n".join("1" if k != 40 else "nan" for k in range(99)), "channel a: Sample 40 .* is nan"),
    ],
)
def test_csv_errors_name_line_and_cell(tmp_path, text, words):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SimengineError, match=words):
        open_signal_set(tmp_path / "a.csv", speed_rpm=600, **({} if text.startswith("t") else {"rate": 100}))


# --- WAV


@pytest.mark.parametrize("kind", ["u1", "<i2", "<i4", "<f4", "<f8"])
def test_wav_of_any_depth_has_its_rate_inside(tmp_path, kind):
    wanted = np.clip(0.3 * NOISE, -0.99, 0.99)
    depth = {"u1": 128, "<i2": 2**15, "<i4": 2**31}.get(kind)
    samples = np.rint(wanted * depth + (128 if kind == "u1" else 0)) if depth else wanted
    wavfile.write(tmp_path / "a.wav", 51_200, np.stack([samples, -samples + (256 if kind == "u1" else 0)], 1).clip(0, 255).astype(kind) if kind == "u1" else np.stack([samples, -samples], 1).astype(kind))  # fmt: skip
    left, right = open_signal_set(tmp_path, speed_rpm=900)
    assert left.rate == 51_200 and [left.row["channel"], right.row["channel"]] == ["ch1", "ch2"]
    assert left.signal == pytest.approx(wanted, abs=1.1 / (depth or 1e7) + 1e-7)
    assert left.row.get("unit") == ("normalized" if depth else None)


def test_24_bit_wav_means_the_full_scale_that_is_stated(tmp_path):
    whole = np.rint(0.25 * 2**23 * np.sin(np.arange(2000))).astype("<i4")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 3, 48_000, 0, "NONE", ""))
        file.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    (tmp_path / "a.json").write_text('{"speed_rpm": 900, "full_scale": 20.0, "unit": "m/s^2"}')
    (record,) = open_signal_set(tmp_path)
    assert record.signal == pytest.approx(5.0 * np.sin(np.arange(2000)), abs=1e-5) and record.row["unit"] == "m/s^2"
    (tmp_path / "a.json").write_text('{"speed_rpm": 900, "channels": {"l": {}, "r": {}}}')
    with pytest.raises(SimengineError, match="has 1 channels, but the JSON file beside it names 2"):
        open_signal_set(tmp_path)


# --- HDF5


def test_hdf5_of_others_is_read_by_its_attributes(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["sampling_rate"] = 25_600.0
        group = file.create_group("pump/run1")
        group.attrs["fault_type"] = "cage"
        group["rpm"] = 1480.0
        group["acc_y"] = NOISE
        group["acc_z"] = 2 * NOISE[:, None]
        group["acc_z"].attrs["unit"] = "g"
        file["spare"] = np.arange(5)
    first, second = open_signal_set(tmp_path)
    assert first.rate == 25_600 and first.speed_rpm == 1480 and first.fault_type == "cage" and first.row["axis"] == "y"
    assert first.id == "a/pump/run1/acc_y" and second.row["unit"] == "g"
    assert np.array_equal(second.signal, (2 * NOISE).astype("f4"))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spare"] = np.arange(5)
    with pytest.raises(SimengineError, match="no vector of 16 samples or more: it holds"):
        open_signal_set(tmp_path)
