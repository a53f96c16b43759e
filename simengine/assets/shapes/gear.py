"""Spur gears with involute teeth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, prism_hull, ring_hulls
from simengine.assets.mesh import Collision
from simengine.assets.patch import Patch, flipped
from simengine.assets.profile import Strip, polyline
from simengine.assets.sweep import circle, outline, stitch, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["GearGeometry", "gear", "involute"]

Doubles = NDArray[np.float64]

_STUMP = 0.85  # of a tooth's height is gone where it is missing


def involute(angle: float | Doubles) -> float | Doubles:
    """The involute function, tan(angle) - angle [rad]."""
    return np.tan(angle) - angle


@dataclass(frozen=True)
class GearGeometry:
    """A standard spur gear without profile shift: pressure angle 20 degrees, addendum 1 module, dedendum 1.25.

    Source: ISO 21771-1 (geometry), ISO 53 (basic rack, profile A).
    """

    module: float
    teeth: int
    pressure: float = np.radians(20)

    @property
    def pitch_radius(self) -> float:
        """Radius of the pitch circle [m]."""
        return self.module * self.teeth / 2

    @property
    def base_radius(self) -> float:
        """Radius of the circle that the flanks unwind from [m]."""
        return self.pitch_radius * float(np.cos(self.pressure))

    @property
    def tip_radius(self) -> float:
        """Radius of the tips [m]."""
        return self.pitch_radius + self.module

    @property
    def root_radius(self) -> float:
        """Radius of the valleys' floor [m]."""
        return self.pitch_radius - 1.25 * self.module

    def half_angle(self, radius: float | Doubles) -> float | Doubles:
        """Half the angle that a tooth takes up at a radius; constant below the base circle [rad]."""
        at = np.arccos(np.minimum(1.0, self.base_radius / np.asarray(radius)))
        return np.pi / (2 * self.teeth) + involute(self.pressure) - involute(at)


def gear(shape: shapes.Gear) -> Draft:
    """A gear, centred, a tooth on +x, edges slightly chamfered."""
    geometry = GearGeometry(shape.module, shape.teeth)
    h, bore = shape.width, shape.bore / 2
    if bore > 0.85 * geometry.root_radius:
        raise Rejected(
            "draw",
            f"a gear of module {shape.module * 1000:g} mm with {shape.teeth} teeth can't have a bore of "
            f"{shape.bore * 1000:g} mm: the valleys between its teeth are {2000 * geometry.root_radius:g} mm across; "
            f"keep the bore below 0.85 of that.",
        )
    fine = shape.teeth <= 60
    chamfer = min(0.08 * shape.module, 0.1 * h) if fine else 0.0
    chamfer *= 0.4 if shape.damage > 0.5 else 1.0  # a stump has room for little
    flank = _flank(geometry, pieces=6 if shape.teeth <= 30 else 4 if fine else 2)
    strips = _strips(flank, shape.teeth, _broken(flank, geometry, shape.damage))
    around = outline(strips)
    profile = polyline([(-chamfer, -h / 2), (0, -h / 2 + chamfer), (0, h / 2 - chamfer), (-chamfer, h / 2)])
    lead = min(0.1 * shape.module, 0.1 * h)
    hole = polyline([(bore + lead, h / 2), (bore, h / 2 - lead), (bore, -h / 2 + lead), (bore + lead, -h / 2)])
    face = _face(geometry, bore + lead, h / 2, (1 - shape.web) * h / 2)
    edge = face[0].points[0][0] if face else bore + lead
    cover = _cover(around.at(-chamfer, h / 2)[:-1], len(flank.points), shape.teeth, edge)
    cover += sweep(face, circle(64))
    patches = [*sweep(profile, around), *sweep(hole, circle(64)), *cover]
    patches += [_mirrored(patch) for patch in cover]
    return Draft(patches, _collision(geometry, bore, h, min(shape.damage, _STUMP)))


def _flank(geometry: GearGeometry, *, pieces: int) -> Strip:
    """One side of the tooth on +x (negative y), from the valley's floor to the tip."""
    rb, rf, ra = geometry.base_radius, geometry.root_radius, geometry.tip_radius
    start = max(rb, rf + 0.4 * geometry.module)
    # Equal steps of the roll angle put more points where the flank bends more.
    roll = np.linspace(np.sqrt(max((start / rb) ** 2 - 1, 0.0)), np.sqrt((ra / rb) ** 2 - 1), pieces + 1)
    radius = rb * np.sqrt(1 + roll**2)
    angle = -np.asarray(geometry.half_angle(radius))
    points = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    # The tangent of an involute makes the angle atan(roll) with the radius; this side faces -y.
    across = angle - np.pi / 2 + np.arctan(roll)
    normals = np.column_stack([np.cos(across), np.sin(across)])

    foot = -float(geometry.half_angle(max(rb, rf)))
    middle = -np.pi / geometry.teeth
    floor = rf * np.array([[np.cos(a), np.sin(a)] for a in (middle + 0.3 * (foot - middle), foot)])
    fillet = polyline([floor[0], floor[1], points[0]], 0.35 * geometry.module, step=30.0)[0]
    return Strip(np.vstack([fillet.points[:-1], points]), np.vstack([fillet.normals[:-1], normals]))


