"""Lights of a scene as the renderer takes them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simengine.errors import Rejected
from simengine.render.model import LightSource
from simengine.scene.scene import SceneLight
from simengine.scene.schema.light import AreaLight, Light, SpotLight
from simengine.sensors.color import Triple, black_body_color, linear_from_srgb, unit_luminance

__all__ = ["light_color", "light_source"]


def light_source(light: SceneLight) -> LightSource:
    """A light of the scene, placed and coloured; its `power` does not depend on its colour.

    Args:
        light: The light, all values concrete.

    Raises:
        Rejected: If the position and the target of a lamp coincide (another draw may be fine).
    """
    spec = light.spec
    color, power = light_color(spec)
    if spec.sun is not None:
        ce = math.cos(spec.sun.elevation)
        towards = (
            ce * math.cos(spec.sun.azimuth),
            ce * math.sin(spec.sun.azimuth),
            math.sin(spec.sun.elevation),
        )
        direction = np.negative(towards)
        return LightSource(
            kind="sun",
            position=(0.0, 0.0, 0.0),
            direction=_triple(direction),
            up=_triple(_second_edge(direction)),
            size=(spec.sun.angle, 0.0),
            power=power * spec.sun.irradiance,
            color=color,
        )
    if spec.point is not None:
        return LightSource(
            kind="point",
            position=spec.point.position,
            direction=(0.0, 0.0, -1.0),
            up=(0.0, 1.0, 0.0),
            size=(spec.point.radius, 0.0),
            power=power * spec.point.power,
            color=color,
        )
    if spec.spot is not None:
        direction = _aim(f"{light.name}.spot", spec.spot)
        return LightSource(
            kind="spot",
            position=spec.spot.position,
            direction=_triple(direction),
            up=_triple(_second_edge(direction)),
            size=(spec.spot.radius, 0.0),
            power=power * spec.spot.power,
            color=color,
            cone=(spec.spot.angle, spec.spot.angle * (1 - spec.spot.soft)),
        )
    area = spec.area
    assert area is not None
    direction = _aim(f"{light.name}.area", area)
    return LightSource(
        kind="disk" if area.shape == "disk" else "area",
        position=area.position,
        direction=_triple(direction),
        up=_triple(_second_edge(direction)),
        size=area.size,
        power=power * area.power,
        color=color,
    )


def light_color(light: Light) -> tuple[Triple, float]:
    """The light's linear colour at luminance 1, and a factor on its power: 0 for a black light, else 1."""
    if light.temperature is not None:
        return black_body_color(light.temperature), 1.0
    color = unit_luminance(linear_from_srgb(light.color))
    return ((1.0, 1.0, 1.0), 0.0) if color is None else (color, 1.0)


def _aim(name: str, lamp: AreaLight | SpotLight) -> NDArray[np.float64]:
    """Unit vector from a lamp's position to its target."""
    direction = np.subtract(lamp.target, lamp.position)
    length = float(np.linalg.norm(direction))
    if length < 1e-9:
        raise Rejected("render", f"lights.{name}: position and target coincide at {lamp.position}; move one of them")
    return direction / length


def _second_edge(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector square to the direction, as near to z as can be; y for a vertical direction."""
    if math.hypot(direction[0], direction[1]) < 1e-9:
        return np.array([0.0, 1.0, 0.0])
    edge = np.array([0.0, 0.0, 1.0]) - direction[2] * direction
    return edge / np.linalg.norm(edge)


def _triple(vector: NDArray[np.float64]) -> Triple:
    return float(vector[0]), float(vector[1]), float(vector[2])
