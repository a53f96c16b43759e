"""What single scenes of the catalogue promise."""

import cv2
import numpy as np
import pytest
import trimesh

import simengine
from simengine.assets.build import build
from simengine.errors import Rejected
from simengine.labels.annotate import annotate
from simengine.render.select import make_renderer

SMALL = ["cameras[*].resolution=[160, 120]", "render.preset=draft"]


def settled(name, index, *, overrides=SMALL):
    """A sample that no stage rejects, its motion, and the number of rejected tries."""
    spec = simengine.load_scene(name, overrides=overrides)
    for attempt in range(spec.model.attempts):
        try:
            scene = spec.sample(0, index, attempt=attempt)
            return scene, simengine.simulate(scene), attempt
        except Rejected:
            continue
    raise AssertionError("every try was rejected")


def rows(scene, trajectory, group):
    names = [item.name for item in scene.objects if item.group == group]
    return [row for row, name in enumerate(trajectory.bodies) if name.split("/")[0] in names]


def outline(mesh, turn, centre):
    """The cut through a gear at mid width, turned about z and moved: points in order, shape (n, 2) [m]."""
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    points = trimesh.intersections.mesh_plane(solid, (0, 0, 1), (0, 0, 0)).reshape(-1, 3)[:, :2]
    radii = np.linalg.norm(points, axis=1)
    points = points[radii > 0.6 * radii.max()]  # without the bore
    points = points[np.argsort(np.arctan2(points[:, 1], points[:, 0]))]
    c, s = np.cos(turn), np.sin(turn)
    return points @ np.array([[c, s], [-s, c]]) + centre


def mesh_of_gears(index, *, slip=0.0):
    """Overlap of the two gears [module^2] and the least distance between them [module], by drawing them large.

    `slip` turns the wheel on by so many teeth.
    """
    scene, trajectory, _ = settled("gears", index)
    outlines, axes, pitches = [], [], []
    for group in ("pinion", "wheel"):
        (row,) = rows(scene, trajectory, group)
        gear = next(item.spec for item in scene.objects if item.group == group).shape
        x, y, z, w = trajectory.rotations[0, row]
        assert abs(x) + abs(y) < 1e-9
        turn = 2 * np.arctan2(z, w) + (slip * 2 * np.pi / gear.value.teeth if group == "wheel" else 0)
        axes.append(trajectory.positions[0, row, :2])
        outlines.append(outline(build(gear, base="").links[0].mesh, turn, axes[-1]))
        pitches.append(gear.value.module * gear.value.teeth / 2)
    assert np.linalg.norm(axes[1] - axes[0]) == pytest.approx(sum(pitches))
    module = gear.value.module
    middle = axes[0] + (axes[1] - axes[0]) * pitches[0] / sum(pitches)
    scale = 1200 / (6 * module)
    layers = []
    for points in outlines:
        layers.append(np.zeros((1200, 1200), np.uint8))
        cv2.fillPoly(layers[-1], [np.round((points - middle + 3 * module) * scale * 16).astype(np.int32)], 1, shift=4)
        assert 0.2 < layers[-1].mean() < 0.8
    first, second = layers
    apart = cv2.distanceTransform(1 - second, cv2.DIST_L2, 5)[first == 1].min() / scale
    return (first & second).sum() / scale**2 / module**2, apart / module


@pytest.mark.parametrize("index", range(5))
def test_gears_touch_and_do_not_overlap(index):
    overlap, apart = mesh_of_gears(index)
    assert overlap < 0.01  # pixels along the flanks that touch; a tooth has about 3
    assert apart < 0.015
    assert mesh_of_gears(index, slip=0.5)[0] > 1


@pytest.mark.parametrize("index", range(12))
def test_the_arm_stays_above_the_table(index):
    """Forward kinematics by PyBullet: no vertex of a moving link comes near the table or the parts."""
    scene, trajectory, _ = settled("robot_cell", index)
    (arm,) = [item for item in scene.objects if item.group == "arm"]
    asset = build(arm.spec.shape, base=scene.base)
    parts = [row for group in ("gear", "shaft", "block", "bolt") for row in rows(scene, trajectory, group)]
    highest = max(trajectory.positions[0, row, 2] for row in parts)
    lowest = []
    for row in np.flatnonzero(trajectory.object_ids == arm.id):
        link = asset.links[trajectory.link_index[row]]
        if link.name in ("panda_link0", "panda_link1"):
            continue
        q = trajectory.rotations[0, row]
        turned = trimesh.transformations.quaternion_matrix(q[[3, 0, 1, 2]])[:3, :3]
        lowest.append((link.mesh.vertices @ turned.T)[:, 2].min() + trajectory.positions[0, row, 2])
    assert min(lowest) > 0.06
    assert highest < 0.08


