from types import SimpleNamespace

import numpy as np
import pytest

from simengine.assets.mesh import Asset, Link, Mesh
from simengine.physics.trajectory import Trajectory
from simengine.scene.scene import Scene, SceneCamera, SceneLight, SceneObject
from simengine.scene.schema.camera import Camera
from simengine.scene.schema.light import Light
from simengine.scene.schema.object import Object
from simengine.scene.schema.scene import SceneModel

CONCRETE = {"concrete": True}


def make_mesh(slots=("body",), *, uv=False, key="mesh"):
    """A tetrahedron whose faces take the slots in turn."""
    vertices = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    faces = np.int32([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    normals = np.zeros((4, 3, 3), np.float32)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=normals,
        uv=np.zeros((4, 3, 2), np.float32) if uv else None,
        slots=np.int32([i % len(slots) for i in range(4)]),
        slot_names=tuple(slots),
        key=key,
    )


def make_asset(*links, **known):
    return Asset(
        key="asset", links=links, collision=(), volume=1.0, center_of_mass=(0, 0, 0), inertia=np.eye(3), **known
    )


def make_scene(objects=(), *, lights=(), cameras=None, model=None, base=".", seed=0, index=0):
    """A scene of one copy of each object, given as the dicts of a scene file."""
    return Scene(
        seed=seed,
        index=index,
        attempt=0,
        model=SceneModel.model_validate(model or {}, context=CONCRETE),
        base=str(base),
        objects=tuple(
            SceneObject(
                id=number + 1,
                name=f"thing[{number}]",
                group="thing",
                copy=number,
                offset=(0.0, 0.0, 0.0),
                spec=Object.model_validate({"shape": {"box": {}}, **spec}, context=CONCRETE),
            )
            for number, spec in enumerate(objects)
        ),
        lights=tuple(
            SceneLight(f"light[{i}]", Light.model_validate(s, context=CONCRETE)) for i, s in enumerate(lights)
        ),
        cameras=tuple(
            SceneCamera(name, Camera.model_validate(spec, context=CONCRETE))
            for name, spec in (cameras or {"camera": {}}).items()
        ),
    )


def make_trajectory(scene, *, times=(0.0,), positions=None, links=1):
    """Every object (with `links` bodies each) at rest, unless positions (T, B, 3) are given."""
    ids = np.repeat([thing.id for thing in scene.objects], links).astype(np.int32)
    shape = len(times), len(ids)
    return Trajectory(
        times=np.asarray(times, float),
        bodies=tuple(f"body{i}" for i in range(len(ids))),
        object_ids=ids,
        link_index=np.tile(np.arange(links), len(scene.objects)).astype(np.int32),
        positions=np.zeros((*shape, 3)) if positions is None else np.asarray(positions, float),
        rotations=np.tile([0.0, 0.0, 0.0, 1.0], (*shape, 1)),
        velocities=np.zeros((*shape, 6)),
    )


@pytest.fixture
def made():
    return SimpleNamespace(mesh=make_mesh, asset=make_asset, link=Link, scene=make_scene, trajectory=make_trajectory)
