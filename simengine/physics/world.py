"""The PyBullet adapter: one world, from connection to disconnection, in and out in SI units.

What Bullet does with what it is told was read in its source (bullet3 3.2.7) and measured:

* ``useMaximalCoordinates`` makes plain rigid bodies. They step twice as fast as the articulated
  bodies that PyBullet makes otherwise, and split impulses and swept balls work for them only.
* Warm starting at Bullet's 0.85 instead of PyBullet's 0.1: a pile of 10 boxes that crept 7 mm in a
  quarter of a second and fell within two now stays within half a millimetre, one of 20 stands.
* Overlaps deeper than 0.04 units (1 % of the thinnest body) are pushed out without becoming speed,
  else things bounce higher than they fell: that is Bullet's threshold, PyBullet can't set another
  that is below 0, and 0 itself makes piles creep.
* PyBullet's own damping (4 % a second) and its 2 cm contact breaking threshold, which is a global
  of the whole process, are set for every world.
* Bodies are given to Bullet in their principal axes about the centre of mass, so that no frame
  inside PyBullet stands between what is asked and what is meant.
"""

from __future__ import annotations

from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from simengine.bullet import pybullet
from simengine.physics.articulated import Articulated
from simengine.physics.belt import BELT_MASS, Belt
from simengine.physics.body import Body, Pose
from simengine.physics.drive import Drive
from simengine.physics.driven import Driven, DrivenJoint
from simengine.physics.frames import inverse, matrix, multiply, rotate
from simengine.physics.shapes import create_shapes

__all__ = ["World"]

Doubles = NDArray[np.float64]

_ITERATIONS = 50
_PUSH = 0.2  # share of a penetration that is pushed out in a step
_WARM = 0.85  # share of the last step's impulses that the solver starts from
_FORESIGHT = 0.02  # distance at which contacts start; Bullet multiplies it by the size of the smaller shape
_QUIET = 1e-4  # speed below which the solver stops refining a contact [m/s]


