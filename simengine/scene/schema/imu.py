"""Inertial measurement units, as a scene file names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Part, Position, Rotation, Text
from simengine.scene.schema.speed import Frequency

__all__ = ["Imu", "Triad"]

Corner = Annotated[float, Leaf(low=0.01, high=0.5)]
Amount = Annotated[float, Leaf(low=0)]


class Triad(Part):
    """Errors of three like sensors at right angles; in m/s^2 for an accelerometer, in rad/s for a gyroscope."""

    noise_density: Amount = Field(
        0.0,
        description="White noise, as the random walk of its integral: m/s or rad per root second (velocity and angular random walk).",
    )
    bias: Annotated[tuple[float, float, float], Leaf()] = Field((0.0, 0.0, 0.0), description="Constant errors.")
    drift: Amount = Field(0.0, description="Random walk of the biases, per root second.")
    range: Annotated[float, Leaf(low=0, positive=True)] | None = Field(
        None, description="Full scale; beyond it the signal is clipped. Unlimited if absent."
    )
    bits: Annotated[int, Leaf(low=2, high=32)] | None = Field(
        None, description="Resolution of the converter over the range; no rounding if absent."
    )


class Imu(Part):
    """An accelerometer and a gyroscope of three axes each, on any object or link.

    The accelerometer measures specific force: at rest it reads gravity upwards, in free fall nothing. Physics moves
    it at the rate of its steps; the vibration of a machine, if it feels one, is added at the rate of the sensor.
    """

    on: Text = Field(description="What carries it: NAME, NAME[COPY] or NAME/LINK.")
    position: Position = Field((0.0, 0.0, 0.0), description="Where it sits, in the frame of what carries it.")
    rotation: Rotation = Field((0.0, 0.0, 0.0, 1.0), description="Its axes in that frame.")
    rate: Frequency = Field(200.0, description="Samples per second.")
    low_pass: Corner = Field(0.25, description="Corner of the low-pass before sampling over the rate (2nd order).")
    accelerometer: Triad = Field(default_factory=Triad, description="Errors of the accelerometer.")
    gyroscope: Triad = Field(default_factory=Triad, description="Errors of the gyroscope.")
    machine: Text | None = Field(None, description="Machine whose vibration it feels.")
    shaft: Annotated[Literal["x", "y", "z"], Leaf()] = Field(
        "x", description="Axis of what carries it along which that machine's shaft lies."
    )
