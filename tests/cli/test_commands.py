"""Every command as a user types it, in this process."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

import simengine
from simengine.cli.main import COMMANDS, main, make_parser

SMALL = [
    "--set",
    "cameras[*].resolution=[160, 160]",
    "render.preset=draft",
    "objects.die.count=4",
    "labels.policy.min_pixels=8",
    "outputs=[rgb, depth, instances, classes]",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "data"
    assert main(["generate", "dice", *SMALL, "--count", "3", "--seed", "7", "--out", str(out), "--quiet"]) == 0
    return out


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['simengine', '--help']\n"
        "from simengine.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'pydantic', 'warp', 'pybullet', 'cv2', 'trimesh', 'yaml', 'rich', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in COMMANDS)


def test_every_command_has_help():
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            make_parser().parse_args([name, "--help"])
        assert stop.value.code == 0


@pytest.mark.parametrize(("command", "some"), [("scenes", "conveyor"), ("randomizers", "lighting/strong")])
def test_catalogues_are_listed_with_descriptions(capsys, command, some):
    assert main([command]) == 0
    lines = capsys.readouterr().out.splitlines()
    entry = next(line for line in lines if line.startswith(some))
    assert len(entry) > len(some) + 10


def test_generate_writes_manifest_and_coco(data):
    manifest = json.loads((data / "dataset.json").read_bytes())
    assert manifest["plan"]["seed"] == 7
    coco = json.loads((data / "coco" / "annotations.json").read_bytes())
    assert len(coco["images"]) == 3
    assert [category["name"] for category in coco["categories"]] == ["one", "two", "three", "four", "five", "six"]


def test_classes_are_written_by_pixel(data):
    dataset = simengine.Dataset.open(data)
    names = ["one", "two", "three", "four", "five", "six"]
    for sample in dataset:
        view = sample.views[0]
        ids, classes = dataset.picture(view, "instances"), dataset.picture(view, "classes")
        expected = {entry.id: names.index(entry.category) + 1 if entry.category else 0 for entry in view.objects}
        assert all((classes[ids == id_] == number).all() for id_, number in expected.items())
        assert (classes > 0).any()


def test_generate_again_changes_nothing(data, capsys):
    before = {path: path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}
    assert main(["generate", "dice", *SMALL, "--count", "3", "--seed", "7", "--out", str(data), "--quiet"]) == 0
    assert before == {path: path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}


def test_another_seed_into_the_same_folder_is_refused(data, capsys):
    assert main(["generate", "dice", *SMALL, "--count", "3", "--seed", "8", "--out", str(data), "--quiet"]) == 1
    assert "seed" in capsys.readouterr().err


def test_verify_accepts_and_finds_a_flipped_bit(data, tmp_path, capsys):
    assert main(["verify", str(data), "--sample", "1"]) == 0
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    picture = sorted(copy.rglob("*.rgb.png"))[0]
    content = bytearray(picture.read_bytes())
    content[len(content) // 2] ^= 1
    picture.write_bytes(content)
    assert main(["verify", str(copy), "--sample", "1"]) == 1
    printed = capsys.readouterr()
    assert picture.name in printed.out + printed.err


def test_replay_makes_the_same_picture(data, tmp_path):
    out = tmp_path / "again"
    assert main(["replay", str(data), "--item", "2", "--out", str(out)]) == 0
    old = sorted(data.rglob("000002*.rgb.png"))[0]
    new = sorted(out.rglob("*.rgb.png"))[0]
    assert np.array_equal(cv2.imread(str(old)), cv2.imread(str(new)))


def test_export_writes_coco_elsewhere(data, tmp_path):
    out = tmp_path / "labels.json"
    assert main(["export", str(data), "--out", str(out)]) == 0
    assert json.loads(out.read_bytes())["annotations"]


def test_preview_draws_a_sheet(tmp_path):
    out = tmp_path / "sheet.png"
    assert main(["preview", "dice", *SMALL, "--count", "2", "--out", str(out)]) == 0
    sheet = cv2.imread(str(out))
    assert sheet.shape[1] > 4 * 300
    assert sheet.std() > 10


def test_explain_names_unit_range_and_distribution(tmp_path, capsys):
    file = tmp_path / "one.yaml"
    file.write_text(
        "simengine: 1\nname: one\nobjects:\n  ball:\n"
        "    shape: {sphere: {radius: {normal: {mean: 16 mm, sd: 1 mm, low: 10 mm, high: 20 mm}}}}\n"
    )
    assert main(["explain", str(file), "objects.ball.shape.sphere.radius"]) == 0
    text = capsys.readouterr().out
    assert "normal" in text
    assert "unit:    m" in text and "above 0 m" in text
    assert "one.yaml:5" in text


def test_lenses_and_shutters_from_the_command_line(tmp_path, capsys):
    lenses = [
        "cameras[*].resolution=[64, 64]",
        "cameras[*].crop={left: 4, width: 56, height: 60}",
        "render.preset=draft",
    ]
    lenses += ["objects.die.count=2", "render.samples=2"]
    out = tmp_path / "data"
    made = [
        "generate",
        "dice",
        "--randomize",
        "camera/lens",
        "camera/handheld",
        "camera/shallow_focus",
        "--set",
        *lenses,
    ]
    assert main([*made, "--count", "2", "--out", str(out), "--quiet"]) == 0
    assert main(["verify", str(out)]) == 0
    coco = json.loads((out / "coco" / "annotations.json").read_bytes())
    images = coco["images"]
    assert all(image["distortion"]["model"] == "brown_conrady" for image in images)
    assert images[0]["distortion"]["coefficients"] != images[1]["distortion"]["coefficients"]
    view = simengine.Dataset.open(out)[0].views[0]
    assert 0.008 <= view.shutter["readout_time"] <= 0.03 and 0.0015 <= view.focus["aperture"] <= 0.009
    assert (view.width, view.height, view.crop["width"]) == (56, 60, 64)
    capsys.readouterr()
    assert main(["explain", "dice", "cameras.top.distortion.kannala_brandt"]) == 0
    assert "image_circle" in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("simengine: 1\nname: wrong\ncameras:\n  c: {intrinsics: {fov: 200 deg}, shake: {}}\n")
    assert main(["check", str(wrong)]) == 1
    told = capsys.readouterr().err
    assert "wrong.yaml:4:25: cameras.c.intrinsics.fov" in told and "wrong.yaml:4:35: cameras.c.shake" in told


def test_check_tells_every_problem_with_its_place(tmp_path, capsys):
    file = tmp_path / "bad.yaml"
    file.write_text(
        "simengine: 1\nname: bad\nobjects:\n  a:\n    shape: {boxx: {}}\n    material: {roughnes: 0.1, metallic: 7}\n"
    )
    assert main(["check", str(file)]) == 1
    text = capsys.readouterr().err
    assert "bad.yaml:5:" in text
    assert "'box'" in text or "box" in text
    assert "bad.yaml:6:" in text
    assert "roughness" in text
    assert "metallic" in text


def test_check_and_preview_tell_what_the_linter_notes_once(tmp_path, capsys):
    (tmp_path / "roof.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\n")
    file = tmp_path / "roofs.yaml"
    file.write_text(
        "simengine: 1\nname: roofs\nobjects:\n  roof: {count: 3, shape: {mesh: {file: roof.obj}}, physics: {static: true}}\n"
    )
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().err.count("objects.roof: roof.obj: it is not watertight") == 1
    assert main(["preview", str(file), *SMALL[:3], "--count", "2", "--out", str(tmp_path / "sheet.png")]) == 0
    assert capsys.readouterr().err.count("objects.roof: roof.obj: it is not watertight") == 1
    (tmp_path / "roof.obj").unlink()
    assert main(["check", str(file)]) == 1
    assert "roof.obj" in capsys.readouterr().err


def test_check_accepts_what_is_shipped(capsys):
    assert main(["check", "dice", "lighting/strong"]) == 0


@pytest.mark.parametrize("kind", ["scene", "randomizer"])
def test_schema_is_json_schema(capsys, kind):
    import jsonschema

    assert main(["schema", kind]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_doctor_finds_this_machine_fit(capsys):
    assert main(["doctor"]) == 0
    assert "Everything works" in capsys.readouterr().out


def test_unknown_scene_names_the_nearest(capsys):
    assert main(["preview", "dise"]) == 1
    assert "dice" in capsys.readouterr().err


def test_plugin_distribution_can_be_used(tmp_path, capsys):
    assert main(["check", "dice", "--plugin", str(tmp_path / "absent.py")]) == 1
    assert "absent.py" in capsys.readouterr().err