class World:
    """A Bullet world of its own; use it in a ``with`` statement.

    Args:
        gravity: Downward acceleration [m/s^2].
        scale: Bullet's units per metre.

    Attributes:
        owners: Number of the body by Bullet's number.
    """

    def __init__(self, *, gravity: float, scale: float) -> None:
        self.scale = scale
        self.time_step = 0.0
        self.owners: dict[int, int] = {}
        self._gravity = gravity
        self._handles: dict[int, int] = {}
        self._frames: dict[int, tuple[Doubles, Doubles]] = {}
        self._gyration: list[float] = []
        self._articulated: dict[int, Articulated] = {}
        self._belts: list[Belt] = []
        self._driven: list[Driven] = []
        self._joints: list[DrivenJoint] = []
        self._client = -1

    def __enter__(self) -> World:
        self._client = pybullet.connect(pybullet.DIRECT)
        pybullet.setPhysicsEngineParameter(
            deterministicOverlappingPairs=1,
            numSolverIterations=_ITERATIONS,
            solverResidualThreshold=(_QUIET * self.scale) ** 2,
            contactBreakingThreshold=_FORESIGHT,
            contactERP=_PUSH,
            warmStartingFactor=_WARM,
            useSplitImpulse=1,
            enableFileCaching=0,
            physicsClientId=self._client,
        )
        # Without a visual shape PyBullet makes one of the collision shape, which takes longer than all the rest.
        self._speck = pybullet.createVisualShape(
            pybullet.GEOM_BOX, halfExtents=[1e-3] * 3, physicsClientId=self._client
        )
        pybullet.setGravity(0, 0, -self._gravity * self.scale, physicsClientId=self._client)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pybullet.disconnect(physicsClientId=self._client)
        self._client = -1

    def set_time_step(self, seconds: float) -> None:
        """Sets the step, and with it the speed below which nothing bounces: what gravity adds in two steps."""
        self.time_step = seconds
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=seconds,
            restitutionVelocityThreshold=2 * self._gravity * seconds * self.scale,
            physicsClientId=self._client,
        )

    def add(self, number: int, body: Body, pose: Pose, drive: Drive | None = None) -> None:
        """Adds a body.

        Args:
            number: Its number among the scene's bodies.
            body: The body.
            pose: Where it is released and how it moves.
            drive: How a machine moves it.
        """
        if body.articulated:
            self._add_articulated(number, body, pose, drive)
            return
        if drive is not None and not body.collision:
            return  # nothing for Bullet to move
        turn, moments = body.principal
        shapes = create_shapes(
            body.collision,
            origin=body.center_of_mass,
            rotation=turn,
            scale=self.scale,
            joined=body.dynamic or drive is not None,
            client=self._client,
        )
        at, rotation = self._to_bullet(body, pose)
        physics = body.physics
        surface = rotate(pose.rotation, physics.surface_velocity) * self.scale
        belt = not body.dynamic and drive is None and bool(np.any(surface))
        mass = BELT_MASS if belt or drive else body.mass
        for shape in shapes:  # a static body may be many, which spares Bullet the compound
            handle = pybullet.createMultiBody(
                mass, shape, self._speck, at, rotation, useMaximalCoordinates=1, physicsClientId=self._client
            )
            inertia = {}
            if body.dynamic:
                inertia = {"mass": body.mass, "localInertiaDiagonal": (moments * self.scale**2).tolist()}
            elif drive:
                inertia = {"mass": mass, "localInertiaDiagonal": [mass * (self.scale * body.radius) ** 2] * 3}
            pybullet.changeDynamics(
                handle,
                -1,
                lateralFriction=physics.friction,
                rollingFriction=physics.rolling_friction * self.scale,
                spinningFriction=physics.spinning_friction * self.scale,
                restitution=physics.restitution,
                linearDamping=0,
                angularDamping=0,
                physicsClientId=self._client,
                **inertia,
            )
            self.owners[handle] = number
            if belt:
                self._belts.append(Belt(handle, at, rotation, surface.tolist(), self._gravity * self.scale))
            elif drive:
                center = body.center_of_mass
                self._driven.append(Driven(handle, drive, center, body.radius, self.scale, self._gravity))
        if body.dynamic:
            self._handles[number], self._frames[number] = handle, (body.center_of_mass, turn)
            self._release(handle, body, pose)

    def _add_articulated(self, number: int, body: Body, pose: Pose, drive: Drive | None) -> None:
        model = Articulated.load(
            body.asset,
            body.physics,
            position=np.multiply(pose.position, self.scale).tolist(),
            rotation=list(pose.rotation),
            scale=self.scale,
            client=self._client,
        )
        self.owners[model.handle] = number
        if drive is not None:
            home = body.asset.joints.get(drive.spec.joint or "", 0.0)
            joint = DrivenJoint.of(model, drive, owner=body.name, home=home, radius=body.radius)
            self._joints.append(joint)
            self._articulated[number] = model
        if body.dynamic:
            self._articulated[number] = model
            self._handles[number], self._frames[number] = model.handle, model.base_frame()
            self._release(model.handle, body, pose)

    def _release(self, handle: int, body: Body, pose: Pose) -> None:
        self._gyration.append(body.gyration)
        velocity = np.multiply(pose.velocity, self.scale).tolist()
        pybullet.resetBaseVelocity(handle, velocity, list(pose.spin), physicsClientId=self._client)

    def ready(self) -> None:
        """Ends the adding of bodies: belts and driven bodies stop touching what does not yield."""
        firm = [handle for handle, number in self.owners.items() if number not in self._handles]
        movers: list[Belt | Driven] = [*self._belts, *self._driven]
        for mover in movers:
            mover.ignore(firm, self._client)

    def plan(self, times: Doubles) -> None:
        """Tells when the next steps end [s], shape (n,)."""
        for driven in self._driven if self._handles else ():
            driven.plan(times)

    def step(self, until: float) -> None:
        """Advances the world by the next planned step, which ends at time `until` [s].

        Where nothing moves freely, nothing is to do: what machines move is known in closed form.
        """
        if not self._handles:
            return
        for belt in self._belts:
            belt.drive(self._client)
        for driven in self._driven:
            driven.push(self.time_step, self._client)
        for joint in self._joints:
            joint.push(until, self.time_step)
        pybullet.stepSimulation(physicsClientId=self._client)

    def damp(self, share: float) -> None:
        """Sets the share of all speeds that is lost in a second."""
        for handle in self._handles.values():
            pybullet.changeDynamics(handle, -1, linearDamping=share, angularDamping=share, physicsClientId=self._client)

    def velocities(self) -> Doubles:
        """Velocities of the centres of mass [m/s] and angular velocities [rad/s] of the moving bodies, shape (M, 6)."""
        rows = [pybullet.getBaseVelocity(handle, physicsClientId=self._client) for handle in self._handles.values()]
        return np.asarray(rows, float).reshape(-1, 6) / ([self.scale] * 3 + [1.0] * 3)

    def speeds(self) -> Doubles:
        """Root-mean-square speed of each moving body's surface, from above [m/s], shape (M,).

        From above, because it takes the body's widest radius of gyration for every axis of rotation.
        """
        squares = self.velocities() ** 2
        return np.sqrt(squares[:, :3].sum(axis=1) + np.array(self._gyration) * squares[:, 3:].sum(axis=1))

    def driven_speeds(self, begin: float, end: float) -> tuple[float, float]:
        """Largest angular speed [rad/s] and speed at the rim [m/s] of what machines move, between two times."""
        if not self._handles:
            return 0.0, 0.0  # nothing that they could push
        movers: list[Driven | DrivenJoint] = [*self._driven, *self._joints]
        spins = [mover.drive.fastest(begin, end) for mover in movers]
        rims = [spin * mover.radius for spin, mover in zip(spins, movers, strict=True)]
        return max(spins, default=0.0), max(rims, default=0.0)

    def hold_joints(self, time: float) -> None:
        """Sets the joints that machines turn to where they are at a time [s], exactly."""
        for joint in self._joints:
            joint.hold(time)

    def poses(self) -> tuple[Doubles, Doubles, Doubles]:
        """Origins (M, 3) [m], rotations (M, 4) and velocities of the origins (M, 6) of the moving bodies."""
        rows = [pybullet.getBasePositionAndOrientation(h, physicsClientId=self._client) for h in self._handles.values()]
        flat = np.asarray([[*at, *turn] for at, turn in rows], float).reshape(-1, 7)
        frames = self._frames.values()
        rotations = multiply(flat[:, 3:], inverse(np.array([turn for _, turn in frames]).reshape(-1, 4)))
        arms = rotate(rotations, np.array([center for center, _ in frames]).reshape(-1, 3))
        velocities = self.velocities()
        velocities[:, :3] -= np.cross(velocities[:, 3:], arms)
        return flat[:, :3] / self.scale - arms, rotations, velocities

    def state(self, number: int, link: int = 0) -> Doubles:
        """Origin [m], rotation, velocity of the origin and angular velocity of a moving body or its link, shape (13,)."""
        if number in self._articulated:
            return self._articulated[number].link_states()[link]
        handle, (center, turn) = self._handles[number], self._frames[number]
        at, rotation = pybullet.getBasePositionAndOrientation(handle, physicsClientId=self._client)
        velocity, spin = pybullet.getBaseVelocity(handle, physicsClientId=self._client)
        rotation = multiply(rotation, inverse(turn))
        arm = rotate(rotation, center)
        linear = np.asarray(velocity) / self.scale - np.cross(spin, arm)
        return np.concatenate([np.asarray(at) / self.scale - arm, rotation, linear, spin])

    @property
    def articulated(self) -> dict[int, Articulated]:
        """Articulated models of which anything moves, by the body's number."""
        return self._articulated

    @property
    def moving(self) -> tuple[int, ...]:
        """Numbers of the moving bodies, in the order of the rows below."""
        return tuple(self._handles)

    def center(self, handle: int) -> Doubles:
        """Centre of mass of a body by Bullet's number [m], shape (3,)."""
        at, _ = pybullet.getBasePositionAndOrientation(handle, physicsClientId=self._client)
        return np.asarray(at, float) / self.scale

    def contacts(self) -> list[tuple]:
        """PyBullet's contact points of the last step, in Bullet's units."""
        return pybullet.getContactPoints(physicsClientId=self._client) or []

    def penetration(self) -> tuple[float, int, int]:
        """The deepest overlap [m] and the numbers of the two bodies; (0, -1, -1) if nothing overlaps."""
        deepest = min(self.contacts(), key=lambda point: point[8], default=None)
        if deepest is None or deepest[8] >= 0:
            return 0.0, -1, -1
        return -deepest[8] / self.scale, self.owners[deepest[1]], self.owners[deepest[2]]

    def _to_bullet(self, body: Body, pose: Pose) -> tuple[list[float], list[float]]:
        """Bullet's position and rotation of a body's principal frame."""
        at = np.asarray(pose.position) + matrix(pose.rotation) @ body.center_of_mass
        rotation = multiply(pose.rotation, body.principal[0])
        return (at * self.scale).tolist(), (rotation / np.linalg.norm(rotation)).tolist()
