"""Vibration from YAML to Parquet: what the labels promise holds in the files that a user gets."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

import simengine
from simengine.dataset.reader import Dataset
from simengine.dataset.signals import compare_signals, mask_of
from simengine.engine.generate import generate
from simengine.engine.replay import replay
from simengine.engine.verify import verify
from simengine.errors import SimengineError
from simengine.machines.rare import weighted_mean
from simengine.scene.spec import SceneSpec
from simengine.signals.bearing import Bearing
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders

STEMS = ("stem_fault", "stem_background", "stem_shaft", "stem_electrical")
IDEAL = {"on": "rig/de", "rate": "48 kHz", "anti_alias_order": 0, "oversampling": 1}
RIG = {
    "shaft": {"speed": {"constant": "30 Hz"}},
    "bearings": {"de": {"model": "6205", "jitter": 0}},
    "rotor": {"harmonics": [0.3, 0.2]},
    "electrical": {"mains": 50, "hum": [0.1]},
    "background": {"level": 0.05, "modulation": [0.3], "strikes": 10},
    "faults": [{"outer": {"size": "0.5 mm", "scatter": 0}}],
}


def made(tmp_path, rig=None, acc=None, *, name="out", count=1, seed=0, workers=1, **scene):
    """A data set of one machine; `rig`, `acc` and the rest are laid over the ones above."""
    tree = {
        "simengine": 1,
        "name": "rig",
        "machines": {"rig": {**RIG, **(rig or {})}},
        "sensors": {"acc": {"accelerometer": {**IDEAL, **(acc or {})}}},
        **scene,
    }
    generate(SceneSpec.from_tree(tree, str(tmp_path)), out=tmp_path / name, count=count, seed=seed, workers=workers)
    return Dataset.open(tmp_path / name)


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in sorted(Path(root).rglob("*")) if path.is_file()}


def clock_of(row):
    return ShaftClock(row["speed_trace_s"], row["speed_trace_hz"])


def test_stems_sum_to_what_the_sensor_felt(tmp_path):
    data = made(tmp_path, recording={"stems": True}, count=2)
    for row in data.signals():
        total = sum(row[name].astype(float) for name in STEMS)
        assert all(np.std(row[name]) > 0 for name in STEMS)
        assert np.abs(total - row["signal"]).max() < 1e-6 * np.abs(row["signal"]).max()


def test_strikes_lie_where_the_labels_say(tmp_path):
    (row,) = made(
        tmp_path, {"background": {"level": 0}, "rotor": {}, "electrical": None}, recording={"stems": True}
    ).signals()
    assert set(row["impact_kinds"]) == {"outer_entry", "outer_exit"}
    exits = row["impact_times_s"][row["impact_kinds"] == "outer_exit"]
    assert np.diff(exits) == pytest.approx(1 / (30 * row["bpfo"]), abs=1e-9)
    settled = np.arange(row["n_samples"]) > 0.1 * row["fs"]  # strikes before the recording still ring at its start
    signal, level = row["signal"][settled], np.abs(row["signal"]).max()
    assert np.abs(rung(row)[settled] - signal).max() < 1e-5 * level
    assert np.abs(rung(row, late=0.1 / row["fs"])[settled] - signal).max() > 1e-3 * level  # a tenth of a sample shows


def rung(row, *, late=0.0):
    """What a row's strikes start in its modes, summed strike by strike; `late` shifts them [s]."""
    times = np.arange(row["n_samples"]) / row["fs"]
    total = np.zeros_like(times)
    slowest = 2 * np.pi * row["modes"]["frequency_hz"].min()
    for mode in row["modes"]:
        natural = 2 * np.pi * mode["frequency_hz"]
        pole = natural * (-mode["damping"] + 1j * np.sqrt(1 - mode["damping"] ** 2))
        for strike, size, kind in zip(
            row["impact_times_s"], row["impact_amplitudes"], row["impact_kinds"], strict=True
        ):
            since = times - strike - late
            force = size * (slowest / pole if kind == "outer_entry" else 1)
            total[since > 0] += mode["residue"] * (force * np.exp(pole * since[since > 0])).imag
    return total


def test_envelope_lines_stand_at_the_orders_of_the_geometry(tmp_path):
    (row,) = made(tmp_path, {"background": {"level": 0.01}}, recording={"duration": 4}).signals()
    orders, spectra = envelope_orders(row["signal"].astype(float), row["fs"], clock_of(row), bands=[(500, 20_000)])
    near = (orders > 3) & (orders < 4)
    assert orders[near][spectra[0, near].argmax()] == pytest.approx(row["bpfo"], rel=2e-3)
    ring = Bearing(row["n"], row["d_mm"] / 1e3, row["D_mm"] / 1e3, np.radians(row["phi_deg"]))
    assert row["bpfo"] == pytest.approx(ring.orders.bpfo) and row["bpfo"] + row["bpfi"] == pytest.approx(row["n"])


