"""Sensors that write signals, as a scene file names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.machines.accelerometer import MOUNTINGS
from simengine.machines.accelerometer import Accelerometer as Chain
from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Fraction, OneOf, Part, Text
from simengine.scene.schema.built import Built
from simengine.scene.schema.imu import Imu
from simengine.scene.schema.speed import Frequency

__all__ = ["Accelerometer", "Recording", "Sensor", "Tachometer"]


class Accelerometer(Built):
    """One channel of vibration: everything that stands between the machine and the numbers."""

    on: Text = Field(
        description="MACHINE or MACHINE/PLACE that it listens to; a place is a bearing, a gear or any name."
    )
    axis: Annotated[Literal["x", "y", "z"], Leaf()] = Field("y", description="x and y across the shaft, z along it.")
    rate: Frequency = Field(12_000.0, description="Samples per second.")
    mounting: Annotated[Literal["stud", "glue", "magnet", "probe"], Leaf()] | None = Field(
        None, description="How it is held; its resonance is drawn from what is usual for that. Stiff if absent."
    )
    resonance: Frequency | None = Field(None, description="Resonance of the mounted sensor, instead of a drawn one.")
    resonance_damping: Annotated[float, Leaf(low=0, positive=True, high=1)] = Field(
        0.03, description="Damping ratio of that resonance."
    )
    sensitivity: Annotated[float, Leaf(low=0, positive=True)] = Field(
        1.0, description="Gain relative to the data sheet."
    )
    high_pass: Annotated[float, Leaf(unit="Hz", low=0)] = Field(0.0, description="Corner of the AC coupling; 0: none.")
    range: Annotated[float, Leaf(unit="m/s^2", low=0, positive=True)] | None = Field(
        None, description="Full scale; beyond it the signal is clipped. Unlimited if absent."
    )
    bits: Annotated[int, Leaf(low=2, high=32)] | None = Field(
        None, description="Resolution of the converter over the range; no rounding if absent."
    )
    anti_alias: Annotated[float, Leaf(low=0.01, high=1)] = Field(
        0.42, description="Corner of the low-pass before the converter over the rate."
    )
    anti_alias_order: Annotated[int, Leaf(low=0, high=20)] = Field(8, description="Its order (Butterworth); 0: none.")
    clock_error: Annotated[float, Leaf(low=-0.1, high=0.1)] = Field(
        0.0, description="Error of the sample clock; positive: it runs fast. 50e-6 is 50 ppm."
    )
    noise_density: Annotated[float, Leaf(unit="m/s^2/rtHz", low=0)] = Field(
        0.0, description="White noise of the sensor; also in ug/rtHz."
    )
    bias: Annotated[float, Leaf(unit="m/s^2")] = Field(0.0, description="Constant error.")
    drift: Annotated[float, Leaf(low=0)] = Field(0.0, description="Random walk of the bias, m/s^2 per root second.")
    dropouts: Annotated[float, Leaf(low=0)] = Field(0.0, description="Lost stretches per second.")
    dropout_length: Annotated[float, Leaf(unit="s", low=0, positive=True)] = Field(
        0.01, description="Mean length of one."
    )
    cross_axis: Fraction = Field(0.0, description="Part of the motion across the axis that is measured along it.")
    oversampling: Annotated[int, Leaf(low=1, high=16)] = Field(
        2, description="Steps per sample at which machine, resonance and clipping are computed; 1 is faster."
    )

    def make(self) -> Chain:
        """The measuring chain; a resonance that is drawn is still missing."""
        return Chain(
            self.rate,
            axis=self.axis,
            resonance=self.resonance,
            resonance_damping=self.resonance_damping,
            sensitivity=self.sensitivity,
            high_pass=self.high_pass,
            range=self.range,
            anti_alias_order=self.anti_alias_order,
            anti_alias=self.anti_alias,
            clock_ppm=1e6 * self.clock_error,
            bits=self.bits,
            noise_density=self.noise_density,
            bias=self.bias,
            drift=self.drift,
            dropouts=self.dropouts,
            dropout_length=self.dropout_length,
            cross_axis=self.cross_axis,
            oversampling=self.oversampling,
        )

    @property
    def usual_resonances(self) -> tuple[float, float] | None:
        """Lowest and highest usual resonance of the mounting, Hz; None where it is given or stiff."""
        return None if self.resonance is not None or self.mounting is None else MOUNTINGS[self.mounting]


class Tachometer(Part):
    """Marks on a shaft that pass a pickup; every channel of its machine gets their times."""

    shaft: Text = Field(description="Name of the machine.")
    pulses: Annotated[int, Leaf(low=1, high=10_000)] = Field(1, description="Marks per turn.")


class Sensor(OneOf):
    """Exactly one kind of sensor."""

    accelerometer: Accelerometer | None = Field(None, description="Vibration of a machine.")
    tachometer: Tachometer | None = Field(None, description="Marks on a shaft.")
    imu: Imu | None = Field(None, description="Acceleration and rotation of an object.")


class Recording(Part):
    """How long the sensors of machines write, from the start of the sample on."""

    duration: Annotated[float, Leaf(unit="s", low=0, positive=True, high=86_400)] = Field(
        1.0, description="Length of a recording."
    )
    stems: bool = Field(False, description="Whether to write also what each source added (four times the size).")
