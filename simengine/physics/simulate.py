"""From a scene as drawn to where everything is when the pictures are taken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simengine.assets.build import build
from simengine.assets.collision import collision_of
from simengine.errors import Rejected, SimengineError
from simengine.physics.advance import Onlooker, advance
from simengine.physics.articulated import link_frames
from simengine.physics.body import Body, Pose
from simengine.physics.contacts import ContactLog
from simengine.physics.drive import Clock, Drive
from simengine.physics.motion import Still, Tracker
from simengine.physics.placement.place import place
from simengine.physics.recorder import Recorder
from simengine.physics.scale import Resolution, choose_resolution
from simengine.physics.settle import escaped, settle
from simengine.physics.trajectory import Trajectory
from simengine.physics.world import World
from simengine.scene.scene import Scene

__all__ = ["simulate"]


def simulate(scene: Scene) -> Trajectory:
    """Places the objects of a scene, lets physics act, and records every body at the time of each picture.

    Each call makes a PyBullet world of its own and disposes of it, so that the result is a
    function of the scene alone: the same bits in any order, in any process of one platform.

    Args:
        scene: One draw of a scene.

    Returns:
        States at the times of the pictures; body by body in the order of the objects.

    Raises:
        Rejected: A placement can't be met (stage ``placement``), or something does not come to
            rest or escapes (stage ``physics``).
    """
    bodies = [_body(item, scene) for item in scene.objects]
    poses = place(scene, bodies)
    drives = _drives(bodies, poses, scene.clocks)
    rules, timeline = scene.model.world, scene.model.timeline
    resolution = choose_resolution(bodies, rules)
    with World(gravity=rules.gravity, scale=resolution.scale) as world:
        for number, (body, pose) in enumerate(zip(bodies, poses, strict=True)):
            world.add(number, body, pose, drives.get(number))
        world.ready()
        recorder = Recorder(world, bodies, poses, drives)
        driven = [bodies[number].name for number in drives if not bodies[number].articulated]
        blurred = _open_shutter(scene)
        loose = {*world.moving, *world.articulated} if blurred else set()
        watched = [name for name, (number, _) in recorder.rows.items() if number in loose]
        ridden = _ridden(scene, recorder.names)
        riding = {name: recorder.rows[name] for name in dict.fromkeys([*ridden, *driven, *watched])}
        moving = {name: row for name, row in riding.items() if row[0] in {*world.moving, *world.articulated}}
        tracker = Tracker(world, list(moving.values())) if moving else None
        onlookers: list[Onlooker] = [tracker] if tracker else []
        settled_time, start = math.nan, timeline.start
        log = None
        if start == "settled":
            start = settled_time = _settle(scene, world, bodies, poses, resolution, onlookers)
        else:
            log = ContactLog(world, bodies)
            onlookers.append(log)
            advance(world, resolution, 0.0, float(start), onlookers)
        depth = world.penetration()[0]
        recorder.record(float(start))
        now = float(start)
        for frame in range(1, timeline.frames):
            before, now = float(start) + (frame - 1) / timeline.rate, float(start) + frame / timeline.rate
            advance(world, resolution, before, 1 / timeline.rate, onlookers)
            recorder.record(now)
        if tracker:  # sensors may write on after the last picture, and its exposure ends after its time
            end = max(now + blurred / 2, scene.model.recording.duration if ridden or driven else 0.0)
            advance(world, resolution, now, end - now, [tracker])
        if lost := escaped(world, bodies, bounds=rules.bounds):
            raise Rejected(
                "physics",
                f"left the world's bounds of {rules.bounds:g} m: {lost}; end the timeline earlier or raise `world.bounds`.",
            )
        tracks = dict(zip(moving, tracker.tracks(), strict=True)) if tracker else {}
        return recorder.trajectory(
            contacts=tuple(log.contacts) if log else (),
            contacts_dropped=log.dropped if log else 0,
            settled_time=settled_time,
            max_penetration=depth,
            motions={
                name: tracks.get(name) or drives.get(number) or Still(recorder.standing(name))
                for name, (number, _) in riding.items()
            },
        )


def _open_shutter(scene: Scene) -> float:
    """Longest time that a picture takes [s]."""
    shutters = [camera.spec.shutter for camera in scene.cameras if camera.spec.shutter is not None]
    return max((shutter.exposure_time + shutter.readout_time for shutter in shutters), default=0.0)


def _ridden(scene: Scene, names: Sequence[str]) -> list[str]:
    """The bodies that sensors ride on.

    Raises:
        Rejected: A sensor names a body that this draw has not.
    """
    ridden = []
    for imu in scene.imus:
        if imu.body not in names:
            raise Rejected(
                "draw",
                f"sensors.{imu.name}.imu.on: this draw has no '{imu.spec.on}'. Write NAME, NAME[COPY] or NAME/LINK; "
                f"it has {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}.",
            )
        ridden.append(imu.body)
    return ridden


def _body(item, scene: Scene) -> Body:
    asset = build(item.spec.shape, base=scene.base)
    collision = () if asset.urdf else collision_of(asset, item.spec.physics.collision)
    body = Body(item, asset, collision, link_frames(asset)) if asset.urdf else Body(item, asset, collision)
    if body.dynamic and not body.articulated and not body.mass > 0:
        raise Rejected(
            "physics", f"{body.name} has no volume, so its mass is 0: give `physics.mass`, or make it static."
        )
    return body


def _drives(bodies: Sequence[Body], poses: Sequence[Pose], clocks: Mapping[str, Clock]) -> dict[int, Drive]:
    """The motion of every body that a machine moves, by its number."""
    drives = {}
    for number, (body, pose) in enumerate(zip(bodies, poses, strict=True)):
        if (spec := body.source.spec.drive) is not None:
            if spec.machine not in clocks:
                raise SimengineError(
                    f"objects.{body.name}.drive.machine: there is no machine '{spec.machine}'; the scene has "
                    f"{', '.join(clocks) or 'none'}."
                )
            drives[number] = Drive(clocks[spec.machine], spec, pose)
    return drives


def _settle(scene: Scene, world: World, bodies, poses, resolution: Resolution, onlookers: Sequence[Onlooker]) -> float:
    """Runs until rest; the time it took."""
    rules = scene.model.world
    still = [
        pose.apply(piece)[:, 2].min()
        for body, pose in zip(bodies, poses, strict=True)
        if not body.dynamic
        for piece in body.pieces
    ]
    size = max((float(np.ptp(body.points, axis=0).max()) for body in bodies if body.dynamic), default=0.0)
    result = settle(
        world,
        bodies,
        resolution,
        rules.settle,
        bounds=rules.bounds,
        floor=min(still, default=-math.inf) - size,
        onlookers=onlookers,
    )
    if result.outcome == "settled":
        return result.time
    if result.outcome == "escaped":
        raise Rejected(
            "physics",
            f"escaped within {result.time:.2f} s: {result.blame}; put a floor below, higher walls around, or drop closer to the middle.",
        )
    raise Rejected(
        "physics",
        f"not at rest after {result.time:.2f} s: {result.blame}; raise `world.settle.timeout` or `rolling_friction`, "
        "or give the timeline a `start` in seconds where things are meant to move.",
    )
