"""The stages in a row, on a small real scene."""

import json

import numpy as np
import pytest

from simengine.dataset.pictures import decode_picture
from simengine.dataset.reader import Dataset
from simengine.engine.chain import Chain
from simengine.engine.generate import generate
from simengine.engine.replay import replay
from simengine.engine.sample import Watcher, make_sample
from simengine.engine.verify import verify
from simengine.errors import Rejected, SimengineError
from simengine.render.select import make_renderer
from simengine.scene.spec import SceneSpec

TREE = {
    "simengine": 1,
    "name": "little",
    "variables": {"size": {"uniform": [0.03, 0.05]}},
    "attempts": 4,
    "objects": {
        "table": {"shape": {"box": {"size": [1, 1, 0.1]}}, "physics": {"static": True}, "placement": {"fixed": {"position": [0, 0, -0.05]}}},
        "cube": {
            "count": {"integer": [1, 3]},
            "shape": {"box": {"size": ["= size", "= size", "= size"]}},
            "label": {"name": "cube"},
            "placement": {"drop": {"center": [0, 0, 0.1], "size": [0.2, 0.2, 0.1]}},
        },
        "die": {"shape": {"die": {"size": 0.03}}, "label": {"face_up": {}}, "placement": {"fixed": {"position": [0.1, 0.1, 0.015]}}},
    },
    "lights": {"lamp": {"sun": {"azimuth": 0.6, "elevation": 1.1}}},
    "cameras": {"top": {"resolution": [64, 48], "pose": {"look_at": {"eye": [0, -0.3, 0.5]}}}},
    "render": {"preset": "draft"},
    "outputs": ["rgb", "depth", "instances", "normals", "coordinates"],
}  # fmt: skip


def little(**changes):
    return SceneSpec.from_tree({**TREE, **changes}, ".")


@pytest.fixture(scope="module")
def renderer():
    return make_renderer("warp", device="cpu")


class Files(dict):
    def write(self, name, data):
        self[name] = data

    def remove(self, name):
        del self[name]


