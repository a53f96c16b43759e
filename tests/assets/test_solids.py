"""Volumes and inertias against closed forms."""

import numpy as np
import pytest
import trimesh

from simengine.assets.solid import mesh_solid


def test_box(built):
    asset = built("box", size=(0.1, 0.2, 0.3))
    assert asset.volume == pytest.approx(0.006, rel=1e-6)
    expected = 0.006 / 12 * np.diag([0.2**2 + 0.3**2, 0.1**2 + 0.3**2, 0.1**2 + 0.2**2])
    assert np.allclose(asset.inertia, expected, rtol=1e-5, atol=1e-12)


def test_rounded_box_has_the_volume_of_a_minkowski_sum(built):
    """Steiner's formula: core, slabs, quarter cylinders, sphere octants."""
    size, r = np.array([0.1, 0.06, 0.04]), 0.012
    a, b, c = size - 2 * r
    faces, edges = 2 * (a * b + b * c + c * a), 4 * (a + b + c)
    exact = a * b * c + faces * r + edges * np.pi * r**2 / 4 + 4 / 3 * np.pi * r**3
    assert built("box", size=tuple(size), rounding=r).volume == pytest.approx(exact, rel=4e-3)


def test_sphere_cylinder_capsule_cone(built):
    r, h = 0.05, 0.2
    sphere = built("sphere", radius=r)
    assert sphere.volume == pytest.approx(4 / 3 * np.pi * r**3)
    assert np.allclose(sphere.inertia, 0.4 * sphere.volume * r**2 * np.eye(3))
    cylinder = built("cylinder", radius=r, height=h)
    assert cylinder.inertia[2, 2] == pytest.approx(cylinder.volume * r**2 / 2)
    assert cylinder.inertia[0, 0] == pytest.approx(cylinder.volume * (3 * r**2 + h**2) / 12)
    capsule = built("capsule", radius=r, height=h)
    assert capsule.volume == pytest.approx(np.pi * r**2 * h + 4 / 3 * np.pi * r**3)
    cone = built("cone", radius=r, height=h)
    assert cone.volume == pytest.approx(np.pi * r**2 * h / 3, rel=3e-3)
    assert cone.center_of_mass[2] == pytest.approx(-h / 4, rel=1e-3)
    frustum = built("cone", radius=r, top_radius=0.02, height=h)
    assert frustum.volume == pytest.approx(np.pi * h / 3 * (r**2 + r * 0.02 + 0.02**2), rel=3e-3)


def test_points_of_round_shapes_lie_on_them(built):
    points = built("sphere", radius=0.07).links[0].mesh.vertices
    assert np.allclose(np.linalg.norm(points, axis=1), 0.07, rtol=1e-6)
    mesh = built("capsule", radius=0.03, height=0.1).links[0].mesh
    axis = mesh.vertices * (0, 0, 1)
    axis[:, 2] = np.clip(axis[:, 2], -0.05, 0.05)
    away = mesh.vertices - axis
    assert np.allclose(np.linalg.norm(away, axis=1), 0.03, rtol=1e-5)
    corner = away[mesh.faces] / 0.03
    assert np.allclose(mesh.normals, corner, atol=2e-5)


def test_rounded_edges_are_arcs_with_exact_normals(built):
    size, r = np.array([0.1, 0.06, 0.04]), 0.01
    mesh = built("box", size=tuple(size), rounding=r).links[0].mesh
    core = np.clip(mesh.vertices, -(size / 2 - r), size / 2 - r)
    away = mesh.vertices - core
    assert np.allclose(np.linalg.norm(away, axis=1), r, rtol=1e-4)
    assert np.allclose(mesh.normals, away[mesh.faces] / r, atol=2e-4)


def test_plane_has_its_upper_face_at_zero(built):
    asset = built("plane", size=(3.0, 1.0), thickness=0.05)
    vertices = asset.links[0].mesh.vertices
    assert np.allclose(vertices.max(axis=0), (1.5, 0.5, 0.0), atol=1e-7)
    assert np.allclose(vertices.min(axis=0), (-1.5, -0.5, -0.05))
    (piece,) = asset.collision
    assert piece.kind == "box" and piece.offset[2] + piece.size[2] / 2 == pytest.approx(0)


def test_mass_properties_of_any_mesh_agree_with_trimesh():
    mesh = trimesh.creation.annulus(0.02, 0.05, 0.03)
    mesh.apply_transform(trimesh.transformations.random_rotation_matrix(np.array([0.1, 0.7, 0.3])))
    mesh.apply_translation((2.0, -1.0, 0.5))
    solid = mesh_solid(mesh.vertices, mesh.faces)
    assert solid.volume == pytest.approx(mesh.volume, rel=1e-6)
    assert np.allclose(solid.center_of_mass, mesh.center_mass, rtol=1e-9)
    assert np.allclose(solid.inertia, mesh.moment_inertia, rtol=1e-4, atol=1e-12)


def test_thin_walls_of_a_mug_weigh_what_walls_weigh(built):
    """A mug is lighter than its hull and about as heavy as floor, wall and handle."""
    r, h, wall = 0.04, 0.095, 0.004
    asset = built("mug", radius=r, height=h, wall=wall)
    ring = np.pi * (r**2 - (r - wall) ** 2) * (h - 1.4 * wall)
    floor = np.pi * r**2 * 1.4 * wall
    assert ring + 0.8 * floor < asset.volume < 1.25 * (ring + floor)
