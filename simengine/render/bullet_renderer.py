"""PyBullet's own renderers as a second back end: TinyRenderer on the CPU, and OpenGL through EGL."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.errors import SimengineError
from simengine.render.model import Amodal, Frame, RenderCamera, RenderScene, RenderSettings, Shutter

__all__ = ["BulletRenderer"]

Doubles = NDArray[np.float64]


class BulletRenderer:
    """Draws with PyBullet's `getCameraImage`: flat colours, one directional light, no anti-aliasing.

    Ids and depth come from its own buffers. The depth buffer is turned into planar metres; normals are the cross
    product of the depth map's gradients within an object (so edges are a pixel soft), coordinates follow from depth
    and pose. Amodal outlines are drawn one object at a time within the picture; `clipped` tells where they touch its
    edge. Of the lights only the first's direction and colour count; textures, surroundings, `samples`, `bounces` and
    `seed` have no effect.

    Args:
        egl: Whether to use OpenGL through the EGL plug-in instead of TinyRenderer.

    Raises:
        SimengineError: If the EGL plug-in can't be loaded.
    """

    def __init__(self, *, egl: bool = False) -> None:
        from simengine.bullet import pybullet

        self._bullet = pybullet
        self._client = pybullet.connect(pybullet.DIRECT)
        self._mode = pybullet.ER_TINY_RENDERER
        self._shift = -0.5  # TinyRenderer looks through the corners of pixels, not their centres
        self._meshes: dict[tuple[str, tuple[float, ...]], int] = {}
        self._folder: TemporaryDirectory[str] | None = None
        if egl:
            self._folder = TemporaryDirectory(prefix="simengine-")
            self._mode = pybullet.ER_BULLET_HARDWARE_OPENGL
            self._shift = 0.0
            if _load_egl(pybullet, self._client) < 0:
                pybullet.disconnect(self._client)
                raise SimengineError(
                    "renderer bullet_egl: PyBullet's EGL plug-in can't be loaded; it needs libEGL and a GPU driver. "
                    "Use the renderer 'warp' or 'bullet', which need neither."
                )

    def __del__(self) -> None:
        client = getattr(self, "_client", -1)
        if client >= 0:
            try:
                self._bullet.disconnect(client)
            except Exception:  # the server may be gone at interpreter exit
                return

    def render(
        self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings, shutter: Shutter | None = None
    ) -> Frame:
        """Draws a scene; see the class for what the numbers mean.

        Args:
            scene: What there is.
            camera: From where.
            settings: Only `amodal` counts.
            shutter: None.

        Returns:
            The picture and its labels; `linear` is None.

        Raises:
            SimengineError: If the camera has a lens that bends or blurs, or a shutter.
        """
        _refuse_lenses(camera, shutter)
        bodies = self._place(scene)
        try:
            near, far = _depth_range(scene, camera)
            shown = self._shoot(scene, camera, near, far)
            numbers = np.full(max(bodies, default=0) + 2, -1)
            numbers[np.array(bodies, int)] = np.arange(len(bodies))
            index = numbers[np.where(shown[2] < 0, -1, shown[2])]
            outlines = self._outlines(scene, camera, settings, bodies, near, far, index)
        finally:
            for body in bodies:
                self._bullet.removeBody(body, physicsClientId=self._client)
        seen = index >= 0
        depth = np.where(seen, far * near / (far - (far - near) * shown[1].astype(float)), 0.0)
        ids = np.array([instance.id for instance in scene.instances] + [0], np.int32)[index]
        links = np.array([instance.link for instance in scene.instances] + [-1], np.int32)[index]
        points = _rays(camera) * depth[..., None]
        return Frame(
            rgb=np.ascontiguousarray(shown[0]),
            linear=None,
            depth=depth.astype(np.float32),
            instances=ids,
            links=links,
            normals=_normals(points, index).astype(np.float32),
            coordinates=_coordinates(scene, camera, points, index).astype(np.float32),
            amodal=outlines,
        )

    def _place(self, scene: RenderScene) -> list[int]:
        """Body numbers, one for each instance."""
        bullet, client = self._bullet, self._client
        bodies = []
        for instance in scene.instances:
            mesh = instance.mesh
            color = tuple(float(c) for c in _to_srgb(scene.materials[instance.materials[0]].base_color))
            shape = self._meshes.get((mesh.key, color))
            if shape is None:
                shape = bullet.createVisualShape(
                    bullet.GEOM_MESH, **self._geometry(mesh), rgbaColor=(*color, 1.0), physicsClientId=client
                )
                self._meshes[mesh.key, color] = shape
            bodies.append(
                bullet.createMultiBody(
                    baseVisualShapeIndex=shape,
                    basePosition=instance.transform[:3, 3].tolist(),
                    baseOrientation=_quaternion(instance.transform[:3, :3]),
                    physicsClientId=client,
                )
            )
        return bodies

    def _geometry(self, mesh: Mesh) -> dict[str, Any]:
        """The mesh as PyBullet takes it: in memory for TinyRenderer, as a file for OpenGL, which reads only those."""
        if self._folder is None:
            return {
                "vertices": mesh.vertices[mesh.faces].reshape(-1, 3).tolist(),
                "indices": list(range(3 * len(mesh.faces))),
                "normals": mesh.normals.reshape(-1, 3).tolist(),
            }
        path = Path(self._folder.name) / f"{mesh.key}.obj"
        if not path.exists():
            corners = mesh.vertices[mesh.faces].reshape(-1, 3)
            lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in corners.tolist()]
            lines += [f"vn {x:.6g} {y:.6g} {z:.6g}" for x, y, z in mesh.normals.reshape(-1, 3).tolist()]
            lines += [f"f {k}//{k} {k + 1}//{k + 1} {k + 2}//{k + 2}" for k in range(1, len(corners) + 1, 3)]
            path.write_text("\n".join(lines) + "\n")
        return {"fileName": str(path)}

    def _shoot(self, scene: RenderScene, camera: RenderCamera, near: float, far: float) -> tuple:
        """(rgb, depth buffer, body numbers) as PyBullet gives them."""
        toward: tuple[float, ...] = (0.3, -0.4, 1.0)
        color: tuple[float, ...] = (1.0, 1.0, 1.0)
        if scene.lights:
            light = scene.lights[0]
            toward = tuple(-d for d in light.direction) if light.kind not in ("point", "spot") else light.position
            peak = max(*light.color, 1e-9)
            color = tuple(c / peak for c in light.color)
        _, _, rgba, depth, segments = self._bullet.getCameraImage(
            camera.width,
            camera.height,
            viewMatrix=_view(camera),
            projectionMatrix=_projection(camera, near, far, shift=self._shift),
            lightDirection=toward,
            lightColor=color,
            shadow=1,
            renderer=self._mode,
            physicsClientId=self._client,
        )
        shape = (camera.height, camera.width)  # a PyBullet built without NumPy gives flat tuples
        return (
            np.asarray(rgba, np.uint8).reshape(*shape, 4)[..., :3],
            np.asarray(depth, np.float32).reshape(shape),
            np.asarray(segments, np.int32).reshape(shape),
        )

    def _outlines(
        self,
        scene: RenderScene,
        camera: RenderCamera,
        settings: RenderSettings,
        bodies: list[int],
        near: float,
        far: float,
        index: NDArray[np.int64],
    ) -> dict[int, Amodal]:
        """Draws each object alone: the others are moved behind the camera."""
        bullet, client = self._bullet, self._client
        ids = [instance.id for instance in scene.instances]
        wanted = sorted(set(ids) if settings.amodal is None else set(settings.amodal) & set(ids))
        if not wanted:
            return {}
        away = camera.world_from_camera[:3, 3] - 1e4 * camera.world_from_camera[:3, 2]

        def move(number: int, *, out: bool) -> None:
            pose = scene.instances[number].transform
            position = away if out else pose[:3, 3]
            bullet.resetBasePositionAndOrientation(
                bodies[number], position.tolist(), _quaternion(pose[:3, :3]), physicsClientId=client
            )

        for number in range(len(bodies)):
            move(number, out=True)
        visible = np.array([*ids, 0])[index]
        result = {}
        for id_ in wanted:
            own = [number for number, other in enumerate(ids) if other == id_]
            for number in own:
                move(number, out=False)
            alone = self._shoot(scene, camera, near, far)[2]
            for number in own:
                move(number, out=True)
            mask = (alone >= 0) | (visible == id_)
            edge = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
            result[id_] = Amodal(left=0, top=0, mask=mask, clipped=bool(edge))
        return result


def _refuse_lenses(camera: RenderCamera, shutter: Shutter | None) -> None:
    wanted = [
        word
        for word, given in (
            ("distortion", camera.distortion is not None),
            ("aperture", camera.aperture > 0),
            ("shutter", shutter is not None),
        )
        if given
    ]
    if wanted:
        raise SimengineError(
            f"camera: {' and '.join(wanted)}: PyBullet's renderers draw sharp pinhole pictures of an instant only. "
            "Use the renderer 'warp'."
        )


def _load_egl(bullet: Any, client: int) -> int:
    import importlib.util

    spec = importlib.util.find_spec("eglRenderer")
    if spec is not None and spec.origin:
        return bullet.loadPlugin(spec.origin, "_eglRendererPlugin", physicsClientId=client)
    return bullet.loadPlugin("eglRendererPlugin", physicsClientId=client)


def _to_srgb(color: tuple[float, float, float]) -> Doubles:
    c = np.clip(np.asarray(color, float), 0.0, 1.0)
    return np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)


def _quaternion(rotation: Doubles) -> list[float]:
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(rotation).as_quat().tolist()


def _depth_range(scene: RenderScene, camera: RenderCamera) -> tuple[float, float]:
    """Near and far planes that hold everything in front of the camera, for the depth buffer's precision."""
    camera_from_world = np.linalg.inv(camera.world_from_camera)
    depths = []
    for instance in scene.instances:
        low, high = instance.mesh.vertices.min(axis=0), instance.mesh.vertices.max(axis=0)
        corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)], float)
        pose = camera_from_world @ instance.transform
        depths.append(corners @ pose[2, :3] + pose[2, 3])
    all_depths = np.concatenate(depths) if depths else np.ones(1)
    far = max(float(all_depths.max()) * 1.01, 0.1)
    return max(float(all_depths.min()) * 0.9, far * 1e-3), far