def _broken(flank: Strip, geometry: GearGeometry, damage: float) -> Strip:
    """The flank of a tooth whose tip is broken off; of a missing tooth a low stump is left."""
    if damage == 0:
        return flank
    radius = np.linalg.norm(flank.points, axis=1)
    root, tip = geometry.root_radius, geometry.tip_radius
    end = tip - min(damage, _STUMP) * (tip - root)
    # Below the cut the flank is as it was, but for the floor of the valley: its points move up along the flank.
    floor = int(np.argmax(radius > root + 1e-9 * root)) - 1
    grown = root + (radius[floor:] - root) * (end - root) / (tip - root)
    angle = np.interp(grown, radius[floor:], np.arctan2(flank.points[floor:, 1], flank.points[floor:, 0]))
    points = flank.points.copy()
    points[floor:] = grown[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    ahead = np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    return Strip(points, np.column_stack([ahead[:, 1], -ahead[:, 0]]))


def _strips(flank: Strip, teeth: int, broken: Strip) -> list[Strip]:
    """The outline: from tip to tip through each valley, and across each tip; the first tooth may be broken."""
    mirror = np.array([1.0, -1.0])
    strips = []
    for tooth in range(teeth):
        here, after = _turn(tooth, teeth), _turn(tooth + 1, teeth)
        mine, rise = (flank if k % teeth else broken for k in (tooth, tooth + 1))
        fall = Strip(mine.points[::-1] * mirror, mine.normals[::-1] * mirror)
        tip = np.array([mine.points[-1], fall.points[0]]) @ here.T
        strips.append(Strip(tip, np.tile([1.0, 0.0], (2, 1)) @ here.T))
        valley = np.vstack([fall.points @ here.T, rise.points @ after.T])
        strips.append(Strip(valley, np.vstack([fall.normals @ here.T, rise.normals @ after.T])))
    return strips


def _turn(tooth: int, teeth: int) -> Doubles:
    angle = 2 * np.pi * (tooth % teeth) / teeth
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _face(geometry: GearGeometry, bore: float, z: float, deep: float) -> list[Strip]:
    """The profile of a face that is recessed between rim and hub; empty where there is no room for that."""
    rim, hub = geometry.root_radius - 1.5 * geometry.module, 1.7 * bore
    if deep <= 0 or rim - hub < max(2 * deep, geometry.module):
        return []
    lean, bend = 0.25 * deep, 0.6 * deep
    corners = [(rim, z), (rim - lean, z - deep), (hub + lean, z - deep), (hub, z), (bore, z)]
    return polyline(corners, [0, bend, bend, 0, 0], step=30)


def _cover(ring: Doubles, flank: int, teeth: int, bore: float) -> list[Patch]:
    """The upper face: ladders across the teeth, and a ring of the valleys' floors about the bore."""
    up = (0.0, 0.0, 1.0)
    per = 2 * flank + 2  # columns from tooth to tooth: the tip (2), a fall and a rise
    patches, floors = [], []
    for tooth in range(teeth):
        fall = np.arange(flank) + tooth * per + 2
        rise = (np.arange(flank) + (tooth - 1) * per + 2 + flank) % len(ring)
        patches.append(stitch(ring[fall[::-1]], ring[rise], up, by="length"))
        floors += [ring[rise[0]], ring[fall[-1]]]
    patches.append(stitch(circle(64).at(bore, ring[0, 2]), np.array([*floors, floors[0]]), up))
    return patches


def _mirrored(patch: Patch) -> Patch:
    """The lower face from the upper one."""
    turned = flipped(patch)
    assert turned.normals is not None
    down = np.array([1.0, 1.0, -1.0])
    return Patch(turned.vertices * down, turned.faces, -turned.normals * down, None, turned.slot)


def _collision(geometry: GearGeometry, bore: float, h: float, damage: float) -> tuple[Collision, ...]:
    """A hull for each tooth with its sector of the body; plain wedges for gears of many teeth."""
    teeth, ra, rf = geometry.teeth, geometry.tip_radius, geometry.root_radius
    if teeth > 24:
        rings = [(bore, -h / 2), (bore, h / 2)], [(ra, -h / 2), (ra, h / 2)]
        return compound(*ring_hulls(*rings, count=24))
    half, tip = np.pi / teeth, float(geometry.half_angle(ra))
    pitch = float(geometry.half_angle(geometry.pitch_radius))
    corners = [(bore / np.cos(half), half), (rf, half), (geometry.pitch_radius, pitch), (ra, tip)]
    hulls = []
    for tooth in range(teeth):
        centre = 2 * half * tooth
        end = ra - (damage * (ra - rf) if tooth == 0 else 0.0)
        kept = [(min(r, end), a) for r, a in corners]
        polygon = [(r * np.cos(centre + s * a), r * np.sin(centre + s * a)) for r, a in kept for s in (-1, 1)]
        hulls.append(prism_hull(polygon, -h / 2, h / 2))
    return compound(*hulls)
