import numpy as np
import pytest
import trimesh

from simengine.assets.build import build
from simengine.scene.schema.material import Texture
from simengine.scene.schema.shapes import Shape


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Decompositions are kept in a folder of the test's own."""
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def shape():
    """Makes a concrete shape: shape("box", size=(1, 2, 3))."""

    def make(tag, **values):
        return Shape.model_validate({tag: values}, context={"concrete": True})

    return make


@pytest.fixture
def built(shape):
    """Builds a shape: built("box", size=(1, 2, 3))."""

    def make(tag, *, base=".", **values):
        return build(shape(tag, **values), base=str(base))

    return make


@pytest.fixture
def texture():
    def make(tag, **values):
        return Texture.model_validate({tag: values}, context={"concrete": True})

    return make


@pytest.fixture
def solid():
    """The drawn mesh of an asset of one link, as the oracle library sees it."""

    def make(asset):
        mesh = asset.links[0].mesh
        return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)

    return make


def _embree(mesh):
    import open3d as o3d

    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.uint32))
    return scene


@pytest.fixture
def cast():
    """Distance along unit rays to a mesh, by Embree."""
    return lambda mesh, origins, directions: (
        _embree(mesh).cast_rays(np.column_stack([origins, directions]).astype(np.float32))["t_hit"].numpy()
    )


@pytest.fixture
def distance():
    """Distance of points to a mesh, by Embree."""
    return lambda mesh, points: _embree(mesh).compute_distance(np.asarray(points, np.float32)).numpy()
