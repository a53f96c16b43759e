"""Labels of a picture: masks, boxes, occlusion, poses and 3D boxes, exact by construction.

Visible masks come from one id buffer, so they are a partition of the picture. All of them are found in one
pass over its columns; whole outlines are looked at within their own windows only.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simengine.assets.build import build
from simengine.dataset.record import ObjectRecord, ViewRecord, check_state
from simengine.errors import SimengineError
from simengine.labels.classes import object_class
from simengine.labels.geometry import inverse, object_extent, oriented_box, pose_record
from simengine.labels.outline import Outline, whole_outline
from simengine.labels.policy import drop_reason, padded_box
from simengine.labels.runs import Runs, column_runs, compress
from simengine.physics.trajectory import Trajectory
from simengine.render.camera import intrinsic_matrix
from simengine.scene.scene import Scene, SceneObject
from simengine.sensors.observe import View, body_transforms, state_hash

__all__ = ["annotate"]

_DEPTH_STEPS = 65535  # of a 16-bit picture
_NOTHING = column_runs(np.zeros((0, 0), dtype=bool))


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
    width, height = camera.width, camera.height
    spec = next(entry.spec for entry in scene.cameras if entry.name == view.camera)
    record = ViewRecord(
        camera=view.camera,
        frame=view.frame,
        time=view.time,
        width=width,
        height=height,
        intrinsics=intrinsic_matrix(camera).tolist(),
        distortion=None,
        world_from_camera=camera.world_from_camera.tolist(),
        exposure=float(camera.exposure),
        depth_scale=spec.far / _DEPTH_STEPS,
        state=state_hash(trajectory, view.frame, camera),
    )
    check_state(record, view.state)
    visible = column_runs(view.frame_data.instances).split()
    poses = body_transforms(trajectory, view.frame)
    bodies: dict[int, list[int]] = {}
    for body, id_ in enumerate(trajectory.object_ids.tolist()):
        bodies.setdefault(id_, []).append(body)

    objects = []
    masks: dict[int, Runs] = {}
    amodal_masks: dict[int, Runs] = {}
    for thing in scene.objects:
        seen = visible.get(thing.id, _NOTHING)
        asset = build(thing.spec.shape, base=scene.base)
        own = bodies[thing.id]
        links = [asset.links[int(trajectory.link_index[body])] for body in own]
        entry = _place(thing, seen, poses[own[0]], trajectory.velocities[view.frame, own[0]].tolist(), view)
        if len(own) > 1:
            named = {link.name: pose_record(poses[body]) for link, body in zip(links, own, strict=True)}
            entry = replace(entry, links=named)
        category = object_class(thing, asset, poses[own[0]][:3, :3])
        if category is not None:
            outline = _outline(view, thing, seen)
            low, high = object_extent([link.mesh for link in links], [poses[body] for body in own])
            box3d = oriented_box(low, high, poses[own[0]], camera)
            visible_fraction, in_frame_fraction, visibility_in_frame = outline.ratios(entry.pixels)
            reason = drop_reason(
                scene.model.labels,
                category=category,
                pixels=entry.pixels,
                visible_fraction=visible_fraction,
                box=entry.box,
            )
            entry = replace(
                entry,
                category=category,
                labelled=reason is None,
                reason=reason,
                box_amodal=outline.whole.box,
                pixels_in_frame=outline.inside.area,
                pixels_amodal=outline.whole.area,
                visible_fraction=visible_fraction,
                in_frame_fraction=in_frame_fraction,
                visibility_in_frame=visibility_in_frame,
                truncated=outline.truncated,
                outline_clipped=outline.clipped,
                box3d=box3d,
                distance=math.hypot(*box3d.center),
            )
            masks[thing.id], amodal_masks[thing.id] = seen, outline.inside
        if entry.box is not None:
            factor = scene.model.labels.policy.box_padding
            entry = replace(entry, box_exported=padded_box(entry.box, factor=factor, width=width, height=height))
        objects.append(entry)
    return replace(record, objects=_with_masks(objects, masks, amodal_masks, width=width, height=height))


def _place(thing: SceneObject, seen: Runs, pose: np.ndarray, velocity: list[float], view: View) -> ObjectRecord:
    """What is recorded of any object, background or not."""
    camera_from_object = inverse(view.render_camera.world_from_camera) @ pose
    return ObjectRecord(
        id=thing.id,
        track=thing.id,
        name=thing.name,
        group=thing.group,
        category=None,
        labelled=False,
        reason="no_class",
        box=seen.box,
        box_exported=None,
        box_amodal=None,
        mask=None,
        mask_amodal=None,
        pixels=seen.area,
        pixels_in_frame=None,
        pixels_amodal=None,
        visible_fraction=None,
        in_frame_fraction=None,
        visibility_in_frame=None,
        truncated=None,
        outline_clipped=None,
        world_from_object=pose_record(pose),
        camera_from_object=pose_record(camera_from_object),
        links={},
        box3d=None,
        distance=math.hypot(*camera_from_object[:3, 3].tolist()),
        velocity=velocity[:3],
        angular_velocity=velocity[3:],
    )


def _outline(view: View, thing: SceneObject, seen: Runs) -> Outline:
    """The whole outline; an object without one is out of sight, or it is an error."""
    amodal = view.frame_data.amodal.get(thing.id)
    if amodal is not None:
        outline = whole_outline(amodal, view.frame_data.instances, thing.id)
        if outline.inside.area >= seen.area:
            return outline
    elif seen.area == 0:
        return Outline(_NOTHING, _NOTHING, clipped=False)
    raise SimengineError(
        f"camera {view.camera}, frame {view.frame}: {thing.name} shows {seen.area} pixels that its outline lacks. "
        "The renderer must trace the whole outline (RenderSettings.amodal) of every object that has a class."
    )


def _with_masks(
    objects: list[ObjectRecord], masks: dict[int, Runs], amodal_masks: dict[int, Runs], *, width: int, height: int
) -> list[ObjectRecord]:
    """Compresses all masks that have a pixel in one go."""
    result = {entry.id: entry for entry in objects}
    for name, runs in (("mask", masks), ("mask_amodal", amodal_masks)):
        some = {id_: part for id_, part in runs.items() if part.area}
        for id_, packed in zip(some, compress(list(some.values()), width=width, height=height), strict=True):
            result[id_] = replace(result[id_], **{name: packed})
    return list(result.values())
