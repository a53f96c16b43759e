import json

import numpy as np
import pytest

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.label_row import label_row
from simengine.machines.machine import Machine
from simengine.machines.mounted import MountedBearing
from simengine.machines.race_faults import OuterRaceFault
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed
from simengine.signals.catalogue import bearing

# columns of bearing-datasets 0.3 that a simulated recording can fill
SHARED = [
    "dataset",
    "signal_id",
    "recording_id",
    "native_label",
    "channel",
    "sensor_location",
    "fs",
    "n_samples",
    "fault_type",
    "fault_location",
    "quantity",
    "unit",
    "sensitivity",
    "axis",
    "speed_rpm",
    "speed_profile",
    "load",
    "load_unit",
    "fault_origin",
    "fault_size_mm",
    "bearing_id",
    "bearing_model",
    "bpfo",
    "bpfi",
    "bsf",
    "ftf",
    "run_id",
    "time_s",
    "rul_s",
]


def test_row_says_what_the_recording_is():
    mounted = MountedBearing(bearing("6205"))
    machine = Machine(ConstantSpeed(30), bearings={"de": mounted}, faults=[OuterRaceFault(size=0.53e-3)], snr=3.0)
    one = record(machine, {"acc": Accelerometer(12_000, axis="x")}, duration=0.5, seed=4, index=2)
    row = label_row(one, "acc", rul=120.0, spec_hash="abc")
    assert set(SHARED) <= set(row)
    assert json.loads(json.dumps(row)) == row
    assert row["fault_type"] == "outer" and row["fault_location"] == "de" and row["axis"] == "x"
    assert row["fault_size_mm"] == pytest.approx(0.53) and row["d_mm"] == pytest.approx(7.94, abs=0.01)
    assert row["speed_rpm"] == pytest.approx(1800) and row["n_samples"] == 6000 and row["fs"] == 12_000
    assert row["bpfo"] == pytest.approx(3.5848, abs=1e-4) and row["snr_db"] == pytest.approx(3.0, abs=0.1)
    assert len(row["impact_times_s"]) == len(row["impact_kinds"]) == len(one.impacts)
    assert set(row["impact_kinds"]) == {"outer_entry", "outer_exit"}
    assert len(row["modes"]) == 3 and row["rul_s"] == 120.0 and row["spec_hash"] == "abc"


def test_healthy_row_has_no_fault():
    one = record(Machine(ConstantSpeed(30)), {"acc": Accelerometer(12_000)}, duration=0.2)
    row = label_row(one, "acc")
    assert row["fault_type"] == "normal" and row["snr_db"] is None and row["bearing_model"] is None
    assert row["impact_times_s"] == [] and np.isfinite(row["speed_rpm"])
    assert json.dumps(row, allow_nan=False)
