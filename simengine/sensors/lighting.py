"""Lights of a scene as the renderer takes them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simengine.errors import Rejected
from simengine.render.model import LightSource
from simengine.scene.scene import SceneLight
from simengine.scene.schema.light import Light
from simengine.sensors.color import Triple, black_body_color, linear_from_srgb, unit_luminance

__all__ = ["light_color", "light_source"]


def light_source(light: SceneLight) -> LightSource:
    """A light of the scene, placed and coloured; its `power` does not depend on its colour.

    Args:
        light: The light, all values concrete.

    Raises:
        Rejected: If the position and the target of an area light coincide (another draw may be fine).
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
    area = spec.area
    assert area is not None
    direction = np.subtract(area.target, area.position)
    length = float(np.linalg.norm(direction))
    if length < 1e-9:
        raise Rejected(
            "render", f"lights.{light.name}.area: position and target coincide at {area.position}; move one of them"
        )
    direction = direction / length
    return LightSource(
        kind="area",
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


def _second_edge(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector square to the direction, as near to z as can be; y for a vertical direction."""
    if math.hypot(direction[0], direction[1]) < 1e-9:
        return np.array([0.0, 1.0, 0.0])
    edge = np.array([0.0, 0.0, 1.0]) - direction[2] * direction
    return edge / np.linalg.norm(edge)


def _triple(vector: NDArray[np.float64]) -> Triple:
    return float(vector[0]), float(vector[1]), float(vector[2])
