"""The small parts that shapes are made of."""

import numpy as np
import pytest
import trimesh

from simengine.assets.mapping import box_uv
from simengine.assets.normals import corner_normals
from simengine.assets.patch import Patch, assemble, flipped
from simengine.assets.profile import polyline
from simengine.assets.rounded_box import octant, rounded_box
from simengine.assets.sweep import circle, fan, outline, rounded_rectangle, stitch, sweep


def test_sharp_corners_part_a_line_and_fillets_join_it():
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert len(polyline(square, closed=True)) == 4
    (strip,) = polyline(square, 0.25, closed=True)
    core = np.clip(strip.points, 0.25, 0.75)
    assert np.allclose(np.linalg.norm(strip.points - core, axis=1), 0.25)
    assert np.allclose(strip.points - core, 0.25 * strip.normals)


def test_fillets_shrink_to_fit():
    (strip,) = polyline([(0, 0), (1, 0), (1, 0.2), (0, 0.2)], 5.0, closed=True)
    assert strip.points[:, 0].max() == pytest.approx(1)
    assert np.allclose(np.linalg.norm(strip.normals, axis=1), 1)
    x, y = strip.points.T
    assert abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 == pytest.approx(0.8 * 0.2 + np.pi * 0.01, rel=0.01)


def test_concave_fillets_bend_inwards():
    strips = polyline([(0, 1), (0, 0), (1, 0)], [0, 0.3, 0])  # down, then right: a left turn
    (strip,) = strips
    middle = strip.points[len(strip.points) // 2]
    assert middle == pytest.approx(0.3 * (1 - np.sqrt(0.5)) * np.ones(2))
    assert strip.normals[len(strip.normals) // 2] == pytest.approx(-np.sqrt(0.5) * np.ones(2))


def test_open_lines_keep_their_ends_and_drop_doubled_points():
    strips = polyline([(0, 0), (1, 0), (1, 0), (1, 1)], 0.2)
    assert strips[0].points[0].tolist() == [0, 0] and strips[-1].points[-1].tolist() == [1, 1]


def test_a_swept_circle_is_a_torus():
    ring = polyline([(0.8, -0.2), (1.2, -0.2), (1.2, 0.2), (0.8, 0.2)], 0.2, closed=True, step=5)
    mesh = assemble(sweep(ring, circle(96)), key="")
    oracle = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert oracle.is_watertight and oracle.euler_number == 0
    assert oracle.volume == pytest.approx(2 * np.pi**2 * 0.04, rel=5e-3)


def test_offsets_of_an_outline_keep_their_distance():
    for around in (rounded_rectangle((4, 2), 0.5), outline(polyline([(0, 0), (3, 0), (0, 2)], closed=True))):
        ring, wider = around.at(0, 0)[:, :2], around.at(0.1, 0)[:, :2]
        assert np.allclose(((wider - ring) * around.normals).sum(1), 0.1)


def test_stitched_rings_fill_the_annulus():
    inner, outer = circle(7).at(1, 0), circle(31).at(2, 0)
    mesh = assemble([stitch(inner, outer, (0, 0, 1))], key="")
    areas = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert (areas.face_normals[:, 2] > 0.99).all()
    polygon = [n / 2 * np.sin(2 * np.pi / n) * r**2 for n, r in ((7, 1), (31, 2))]
    assert areas.area == pytest.approx(polygon[1] - polygon[0])
    assert len(mesh.faces) == 7 + 31


def test_octant_counts_and_unit_vectors():
    vectors, faces = octant(5)
    assert len(vectors) == 21 and len(faces) == 25
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    area = trimesh.Trimesh(vectors, faces, process=False)
    assert (area.face_normals * area.triangles_center).sum(1).min() > 0


def test_assemble_welds_drops_slivers_and_numbers_slots():
    square = circle(4).at(1, 0)
    top, bottom = fan(square, (0, 0, 1), slot="a"), flipped(fan(square, (0, 0, 1), slot="b"))
    sliver = Patch(np.array([(1.0, 0, 0), (1, 0, 0), (0, 1, 0)]), np.array([(0, 1, 2)]), slot="a")
    mesh = assemble([top, bottom, sliver], key="k")
    assert mesh.slot_names == ("a", "b") and mesh.slots.tolist() == [0] * 4 + [1] * 4
    assert len(mesh.vertices) == 5  # both centres are one
    assert mesh.key == "k"
    assert np.allclose(mesh.normals[:4, :, 2], 1) and np.allclose(mesh.normals[4:, :, 2], -1)


def test_smoothing_keeps_edges_crisp_and_curves_smooth():
    box = trimesh.creation.box()
    crisp = corner_normals(box.vertices, box.faces, angle=40)
    assert np.allclose(crisp, box.face_normals[:, None])
    ball = trimesh.creation.icosphere(3)
    smooth = corner_normals(ball.vertices, ball.faces, angle=40)
    assert np.allclose(smooth, ball.vertices[ball.faces], atol=0.02)
    all_round = corner_normals(box.vertices, box.faces, angle=180)
    assert np.allclose(all_round, np.sign(box.vertices[box.faces]) / np.sqrt(3), atol=1e-9)


def test_box_mapping_reads_upright_from_every_side():
    mesh = assemble(rounded_box((1.0, 2.0, 3.0), 0.0), key="")
    uv = box_uv(mesh.vertices.astype(float), mesh.faces)
    for corners, at, normal in zip(mesh.vertices[mesh.faces], uv, mesh.normals[:, 0], strict=True):
        edges = np.linalg.lstsq(
            np.column_stack([corners[1] - corners[0], corners[2] - corners[0]]).T,
            np.column_stack([at[1] - at[0], at[2] - at[0]]).T,
            rcond=None,
        )[0]
        right, up = edges.T  # directions in space in which u and v grow
        assert np.cross(right, up) @ normal > 0  # not mirrored
        assert up[2] > 0 if abs(normal[2]) < 0.5 else up[1] > 0
