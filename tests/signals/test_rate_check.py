import numpy as np
import pytest

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.machine import Machine, Rotor
from simengine.machines.record import record
from simengine.machines.rotor_faults import Looseness
from simengine.machines.speed import ConstantSpeed
from simengine.signals.rate_check import check_rate


def test_a_rate_stated_four_times_too_low_is_noticed():
    harmonics = tuple(0.3 * 0.93**k for k in range(48))
    machine = Machine(ConstantSpeed(30.1), rotor=Rotor(harmonics), background=Background(level=0.03))
    signal = record(machine, {"a": Accelerometer(48_000)}, duration=4.0).signal[0]
    assert check_rate(signal, 48_000, 30.0).warning == ""
    wrong = check_rate(signal, 12_000, 30.0)
    assert wrong.likely == 48_000 and "contradict the sampling rate of 12000 Hz" in wrong.warning
    assert check_rate(signal, 6_000, 30.0).likely == 48_000


def test_looseness_with_its_half_orders_is_no_wrong_rate():
    machine = Machine(ConstantSpeed(25.0), faults=[Looseness(level=0.5, halves=0.8)])
    signal = record(machine, {"a": Accelerometer(12_000)}, duration=4.0).signal[0]
    assert check_rate(signal, 12_000, 25.0).warning == ""


@pytest.mark.parametrize("record_name", ["load0_DE", "load0_FE", "load3_DE", "load3_FE"])
def test_healthy_records_of_cwru_taken_for_12_khz_raise_the_warning(real_data, record_name):
    with np.load(real_data / "bearings" / "cwru_normal_48k.npz") as file:
        signal, speed = file[record_name], float(file[f"{record_name[:5]}_rpm"]) / 60
    assert check_rate(signal, 48_000, speed).warning == ""
    assert check_rate(signal, 12_000, speed).likely == 48_000


def test_rightly_stated_records_raise_none(real_data):
    with np.load(real_data / "bearings" / "cwru_12k_drive_end.npz") as file:
        for name in [key for key in file.files if not key.endswith("__rpm")][::5]:
            assert check_rate(file[name], 12_000, float(file[f"{name}__rpm"]) / 60).warning == "", name
    with np.load(real_data / "bearings" / "hit_mfs_51k2.npz") as file:
        for name in file.files[::5]:
            assert check_rate(file[name], 51_200, float(name.split("_")[1]) / 60).warning == "", name
