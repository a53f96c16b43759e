import subprocess

import numpy as np
import pytest
import trimesh

from simengine.assets import collision as collision_module
from simengine.assets import decompose as decompose_module
from simengine.assets.collision import collision_of
from simengine.assets.convex import convex_hull, hull_solid
from simengine.assets.decompose import cache_folder, decompose, read_convex_obj
from simengine.errors import SimengineError

TILT = trimesh.transformations.rotation_matrix(0.5, (1, 2, 3))


@pytest.fixture
def torus():
    """Tilted, for V-HACD is slow on the symmetry of an upright one."""
    mesh = trimesh.creation.torus(0.05, 0.015, major_sections=24, minor_sections=12)
    return mesh.apply_transform(TILT)


def outside(hulls, points):
    """How far points lie outside of the union of convex hulls, at least."""
    bodies = [trimesh.convex.convex_hull(hull) for hull in hulls]
    planes = [(b.face_normals, (b.face_normals * b.triangles[:, 0]).sum(1)) for b in bodies]
    return np.min([(points @ n.T - d).max(axis=1) for n, d in planes], axis=0)


@pytest.mark.parametrize("method", ["vhacd", "coacd"])
def test_decomposition_covers_the_mesh_and_leaves_its_hole(torus, method):
    if method == "coacd":
        pytest.importorskip("coacd")
    hulls = decompose(torus.vertices, torus.faces, method=method)
    assert len(hulls) > 4 and all(len(hull) <= 96 and hull.dtype == np.float32 for hull in hulls)
    points, _ = trimesh.sample.sample_surface(torus, 800, seed=0)
    assert outside(hulls, points).max() < 0.003  # about a voxel
    assert outside(hulls, np.array([(0, 0, 0), (0.02, 0, 0), (0, -0.02, 0)]) @ TILT[:3, :3].T).min() > 0
    total = sum(hull_solid(hull).volume for hull in hulls)
    assert total == pytest.approx(torus.volume, rel=0.25)


def test_decomposition_is_kept_and_the_same_when_made_again(torus, monkeypatch, tmp_path):
    first = decompose(torus.vertices, torus.faces)
    (file,) = (cache_folder() / "hulls").glob("*")
    assert file.suffix == ".npz"
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("the cache was not used"))
        again = decompose(torus.vertices, torus.faces)
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "other"))
    fresh = decompose(torus.vertices, torus.faces)
    for other in (again, fresh):
        assert [hull.tobytes() for hull in other] == [hull.tobytes() for hull in first]


@pytest.fixture
def cheap(monkeypatch):
    """Stands in for V-HACD where only the cache is looked at: cuts the points into octants."""

    def split(points, faces):
        octant = (points > 0) @ (1, 2, 4)
        return [points[octant == i] for i in range(8)]

    monkeypatch.setattr(decompose_module, "_vhacd", split)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short", b"words"])
def test_a_damaged_cache_is_made_again(torus, damage, cheap):
    first = decompose(torus.vertices, torus.faces)
    (file,) = (cache_folder() / "hulls").glob("*")
    good = file.read_bytes()
    file.write_bytes(damage)
    assert [h.tobytes() for h in decompose(torus.vertices, torus.faces)] == [h.tobytes() for h in first]
    assert len(file.read_bytes()) == len(good)


def test_a_cache_that_cannot_be_written_costs_only_time(torus, monkeypatch, tmp_path, cheap):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "file"))
    assert len(decompose(torus.vertices, torus.faces)) > 4


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.delenv("SIMENGINE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "simengine"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert cache_folder() == tmp_path / "me" / ".cache" / "simengine"


def test_failures_say_what_to_do(torus, monkeypatch):
    with pytest.raises(SimengineError, match="no method of decomposition"):
        decompose(torus.vertices, torus.faces, method="magic")
    crash = subprocess.CompletedProcess([], -11, "", "")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: crash)
    with pytest.raises(SimengineError, match=r"exit status -11.*collision: hull"):
        decompose(torus.vertices, torus.faces)


def test_auto_takes_the_hull_of_what_is_nearly_convex_and_splits_the_rest(built, tmp_path, torus, monkeypatch):
    trimesh.creation.icosphere(3, 0.1).export(tmp_path / "ball.stl")
    torus.export(tmp_path / "torus.stl")
    ball, ring = (built("mesh", file=f"{name}.stl", base=tmp_path) for name in ("ball", "torus"))
    assert len(collision_of(ball)[0].hulls) == 1
    assert len(collision_of(ring)[0].hulls) > 4
    assert len(collision_of(ring, "hull")[0].hulls) == 1
    assert collision_of(ring, "none") == ()
    assert collision_of(ring) is collision_of(ring)
    monkeypatch.setattr(collision_module, "decompose", lambda *a: pytest.fail("decomposed a convex mesh"))
    built("mesh", file="ball.stl", base=tmp_path, scale=2.0)
    with pytest.raises(SimengineError, match="'exact' is no collision mode"):
        collision_of(ring, "exact")


def test_modes_of_parametric_shapes(built):
    mug = built("mug")
    assert collision_of(mug) is mug.collision
    (hull,) = collision_of(mug, "hull")[0].hulls
    assert np.allclose(np.ptp(hull, axis=0), np.ptp(mug.links[0].mesh.vertices, axis=0), rtol=0.01)
    pieces = collision_of(mug, "decompose")[0].hulls
    assert len(pieces) > 5
    assert outside(pieces, np.array([(0, 0, 0.05)])) > 0


def test_hulls_are_thinned_to_true_vertices():
    points = np.random.default_rng(0).normal(size=(3000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    hull = convex_hull(points, limit=64)
    assert 40 < len(hull) <= 70
    assert {tuple(p) for p in hull} <= {tuple(p) for p in points.astype(np.float32)}
    box = np.vstack([trimesh.creation.box((1, 2, 3)).vertices, 0.3 * points])
    assert len(convex_hull(box)) == 8


@pytest.mark.parametrize("points", [[(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [(0, 0, 0), (1, 1, 1)], [(2, 2, 2)]])
def test_flat_points_get_a_thin_box(points):
    hull = convex_hull(np.array(points, float))
    assert len(hull) == 8
    assert np.ptp(hull, axis=0).min() > 0.0009
    assert outside([hull], np.array(points, float)).max() < 1e-6


def test_hull_solid_is_that_of_a_box():
    solid = hull_solid(trimesh.creation.box((0.1, 0.2, 0.3)).vertices + np.array([1, 2, 3]))
    assert solid.volume == pytest.approx(0.006)
    assert solid.center_of_mass == pytest.approx((1, 2, 3))


def test_convex_objects_of_a_file(tmp_path):
    (tmp_path / "c.obj").write_text(
        "o a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\no flat\nv 0 0 0\no b\n" + "v 1 2 3\n" * 5
    )
    assert [len(part) for part in read_convex_obj(tmp_path / "c.obj")] == [4, 5]
