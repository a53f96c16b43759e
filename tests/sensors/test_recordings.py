import numpy as np
import pytest

from simengine.dataset.signals import COLUMNS, STEM_COLUMNS
from simengine.labels.signals import count_recordings, signal_rows
from simengine.scene.spec import SceneSpec
from simengine.sensors.recordings import listen

TREE = {
    "machines": {
        "rig": {
            "bearings": {"de": {"model": "6205"}, "nde": {"model": "6203ZZ"}},
            "faults": [{"outer": {"bearing": "de"}}],
        },
        "pump": {"shaft": {"speed": {"constant": 20}}},
        "silent": {},
    },
    "sensors": {
        "a": {"accelerometer": {"on": "rig/de", "mounting": "glue"}},
        "b": {"accelerometer": {"on": "rig/nde", "axis": "x"}},
        "c": {"accelerometer": {"on": "pump", "rate": 10_000}},
        "d": {"accelerometer": {"on": "rig", "clock_error": 5e-5}},
    },
    "recording": {"duration": 0.2},
}


def scene(seed=0, index=0, **changes):
    tree = {**TREE, **changes}
    return SceneSpec.from_tree(tree, ".").sample(seed, index)


def rows(drawn):
    return [row for heard in listen(drawn) for row in signal_rows(drawn, heard, dataset="x", spec_hash="h")]


def test_each_machine_is_heard_by_its_sensors_and_clocks_keep_apart():
    found = [(heard.machine.name, list(heard.sensors)) for heard in listen(scene())]
    assert found == [("rig", ["a", "b"]), ("rig", ["d"]), ("pump", ["c"])]


def test_rows_have_every_column_and_say_where_the_sensor_sits():
    found = rows(scene())
    assert all(set(row) == {column.name for column in COLUMNS} for row in found)
    by_channel = {row["channel"]: row for row in found}
    assert [by_channel[name]["sensor_at_fault"] for name in "abcd"] == [True, False, None, None]
    assert [by_channel[name]["sensor_location"] for name in "abcd"] == ["de", "nde", "c", "d"]
    assert by_channel["a"]["sensor_mounting"] == "glue" and by_channel["a"]["fault_location"] == "de"
    assert by_channel["c"]["fault_type"] == "normal" and by_channel["c"]["speed_rpm"] == pytest.approx(1200)
    assert len({row["signal_id"] for row in found}) == 4
    assert by_channel["a"]["recording_id"] == by_channel["b"]["recording_id"] != by_channel["c"]["recording_id"]
    assert all(row["signal"].dtype == np.float32 and len(row["signal"]) == row["n_samples"] for row in found)


def test_stems_are_written_where_they_are_asked_for():
    found = rows(scene(recording={"duration": 0.2, "stems": True}))
    assert all(set(row) == {column.name for column in (*COLUMNS, *STEM_COLUMNS)} for row in found)


def test_an_error_of_the_clock_moves_samples_and_no_strike():
    drawn = scene()
    first, second = (heard for heard in listen(drawn) if heard.machine.name == "rig")
    assert np.array_equal(first.recording.impacts.times, second.recording.impacts.times[: len(first.recording.impacts)])
    assert second.recording.duration == pytest.approx(first.recording.duration / (1 + 5e-5))


def test_one_more_sensor_leaves_the_others_as_they_were():
    more = {**TREE["sensors"], "e": {"accelerometer": {"on": "rig/de", "axis": "z"}}}
    before = {row["channel"]: row["signal"] for row in rows(scene()) if row["machine"] == "pump"}
    after = {row["channel"]: row["signal"] for row in rows(scene(sensors=more))}
    assert all(np.array_equal(after[name], signal) for name, signal in before.items())
    strikes = {row["channel"]: row["impact_times_s"] for row in rows(scene(sensors=more))}
    assert np.array_equal(strikes["a"], rows(scene())[0]["impact_times_s"])


def test_a_life_is_counted_by_the_state_of_its_recordings():
    machines = {
        "rig": {**TREE["machines"]["rig"], "run": {"onset": "1 h", "growth": "1 h", "recordings": 12}, "background": {}}
    }
    drawn = scene(machines=machines, sensors={"a": TREE["sensors"]["a"]})
    records = []
    for heard in listen(drawn):
        count_recordings(records, heard)
    assert [record.fault_type for record in records] == ["normal", "outer"]
    assert sum(record.recordings for record in records) == 12


def test_a_healthy_machine_lives_on():
    machines = {"rig": {"run": {"onset": "1 h", "growth": "1 h", "recordings": 5}}}
    found = rows(scene(machines=machines, sensors={"a": {"accelerometer": {"on": "rig"}}}))
    assert [row["rul_s"] for row in found] == [None] * 5 and {row["fault_type"] for row in found} == {"normal"}
    assert np.diff([row["time_s"] for row in found]) == pytest.approx(found[1]["time_s"])
