"""Machines and sensors in scenes: what is drawn is what is simulated, and what is wrong is named where it stands."""

from collections import Counter

import numpy as np
import pytest
from scipy.integrate import trapezoid

from simengine.machines.rare import weighted_mean
from simengine.scene.load import load_scene
from simengine.scene.schema.fault import BEARING_FAULTS, GEAR_FAULTS, Fault
from simengine.scene.schema.scene import SceneModel

RIG = """
machines:
  rig:
    shaft: {speed: {constant: 30 Hz}}
    bearings: {de: {model: "6205"}, nde: {model: 6203ZZ}}
    gears: {first: {pair: {driver: 20, driven: 47}}}
    faults: [{outer: {bearing: de, size: 0.5 mm}}]
    conditions: {ok: {}, bad: {faults: [{inner: {bearing: nde}}]}}
sensors:
  acc: {accelerometer: {on: rig/de, rate: 12 kHz}}
  tacho: {tachometer: {shaft: rig}}
"""
SMALL = """
machines:
  rig: {bearings: {de: {model: "6205"}}}
sensors:
  acc: {accelerometer: {on: rig}}
"""


def test_quantities_become_the_machine_that_is_simulated(load):
    (rig,) = load(RIG.replace("12 kHz", "12 kHz, range: 50 g, noise_density: 100 ug/rtHz")).sample(0, 0).machines
    fault = rig.machine.faults[0]
    assert fault.size == pytest.approx(0.5e-3) and fault.fault_type == "outer"
    assert rig.machine.bearing_of(fault).bearing.model == "6205-2RS"
    assert rig.machine.gears["first"].mesh_order == 20
    assert rig.clock.turns(2.0) == pytest.approx(60)


def test_scene_of_signals_alone_has_no_camera_and_others_keep_theirs(load):
    assert not load(RIG).model.pictured and load(RIG).sample(0, 0).cameras == ()
    both = load(RIG + "objects: {box: {shape: {box: {}}}}\n")
    assert both.model.pictured and len(both.sample(0, 0).cameras) == 1
    assert load("objects: {box: {shape: {box: {}}}}").model.pictured


def test_every_leaf_may_be_drawn_and_owns_its_stream(load):
    text = """
variables: {level: {uniform: [0.1, 0.5]}}
machines:
  rig:
    variables: {turn: {uniform: [0 deg, 360 deg]}}
    shaft: {speed: {choose: [{constant: {uniform: [10 Hz, 20 Hz]}}, {ramp: {from: 10 Hz, to: {uniform: [20 Hz, 60 Hz]}}}]}}
    bearings: {de: {model: {choose: ["6205", NICE]}, jitter: {nominal: 1%, vary: 50%}, zone: {direction: = turn}}}
    faults:
      - choose: [{outer: {position: = turn, size: {loguniform: [0.1 mm, 2 mm]}}}, {cage: {}}]
    background: {level: = level, modulation: [{uniform: [0, 0.5]}, 0.1]}
sensors:
  acc: {accelerometer: {on: rig, mounting: {choose: [stud, magnet]}, rate: {choose: [12 kHz, 25.6 kHz]}}}
"""
    spec = load(text)
    scenes = [spec.sample(3, index) for index in range(40)]
    machines = [scene.machines[0].machine for scene in scenes]
    assert {machine.bearings["de"].bearing.model for machine in machines} == {"6205-2RS", "NICE"}
    assert {fault.fault_type for machine in machines for fault in machine.faults} == {"outer", "cage"}
    assert {scene.sensors[0].chain.rate for scene in scenes} == {12_000.0, 25_600.0}
    resonances = {s.sensors[0].spec.mounting: s.sensors[0].chain.resonance for s in scenes}
    assert 15e3 <= resonances["stud"] <= 40e3 and 2e3 <= resonances["magnet"] <= 10e3
    for scene, machine in zip(scenes, machines, strict=True):
        turn = scene.draws["machines.rig.variables.turn"] / (2 * np.pi)
        assert machine.bearings["de"].zone.direction == pytest.approx(turn)
        assert machine.background.level == scene.draws["variables.level"]
    other = load(text.replace("jitter: {nominal: 1%, vary: 50%}, ", ""))
    for index, scene in enumerate(scenes[:10]):
        kept = {path: value for path, value in scene.draws.items() if "jitter" not in path}
        assert other.sample(3, index).draws == kept


def test_any_order_gives_the_same_machines(load):
    spec = load_scene("bearing_bench")
    forth = {index: spec.sample(1, index).machines[0].machine for index in range(6)}
    assert all(spec.sample(1, index).machines[0].machine == forth[index] for index in reversed(range(6)))


def test_every_fault_of_the_schema_can_be_made(load):
    for name in Fault.model_fields:
        kind = "bearing: de, " if name in BEARING_FAULTS else "gear: first, " if name in GEAR_FAULTS else ""
        text = RIG.replace("outer: {bearing: de, size: 0.5 mm}", f"{name}: {{{kind.rstrip(', ')}}}")
        (rig,) = load(text + "recording: {duration: 0.2 s}\n").sample(0, 0).machines
        assert type(rig.machine.faults[0]).__name__ in type(getattr(rig.spec.faults[0], name)).family.__name__


