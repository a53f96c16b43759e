"""Previews of machines, and of recordings by the command."""

import cv2
import numpy as np
import pytest

from simengine.cli.main import main
from simengine.engine.preview import mesh_lines, preview
from simengine.errors import SimengineError
from simengine.scene.load import load_scene

SCENE = """
name: two_stage
recording: {duration: 0.5 s}
machines:
  box:
    shaft: {speed: {constant: 25 Hz}}
    gears:
      first: {pair: {driver: 20, driven: 40}}
      second: {pair: {driver: 30, driven: 60, shaft: 0.5}}
    conditions:
      healthy: {share: 1}
      broken: {share: 1, faults: [{broken_tooth: {gear: second, wheel: driven}}]}
sensors:
  acc: {accelerometer: {on: box, rate: 12 kHz}}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "two_stage.yaml"
    path.write_text(SCENE)
    return path


def test_a_scene_of_signals_shows_its_first_fault_or_as_many_samples_as_asked(scene):
    spec = load_scene(scene)
    kinds = [spec.sample(3, index).machines[0].condition for index in range(4)]
    assert kinds.index("broken") > 0  # else the test proves nothing
    one, rows = preview(spec, seed=3), preview(spec, seed=3, count=kinds.index("broken") + 1)
    assert one.shape == (1122, 1650, 3) and len(rows) == 1122 * (kinds.index("broken") + 1)
    assert (rows[-1122:] == one).all() and not (rows[:1122] == one).all()


def test_meshes_are_marked_with_the_turns_of_the_faulty_wheel(scene):
    spec = load_scene(scene)
    broken = next(s for s in (spec.sample(3, k) for k in range(9)) if s.machines[0].condition == "broken")
    assert mesh_lines(broken, "box") == {"GMF": (15.0, 0.25), "GMF first": (20.0, 1.0)}
    healthy = next(s for s in (spec.sample(3, k) for k in range(9)) if s.machines[0].condition == "healthy")
    assert mesh_lines(healthy, "box") == {"GMF first": (20.0, 1.0), "GMF second": (15.0, 0.5)}


def test_the_command_draws_scenes_data_sets_and_files(scene, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["preview", str(scene), "--seed", "3"]) == 0
    assert cv2.imread("two_stage_preview.png").shape == (1122, 1650, 3)
    assert main(["generate", str(scene), "--count", "2", "--out", "data", "--quiet"]) == 0
    assert main(["preview", "data", "--record", "1", "--out", "set.png"]) == 0 and cv2.imread("set.png") is not None
    np.savez("plain.npz", acc=np.random.default_rng(0).standard_normal(9000))
    capsys.readouterr()
    assert main(["preview", "plain.npz", "--rate", "9000", "--rpm", "unknown"]) == 0
    assert capsys.readouterr().out.strip() == "plain_0_preview.png"
    assert main(["preview", "plain.npz", "--rate", "9000", "--rpm", "fast"]) == 1
    assert "--rpm is 'fast': give turns per minute" in capsys.readouterr().err
    assert main(["preview", "plain.npz", "--rate", "9000", "--rpm", "900", "--record", "7"]) == 1
    assert "has 1 records, none of them '7': give a number, or an id such as plain/acc" in capsys.readouterr().err


def test_a_doubtful_rate_is_told(real_data, tmp_path, capsys):
    source = str(real_data / "bearings/cwru_normal_48k.npz")
    assert main(["preview", source, "--rate", "12000", "--channel", "DE", "--out", str(tmp_path / "a.png")]) == 0
    assert "note: " in (told := capsys.readouterr().err) and "contradict the sampling rate of 12000 Hz" in told


def test_a_scene_that_writes_too_little_says_so(tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text(SCENE.replace("0.5 s}", "0.01 s}"))
    with pytest.raises(
        SimengineError, match=r"shows nothing: .* writes 256 samples; add one, or make `recording.duration`"
    ):
        preview(load_scene(path))
