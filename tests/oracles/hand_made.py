"""Hand-made scenes, motions and pictures, for tests that need no physics and no renderer."""

import numpy as np

from simengine.assets.mesh import Asset, Link, Mesh
from simengine.physics.trajectory import Trajectory
from simengine.render.model import Amodal, Frame
from simengine.scene.scene import Scene, SceneCamera, SceneLight, SceneObject
from simengine.scene.schema.camera import Camera
from simengine.scene.schema.light import Light
from simengine.scene.schema.object import Object
from simengine.scene.schema.scene import SceneModel

__all__ = ["Link", "make_asset", "make_mesh", "make_scene", "make_trajectory", "paint"]

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
                name=f"{spec.get('name', 'thing')}[{number}]",
                group=spec.get("name", "thing"),
                copy=number,
                offset=(0.0, 0.0, 0.0),
                spec=Object.model_validate(
                    {"shape": {"box": {}}, **{key: value for key, value in spec.items() if key != "name"}},
                    context=CONCRETE,
                ),
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


def make_trajectory(scene, *, times=(0.0,), positions=None, rotations=None, links=1):
    """Every object (with `links` bodies each) at rest; positions (T, B, 3) and rotations (T, B, 4) if given."""
    ids = np.repeat([thing.id for thing in scene.objects], links).astype(np.int32)
    shape = len(times), len(ids)
    return Trajectory(
        times=np.asarray(times, float),
        bodies=tuple(f"body{i}" for i in range(len(ids))),
        object_ids=ids,
        link_index=np.tile(np.arange(links), len(scene.objects)).astype(np.int32),
        positions=np.zeros((*shape, 3)) if positions is None else np.asarray(positions, float),
        rotations=np.tile([0.0, 0.0, 0.0, 1.0], (*shape, 1)) if rotations is None else np.asarray(rotations, float),
        velocities=np.zeros((*shape, 6)),
    )


def paint(width, height, rectangles, *, margin=2, clipped=()):
    """A picture of rectangles {id: (x, y, w, h)} in whole pixels, the first in front; they may reach outside."""
    instances = np.zeros((height, width), np.int32)
    amodal = {}
    for id_, (x, y, w, h) in reversed(rectangles.items()):
        instances[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = id_
        mask = np.pad(np.ones((h, w), bool), margin)
        amodal[id_] = Amodal(x - margin, y - margin, mask, clipped=id_ in clipped)
    blank = np.zeros((height, width, 3), np.float32)
    return Frame(
        rgb=np.zeros((height, width, 3), np.uint8),
        linear=None,
        depth=(instances > 0).astype(np.float32),
        instances=instances,
        links=np.where(instances > 0, 0, -1).astype(np.int32),
        normals=blank,
        coordinates=blank,
        amodal=amodal,
    )
