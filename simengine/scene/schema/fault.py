"""Faults of machines, as a scene file names them; sizes are the width of the damage along the path of rolling."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from simengine.machines import gear_faults, rotor_faults
from simengine.machines.element_fault import ElementFault
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.wear_faults import BrinellFault, CageFault, DistributedFault
from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Angle, Flag, Fraction, Length, OneOf, Text
from simengine.scene.schema.built import Built
from simengine.scene.schema.speed import Frequency

__all__ = ["BEARING_FAULTS", "GEAR_FAULTS", "Fault"]

Harmonics = Annotated[int, Leaf(low=1, high=200)]
Spread = Annotated[float, Leaf(low=0, high=1.5)]


class _FaultPart(Built):
    """A fault; the fields have the names that the simulation gives them, angles are in turns there."""

    family: ClassVar[Any]
    angles: ClassVar[tuple[str, ...]] = ()

    def make(self) -> Any:
        """The fault of the simulation."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        turned = {name: values[name] / _TURN for name in self.angles if values[name] is not None}
        return self.family(**{**values, **turned})


_TURN = 6.283185307179586


class _BearingFault(_FaultPart):
    """A fault of a bearing."""

    bearing: Text = Field("", description="Name of the bearing; may be left out where the machine has only one.")
    size: Length = Field(0.5e-3, description="Width of the damage along the path of rolling.")
    scatter: Spread = Field(0.1, description="Standard deviation of the logarithm of the strikes' amplitudes.")
    phase: Fraction | None = Field(
        None, description="Part of a spacing by which the first strike is late; random if absent."
    )


class _RaceFault(_BearingFault):
    angles = ("position",)
    position: Angle = Field(0.0, description="Angle of the spall on its ring; the load zone decides what it means.")
    entry: Annotated[float, Leaf(low=0, high=2)] = Field(
        0.3, description="Strength of the step into the spall relative to the blow at its end."
    )


class Outer(_RaceFault):
    """A spall on the outer race."""

    family = OuterRaceFault


class Inner(_RaceFault):
    """A spall on the inner race."""

    family = InnerRaceFault


class RollingElement(_BearingFault):
    """A spall on one ball or roller, which strikes both races and comes in episodes."""

    family = ElementFault
    angles = ("position",)
    position: Angle = Field(0.0, description="Angle of the element in the cage at the start.")
    inner_ratio: Fraction = Field(0.8, description="Strength on the inner race relative to the outer.")
    missed: Fraction = Field(0.0, description="Probability that a contact is missed.")
    active: Annotated[float, Leaf(low=0.01, high=1)] = Field(
        1.0, description="Part of the time in which the spot lies on the path of contact."
    )
    episode: Annotated[float, Leaf(low=0, positive=True)] = Field(
        3.0, description="Mean length of such an episode, turns of the cage."
    )
    wander: Annotated[float, Leaf(low=0, high=0.3)] = Field(
        0.0, description="Standard deviation of the spin rate over itself."
    )
    memory: Annotated[float, Leaf(low=0, positive=True)] = Field(
        20.0, description="Turns of the element over which the spin rate forgets itself."
    )


class Cage(_BearingFault):
    """A broken or worn cage: a strike per turn of it, and rubs."""

    family = CageFault
    looseness: Annotated[float, Leaf(low=0, high=0.2)] = Field(
        0.03, description="Standard deviation of the spacing of strikes over it, added to the bearing's own."
    )
    rubs: Annotated[float, Leaf(low=0, high=100)] = Field(2.0, description="Random rubs per turn of the cage.")


class Brinell(_BearingFault):
    """Dents of the elements in both races, as a blow at standstill leaves them."""

    family = BrinellFault
    angles = ("position",)
    inner_ratio: Annotated[float, Leaf(low=0, high=10)] = Field(
        1.0, description="Strength of the inner dents relative to the outer ones."
    )
    dents: Annotated[int, Leaf(low=1, high=1000)] | None = Field(
        None, description="Dents in each race, side by side; one for each element if absent."
    )
    position: Angle = Field(0.0, description="Angle of the first dent on its ring.")
    secondary: Flag = Field(
        False, description="Whether a damaged element has struck them: then its name is the label, not the races'."
    )


class Distributed(_BearingFault):
    """A roughened arc of a race: many small strikes while an element crosses it."""

    family = DistributedFault
    angles = ("position",)
    race: Annotated[Literal["outer", "inner"], Leaf()] = Field("outer", description="Which race is rough.")
    position: Angle = Field(0.0, description="Middle of the rough arc on its ring.")
    arc: Annotated[float, Leaf(low=0.01, high=1)] = Field(
        0.3, description="Its length over the spacing of the elements; 1: one is always on it."
    )
    density: Annotated[float, Leaf(low=1, high=1000)] = Field(10.0, description="Strikes per crossing.")


class _RotorFault(_FaultPart):
    angles = ("angle",)
    level: Annotated[float, Leaf(unit="m/s^2", low=0, positive=True)] = Field(
        1.0, description="Acceleration of its main line at the rotor's reference speed."
    )
    angle: Angle = Field(0.0, description="Angle of the fault on the shaft.")


class Unbalance(_RotorFault):
    """A heavy spot: 1x, growing as speed squared."""

    family = rotor_faults.Unbalance


class ParallelMisalignment(_RotorFault):
    """Shafts side by side: 2x across the shaft above 1x."""

    family = rotor_faults.ParallelMisalignment


class AngularMisalignment(_RotorFault):
    """Shafts at an angle: 1x and 2x along the shaft."""

    family = rotor_faults.AngularMisalignment