def content(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_one_and_two_workers_agree_to_the_byte_and_verify(tmp_path):
    generate(little(), out=tmp_path / "a", count=4, seed=2**63, device="cpu")
    generate(little(), out=tmp_path / "b", count=4, seed=2**63, device="cpu", workers=2)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    result = verify(tmp_path / "b", sample=2, device="cpu")
    assert result.ok and result.exact, str(result)
    data = Dataset.open(tmp_path / "a")
    assert next(iter(data.classes)) == "cube" and set(data.classes) <= {
        "cube",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
    }
    for record in data:
        assert 0.03 <= record.variables["size"] <= 0.05
        (view,) = record.views
        ids = data.picture(view, "instances")
        assert view.depth_scale == 2e-4 and data.picture(view, "depth").max() < 2
        for thing in view.objects:
            assert thing.pixels == (ids == thing.id).sum()
        normals = data.picture(view, "normals")[ids > 0]
        assert np.abs(np.linalg.norm(normals, axis=-1) - 1).max() < 1e-3
        cube = ids == next(o.id for o in view.objects if o.name == "cube[0]")
        half = record.variables["size"] / 2
        assert np.abs(data.picture(view, "coordinates")[cube]).max() <= half * 1.001


def test_a_sample_depends_on_its_keys_only(renderer):
    spec, first, again = little(), Files(), Files()
    record = make_sample(spec, 5, 3, renderer=renderer, sink=first)
    make_sample(spec, 5, 1, renderer=renderer, sink=Files())
    assert make_sample(little(), 5, 3, renderer=make_renderer("warp", device="cpu"), sink=again) == record
    assert first == again
    assert record.index == 3 and record.seed == 5 and set(record.views[0].files) == set(TREE["outputs"])


def test_rejected_tries_are_drawn_again_logged_and_leave_no_files(renderer, monkeypatch):
    from simengine.physics import simulate as module

    real = module.simulate

    def fussy(scene):
        if scene.attempt < 2:
            raise Rejected("physics", f"cube[0] fell {scene.attempt} m")
        return real(scene)

    monkeypatch.setattr(module, "simulate", fussy)
    files, stages = Files(), []

    class Notes(Watcher):
        def entered(self, stage):
            stages.append(stage)

    record = make_sample(little(), 0, 0, renderer=renderer, sink=files, watcher=Notes())
    assert record.attempt == 2
    assert record.rejected == [{"attempt": k, "stage": "physics", "reason": f"cube[0] fell {k} m"} for k in (0, 1)]
    assert stages[:4] == ["draw", "physics"] * 2 and stages[4:9] == ["draw", "physics", "render", "labels", "encode"]
    assert {f"/{name}" for name in files} == set(record.views[0].files.values())


def test_label_constraints_reject_after_the_pictures_and_take_them_back(renderer):
    files = Files()
    with pytest.raises(SimengineError) as caught:
        make_sample(little(constraints=["labelled > 99"]), 0, 7, renderer=renderer, sink=files)
    assert files == {}
    text = str(caught.value)
    assert text.startswith("sample 7: none of 4 draws became a sample.\n  4 x labels: constraint 'labelled > #'")
    assert "raise `attempts`" in text and "replay DIR --item 7" in text


def test_blank_pictures_are_rejected(renderer):
    dark = little(
        objects={"cube": {**TREE["objects"]["cube"], "placement": {"fixed": {"position": [0, -9, 0]}}}},
        environment={"constant": {"radiance": 0.5}},
        timeline={"start": 0},
    )
    with pytest.raises(
        SimengineError, match=r"4 x render: the picture of camera top\[#\], frame # is blank.*hits nothing"
    ):
        make_sample(dark, 0, 0, renderer=renderer, sink=Files())


def test_a_fault_in_a_stage_is_not_retried_and_says_how_to_repeat_it(renderer, monkeypatch):
    from simengine.labels import annotate as module

    calls = []

    def broken(scene, trajectory, view):
        calls.append(scene.attempt)
        return 1 / 0

    monkeypatch.setattr(module, "annotate", broken)
    with pytest.raises(SimengineError) as caught:
        make_sample(little(), 0, 3, renderer=renderer, sink=Files())
    assert calls == [0]
    text = str(caught.value)
    assert text.startswith("sample 3, try 0, stage labels: ZeroDivisionError: division by zero at ")
    assert f"{__file__}:" in text and "simengine --debug replay DIR --item 3" in text
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_what_must_be_the_same_for_all_samples_cannot_be_drawn(tmp_path):
    with pytest.raises(SimengineError, match="attempts is drawn, but it must be the same for all samples"):
        generate(little(attempts={"integer": [1, 3]}), out=tmp_path / "a", count=1, device="cpu")


def test_replay_keeps_every_try_and_output(tmp_path):
    spec = little(constraints=["count('cube') == 2"], outputs=["rgb"], attempts=50)
    generate(spec, out=tmp_path / "a", count=3, device="cpu")
    data = Dataset.open(tmp_path / "a")
    item = max(range(3), key=lambda index: data[index].attempt)
    record = data[item]
    result = replay(tmp_path / "a", item=item, out=tmp_path / "r", device="cpu")
    assert result.succeeded == record.attempt and list(result.rejected) == record.rejected
    assert json.loads((tmp_path / "r/tries.json").read_bytes()) == record.rejected
    folder = tmp_path / f"r/try-{record.attempt}"
    scene = json.loads((folder / "scene.json").read_bytes())
    assert [o["name"] for o in scene["objects"]] == [o.name for o in record.views[0].objects]
    again = json.loads((folder / "record.json").read_bytes())
    files = again["views"][0].pop("files")
    assert set(files) == {"rgb", "depth", "instances", "normals", "coordinates"}
    assert all((tmp_path / "r" / path).is_file() for path in files.values())
    stored = record.to_dict()
    name = stored["views"][0].pop("files")["rgb"]
    assert again == stored
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "r" / files["rgb"]).read_bytes()
    assert f"try {record.attempt}: became the sample" in str(result)