def test_inner_race_carries_the_shaft_and_a_ball_the_cage(tmp_path):
    for fault, line, side in (("inner", "bpfi", lambda row: 1.0), ("rolling_element", "bsf", lambda row: row["ftf"])):
        rig = {"faults": [{fault: {"size": "0.5 mm", "scatter": 0}}], "background": {"level": 0.001}, "rotor": {}}
        (row,) = made(tmp_path, rig, name=fault, recording={"duration": 4}).signals()
        orders, spectra = envelope_orders(row["signal"].astype(float), row["fs"], clock_of(row), bands=[(500, 20_000)])
        centre = row[line] * (2 if line == "bsf" else 1)
        for order in (centre - side(row), centre + side(row)):
            height = spectra[0, np.abs(orders - order) < 0.02].max()
            assert height > 5 * np.median(spectra[0, (orders > order - 1.5) & (orders < order + 1.5)])


def test_order_lines_hold_on_a_ramp(tmp_path):
    rig = {"shaft": {"speed": {"ramp": {"from": "10 Hz", "to": "60 Hz"}}}, "background": {"level": 0.01}}
    (row,) = made(tmp_path, rig, recording={"duration": 3}).signals()
    orders, spectra = envelope_orders(row["signal"].astype(float), row["fs"], clock_of(row), bands=[(500, 20_000)])
    near = (orders > 3) & (orders < 4)
    assert orders[near][spectra[0, near].argmax()] == pytest.approx(row["bpfo"], rel=1e-2)
    assert row["speed_profile"] == "ramp" and row["speed_rpm"] == pytest.approx(60 * 35, rel=1e-9)
    assert clock_of(row).turns(row["tacho_s"]) == pytest.approx(np.arange(len(row["tacho_s"])), abs=1e-9)


def test_a_second_channel_of_another_rate_hears_the_same_strikes(tmp_path):
    sensors = {
        "fast": {"accelerometer": IDEAL},
        "slow": {"accelerometer": {**IDEAL, "rate": "12 kHz", "axis": "x"}},
        "clock": {"tachometer": {"shaft": "rig", "pulses": 4}},
    }
    data = made(tmp_path, {"snr": 3, "shaft": {"speed": {"constant": 30}, "wander": {"spread": "1%"}}}, sensors=sensors)
    fast, slow = data.signals()
    assert (fast["channel"], slow["channel"]) == ("fast", "slow") and slow["n_samples"] == 12_000
    for name in ("impact_times_s", "impact_amplitudes", "speed_trace_hz", "tacho_s"):
        assert np.array_equal(fast[name], slow[name]), name
    assert clock_of(fast).turns(fast["tacho_s"]) == pytest.approx(np.arange(len(fast["tacho_s"])) / 4, abs=1e-9)
    assert fast["snr_db"] == pytest.approx(3, abs=0.2)


def test_masks_tell_which_samples_are_false(tmp_path):
    acc = {"range": "4 m/s^2", "bits": 12, "dropouts": 5, "dropout_length": 0.02}
    (row,) = made(tmp_path, {"background": {"level": 0.6}}, acc).signals()
    clipped, dropped = (mask_of(row[f"{name}_spans"], row["n_samples"]) for name in ("clipped", "dropped"))
    assert clipped.mean() == pytest.approx(row["clipped"]) and dropped.mean() == pytest.approx(row["dropped"])
    assert 0.001 < clipped.mean() < 0.5 and 0.005 < dropped.mean() < 0.5
    assert np.abs(row["signal"]).max() <= 4
    begins = np.flatnonzero(np.diff(dropped.astype(int)) == 1) + 1
    assert all(row["signal"][k] == row["signal"][k - 1] for k in begins)


def test_a_life_ends_and_its_damage_is_heard(tmp_path):
    rig = {
        "run": {"onset": "2 h", "growth": "3 h", "recordings": 40, "threshold": "3 mm"},
        "background": {"level": 0.01},
        "faults": [{"outer": {"scatter": 0.05}}],
    }
    rows = list(made(tmp_path, rig, {"rate": "12 kHz"}, recording={"duration": 0.25}, seed=4).signals())
    assert len(rows) == 40 and len({row["run_id"] for row in rows}) == 1
    left = np.array([row["rul_s"] for row in rows])
    assert (np.diff(left) < 0).all() and left[-1] > 0
    assert left + [row["time_s"] for row in rows] == pytest.approx(left[0])
    assert {row["fault_type"] for row in rows[:3]} == {"normal"} and rows[-1]["fault_type"] == "outer"
    sick = [row for row in rows if row["fault_type"] == "outer"]
    sizes = [row["fault_size_mm"] for row in sick]
    levels = [row["signal"].astype(float).std() for row in sick]
    assert spearmanr(sizes, levels).statistic > 0.8 and (np.diff(sizes) > 0).all()
    assert len({row["modes"]["residue"].tobytes() for row in rows}) == 1  # one structure all along