def _view(camera: RenderCamera) -> list[float]:
    """World to OpenGL camera (x right, y up, z backward), column major."""
    flip = np.diag([1.0, -1.0, -1.0, 1.0])
    return (flip @ np.linalg.inv(camera.world_from_camera)).T.ravel().tolist()


def _projection(camera: RenderCamera, near: float, far: float, *, shift: float) -> list[float]:
    """OpenGL projection, column major; `shift` moves the principal point right and up [pixels]."""
    w, h = camera.width, camera.height
    cx, cy = camera.cx + shift, camera.cy - shift
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = 2 * camera.fx / w, 2 * camera.fy / h
    matrix[0, 2], matrix[1, 2] = 1 - 2 * cx / w, 2 * cy / h - 1
    matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    matrix[3, 2] = -1.0
    return matrix.T.ravel().tolist()


def _rays(camera: RenderCamera) -> Doubles:
    x = (np.arange(camera.width) + 0.5 - camera.cx) / camera.fx
    y = (np.arange(camera.height) + 0.5 - camera.cy) / camera.fy
    return np.stack([*np.meshgrid(x, y), np.ones((camera.height, camera.width))], axis=-1)


def _normals(points: Doubles, index: NDArray[np.int64]) -> Doubles:
    """Normals towards the camera from one-sided differences that stay within an instance."""

    def slope(axis: int) -> Doubles:
        ahead, behind = np.roll(points, -1, axis), np.roll(points, 1, axis)
        same_ahead, same_behind = np.roll(index, -1, axis) == index, np.roll(index, 1, axis) == index
        edge = [slice(None), slice(None)]
        for position, same in ((-1, same_ahead), (0, same_behind)):
            edge[axis] = position  # type: ignore[call-overload]
            same[tuple(edge)] = False
        forward, backward = ahead - points, points - behind
        # the smaller step stays on the surface where the object folds
        shorter = np.abs(forward[..., 2]) <= np.abs(backward[..., 2])
        use_forward = same_ahead & (~same_behind | shorter)
        return np.where(use_forward[..., None], forward, np.where(same_behind[..., None], backward, 0.0))

    normals = np.cross(slope(0), slope(1))
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    toward = -points / np.maximum(np.linalg.norm(points, axis=-1, keepdims=True), 1e-12)
    normals = np.where(length > 1e-15, normals / np.maximum(length, 1e-15), toward)
    normals *= np.where((normals * points).sum(axis=-1, keepdims=True) > 0, -1.0, 1.0)
    return np.where((index >= 0)[..., None], normals, 0.0)


def _coordinates(scene: RenderScene, camera: RenderCamera, points: Doubles, index: NDArray[np.int64]) -> Doubles:
    result = np.zeros_like(points)
    for number in np.unique(index[index >= 0]):
        here = index == number
        local = np.linalg.inv(scene.instances[number].transform) @ camera.world_from_camera
        result[here] = points[here] @ local[:3, :3].T + local[:3, 3]
    return result