SPEEDS = {
    "constant: 25 Hz": lambda t: 25 + 0 * t,
    "ramp: {from: 10 Hz, to: 60 Hz}": lambda t: 10 + 50 * t,
    "ramp: {from: 0, to: 40 Hz, begin: 0.2 s, length: 0.5 s}": lambda t: 40 * np.clip((t - 0.2) / 0.5, 0, 1),
    "sine: {mean: 30 Hz, depth: 10%, frequency: 2 Hz}": lambda t: 30 * (1 + 0.1 * np.sin(4 * np.pi * t)),
    "profile: {times: [0, 0.5 s, 0.5 s], speeds: [20 Hz, 30 Hz, 10 Hz]}": lambda t: np.where(t < 0.5, 20 + 20 * t, 10),
}


@pytest.mark.parametrize("speed", SPEEDS)
def test_shaft_goes_as_the_scene_says(load, speed):
    (rig,) = load(SMALL.replace("rig: {", f"rig: {{shaft: {{speed: {{{speed}}}}}, ")).sample(0, 0).machines
    times = np.linspace(0, 0.999, 200)
    assert rig.clock.speed(times) == pytest.approx(SPEEDS[speed](times), rel=1e-3, abs=0.05)
    steps = np.linspace(0, 1, 20_001)
    whole = trapezoid(SPEEDS[speed](steps), steps)
    assert rig.clock.turns(1.0) == pytest.approx(whole, rel=1e-3)


def test_random_walk_keeps_between_its_bounds_and_differs_from_sample_to_sample(load):
    walk = "rig: {shaft: {speed: {random_walk: {start: 30 Hz, step: 20, low: 25 Hz, high: 35 Hz}}}, "
    spec = load(SMALL.replace("rig: {", walk) + "recording: {duration: 5 s}\n")
    speeds = [spec.sample(0, index).machines[0].clock.speeds for index in range(5)]
    assert all(one.min() >= 25 and one.max() <= 35 and np.ptp(one) > 3 for one in speeds)
    assert len({one.tobytes() for one in speeds}) == 5


def test_a_condition_is_drawn_by_share_and_weighs_what_it_stands_for(load):
    text = SMALL.replace(
        "rig: {",
        "rig: {conditions: {normal: {rate: 0.99, share: 1}, outer: {rate: 0.01, share: 3, faults: [{outer: {}}]}}, ",
    )
    spec = load(text)
    drawn = [spec.sample(5, index).machines[0] for index in range(600)]
    counts = Counter(one.condition for one in drawn)
    assert counts["outer"] == pytest.approx(450, abs=45)
    assert {one.condition: one.weight for one in drawn} == pytest.approx({"normal": 0.99 / 0.25, "outer": 0.01 / 0.75})
    assert all(len(one.machine.faults) == (one.condition == "outer") for one in drawn)
    estimate = weighted_mean([one.condition == "outer" for one in drawn], [one.weight for one in drawn])
    assert abs(estimate.mean - 0.01) < 4 * estimate.error + 1e-9 and estimate.error < 0.001


def test_a_condition_can_be_named_or_left_out(load):
    text = SMALL.replace("rig: {", "rig: {conditions: {a: {}, b: {share: 2, faults: [{outer: {}}]}, c: {share: 0}}, ")
    drawn = [load(text).sample(0, index).machines[0].condition for index in range(60)]
    assert set(drawn) == {"a", "b"}
    named = load(text, overrides=["machines.rig.condition=b"])
    assert {named.sample(0, index).machines[0].condition for index in range(5)} == {"b"}