def test_a_maintained_machine_lives_again(tmp_path):
    run = {"onset": "1 h", "growth": "2 h", "maintenance": "1 mm", "horizon": "40 h", "recordings": 80}
    rows = list(made(tmp_path, {"run": run}, {"rate": "8 kHz"}, recording={"duration": 0.05}).signals())
    left = np.array([row["rul_s"] for row in rows])
    assert len(rows) == 80 and (left > 0).all() and 3 < (np.diff(left) > 0).sum() < 15
    assert max(row["fault_size_mm"] or 0 for row in rows) < 1


def test_rates_estimated_on_enriched_data_are_those_of_the_world(tmp_path):
    rig = {
        "faults": [],
        "conditions": {"good": {"rate": 0.98}, "bad": {"rate": 0.02, "share": 2, "faults": [{"outer": {}}]}},
    }
    data = made(tmp_path, rig, {"rate": "8 kHz"}, count=120, recording={"duration": 0.01}, seed=2)
    rows = list(data.signals(columns=["fault_type", "weight", "condition"]))
    found = weighted_mean([row["fault_type"] == "outer" for row in rows], [row["weight"] for row in rows])
    assert abs(found.mean - 0.02) < 4 * found.error and found.error < 0.003
    assert data.summary.recordings["outer"] > 60
    assert [record.machines[0].weight for record in data] == [row["weight"] for row in rows]


def test_same_bytes_with_any_number_of_workers_and_after_any_interruption(tmp_path):
    """One run in one process, one in two, one that is killed and goes on."""
    spec = simengine.load_scene("bearing_bench")
    generate(spec, out=tmp_path / "one", count=24, seed=7, shard_size=2)
    generate(spec, out=tmp_path / "two", count=24, seed=7, shard_size=2, workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")

    command = [sys.executable, "-m", "simengine", "generate", "bearing_bench", "--count", "24", "--seed", "7"]
    command += ["--shard-size", "2", "--quiet", "--out", str(tmp_path / "three")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ)
    for _ in range(3000):
        if len(list((tmp_path / "three/shards").glob("0*"))) >= 2 or process.poll() is not None:
            break
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not (tmp_path / "three/dataset.json").exists()
    summary = generate(spec, out=tmp_path / "three", count=24, seed=7, shard_size=2)
    assert summary.found >= 4
    assert files(tmp_path / "three") == files(tmp_path / "one")


def test_a_sample_alone_is_the_sample_of_the_set(tmp_path):
    spec = simengine.load_scene("bearing_bench")
    generate(spec, out=tmp_path / "all", count=6, seed=1)
    replay(tmp_path / "all", item=4, out=tmp_path / "again")
    from simengine.dataset.signals import read_signals

    (alone,) = read_signals(tmp_path / "again/try-0/signals.parquet")
    (there,) = Dataset.open(tmp_path / "all").signals(indices=[4])
    assert compare_signals(there, alone) == []
    assert not list((tmp_path / "again").rglob("*.png"))


def test_verify_finds_a_false_row(tmp_path):
    import pyarrow.parquet as pq

    data = made(tmp_path, {"background": {"level": 0.3}}, {"rate": "8 kHz"}, count=3)
    assert verify(data.root, sample=None).ok
    path = data.root / "shards/000001/signals.parquet"
    pq.write_table(pq.read_table(path), path)
    found = verify(data.root, sample=1)
    assert len(found.differences) == 1 and "signals.parquet" in found.differences[0]


def test_summary_counts_by_fault_and_no_world_is_built(tmp_path):
    spec = simengine.load_scene("bearing_bench")
    before = set(sys.modules)
    summary = generate(spec, out=tmp_path / "out", count=30)
    assert "Recordings by fault: " in str(summary) and "Labelled objects" not in str(summary)
    assert summary.tally.recordings.total() == summary.tally.signals == 30
    assert not {name for name in set(sys.modules) - before if name in ("warp", "pybullet")}
    assert all(record.physics is None and not record.views for record in Dataset.open(tmp_path / "out"))


def test_pictures_and_signals_share_one_data_set(tmp_path):
    tree = {
        "name": "both",
        "objects": {"block": {"shape": {"box": {"size": [0.2, 0.2, 0.2]}}, "label": {"name": "block"}}},
        "cameras": {"front": {"resolution": [64, 48]}},
        "render": {"preset": "draft"},
        "lights": {"sun": {"sun": {}}},
        "machines": {"rig": RIG},
        "sensors": {"acc": {"accelerometer": {**IDEAL, "rate": "8 kHz"}}},
        "recording": {"duration": 0.1},
        "timeline": {"start": 0},
    }
    generate(SceneSpec.from_tree(tree, str(tmp_path)), out=tmp_path / "out", count=2)
    data = Dataset.open(tmp_path / "out")
    assert len(list(data.signals())) == 2 and all(len(record.views) == 1 for record in data)
    assert (tmp_path / "out/annotations_coco.json").exists() or list((tmp_path / "out").glob("*.json"))


def test_a_set_without_signals_says_so(tmp_path):
    from oracles.fake_chain import FakeChain, fake_spec

    generate(fake_spec(), out=tmp_path / "out", count=2, device="cpu", _open_maker=FakeChain())
    with pytest.raises(SimengineError, match="has no signals"):
        list(Dataset.open(tmp_path / "out").signals())
