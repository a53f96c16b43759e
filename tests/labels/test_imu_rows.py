"""Rows of inertial units: complete, in their units, with what is known of the machine that they feel."""

import numpy as np
import pytest

from simengine.dataset.signals import COLUMNS, STEM_COLUMNS
from simengine.labels.signals import imu_rows
from simengine.physics.simulate import simulate
from simengine.scene.load import load_scene
from simengine.sensors.imu import feel

SCENE = """
simengine: 1
objects: {post: {shape: {box: {}}, physics: {static: true}, placement: {fixed: {}}}}
machines: {m: {shaft: {speed: {constant: 25}}, bearings: {de: {model: "6205"}}, faults: [{outer: {size: 1 mm}}]}}
sensors: {unit: {imu: {on: post, rate: 100, accelerometer: {range: 9}}}}
recording: {duration: 0.5, stems: STEMS}
timeline: {start: 0}
"""


@pytest.mark.parametrize("feels", [True, False])
@pytest.mark.parametrize("stems", [True, False])
def test_six_channels_with_every_column(tmp_path, feels, stems):
    text = SCENE.replace("STEMS", str(stems).lower())
    file = tmp_path / "scene.yaml"
    file.write_text(text.replace("on: post,", "on: post, machine: m,") if feels else text)
    scene = load_scene(str(file)).sample(5, 2)
    (felt,) = feel(scene, simulate(scene))
    rows = list(imu_rows(scene, felt, dataset="bench", spec_hash="h"))
    wanted = {column.name for column in (*COLUMNS, *(STEM_COLUMNS if stems else ()))}
    assert all(set(row) == wanted for row in rows)
    assert [row["channel"] for row in rows] == [f"unit.{name}" for name in ("ax", "ay", "az", "gx", "gy", "gz")]
    assert [row["unit"] for row in rows] == ["m/s^2"] * 3 + ["rad/s"] * 3
    assert len({row["signal_id"] for row in rows}) == 6
    assert {row["recording_id"] for row in rows} == {"5-2-unit"}
    up = rows[2]
    assert up["signal"].dtype == np.float32 and len(up["signal"]) == up["n_samples"] == 50
    assert up["clipped"] > 0.9 and up["clipped_spans"][0] < 3  # 9.81 is beyond 9
    assert up["sensor_location"] == "post[0]"
    if feels:
        assert (up["fault_type"], up["machine"], up["n"]) == ("outer", "m", 9)
        assert up["speed_rpm"] == pytest.approx(1500)
    else:
        assert (up["fault_type"], up["machine"], up["speed_rpm"]) == (None, None, None)


def test_a_data_set_counts_what_units_wrote(tmp_path):
    """From the command's own function to the file: six signals a sample, also where no machine is heard."""
    import simengine
    from simengine.dataset.signals import read_signals

    file = tmp_path / "scene.yaml"
    text = SCENE.replace("STEMS", "false")
    file.write_text(text + "cameras: {}\nlights: {}\noutputs: []\n")
    summary = simengine.generate(load_scene(str(file)), out=tmp_path / "data", count=2, seed=0, workers=1)
    assert summary.tally.signals == 12
    assert "12 signals" in str(summary)
    rows = [row for path in sorted((tmp_path / "data").rglob("signals.parquet")) for row in read_signals(path)]
    assert len(rows) == 12
    assert {row["channel"] for row in rows} == {f"unit.{name}" for name in ("ax", "ay", "az", "gx", "gy", "gz")}
    assert all(record.imus == ["unit"] for record in simengine.Dataset.open(tmp_path / "data"))
