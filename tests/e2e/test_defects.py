"""The masks of defects against geometry that does not know of the renderer, and severities in the record."""

import cv2
import numpy as np
import pytest

import simengine
from simengine.labels.annotate import annotate
from simengine.render.select import make_renderer

SMALL = ["cameras[*].resolution=[320, 240]", "render.preset=draft", "outputs=[depth]"]


@pytest.fixture(scope="module")
def renderer():
    return make_renderer("warp", device="cpu", threads=2)


@pytest.fixture(scope="module")
def samples(renderer):
    """Scenes, one picture of each, and its record, of samples that have every defect between them."""
    spec = simengine.load_scene("defects", overrides=SMALL)
    found = []
    for index in range(8):
        scene = spec.sample(0, index)
        trajectory = simengine.simulate(scene)
        (view,) = simengine.observe(scene, trajectory, renderer=renderer)
        found.append((scene, view, annotate(scene, trajectory, view)))
    return found


def on_the_face(camera):
    """Where the rays of the pixels' centres meet the plane z = 0 [m], shape (H, W, 2)."""
    v, u = np.mgrid[: camera.height, : camera.width] + 0.5
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)
    pose = camera.world_from_camera
    rays = rays @ pose[:3, :3].T
    return (pose[:3, 3] - rays * (pose[2, 3] / rays[..., 2:]))[..., :2]


def test_round_defects_cover_exactly_their_circle(samples):
    """Every pixel whose ray meets the circle, and no other, but for those within 30 um of its edge."""
    seen = set()
    for scene, view, _ in samples:
        points = on_the_face(view.render_camera)
        for item in scene.objects:
            if item.group not in ("missing_hole", "dent"):
                continue
            shape = item.spec.shape.value
            away = np.linalg.norm(points - shape.center, axis=-1) - shape.diameter / 2
            mask = view.frame_data.instances == item.id
            assert mask.sum() > 20
            assert mask[away < -3e-5].all()
            assert not mask[away > 5e-5].any()
            seen.add(item.group)
    assert seen == {"missing_hole", "dent"}


def test_a_stain_ends_at_its_outline_and_a_scratch_at_its_width(samples):
    seen = set()
    for scene, view, _ in samples:
        points = on_the_face(view.render_camera)
        for item in scene.objects:
            if item.group not in ("stain", "scratch"):
                continue
            shape = item.spec.shape.value
            inside = points[view.frame_data.instances == item.id]
            assert len(inside)
            seen.add(item.group)
            if item.group == "stain":
                reach = np.linalg.norm(inside - shape.center, axis=-1)
                assert reach.max() < shape.radius * (1 + 0.45 * shape.raggedness) * 1.02
                area = len(inside) * np.linalg.norm(
                    np.cross(points[120, 161] - points[120, 160], points[121, 160] - points[120, 160])
                )
                assert area == pytest.approx(np.pi * shape.radius**2, rel=0.25)
            else:
                ends = np.array(shape.points)
                along = (ends[2] - ends[0]) / np.linalg.norm(ends[2] - ends[0])
                place = (inside - ends[0]) @ along
                assert place.min() > -1e-3 and place.max() < np.linalg.norm(ends[2] - ends[0]) + 1e-3
    assert seen == {"stain", "scratch"}


def test_severities_are_in_the_record(samples):
    found = 0
    for scene, _, record in samples:
        specs = {item.id: item for item in scene.objects}
        for entry in record.objects:
            if entry.category in (None, "plate"):
                assert entry.attributes == {}
                continue
            found += 1
            assert 0 <= entry.attributes["severity"] <= 1
            shape = specs[entry.id].spec.shape.value
            if entry.category == "dent":
                assert entry.attributes["depth"] == shape.depth
            if entry.category == "scratch":
                assert entry.attributes["width"] == shape.width
    assert found > 10


def test_nothing_is_seen_where_a_hole_is_missing(renderer):
    """The inset continues the plate's pattern, and its rim is as smooth as the plate: no seam tells where it is."""
    spec = simengine.load_scene("defects", overrides=["cameras[*].resolution=[320, 240]", "variables.missing=5"])
    scene = spec.sample(0, 0)
    trajectory = simengine.simulate(scene)
    (view,) = simengine.observe(scene, trajectory, renderer=renderer)
    item = next(item for item in scene.objects if item.group == "missing_hole")
    away = np.linalg.norm(on_the_face(view.render_camera) - item.spec.shape.value.center, axis=-1)
    radius = item.spec.shape.value.diameter / 2
    rgb = view.frame_data.rgb.astype(float)
    inner, around = rgb[away < 0.8 * radius], rgb[(away > 1.3 * radius) & (away < 1.8 * radius)]
    assert np.abs(inner.mean(axis=0) - around.mean(axis=0)).max() < 6
    assert inner.std() < 2 * around.std() + 2
    rough = np.abs(rgb - cv2.medianBlur(view.frame_data.rgb, 5)).mean(axis=-1)
    edge = np.abs(away - radius)
    assert rough[edge < 0.0004].mean() < 1.5 * rough[(edge > 0.001) & (edge < 0.004)].mean()


def test_a_material_of_nothing_is_named(renderer):
    spec = simengine.load_scene("defects", overrides=["objects.dent.material_of=nothing", "variables.dents=1", *SMALL])
    scene = spec.sample(0, 0)
    with pytest.raises(simengine.SimengineError, match=r"objects.dent\[0\].material_of: there is no object 'nothing'"):
        list(simengine.observe(scene, simengine.simulate(scene), renderer=renderer))