@pytest.fixture(scope="module")
def renderer():
    return make_renderer("warp", device="cpu", threads=2)


def test_stain_absorbs_the_lamp_behind_the_slide(renderer):
    """Red cells keep more red than blue, nuclei more blue than green, two cells leave less than one."""
    scene, trajectory, _ = settled("blood", 4, overrides=["cameras[*].resolution=[320, 240]", "render.preset=draft"])
    (view,) = simengine.observe(scene, trajectory, renderer=renderer)
    frame = view.frame_data
    ids = {item.group: [o.id for o in scene.objects if o.group == item.group] for item in scene.objects}
    ground = frame.linear[np.isin(frame.instances, ids["slide"])].mean(axis=0)
    cells = np.isin(frame.instances, ids["red_cell"])
    left = frame.linear[cells].mean(axis=0) / ground
    assert 0.1 < left[2] < 0.8 * left[0] and left[0] < 0.97
    height, width = frame.instances.shape
    outlines = np.zeros((height, width), int)
    for id_ in ids["red_cell"]:
        whole = frame.amodal[id_]
        y, x = np.nonzero(whole.mask)
        y, x = y + whole.top, x + whole.left
        here = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        outlines[y[here], x[here]] += 1
    assert frame.linear[cells & (outlines == 2)].mean() < 0.8 * frame.linear[cells & (outlines == 1)].mean()
    white = frame.linear[np.isin(frame.instances, ids["white_cell"])]
    dark = white[white.sum(axis=1) < np.quantile(white.sum(axis=1), 0.2)].mean(axis=0)
    assert dark[2] > 1.3 * dark[1]


PROMISES = {  # size, fewest labelled objects, share of the picture that labelled objects cover, classes seen at least
    "bin_parts": ([160, 120], 12, (0.03, 0.3), {"bolt", "nut", "washer", "gear"}),
    "blood": ([320, 240], 6, (0.08, 0.9), {"RBC"}),
    "conveyor": ([160, 120], 2, (0.02, 0.3), {"carton"}),
    "defects": ([320, 240], 1, (0.15, 0.8), {"plate"}),
    "dice": ([640, 640], 1, (0.0005, 0.3), set()),
    "fan_rig": ([320, 240], 6, (0.05, 0.5), {"motor", "pulley", "belt"}),
    "gears": ([160, 120], 4, (0.08, 0.6), {"gear", "bolt"}),
    "particles": ([320, 240], 50, (0.03, 0.5), {"bead", "pellet", "granule"}),
    "robot_cell": ([160, 120], 3, (0.02, 0.5), {"robot"}),
    "shelf": ([160, 120], 25, (0.1, 0.7), {"bottle", "can", "carton"}),
    "tabletop": ([160, 120], 4, (0.05, 0.4), set()),
    "warehouse": ([160, 120], 12, (0.1, 0.7), {"carton"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISES)
def test_twenty_samples_settle_and_show_what_they_promise(name, renderer):
    size, fewest, (least, most), wanted = PROMISES[name]
    overrides = [f"cameras[*].resolution={size}", "render.preset=draft"]
    seen, rejected = set(), 0
    for index in range(20):
        scene, trajectory, attempts = settled(name, index, overrides=overrides)
        rejected += attempts
        assert trajectory.max_penetration < 0.001
        for view in simengine.observe(scene, trajectory, renderer=renderer):
            labelled = [entry for entry in annotate(scene, trajectory, view).objects if entry.labelled]
            ids = [entry.id for entry in labelled]
            classes = {entry.category for entry in labelled}
            assert len(ids) >= fewest, index
            assert least < np.isin(view.frame_data.instances, ids).mean() < most, index
            assert wanted <= classes, index
            seen |= classes
    assert seen == set(simengine.load_scene(name).model.labels.classes)
    assert rejected <= 2


@pytest.mark.slow
def test_the_belt_has_room():
    """Long cartons on a narrow belt: hardly a draw is rejected."""
    assert sum(settled("conveyor", index)[2] for index in range(20)) <= 1
