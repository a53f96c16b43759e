"""The share of a small ball that is solid, against closed forms on faces, edges, corners and hollows."""

import numpy as np
import pytest
import trimesh
from oracles.render_scenes import sheet, to_mesh

from simengine.render.finish import weathering_noise
from simengine.render.solidity import solid_grid


def share_at(grid, points):
    from scipy.ndimage import map_coordinates

    at = (np.asarray(points) - grid.low) / grid.cell
    return map_coordinates(grid.cells / 255.0, at[:, ::-1].T, order=1)


def test_faces_edges_and_corners_of_a_box():
    grid = solid_grid(to_mesh(trimesh.creation.box((0.3, 0.2, 0.1))), edge=0.02)
    assert share_at(grid, [(0.15, 0, 0), (0, 0.1, 0), (0, 0, 0.05), (0.03, -0.02, -0.05)]) == pytest.approx(
        0.5, abs=0.03
    )
    assert share_at(grid, [(0.15, 0.1, 0), (0.15, 0, 0.05), (0, -0.1, 0.05)]) == pytest.approx(0.25, abs=0.03)
    assert share_at(grid, [(0.15, 0.1, 0.05), (-0.15, 0.1, -0.05)]) == pytest.approx(0.125, abs=0.03)
    assert share_at(grid, [(0, 0, 0)]) == pytest.approx(1.0, abs=0.01)


def test_inner_corners_are_hollow_and_triangles_do_not_matter():
    boxes = [trimesh.creation.box((0.2, 0.2, 0.05)), trimesh.creation.box((0.05, 0.2, 0.2))]
    boxes[1].apply_translation((-0.075, 0, 0.075))  # an L of two bodies that overlap
    grid = solid_grid(to_mesh(trimesh.util.concatenate(boxes)), edge=0.02)
    assert share_at(grid, [(-0.05, 0, 0.025), (-0.05, 0.04, 0.025)]) == pytest.approx(0.75, abs=0.04)
    assert share_at(grid, [(0.05, 0, 0.025)]) == pytest.approx(0.5, abs=0.03)
    fine = [box.subdivide().subdivide() for box in boxes]
    again = solid_grid(to_mesh(trimesh.util.concatenate(fine)), edge=0.02)
    assert np.abs(again.cells.astype(int) - grid.cells).max() <= 3


def test_balls_stick_out_evenly_and_open_sheets_have_no_back():
    ball = solid_grid(to_mesh(trimesh.creation.icosphere(4, radius=0.1)), edge=0.04)
    points = trimesh.creation.icosphere(2, radius=0.1).vertices
    shares = share_at(ball, points)
    assert 0.35 < shares.mean() < 0.49 and shares.std() < 0.02
    plane = solid_grid(sheet((1.0, 1.0)), edge=0.02)
    assert share_at(plane, [(0, 0, 0), (0.2, 0.1, 0)]) == pytest.approx(0.5, abs=0.05)


def test_thin_plates_are_no_edges():
    plate = solid_grid(to_mesh(trimesh.creation.box((0.4, 0.3, 0.004))))
    assert share_at(plate, [(0, 0, 0.002), (0.1, 0.05, -0.002)]) == pytest.approx(0.5, abs=0.06)


def test_what_is_too_thin_to_be_told_has_no_edges():
    rods = [trimesh.creation.cylinder(0.01, segment=[(x, y, 0), (x, y, 3)]) for x in (0, 2) for y in (0, 1)]
    assert solid_grid(to_mesh(trimesh.util.concatenate(rods))) is None


def test_noise_of_patches_is_even():
    noise = weathering_noise()
    assert noise.shape == (512, 512, 3)
    for channel in np.moveaxis(noise, -1, 0):
        assert np.bincount(channel.ravel(), minlength=256).std() == 0
    assert np.array_equal(noise, weathering_noise.__wrapped__())