BAD = [
    ("constant: 30 Hz", "constant: -5 Hz", "shaft.speed.constant", "-5 is outside above 0 Hz"),
    ("constant: 30 Hz", "constant: {uniform: [-5 Hz, 20 Hz]}", "shaft.speed.constant", "can give -5"),
    ("speed: {constant: 30 Hz}", "speed: 30 Hz", "shaft.speed", "write {constant: 30 Hz}"),
    ("constant: 30 Hz", "random_walk: {start: 5 Hz}", "speed.random_walk", "give a speed from 10 to 60 Hz"),
    ("constant: 30 Hz", "profile: {times: [0, 2 s, 1 s], speeds: [1, 2, 3]}", "speed.profile", "sort the nodes"),
    ('model: "6205"', "model: 6250", "bearings.de.model", "is not in the catalogue: name one of"),
    ('model: "6205"', 'model: "6250"', "bearings.de.model", "is not in the catalogue: name one of"),
    ('model: "6205"', 'model: {choose: ["6205", "6299"]}', "model.choose[1]", "'6299' is not in the catalogue"),
    ('{model: "6205"}', "{geometry: {elements: 0, element_diameter: 7 mm, pitch_diameter: 39 mm}}", "elements", "0 is outside"),
    ('{model: "6205"}', "{geometry: {elements: 9, element_diameter: 7 m, pitch_diameter: 39 mm}}", "geometry", "don't fit on a pitch circle"),
    ("rate: 12 kHz", "rate: 3 kHz", "accelerometer.rate", "below twice the highest line of machines.rig.gears.first.mesh"),
    ("constant: 30 Hz", "ramp: {from: 0, to: 200 Hz}", "accelerometer.rate", "20000 Hz at 200 turns per second"),
    ("rate: 12 kHz", "rate: 12 kHz, bits: 16", "accelerometer", "a converter needs a range"),
    ("on: rig/de", "on: rigg/de", "accelerometer.on", "there is no machine 'rigg'. Did you mean 'rig'?"),
    ("shaft: rig}", "shaft: Rig}", "tachometer.shaft", "there is no machine 'Rig'. Did you mean 'rig'?"),
    ("bearing: de", "bearing: dee", "outer.bearing", "there is no bearing 'dee'. Did you mean 'de'?"),
    ("outer: {bearing: de,", "outer: {", "faults[0].outer", "has 2 bearings: de, nde. Say which"),
    ("outer: {bearing: de, size: 0.5 mm}", "worn_gear: {gear: second}", "worn_gear.gear", "there is no gear 'second'"),
    ("outer: {bearing", "outre: {bearing", "faults[0].outre", "Did you mean 'outer'?"),
    ("ok: {}", "ok: {rate: 0.9}", "conditions.bad", "has no `rate`"),
    ("ok: {}, bad: {", "ok: {share: 0}, bad: {share: 0, ", "conditions", "give one a share above 0"),
    ("conditions:", "condition: fine\n    conditions:", "rig.condition", "there is no condition 'fine'"),
    ("gears:", "run: {onset: 1 h, growth: 10 h, maintenance: 1 mm}\n    gears:", "rig.run", "set horizon"),
    ("gears:", "run: {onset: 1 h, growth: 10 h}\n    snr: 3\n    gears:", "rig.snr", "would undo the growth"),
    ("tacho: {", "other: {tachometer: {shaft: rig}}\n  tacho: {", "tacho.tachometer.shaft", "has a tachometer already: other"),
    ("sensors:", "recording: {duration: 2 h}\nsensors:", "recording.duration", "about 26 GB of memory: record at most 1.67e+03 s"),
    ("sensors:", "objects: {fan: {shape: {box: {}}, drive: {machine: rgi}}}\nsensors:", "fan.drive.machine", "no machine 'rgi'"),
    ("rate: 12 kHz", "rate: 12 kHz, noise_density: 3 g", "noise_density", "use m/s^2/rtHz, ug/rtHz"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "words"), BAD, ids=[f"{new[:40]}" for _, new, _, _ in BAD])
def test_what_is_wrong_is_named_where_it_stands(complaints, old, new, path, words):
    assert old in RIG
    problems = complaints(RIG.replace(old, new, 1))
    line, column, where, text = problems[0]
    assert line > 1 and column > 1
    assert path in where
    assert words in text


def test_a_draw_that_the_sensor_cannot_write_is_drawn_again(load):
    spec = load(RIG.replace("constant: 30 Hz", "constant: {uniform: [50 Hz, 70 Hz]}"))  # mesh to 60 Hz
    from simengine.errors import Rejected

    rejected = 0
    for index in range(40):
        try:
            assert spec.sample(0, index).machines[0].clock.steady_speed <= 60
        except Rejected as error:
            rejected += 1
            assert "below twice the highest line" in error.reason and error.stage == "draw"
    assert 8 < rejected < 32


def test_names_of_a_scene_reach_the_schema():
    assert {"machines", "sensors", "recording"} <= set(SceneModel.model_fields)


def test_an_imu_on_nothing_is_named(tmp_path):
    from simengine.errors import SpecError
    from simengine.scene.load import load_scene

    file = tmp_path / "scene.yaml"
    file.write_text(
        "simengine: 1\nobjects: {drone: {shape: {box: {}}}}\nsensors: {u: {imu: {on: 'dron[1]/arm', machine: m}}}\n"
    )
    with pytest.raises(SpecError) as caught:
        load_scene(str(file))
    said = str(caught.value)
    assert "there is no object 'dron'. Did you mean 'drone'?" in said
    assert "there is no machine 'm'." in said
    assert ":3:" in said


def test_a_designation_needs_no_quotes(load):
    (rig,) = load(SMALL.replace('"6205"', "6205")).sample(0, 0).machines
    assert rig.machine.bearings["de"].bearing.model == "6205-2RS"


def test_fidelity_and_contacts_reach_the_machine(load):
    text = SMALL.replace(
        "rig: {", "rig: {fidelity: physical, contact: {load: {uniform: [300, 600]}, housing_mass: 4 kg}, "
    )
    (rig,) = load(text).sample(0, 0).machines
    assert rig.machine.fidelity == "physical" and rig.machine.contact.housing_mass == 4
    assert 300 <= rig.machine.contact.load <= 600