class Looseness(_RotorFault):
    """A loose foot or fit: many harmonics and halves of the order."""

    family = rotor_faults.Looseness
    harmonics: Harmonics = Field(10, description="Number of whole orders.")
    decay: Fraction = Field(0.75, description="Ratio of each order to the one before it.")
    halves: Fraction = Field(0.4, description="Size of the orders 1/2, 3/2, ... over the whole ones.")


class Rub(_RotorFault):
    """The rotor bounces on its casing: sub-harmonics."""

    family = rotor_faults.Rub
    period: Annotated[int, Leaf(low=1, high=4)] = Field(2, description="Turns per bounce.")
    contact: Annotated[float, Leaf(low=0.05, high=0.9)] = Field(0.3, description="Part of the bounce in contact.")
    harmonics: Harmonics = Field(12, description="Lines kept.")


class BentShaft(_RotorFault):
    """A bow: 1x across and strongly along the shaft."""

    family = rotor_faults.BentShaft


class CrackedShaft(_RotorFault):
    """A crack that breathes under weight: 1x, 2x and 3x."""

    family = rotor_faults.CrackedShaft
    depth: Annotated[float, Leaf(low=0.01, high=1)] = Field(0.4, description="Depth of the crack over the radius.")


class Belt(_RotorFault):
    """A worn belt: multiples of its own rate."""

    family = rotor_faults.BeltFault
    pulley: Length = Field(0.1, description="Pitch diameter of the pulley on the reference shaft.")
    length: Length = Field(1.2, description="Length of the belt.")
    harmonics: Harmonics = Field(4, description="Lines.")


class BrokenBars(_RotorFault):
    """Broken bars of an induction motor: 1x with sidebands at the pole-passing frequency."""

    family = rotor_faults.BrokenBars
    mains: Frequency = Field(50.0, description="Frequency of the mains.")
    poles: Annotated[int, Leaf(low=2, high=64)] = Field(2, description="Number of poles, even.")


class _GearFault(_FaultPart):
    angles = ("angle",)
    gear: Text = Field("", description="Name of the gear; may be left out where the machine has only one.")
    wheel: Annotated[Literal["driver", "driven", "sun", "planet", "ring"], Leaf()] = Field(
        "driver", description="The wheel of a pair, or the member of a planetary set."
    )
    severity: Fraction = Field(0.5, description="0: nothing, 1: the tooth is gone, the flank is worn out.")
    angle: Angle = Field(0.0, description="Angle of the faulty tooth on its wheel at the start.")


class CrackedTooth(_GearFault):
    """A crack at the root: amplitude and phase of the mesh dip once a turn."""

    family = gear_faults.CrackedTooth


class BrokenTooth(_GearFault):
    """Part of a tooth is gone: a blow a turn."""

    family = gear_faults.BrokenTooth


class MissingTooth(_GearFault):
    """A whole tooth is gone: no mesh over one tooth, then the hardest blow."""

    family = gear_faults.MissingTooth


class WornGear(_GearFault):
    """Flanks worn all around: the higher harmonics of the mesh grow."""

    family = gear_faults.WornGear


class EccentricGear(_GearFault):
    """A wheel off its centre: strong modulation once a turn."""

    family = gear_faults.EccentricGear


class HuntingTooth(_GearFault):
    """A damaged tooth on both wheels: a blow when the two meet."""

    family = gear_faults.HuntingTooth


class Fault(OneOf):
    """Exactly one fault."""

    outer: Outer | None = Field(None, description="A spall on the outer race.")
    inner: Inner | None = Field(None, description="A spall on the inner race.")
    rolling_element: RollingElement | None = Field(None, description="A spall on a ball or roller.")
    cage: Cage | None = Field(None, description="A broken cage.")
    brinell: Brinell | None = Field(None, description="Dents in both races.")
    distributed: Distributed | None = Field(None, description="A roughened arc of a race.")
    unbalance: Unbalance | None = Field(None, description="A heavy spot.")
    parallel_misalignment: ParallelMisalignment | None = Field(None, description="Shafts side by side.")
    angular_misalignment: AngularMisalignment | None = Field(None, description="Shafts at an angle.")
    looseness: Looseness | None = Field(None, description="A loose foot or fit.")
    rub: Rub | None = Field(None, description="The rotor touches its casing.")
    bent_shaft: BentShaft | None = Field(None, description="A bow.")
    cracked_shaft: CrackedShaft | None = Field(None, description="A transverse crack.")
    belt: Belt | None = Field(None, description="A worn belt.")
    broken_bars: BrokenBars | None = Field(None, description="Broken bars of an induction motor.")
    cracked_tooth: CrackedTooth | None = Field(None, description="A crack at a tooth's root.")
    broken_tooth: BrokenTooth | None = Field(None, description="Part of a tooth is gone.")
    missing_tooth: MissingTooth | None = Field(None, description="A tooth is gone.")
    worn_gear: WornGear | None = Field(None, description="Worn flanks.")
    eccentric_gear: EccentricGear | None = Field(None, description="A wheel off its centre.")
    hunting_tooth: HuntingTooth | None = Field(None, description="A damaged tooth on both wheels.")


BEARING_FAULTS = ("outer", "inner", "rolling_element", "cage", "brinell", "distributed")
"""Faults that a bearing has."""

GEAR_FAULTS = ("cracked_tooth", "broken_tooth", "missing_tooth", "worn_gear", "eccentric_gear", "hunting_tooth")
"""Faults that a gear has."""