def test_replay_works_on_unfinished_data_sets_and_names_wrong_items(tmp_path):
    spec = little(constraints=["labelled > 99"])
    with pytest.raises(SimengineError, match="none of 4 draws"):
        generate(spec, out=tmp_path / "a", count=2, device="cpu")
    result = replay(tmp_path / "a", item=0, out=tmp_path / "r", device="cpu")
    assert result.succeeded is None and len(result.rejected) == 4 and "no try became" in str(result)
    assert len(list((tmp_path / "r").glob("try-*/*.rgb.png"))) == 4  # what was rejected can be looked at
    with pytest.raises(SimengineError, match=r"there is no sample 2: .* has samples 0 to 1"):
        replay(tmp_path / "a", item=2, out=tmp_path / "r")


def test_files_named_by_the_scene_are_found_from_the_data_set(tmp_path):
    import trimesh

    (tmp_path / "scenes").mkdir()
    trimesh.creation.icosphere(radius=0.05).export(tmp_path / "scenes/ball.obj")
    objects = {**TREE["objects"], "ball": {"shape": {"mesh": {"file": "ball.obj"}}, "label": {"name": "ball"}}}
    spec = SceneSpec.from_tree({**TREE, "objects": objects}, str(tmp_path / "scenes"))
    generate(spec, out=tmp_path / "deep/a", count=1, device="cpu")
    manifest = json.loads((tmp_path / "deep/a/dataset.json").read_bytes())
    assert manifest["plan"]["base"] == "../../scenes"
    assert verify(tmp_path / "deep/a", sample=1, device="cpu").ok
    trimesh.creation.icosphere(radius=0.06).export(tmp_path / "scenes/ball.obj")
    result = verify(tmp_path / "deep/a", sample=1, device="cpu")
    assert "a file that it names has changed" in str(result) and not result.ok


def test_chains_do_not_depend_on_threads(tmp_path):
    made = []
    for threads in (1, 2):
        files = Files()
        chain = Chain(little().tree, ".", 0, "warp", "cpu", threads)
        made.append((chain()(1, files, ""), files))
    assert made[0] == made[1]


def test_depth_pictures_hold_what_the_renderer_gave(renderer):
    frames, files = [], Files()

    class Keep(Watcher):
        def pictured(self, view, record):
            frames.append(view.frame_data)

    make_sample(little(), 0, 0, renderer=renderer, sink=files, watcher=Keep())
    (depth,) = (decode_picture("depth", data, scale=2e-4) for name, data in files.items() if ".depth." in name)
    assert np.abs(depth - frames[0].depth).max() <= 1.01e-4
    assert ((depth > 0) == (frames[0].instances > 0)).all()


def test_plugins_reach_the_workers_and_the_manifest(tmp_path):
    from simengine.scene import plugins

    file = tmp_path / "twice.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from simengine.sampling.distribution import register\n"
        "from simengine.sampling.uniform import Uniform\n"
        "@register\n@dataclass(frozen=True, eq=False, repr=False)\n"
        "class Even(Uniform):\n    '''Draws evenly.'''\n    tag = 'even'\n    summary = 'Draws evenly.'\n"
    )
    plugins.load_plugin(file)
    try:
        spec = little(variables={"size": {"even": [0.03, 0.05]}})
        generate(spec, out=tmp_path / "a", count=2, device="cpu", workers=2)
    finally:
        plugins._loaded.pop(file)
        plugins.DISTRIBUTIONS.pop("even")
    data = Dataset.open(tmp_path / "a")
    assert list(data.plan["plugins"]) == ["twice.py"] and len(data.plan["plugins"]["twice.py"]) == 64
    assert all(0.03 <= record.variables["size"] <= 0.05 for record in data)


def test_overrides_and_randomizers_stand_in_the_manifest(tmp_path):
    from simengine.scene.load import load_scene

    overrides = ["objects.die.count=1", "cameras.top.resolution=[32, 24]", "render.preset=draft"]
    spec = load_scene("dice", randomizers=["lighting/light"], overrides=overrides)
    generate(spec, out=tmp_path / "a", count=1, device="cpu")
    plan = Dataset.open(tmp_path / "a").plan
    assert plan["randomizers"] == ["lighting/light"]
    assert plan["overrides"] == ["objects.die.count=1", "cameras.top.resolution=[32, 24]", 'render.preset="draft"']
    assert plan["scene"]["tree"]["objects"]["die"]["count"] == 1
    assert verify(tmp_path / "a", sample=1, device="cpu").ok
