"""Pictures of a sample: one view per time and camera, each from one snapshot of the poses."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simengine.errors import SimengineError
from simengine.physics.trajectory import Trajectory
from simengine.render.model import Frame, Instance, Picture, RenderCamera, RenderScene, RenderSettings
from simengine.render.presets import preset
from simengine.render.select import ManyRenderer, Renderer, make_renderer
from simengine.scene.scene import Scene
from simengine.scene.schema.film import Film
from simengine.scene.schema.scene import Render
from simengine.sensors.appearance import Appearance, appearance
from simengine.sensors.camera import render_camera
from simengine.sensors.film.develop import develop
from simengine.sensors.focus import focused
from simengine.sensors.lighting import light_source
from simengine.sensors.shutter import Passage, passage
from simengine.sensors.surroundings import environment

__all__ = ["View", "body_transforms", "observe", "state_hash"]


@dataclass(frozen=True, eq=False)
class View:
    """A picture with its labels as the renderer gives them.

    Attributes:
        camera: Name of the view, ``top[0]``.
        frame: Number of the time in the trajectory.
        time: Seconds since release.
        render_camera: The camera as rendered.
        frame_data: The picture and its label maps.
        state: Hash of the poses and the camera that the picture was made from.
        passage: The states that the picture passed through, if it isn't of an instant.
    """

    camera: str
    frame: int
    time: float
    render_camera: RenderCamera
    frame_data: Frame
    state: str
    passage: Passage | None = None


def observe(scene: Scene, trajectory: Trajectory, *, renderer: Renderer | None = None) -> Iterator[View]:
    """Takes every picture of a sample, by time and then by camera.

    Materials, textures, surroundings and lights are built once; views are made one at a time as they are
    asked for, so a long sample needs the memory of one picture. A renderer on CUDA draws some millions of pixels at
    once, see `simengine.render.warp_renderer.WarpRenderer.render_many`; the pictures are the same.

    Args:
        scene: The scene as drawn.
        trajectory: Its motion.
        renderer: What draws; if None, the scene's renderer on the first device there is, with all cores.

    Yields:
        One view after the other.

    Raises:
        Rejected: If a camera or a light of this draw has no direction, or a camera's lens can't draw its picture.
        SimengineError: If a material can't be applied, a picture can't be read, or a film can't be developed.
    """
    if renderer is None:
        renderer = make_renderer(scene.model.render.renderer, threads=os.cpu_count() or 1)
    cameras = [(camera, render_camera(camera)) for camera in scene.cameras]
    look = appearance(scene, trajectory)
    lights = tuple(light_source(light) for light in scene.lights)
    panorama = environment(scene)
    classed = tuple(thing.id for thing in scene.objects if thing.spec.label is not None and thing.spec.visible)

    def requests() -> Iterator[_Request]:
        for number, time in enumerate(trajectory.times.tolist()):
            transforms = body_transforms(trajectory, number)
            parts = _instances(look, transforms)
            world = RenderScene(parts, look.materials, look.textures, lights, panorama, look.maps)
            for entry, view in cameras:
                camera = focused(view, entry, scene, trajectory, transforms)
                states = passage(entry.spec, camera, look.parts, trajectory, time=time, transforms=transforms)
                settings = _settings(
                    scene.model.render,
                    seed=int(scene.stream(f"cameras.{entry.name}.noise[{number}]").integers(2**31)),
                    color="rgb" in scene.model.outputs,
                    amodal=classed,
                )
                picture = Picture(world, camera, settings, states.shutter if states else None)
                yield _Request(entry.name, entry.spec.film, number, time, picture, states)

    for batch in _batches(requests(), pixels=getattr(renderer, "batch_pixels", 0)):
        for request, frame in zip(batch, _drawn(batch, renderer), strict=True):
            name, film, number, time, (_, camera, settings, _), states = request
            if film is not None and settings.color:
                rng = scene.stream(f"cameras.{name}.film[{number}]")
                frame = replace(frame, rgb=_developed(film, frame, camera, rng, name))
            state = state_hash(trajectory, number, camera, states)
            yield View(name, number, time, camera, frame, state, states)


class _Request(NamedTuple):
    """A view before it is drawn."""

    name: str
    film: Film | None
    number: int
    time: float
    picture: Picture
    states: Passage | None


def _batches(requests: Iterator[_Request], *, pixels: int) -> Iterator[list[_Request]]:
    """Views in the order of asking, as many at once as make up so many pixels; 0 for one at a time."""
    batch: list[_Request] = []
    for request in requests:
        batch.append(request)
        if sum(each.picture.camera.width * each.picture.camera.height for each in batch) >= pixels:
            yield batch
            batch = []
    if batch:
        yield batch


def _drawn(batch: list[_Request], renderer: Renderer) -> list[Frame]:
    pictures = [request.picture for request in batch]
    if len(pictures) > 1 and isinstance(renderer, ManyRenderer):
        return renderer.render_many(pictures)
    # renderers that know no shutters are not asked for one
    return [renderer.render(*(picture if picture.shutter else picture[:3])) for picture in pictures]


def body_transforms(trajectory: Trajectory, frame: int) -> NDArray[np.float64]:
    """World from body at one time, shape (B, 4, 4)."""
    transforms = np.tile(np.eye(4), (len(trajectory.bodies), 1, 1))
    if len(trajectory.bodies):
        transforms[:, :3, :3] = Rotation.from_quat(trajectory.rotations[frame]).as_matrix()
        transforms[:, :3, 3] = trajectory.positions[frame]
    return transforms


def state_hash(trajectory: Trajectory, frame: int, camera: RenderCamera, states: Passage | None = None) -> str:
    """A fingerprint of one instant seen by one camera, 32 hex digits.

    It covers the time, the pose of every body and the camera's pose, intrinsics, lens and shutter, so that a picture of
    one state and labels of another are told apart.
    """
    intrinsics = (camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy)
    digest = hashlib.blake2b(digest_size=16)
    for part in (
        trajectory.times[frame],
        trajectory.object_ids,
        trajectory.positions[frame],
        trajectory.rotations[frame],
        camera.world_from_camera,
        intrinsics,
    ):
        digest.update(np.ascontiguousarray(part, dtype="<f8").tobytes())
    lens = (camera.distortion, camera.crop, camera.aperture and (camera.aperture, camera.focus))
    if any(lens):
        digest.update(repr(lens).encode())
    if states is not None:
        digest.update(repr((states.shutter.exposure, states.shutter.readout, states.shutter.direction)).encode())
        for moved in (states.bodies, states.shutter.world_from_camera):
            digest.update(np.ascontiguousarray(moved, dtype="<f8").tobytes())
    return digest.hexdigest()


def _instances(look: Appearance, transforms: NDArray[np.float64]) -> tuple[Instance, ...]:
    return tuple(
        Instance(
            mesh=part.mesh,
            transform=transforms[part.body],
            materials=part.materials,
            id=part.id,
            link=part.link,
            skin=part.skin,
        )
        for part in look.parts
    )


def _developed(
    film: Film, picture: Frame, camera: RenderCamera, rng: np.random.Generator, name: str
) -> NDArray[np.uint8]:
    if picture.linear is None:
        raise SimengineError(
            f"cameras.{name}.film: PyBullet's renderers give no linear light, which a film is made from. "
            "Use `render.renderer: warp`, or leave `film` out."
        )
    return develop(film, picture.linear, camera=camera, rng=rng, name=name)


def _settings(render: Render, *, seed: int, color: bool, amodal: tuple[int, ...]) -> RenderSettings:
    quality = preset(render.preset)
    return replace(
        quality,
        samples=quality.samples if render.samples is None else render.samples,
        bounces=quality.bounces if render.bounces is None else render.bounces,
        denoise=quality.denoise and render.denoise == "auto",
        oidn=quality.oidn if render.denoise == "auto" else render.denoise,
        seed=seed,
        color=color,
        amodal=amodal,
    )
