"""What the speed of a shaft does, as a scene file says it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, create_model, model_validator

from simengine.machines import speed as profiles
from simengine.scene.compile import custom_error
from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Angle, OneOf, Part
from simengine.scene.schema.built import Built

__all__ = ["Frequency", "Shaft", "Speed", "Time"]

Frequency = Annotated[float, Leaf(unit="Hz", low=0, positive=True)]
"""A frequency or a speed above 0, Hz (turns per second)."""

Standstill = Annotated[float, Leaf(unit="Hz", low=0)]
"""A speed from 0, Hz."""

Time = Annotated[float, Leaf(unit="s", low=0)]
"""A time from 0, s."""

_Ends: Any = create_model(  # `from` is no name that a class may give to a field
    "_Ends",
    __base__=Built,
    **{
        "from": (Standstill, Field(description="Speed before the ramp; 0 is a start from rest.")),
        "to": (Standstill, Field(description="Speed after it.")),
    },  # type: ignore[call-overload]
)


class Ramp(_Ends):
    """From one speed to another, linear in time; constant before and after."""

    begin: Time = Field(0.0, description="When it begins.")
    length: Annotated[float, Leaf(unit="s", low=0, positive=True)] | None = Field(
        None, description="How long it takes; to the end of the recording if absent."
    )

    def make(self) -> profiles.SpeedProfile:
        """The profile."""
        first, last = (getattr(self, name) for name in _Ends.model_fields)
        return profiles.RampSpeed(first, last, self.begin, self.length)


class Sine(Built):
    """A speed that swings about a mean."""

    mean: Frequency = Field(30.0, description="Mean speed.")
    depth: Annotated[float, Leaf(low=0, high=0.99)] = Field(0.1, description="Largest deviation over the mean.")
    frequency: Frequency = Field(1.0, description="Swings per second.")
    phase: Angle = Field(0.0, description="Phase at the start; 0 rises through the mean.")

    def make(self) -> profiles.SpeedProfile:
        """The profile."""
        return profiles.SineSpeed(self.mean, self.depth, self.frequency, self.phase)


class RandomWalk(Built):
    """A speed that wanders between two bounds and forgets where it came from."""

    start: Frequency = Field(30.0, description="Speed at the start.")
    step: Annotated[float, Leaf(low=0)] = Field(1.0, description="Standard deviation after a second, Hz.")
    low: Standstill = Field(10.0, description="Slowest speed; there it turns back.")
    high: Frequency = Field(60.0, description="Fastest speed; there it turns back.")

    def make(self) -> profiles.SpeedProfile:
        """The profile."""
        return profiles.RandomWalkSpeed(self.start, self.step, self.low, self.high)


class Profile(Built):
    """Speeds at times, linear between them: a measured or planned run."""

    times: list[Time] = Field(description="Times, rising; two equal ones are a step of speed.")
    speeds: list[Standstill] = Field(description="Speeds at these times.")

    def make(self) -> profiles.SpeedProfile:
        """The profile."""
        return profiles.TableSpeed(tuple(self.times), tuple(self.speeds))


class Speed(OneOf):
    """Exactly one way in which the speed goes."""

    constant: Frequency | None = Field(None, description="One speed.")
    ramp: Ramp | None = Field(None, description="From one speed to another.")
    sine: Sine | None = Field(None, description="Swinging about a mean.")
    random_walk: RandomWalk | None = Field(None, description="Wandering between bounds.")
    profile: Profile | None = Field(None, description="Given speeds at given times.")

    @model_validator(mode="before")
    @classmethod
    def _say_constant(cls, value: Any) -> Any:
        if isinstance(value, int | float | str):
            raise custom_error("speed", f"says {value!r}, but not how it goes: write {{constant: {value}}}.")
        return value


class Wander(Part):
    """A random factor on the speed that keeps close to 1, as loads and controllers leave it."""

    spread: Annotated[float, Leaf(low=0, high=0.2)] = Field(0.003, description="Standard deviation of the factor.")
    correlation: Annotated[float, Leaf(unit="s", low=0, positive=True)] = Field(
        0.5, description="Time after which it has forgotten itself (to 1/e)."
    )


class Shaft(Built):
    """The reference shaft: all orders count its turns."""

    speed: Speed = Field(default_factory=lambda: Speed(constant=30.0), description="What its speed does.")
    wander: Wander | None = Field(None, description="A random factor on that speed.")
    load: Annotated[float, Leaf(low=0, positive=True)] = Field(
        1.0, description="Load relative to nominal; strikes of all bearings grow in proportion."
    )

    def make(self) -> profiles.SpeedProfile:
        """Its speed."""
        value = self.speed.value
        base = profiles.ConstantSpeed(value) if self.speed.tag == "constant" else value.made
        if self.wander is None or self.wander.spread == 0:
            return base
        return profiles.WanderSpeed(base, self.wander.spread, self.wander.correlation)
