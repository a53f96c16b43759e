"""Every shipped scene, alone and with every shipped randomizer, from YAML to labels."""

import numpy as np
import pytest
from oracles.draws import first_draw, fits

import simengine
from simengine.errors import Rejected
from simengine.labels.annotate import annotate
from simengine.render.select import make_renderer
from simengine.scene.catalogue import randomizer_names, scene_names

SMALL = ["cameras[*].resolution=[160, 120]", "render.preset=draft"]
RANDOMIZERS = [name for name in randomizer_names() if name != "background/photos"]
SPECS = {name: simengine.load_scene(name) for name in scene_names()}
PICTURED = [name for name, spec in SPECS.items() if spec.model.pictured]
PAIRS = [(name, randomizer) for name, spec in SPECS.items() for randomizer in RANDOMIZERS if fits(spec, randomizer)]
FAMILIES = {
    "lighting": ("lights.", "environment"),
    "materials": ("objects.",),
    "camera": ("cameras.",),
    "sensor": ("cameras.",),
    "background": ("objects.",),
    "physics": ("objects.",),
    "distractors": (),
    "machine": ("machines.", "sensors."),
}


@pytest.fixture(scope="module")
def renderer():
    return make_renderer("warp", device="cpu", threads=2)


def make(spec, index, renderer):
    for attempt in range(spec.model.attempts):
        try:
            scene = spec.sample(0, index, attempt=attempt)
            trajectory = simengine.simulate(scene)
            views = list(simengine.observe(scene, trajectory, renderer=renderer))
            return scene, trajectory, views, [annotate(scene, trajectory, view) for view in views]
        except Rejected:
            continue
    raise AssertionError("every try was rejected")


@pytest.mark.parametrize("name", PICTURED)
def test_scene_shows_what_it_says(name, renderer):
    spec = simengine.load_scene(name, overrides=SMALL)
    seen = set()
    for index in range(3):
        scene, trajectory, views, records = make(spec, index, renderer)
        assert trajectory.max_penetration < 0.002
        assert len(views) == len(scene.cameras) * spec.model.timeline.frames
        for view, record in zip(views, records, strict=True):
            frame = view.frame_data
            assert frame.rgb.std() > 5, "an empty picture"
            assert 20 < frame.rgb.mean() < 240, "under- or overexposed"
            assert (frame.depth > 0).mean() > 0.5
            labelled = [entry for entry in record.objects if entry.labelled]
            seen |= {entry.category for entry in labelled}
            for entry in labelled:
                x, y, w, h = entry.box
                ys, xs = np.nonzero(frame.instances == entry.id)
                assert (x, y, x + w, y + h) == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        assert any(entry.labelled for record in records for entry in record.objects)
    assert seen <= set(spec.model.labels.classes)
    assert len(seen) >= 2


@pytest.mark.parametrize(("name", "randomizer"), PAIRS)
def test_randomizer_changes_only_its_own_draws(name, randomizer):
    plain = first_draw(simengine.load_scene(name), 3, 1)
    spec = simengine.load_scene(name, randomizers=[randomizer])
    assert not spec.notes
    varied = first_draw(spec, 3, 1)
    assert varied.draws != plain.draws
    if varied.attempt == plain.attempt:
        touched = {path for path in plain.draws if varied.draws.get(path, plain.draws[path]) != plain.draws[path]}
        family = FAMILIES[randomizer.split("/")[0]]
        assert all(path.startswith(family) for path in touched) if family else not touched


@pytest.mark.parametrize("name", ["dice", "tabletop"])
def test_all_strong_randomizers_together(name, renderer):
    strong = [item for item in RANDOMIZERS if item.endswith("/strong")]
    spec = simengine.load_scene(name, randomizers=[*strong, "background/textured"], overrides=SMALL)
    _, _, views, records = make(spec, 0, renderer)
    assert views[0].frame_data.rgb.std() > 3
    assert records[0].objects


def test_photos_of_the_user_become_backgrounds(tmp_path, renderer):
    import cv2

    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 2] = 230
    cv2.imwrite(str(tmp_path / "red.png"), red)
    spec = simengine.load_scene(
        "dice",
        randomizers=["background/photos"],
        overrides=[*SMALL, f"variables.photos={tmp_path}", "objects.tray.count=0"],
    )
    _, _, views, _ = make(spec, 0, renderer)
    frame = views[0].frame_data
    sheet = frame.rgb[frame.instances == 1].astype(float).mean(axis=0)
    assert sheet[0] > 2 * sheet[1]
    assert sheet[0] > 2 * sheet[2]


def test_conveyor_carries_things_and_keeps_their_track(renderer):
    spec = simengine.load_scene("conveyor", overrides=SMALL)
    scene, trajectory, _, records = make(spec, 0, renderer)
    speed = scene.draws["variables.speed"]
    ids = [{entry.id for entry in record.objects if entry.category} for record in records]
    assert all(now == ids[0] for now in ids)
    carried = [k for k, name in enumerate(trajectory.bodies) if name.startswith("carton")]
    moved = trajectory.positions[-1, carried, 0] - trajectory.positions[0, carried, 0]
    assert np.allclose(moved, speed * (trajectory.times[-1] - trajectory.times[0]), rtol=0.1)
