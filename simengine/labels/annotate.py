"""Labels of a picture: masks, boxes, occlusion, poses and 3D boxes, exact by construction.

Visible masks come from one id buffer, so they are a partition of the picture. All of them are found in one
pass over its columns; whole outlines are looked at within their own windows only.
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

from simengine.assets.build import build
from simengine.assets.mesh import Asset
from simengine.dataset.pictures import depth_scale
from simengine.dataset.record import ObjectRecord, ViewRecord, check_state
from simengine.errors import SimengineError
from simengine.labels.classes import object_class
from simengine.labels.geometry import inverse, object_extent, oriented_box, pose_records
from simengine.labels.outline import NO_OUTLINE, Outline, whole_outline
from simengine.labels.policy import drop_reason, padded_box
from simengine.labels.runs import NO_RUNS, Runs, column_runs
from simengine.physics.trajectory import Trajectory
from simengine.render.camera import intrinsic_matrix
from simengine.render.model import RenderCamera
from simengine.scene.scene import Scene, SceneObject
from simengine.scene.schema.optics import Shake, Shutter
from simengine.sensors.observe import View, body_transforms, state_hash

__all__ = ["annotate"]


def annotate(scene: Scene, trajectory: Trajectory, view: View) -> ViewRecord:
    """Labels every object of one picture.

    Objects of a class are recorded in full, also where nothing of them is seen; background is recorded with its
    pose, pixels and tight box (see `ObjectRecord`). The record names no files yet: the writer adds them.

    Args:
        scene: The scene as drawn.
        trajectory: Its motion.
        view: The picture, made from the same scene and trajectory.

    Returns:
        The picture's record, objects in order of id.

    Raises:
        SimengineError: If the picture was made from other poses than `trajectory` has, or shows an object of a
            class whose outline was not traced.
    """
    camera = view.render_camera
    spec = next(entry.spec for entry in scene.cameras if entry.name == view.camera)
    record = ViewRecord(
        camera=view.camera,
        frame=view.frame,
        time=view.time,
        width=camera.width,
        height=camera.height,
        intrinsics=intrinsic_matrix(camera).tolist(),
        distortion=_distortion(camera),
        world_from_camera=camera.world_from_camera.tolist(),
        exposure=float(camera.exposure),
        depth_scale=depth_scale(spec.far),
        state=state_hash(trajectory, view.frame, camera, view.passage),
        shafts={name: float(clock.turns(view.time)) for name, clock in scene.clocks.items()},
        depth_kind="range" if camera.distortion and camera.distortion.model == "kannala_brandt" else "planar",
        focus={"aperture": camera.aperture, "distance": camera.focus} if camera.aperture > 0 else None,
        shutter=None if spec.shutter is None else _shutter(spec.shutter, spec.shake),
        crop=None if camera.crop is None else asdict(camera.crop),
    )
    check_state(record, view.state)
    picture = _Picture(scene, trajectory, view)
    return replace(record, objects=[picture.label(thing) for thing in scene.objects])


def _distortion(camera: RenderCamera) -> dict[str, Any] | None:
    lens = camera.distortion
    if lens is None:
        return None
    known = {"model": lens.model, "coefficients": list(lens.coefficients)}
    return known | {"image_circle": 2 * lens.widest} if lens.model == "kannala_brandt" else known


def _shutter(shutter: Shutter, shake: Shake | None) -> dict[str, Any]:
    moves = shake or Shake()
    return {
        "exposure_time": shutter.exposure_time,
        "readout_time": shutter.readout_time,
        "direction": shutter.direction,
        "velocity": list(moves.velocity),
        "angular_velocity": list(moves.angular_velocity),
    }


class _Picture:
    """One picture and the poses that it shows; labels its objects one by one."""

    def __init__(self, scene: Scene, trajectory: Trajectory, view: View) -> None:
        self.scene = scene
        self.view = view
        passage = view.passage
        self.rolling = passage if passage is not None and passage.shutter.readout > 0 else None
        self.links = trajectory.link_index
        self.velocities = trajectory.velocities[view.frame]
        self.poses = body_transforms(trajectory, view.frame)
        self.world = pose_records(self.poses)
        self.camera = pose_records(inverse(view.render_camera.world_from_camera) @ self.poses)
        self.visible = column_runs(view.frame_data.instances).split()
        self.bodies: dict[int, list[int]] = {}
        for body, id_ in enumerate(trajectory.object_ids.tolist()):
            self.bodies.setdefault(id_, []).append(body)

    def label(self, thing: SceneObject) -> ObjectRecord:
        asset = build(thing.spec.shape, base=self.scene.base)
        pose = self.poses[self.bodies[thing.id][0]]
        seen = self.visible.get(thing.id, NO_RUNS)
        category = object_class(thing, asset, pose[:3, :3])
        known = self._any(thing, asset, seen)
        if category is not None:
            known |= self._classed(thing, asset, seen, category)
        return ObjectRecord(**known)

    def _any(self, thing: SceneObject, asset: Asset, seen: Runs) -> dict[str, Any]:
        """What is recorded of every object; what only objects of a class have is null."""
        camera, bodies = self.view.render_camera, self.bodies[thing.id]
        box, factor = seen.box, self.scene.model.labels.policy.box_padding
        velocity = self.velocities[bodies[0]].tolist()
        links = {asset.links[int(self.links[body])].name: self.world[body] for body in bodies[1:]}
        return {
            "id": thing.id,
            "track": thing.id,
            "name": thing.name,
            "attributes": dict(thing.spec.attributes),
            "group": thing.group,
            "category": None,
            "labelled": False,
            "reason": "no_class",
            "box": box,
            "box_exported": box and padded_box(box, factor=factor, width=camera.width, height=camera.height),
            "box_amodal": None,
            "mask": None,
            "mask_amodal": None,
            "pixels": seen.area,
            "pixels_in_frame": None,
            "pixels_amodal": None,
            "visible_fraction": None,
            "in_frame_fraction": None,
            "visibility_in_frame": None,
            "truncated": None,
            "outline_clipped": None,
            "world_from_object": self.world[bodies[0]],
            "camera_from_object": self.camera[bodies[0]],
            "links": links,
            "box3d": None,
            "distance": math.hypot(*self.camera[bodies[0]].position),
            "velocity": velocity[:3],
            "angular_velocity": velocity[3:],
        }

    def _classed(self, thing: SceneObject, asset: Asset, seen: Runs, category: str) -> dict[str, Any]:
        """What is recorded of objects of a class besides."""
        camera, bodies = self.view.render_camera, self.bodies[thing.id]
        outline = self._outline(thing, seen)
        visible_fraction, in_frame_fraction, visibility_in_frame = outline.ratios(seen.area)
        reason = drop_reason(
            self.scene.model.labels,
            category=category,
            pixels=seen.area,
            visible_fraction=visible_fraction,
            box=seen.box,
        )
        meshes = [asset.links[int(self.links[body])].mesh for body in bodies]
        low, high = object_extent(meshes, [self.poses[body] for body in bodies])
        box3d = oriented_box(
            low, high, self.poses[bodies[0]], self.camera[bodies[0]].rotation, camera,
            shutter=self.rolling.shutter if self.rolling else None,
            moved=self.rolling.bodies[:, bodies[0]] if self.rolling else None,
        )  # fmt: skip
        return {
            "category": category,
            "labelled": reason is None,
            "reason": reason,
            "box_amodal": outline.whole.box,
            "mask": seen.compress(width=camera.width, height=camera.height),
            "mask_amodal": outline.inside.compress(width=camera.width, height=camera.height),
            "pixels_in_frame": outline.inside.area,
            "pixels_amodal": outline.whole.area,
            "visible_fraction": visible_fraction,
            "in_frame_fraction": in_frame_fraction,
            "visibility_in_frame": visibility_in_frame,
            "truncated": outline.truncated,
            "outline_clipped": outline.clipped,
            "box3d": box3d,
            "distance": math.hypot(*box3d.center),
        }

    def _outline(self, thing: SceneObject, seen: Runs) -> Outline:
        """The whole outline; an object without one is out of sight, or it is an error."""
        amodal = self.view.frame_data.amodal.get(thing.id)
        outline = NO_OUTLINE
        if amodal is not None:
            outline = whole_outline(amodal, self.view.frame_data.instances, thing.id)
        if outline.inside.area < seen.area:
            raise SimengineError(
                f"camera {self.view.camera}, frame {self.view.frame}: {thing.name} shows {seen.area} pixels that its "
                "outline lacks. The renderer must trace the whole outline (RenderSettings.amodal) of every object "
                "that has a class."
            )
        return outline
