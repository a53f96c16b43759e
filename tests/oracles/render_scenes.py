"""Small scenes for the tests of pictures, and Embree as an independent caster of rays."""

import hashlib
from dataclasses import replace

import numpy as np
import trimesh

from simengine.assets.mesh import Mesh
from simengine.render.camera import look_at, make_camera, pixel_rays
from simengine.render.model import Instance, LightSource, RenderScene, SurfaceMaterial

__all__ = ["camera_at", "clutter", "embree", "glowing", "light", "pose", "sheet", "to_mesh"]


def to_mesh(solid, *, smooth=False, uv=None) -> Mesh:
    vertices, faces = np.asarray(solid.vertices, np.float32), np.asarray(solid.faces, np.int32)
    normals = solid.vertex_normals[faces] if smooth else np.repeat(solid.face_normals[:, None], 3, axis=1)
    normals = np.ascontiguousarray(normals, np.float32)
    digest = hashlib.blake2b(vertices.tobytes() + faces.tobytes() + normals.tobytes())
    if uv is not None:
        digest.update(uv.tobytes())
    return Mesh(vertices, faces, normals, uv, np.zeros(len(faces), np.int32), ("",), digest.hexdigest())


def sheet(size=(2.0, 2.0), *, uv=False) -> Mesh:
    """A rectangle in z = 0 that faces up; texture coordinates run over it once."""
    x, y = size[0] / 2, size[1] / 2
    vertices = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    normals = np.broadcast_to(np.float32([0, 0, 1]), (2, 3, 3)).copy()
    coordinates = (vertices[:, :2] / size + 0.5)[faces].astype(np.float32) if uv else None
    return Mesh(vertices, faces, normals, coordinates, np.zeros(2, np.int32), ("",), f"sheet {size} {uv}")


def pose(position=(0, 0, 0), *, rng=None) -> np.ndarray:
    """A pose at a position, turned at random where a generator is given."""
    matrix = np.eye(4)
    if rng is not None:
        q, r = np.linalg.qr(rng.normal(size=(3, 3)))
        q = q * np.sign(np.diag(r))
        matrix[:3, :3] = q * np.sign(np.linalg.det(q))
    matrix[:3, 3] = position
    return matrix


def camera_at(eye=(0.5, -0.6, 0.5), target=(0, 0, 0), *, width=160, height=120, **options):
    return make_camera(look_at(eye, target), width=width, height=height, **options)


def light(kind, *, position=(0.0, 0.0, 1.0), direction=(0.0, 0.0, -1.0), size=(0.5, 0.5), power=10.0) -> LightSource:
    up = (0.0, 1.0, 0.0) if abs(direction[1]) < 0.9 else (1.0, 0.0, 0.0)
    return LightSource(kind, position, direction, up, size, power, (1.0, 1.0, 1.0))


def clutter(*, count=12, seed=0, lights=True) -> RenderScene:
    """A sheet with boxes, balls, tori and dice-sized things in random poses, some of two links."""
    rng = np.random.default_rng(seed)
    solids = [
        to_mesh(trimesh.creation.box((0.08, 0.06, 0.05))),
        to_mesh(trimesh.creation.icosphere(3, radius=0.04), smooth=True),
        to_mesh(trimesh.creation.torus(0.04, 0.012, 32, 16), smooth=True),
        to_mesh(trimesh.creation.cylinder(0.02, 0.09)),
        to_mesh(trimesh.creation.box((0.016, 0.016, 0.016))),
    ]
    materials = [SurfaceMaterial(base_color=(0.6, 0.5, 0.4))]
    instances = [Instance(sheet(), np.eye(4), (0,), 1)]
    for k in range(count):
        materials.append(SurfaceMaterial(base_color=tuple(rng.uniform(0.1, 0.9, 3)), metallic=float(k % 3 == 0)))
        place = pose(rng.uniform((-0.2, -0.2, 0.04), (0.2, 0.2, 0.15)), rng=rng)
        instances.append(Instance(solids[k % len(solids)], place, (k + 1,), k + 2))
        if k % 4 == 3:
            place = pose(place[:3, 3] + (0.03, 0.0, 0.02), rng=rng)
            instances.append(Instance(solids[0], place, (k + 1,), k + 2, link=1))
    sources = (light("area", position=(0.4, -0.2, 1.0)),) if lights else ()
    return RenderScene(
        tuple(instances), tuple(materials), lights=sources, environment=np.full((2, 4, 3), 0.2, np.float32)
    )


def glowing(scene):
    """The scene with things that glow in their colours, so that only lens and film are sampled."""
    glow = tuple(SurfaceMaterial((0, 0, 0), specular=0.0, emission=m.base_color) for m in scene.materials)
    return replace(scene, materials=glow, lights=(), environment=None)


def embree(scene: RenderScene, camera) -> dict[str, np.ndarray]:
    """Instance index (-1 for none), depth, shading normals and link coordinates by Open3D's Embree."""
    import open3d as o3d

    world = o3d.t.geometry.RaycastingScene()
    for instance in scene.instances:
        points = instance.mesh.vertices @ instance.transform[:3, :3].T + instance.transform[:3, 3]
        world.add_triangles(points.astype(np.float32), instance.mesh.faces.astype(np.uint32))
    centres = np.stack(np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5), axis=-1)
    local = np.nan_to_num(pixel_rays(camera, centres))
    directions = local @ camera.world_from_camera[:3, :3].T
    eye = camera.world_from_camera[:3, 3]
    rays = np.concatenate([np.broadcast_to(eye, directions.shape), directions], axis=-1).astype(np.float32)
    hit = world.cast_rays(rays)
    index = hit["geometry_ids"].numpy().astype(np.int64)
    seen = index != int(world.INVALID_ID)
    index = np.where(seen, index, -1)
    depth = np.where(seen, hit["t_hit"].numpy(), 0.0)
    normals, coordinates = np.zeros((*index.shape, 3)), np.zeros((*index.shape, 3))
    for number in np.unique(index[seen]):
        here = index == number
        instance = scene.instances[number]
        face = hit["primitive_ids"].numpy()[here].astype(int)
        u, v = hit["primitive_uvs"].numpy()[here].astype(float).T
        weights = np.stack([1 - u - v, u, v], axis=-1)[..., None]
        n = (instance.mesh.normals[face] * weights).sum(axis=1)
        coordinates[here] = (instance.mesh.vertices[instance.mesh.faces[face]] * weights).sum(axis=1)
        n = n / np.linalg.norm(n, axis=-1, keepdims=True) @ instance.transform[:3, :3].T
        flat = hit["primitive_normals"].numpy()[here]
        n *= np.where((flat * directions[here]).sum(axis=-1, keepdims=True) > 0, -1.0, 1.0)
        normals[here] = n @ camera.world_from_camera[:3, :3]
    return {"index": index, "depth": depth, "normals": normals, "coordinates": coordinates}
