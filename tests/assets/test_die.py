import itertools

import numpy as np
import pytest
import trimesh

NAMES = ("one", "two", "three", "four", "five", "six")


def pips(asset):
    """The dimples of a die: centre of each one's rim."""
    mesh = asset.links[0].mesh
    faces = mesh.faces[mesh.slots == mesh.slot_names.index("pips")]
    parts = trimesh.Trimesh(mesh.vertices, faces, process=False).split(only_watertight=False, repair=False)
    return [part.bounding_box.centroid for part in parts], parts


@pytest.mark.parametrize("handedness", ["right", "left"])
@pytest.mark.parametrize("depth", [0.0, 0.4])
def test_each_face_has_the_pips_its_direction_names(built, handedness, depth):
    asset = built("die", handedness=handedness, pip_depth=depth)
    centres, _ = pips(asset)
    assert len(centres) == 21
    for value, name in enumerate(NAMES, 1):
        heights = np.array(centres) @ np.array(asset.directions[name])
        assert (heights > 0.4 * 0.016).sum() == value


@pytest.mark.parametrize("handedness", ["right", "left"])
def test_opposite_faces_sum_to_seven_and_the_corner_turns_the_right_way(built, handedness):
    directions = built("die", handedness=handedness).directions
    for value, name in enumerate(NAMES, 1):
        assert np.allclose(directions[name], -np.array(directions[NAMES[6 - value]]))
    # Seen from outside the corner, one -> two -> three is counter-clockwise iff (one x two) . three > 0.
    turn = np.linalg.det([directions[name] for name in NAMES[:3]])
    assert turn == pytest.approx(1 if handedness == "right" else -1)


def test_two_and_three_stand_on_diagonals_and_six_in_two_rows(built):
    asset = built("die")
    centres = np.array(pips(asset)[0])

    def on(name):
        normal = np.array(asset.directions[name])
        chosen = centres[centres @ normal > 0.4 * 0.016]
        return np.array([c[np.abs(normal) < 0.5] for c in chosen])

    for name in ("two", "three"):
        ends = on(name)
        far = max(itertools.combinations(ends, 2), key=lambda pair: np.linalg.norm(pair[0] - pair[1]))
        line = far[1] - far[0]
        assert abs(line[0]) == pytest.approx(abs(line[1]), rel=1e-3)
    assert np.abs(on("three")).min(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert np.allclose(on("one"), 0, atol=1e-6)
    columns = sorted(len(np.unique(on("six")[:, axis].round(5))) for axis in (0, 1))
    assert columns == [2, 3]
    assert np.allclose(np.sort(np.abs(on("four"))[:, 0]), np.abs(on("four"))[0, 0])


def test_dimples_are_as_deep_and_wide_as_asked(built):
    size, radius, depth = 0.02, 0.08, 0.35
    asset = built("die", size=size, pip_radius=radius, pip_depth=depth)
    for part in pips(asset)[1]:
        extent = np.sort(part.extents)
        assert extent[0] == pytest.approx(depth * radius * size, rel=1e-3)
        assert extent[1:] == pytest.approx([2 * radius * size] * 2, rel=0.02)
    mesh = asset.links[0].mesh
    plain = built("die", size=size, pip_radius=radius, pip_depth=0.0)
    r, h = radius * size, depth * radius * size
    caps = 21 * np.pi * h * (3 * r**2 + h**2) / 6
    assert plain.volume - asset.volume == pytest.approx(caps, rel=0.07)
    # Every point of a dimple lies on its sphere, and the normals point to the sphere's centre.
    ball = (r**2 + h**2) / (2 * h)
    slot = mesh.slot_names.index("pips")
    up = np.array(asset.directions["one"])
    chosen = (mesh.slots == slot) & (mesh.vertices[mesh.faces].mean(axis=1) @ up > 0.4 * size)
    centre = np.array([0, 0, size / 2 + ball - h])
    toward = centre - mesh.vertices[mesh.faces[chosen]]
    assert np.allclose(np.linalg.norm(toward, axis=-1), ball, rtol=1e-4)
    assert np.allclose(mesh.normals[chosen], toward / ball, atol=1e-3)


def test_faces_are_flat_between_the_pips_and_collide_without_them(built):
    asset = built("die")
    mesh = asset.links[0].mesh
    assert np.allclose(np.ptp(mesh.vertices, axis=0), 0.016, rtol=1e-6)
    (piece,) = asset.collision
    (hull,) = piece.hulls
    assert len(hull) <= 64
    assert np.allclose(np.ptp(hull, axis=0), 0.016, rtol=1e-6)
    body = trimesh.convex.convex_hull(hull)
    drawn = trimesh.convex.convex_hull(mesh.vertices)
    assert body.volume == pytest.approx(drawn.volume, rel=0.02)


def test_the_ball_cuts_corners_but_spares_faces_and_pips(built):
    size = 0.016
    asset, plain = (built("die", size=size, rounding=0.05, **ball) for ball in ({"ball": 0.75}, {}))
    mesh = asset.links[0].mesh
    distance = np.linalg.norm(mesh.vertices, axis=1)
    assert distance.max() == pytest.approx(0.75 * size, rel=1e-5)
    assert np.linalg.norm(plain.links[0].mesh.vertices, axis=1).max() > 0.8 * size
    # What stands on the ball faces away from its centre; the rest is as it was.
    on_ball = (distance[mesh.faces] > 0.75 * size * (1 - 1e-6)).all(axis=1)
    assert on_ball.sum() > 100
    away = mesh.vertices[mesh.faces[on_ball]] / (0.75 * size)
    assert np.allclose(mesh.normals[on_ball], away, atol=1e-5)
    for normal in asset.directions.values():
        assert (mesh.vertices @ np.array(normal)).max() == pytest.approx(size / 2, rel=1e-6)
    assert np.allclose(np.sort(pips(asset)[0], axis=0), np.sort(pips(plain)[0], axis=0), atol=1e-6)
    assert 0.95 < asset.volume / plain.volume < 0.995
