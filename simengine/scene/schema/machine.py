"""Rotating machines, as a scene file names them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simengine.errors import SimengineError
from simengine.machines.background import Background, Neighbour
from simengine.machines.contact_model import ContactModel
from simengine.machines.degradation import Degradation
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.gears import GearPair
from simengine.machines.lines import Resonance
from simengine.machines.load_zone import LoadZone
from simengine.machines.machine import Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import RandomPath, TransferPath
from simengine.machines.planetary import PlanetarySet
from simengine.scene.compile import custom_error
from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Angle, Fraction, Length, OneOf, Part, Text, Variable
from simengine.scene.schema.built import Built
from simengine.scene.schema.fault import Fault
from simengine.scene.schema.speed import Frequency, Shaft, Time
from simengine.signals.bearing import Bearing
from simengine.signals.catalogue import bearing

__all__ = ["Acceleration", "Condition", "Machine"]

Acceleration = Annotated[float, Leaf(unit="m/s^2", low=0)]
"""An acceleration from 0, m/s^2."""

Ratio = Annotated[float, Leaf(low=0, positive=True)]
Damping = Annotated[float, Leaf(low=1e-5, high=0.99)]
Teeth = Annotated[int, Leaf(low=5, high=10_000)]


def _known_model(name: Any) -> Any:
    try:
        if isinstance(name, str):
            bearing(name)
    except SimengineError as error:
        raise custom_error("bearing", str(error)) from None
    return name


def _as_text(name: Any) -> Any:
    """A designation that YAML has read as a number: ``6205`` without quotes."""
    return str(name) if isinstance(name, int) and not isinstance(name, bool) else name


class Geometry(Built):
    """A bearing by its geometry."""

    elements: Annotated[int, Leaf(low=2, high=1000)] = Field(description="Number of rolling elements in the row.")
    element_diameter: Length = Field(description="Diameter of an element.")
    pitch_diameter: Length = Field(description="Diameter of the circle through their centres.")
    contact_angle: Annotated[float, Leaf(unit="rad", low=0, high=math.radians(89))] = Field(
        0.0, description="Angle between the line of contact and the radial plane."
    )
    model: Text = Field("", description="Designation, for the labels.")

    def make(self) -> Bearing:
        """The bearing."""
        return Bearing(self.elements, self.element_diameter, self.pitch_diameter, self.contact_angle, model=self.model)


class Zone(Built):
    """Stribeck's load zone."""

    extent: Annotated[float, Leaf(low=0.1, high=0.9)] = Field(
        0.4, description="Stribeck's epsilon: 0.5 loads half the circle, less with play, more with preload."
    )
    direction: Angle = Field(0.0, description="Where the load points, from the sensor's zero angle.")
    unbalance: Fraction = Field(0.0, description="Part of the load that turns with the shaft.")

    def make(self) -> LoadZone:
        """The zone."""
        return LoadZone(self.extent, self.direction / math.tau, self.unbalance)


class BearingMount(Built):
    """A bearing on a shaft."""

    exclusive = ("model", "geometry")

    model: Annotated[str, BeforeValidator(_as_text), AfterValidator(_known_model), Leaf()] | None = Field(
        None, description="Designation in the catalogue, e.g. `6205`."
    )
    geometry: Geometry | None = Field(None, description="Its geometry, instead of a model.")
    rotating: Annotated[Literal["inner", "outer"], Leaf()] = Field("inner", description="The ring that turns.")
    shaft: Ratio = Field(1.0, description="Turns of its shaft per turn of the reference shaft.")
    zone: Zone = Field(default_factory=Zone, description="Its load zone.")
    load: Ratio = Field(1.0, description="Load relative to nominal, times that of the shaft.")
    jitter: Annotated[float, Leaf(low=0, high=0.1)] = Field(
        0.01, description="Standard deviation of the spacing of passings over it; 0.2 to 2 % are usual."
    )
    slip: Annotated[float, Leaf(low=-0.05, high=0.2)] = Field(
        0.0, description="Mean lag of the cage behind pure rolling."
    )
    unevenness: Annotated[float, Leaf(low=0, high=2)] = Field(
        0.0, description="Standard deviation of the logarithm of the elements' strength."
    )

    def make(self) -> MountedBearing:
        """The mounted bearing at nominal load of the shaft."""
        ring = bearing(self.model) if self.model is not None else self.geometry.made  # type: ignore[union-attr]
        return MountedBearing(
            replace(ring, rotating=self.rotating),
            shaft=self.shaft,
            zone=self.zone.made,
            load=self.load,
            jitter=self.jitter,
            slip=self.slip,
            unevenness=self.unevenness,
        )


class Pair(Built):
    """Two wheels in mesh."""

    driver: Teeth = Field(description="Teeth of the wheel on the shaft that `shaft` names.")
    driven: Teeth = Field(description="Teeth of the other.")
    shaft: Ratio = Field(1.0, description="Turns of the driver per turn of the reference shaft.")
    mesh: list[Acceleration] = Field(
        [0.5, 0.25, 0.12, 0.06, 0.03], description="Mesh harmonics 1, 2, ... at the rotor's reference speed."
    )
    eccentricity: tuple[Fraction, Fraction] = Field(
        (0.05, 0.05), description="Amplitude modulation by a turn of the driver and of the driven wheel."
    )
    wobble: tuple[Fraction, Fraction] = Field((0.01, 0.01), description="The same of the phase, cycles of the mesh.")
    strike: Annotated[float, Leaf(unit="m/s^2", low=0, positive=True)] = Field(
        5.0, description="A full tooth's blow in a unit mode at the reference speed."
    )

    def make(self) -> GearPair:
        """The pair."""
        return GearPair(
            self.driver, self.driven, self.shaft, tuple(self.mesh), self.eccentricity, self.wobble, self.strike
        )  # fmt: skip


class Planetary(Built):
    """Sun, planets on a carrier, and a fixed ring with the sensor on it."""

    sun: Teeth = Field(description="Teeth of the sun.")
    ring: Teeth = Field(description="Teeth of the ring.")
    planets: Annotated[int, Leaf(low=1, high=20)] = Field(3, description="Number of planets.")
    input: Annotated[Literal["sun", "carrier"], Leaf()] = Field(
        "sun", description="The member on the shaft that `shaft` names."
    )
    shaft: Ratio = Field(1.0, description="Its turns per turn of the reference shaft.")
    mesh: list[Acceleration] = Field(
        [0.5, 0.2, 0.1], description="Harmonics of one planet's mesh as it passes the sensor, at the reference speed."
    )
    strike: Annotated[float, Leaf(unit="m/s^2", low=0, positive=True)] = Field(
        5.0, description="A full tooth's blow in a unit mode at the reference speed."
    )

    def make(self) -> PlanetarySet:
        """The set."""
        return PlanetarySet(self.sun, self.ring, self.planets, self.input, self.shaft, tuple(self.mesh), self.strike)


class Gear(OneOf):
    """Exactly one kind of gear."""

    pair: Pair | None = Field(None, description="Two wheels.")
    planetary: Planetary | None = Field(None, description="A planetary set.")


class CriticalSpeed(Part):
    """A critical speed of the rotor."""

    frequency: Frequency = Field(description="Natural frequency of the rotor in its bearings.")
    damping: Damping = Field(0.05, description="Damping ratio.")


class RotorPart(Built):
    """What the healthy shaft sounds like."""

    harmonics: list[Acceleration] = Field(
        default_factory=list, description="Orders 1, 2, ... of the shaft at the reference speed."
    )
    reference: Frequency = Field(30.0, description="Speed at which levels of lines hold.")
    resonance: CriticalSpeed | None = Field(None, description="A critical speed.")

    def make(self) -> Rotor:
        """The rotor."""
        critical = self.resonance
        return Rotor(
            tuple(self.harmonics), self.reference, Resonance(critical.frequency, critical.damping) if critical else None
        )


class Electrical(Built):
    """An induction motor on the mains."""

    mains: Frequency = Field(50.0, description="Frequency of the mains.")
    hum: list[Acceleration] = Field(
        default_factory=list, description="Pick-up at the mains and its harmonics, as acceleration."
    )
    pull: Acceleration = Field(0.0, description="Magnetic pull at twice the mains.")
    bars: Annotated[int, Leaf(low=0, high=1000)] = Field(0, description="Number of rotor bars; 0 for none.")
    bar_level: Acceleration = Field(
        0.0, description="Line of the passing bars; its sidebands at twice the mains have half of it."
    )

    def make(self) -> ElectricalSupply:
        """The supply."""
        return ElectricalSupply(self.mains, tuple(self.hum), self.pull, self.bars, self.bar_level)


class Mode(Part):
    """A mode of the structure."""

    frequency: Frequency = Field(description="Natural frequency.")
    damping: Damping = Field(0.03, description="Damping ratio.")


class RandomModes(Part):
    """Modes that are drawn anew in every sample, each on its own and evenly on a logarithmic scale."""

    count: Annotated[int, Leaf(low=1, high=64)] = Field(6, description="Number of modes.")
    frequency: Annotated[tuple[float, float], Leaf(unit="Hz", low=0, positive=True)] = Field(
        (400.0, 5400.0), description="Lowest and highest natural frequency."
    )
    damping: Annotated[tuple[float, float], Leaf(low=1e-5, high=0.99)] = Field(
        (0.01, 0.08), description="Lowest and highest damping ratio."
    )


class Path(Built):
    """The structure between what strikes and a sensor: modes that all sensors share and hear differently."""

    exclusive = ("modes", "random")

    modes: list[Mode] | None = Field(None, description="The modes.")
    random: RandomModes | None = Field(None, description="Modes drawn in every sample.")
    spread: Annotated[float, Leaf(low=0, high=3)] = Field(
        0.8, description="Standard deviation of the logarithm of the modes' loudness at a sensor."
    )

    def make(self) -> TransferPath | RandomPath:
        """The path, or what draws it."""
        if self.random is not None:
            return RandomPath(self.random.count, self.random.frequency, self.random.damping, self.spread)
        modes = self.modes or []
        return TransferPath(
            tuple(mode.frequency for mode in modes), tuple(mode.damping for mode in modes), spread=self.spread
        )


def _usual_path() -> Path:
    return Path(
        modes=[
            Mode(frequency=900.0, damping=0.05),
            Mode(frequency=2400.0, damping=0.03),
            Mode(frequency=3600.0, damping=0.02),
        ]
    )


class NeighbourPart(Built):
    """A second machine that is heard through the floor."""

    speed: Frequency = Field(25.0, description="Its speed.")
    harmonics: list[Acceleration] = Field(default_factory=list, description="Its orders 1, 2, ...")
    strike_order: Annotated[float, Leaf(low=0)] = Field(0.0, description="Strikes per turn of its shaft.")
    strike: Acceleration = Field(0.0, description="Amplitude of a strike.")

    def make(self) -> Neighbour:
        """The neighbour."""
        return Neighbour(self.speed, tuple(self.harmonics), self.strike_order, self.strike)


class BackgroundPart(Part):
    """What the machine sounds like apart from its faults, in every condition, the healthy one too."""

    level: Acceleration = Field(0.3, description="Standard deviation of the noise.")
    white: Annotated[float, Leaf(low=0)] = Field(
        0.3, description="White part of the noise over the part that rings in the structure."
    )
    path: Path | None = Field(None, description="Structure in which it rings; that of the faults if absent.")
    modulation: list[Fraction] = Field(
        default_factory=list, description="Depth of the noise's modulation at orders 1, 2, ... of the shaft."
    )
    strikes: Annotated[float, Leaf(low=0)] = Field(0.0, description="Random strikes per second.")
    strike: Acceleration = Field(0.3, description="Median amplitude of one.")
    coherence: Fraction = Field(0.5, description="Part of the noise that all sensors share.")
    neighbour: NeighbourPart | None = Field(None, description="A second machine.")

    def made_with(self, path: TransferPath | None) -> Background:
        """The background, ringing in a path that was drawn."""
        return Background(
            level=self.level,
            white=self.white,
            path=path,
            modulation=tuple(self.modulation),
            strikes=self.strikes,
            strike=self.strike,
            coherence=self.coherence,
            neighbour=self.neighbour.made if self.neighbour else None,
        )


class Condition(Part):
    """One state of health: its faults, how often it occurs in the world and how often in the data set."""

    faults: list[Fault] = Field(default_factory=list, description="Its faults; none: healthy; several: compound.")
    share: Annotated[float, Leaf(low=0)] = Field(
        1.0, description="How often it is drawn, relative to the other conditions; 0 leaves it out."
    )
    rate: Annotated[float, Leaf(low=0)] | None = Field(
        None,
        description="How often it occurs in the world, relative to the others; the labels then carry the weight `rate` over `share`.",
    )


class Run(Built):
    """A run to failure: the first bearing fault grows from nothing, and one sample is the whole life."""

    onset: Time = Field(description="Time at which the fault begins.")
    initial: Length = Field(0.1e-3, description="Its size then.")
    growth: Annotated[float, Leaf(unit="s", low=0, positive=True)] = Field(
        description="Time in which it grows by a factor of e."
    )
    power: Annotated[float, Leaf(low=0, positive=True)] = Field(
        1.0, description="Exponent of the law; above 1 it speeds up more than exponentially."
    )
    noise: Annotated[float, Leaf(low=0, high=5)] = Field(0.5, description="Randomness of the steps it grows in.")
    threshold: Length = Field(3e-3, description="Size at which the machine has failed.")
    spread: Length | None = Field(None, description="Size from which it is a roughened arc and no spall any more.")
    maintenance: Length | None = Field(None, description="Size at which the part is replaced and life begins anew.")
    recordings: Annotated[int, Leaf(low=2, high=100_000)] = Field(
        50, description="Recordings of one life, evenly spaced from its start."
    )
    horizon: Annotated[float, Leaf(unit="s", low=0, positive=True)] | None = Field(
        None, description="Latest time of a recording; the failure if absent (needed with maintenance)."
    )

    def make(self) -> Degradation:
        """The law of growth."""
        if self.maintenance is not None and self.horizon is None:
            raise SimengineError(
                "a machine that is maintained never fails, so its recordings have no end: set horizon."
            )
        return Degradation(
            self.onset,
            initial=self.initial,
            rate=1 / self.growth,
            power=self.power,
            noise=self.noise,
            threshold=self.threshold,
            spread=self.spread,
            maintenance=self.maintenance,
        )


class Contact(Built):
    """Masses, springs and contacts of a bearing in its housing, for the physical fidelity (Sawalhi and Randall, 2008)."""

    load: Annotated[float, Leaf(low=0, positive=True)] = Field(500.0, description="Radial load at nominal load, N.")
    stiffness: Annotated[float, Leaf(low=0, positive=True)] = Field(
        8.5e9, description="Of the contacts of one element with both races, N/m^1.5."
    )
    rotor_mass: Annotated[float, Leaf(unit="kg", low=0, positive=True)] = Field(
        1.5, description="Mass that the bearing carries."
    )
    housing_mass: Annotated[float, Leaf(unit="kg", low=0, positive=True)] = Field(
        8.0, description="Mass of the housing."
    )
    housing_frequency: Frequency = Field(220.0, description="Natural frequency of the housing on its feet.")
    housing_damping: Annotated[float, Leaf(low=1e-3, high=0.9)] = Field(0.08, description="Its damping ratio.")
    resonator_mass: Annotated[float, Leaf(unit="kg", low=0, positive=True)] = Field(
        0.5, description="Mass that stands for the first high mode of the housing."
    )
    resonator_frequency: Frequency = Field(3600.0, description="Natural frequency of that mode.")
    resonator_damping: Annotated[float, Leaf(low=1e-3, high=0.9)] = Field(0.03, description="Its damping ratio.")
    contact_damping: Annotated[float, Leaf(low=0, positive=True)] = Field(
        400.0, description="Between rotor and housing, N s/m."
    )
    deepest: Length = Field(40e-6, description="How far an element can drop into a spall.")
    rate: Frequency = Field(96_000.0, description="Least steps per second.")

    def make(self) -> ContactModel:
        """The model."""
        return ContactModel(**{name: getattr(self, name) for name in type(self).model_fields})


class Machine(Part):
    """A rotating machine: a source of vibration, and the clock of what it drives (`objects.NAME.drive`)."""

    variables: dict[str, Variable] = Field(
        default_factory=dict, description="Named values that this machine's expressions share."
    )
    shaft: Shaft = Field(default_factory=Shaft, description="Its reference shaft.")
    bearings: dict[str, BearingMount] = Field(default_factory=dict, description="Bearings, by name.")
    gears: dict[str, Gear] = Field(default_factory=dict, description="Gears, by name.")
    rotor: RotorPart = Field(default_factory=RotorPart, description="What the healthy shaft sounds like.")
    electrical: Electrical | None = Field(None, description="The motor's supply.")
    faults: list[Fault] = Field(default_factory=list, description="Faults that it has in every condition.")
    conditions: dict[str, Condition] = Field(
        default_factory=dict, description="Conditions by name; one is drawn for each sample and its faults are added."
    )
    condition: Text | None = Field(None, description="The condition to take instead of drawing one.")
    path: Path = Field(default_factory=_usual_path, description="Structure between what strikes and the sensors.")
    background: BackgroundPart = Field(default_factory=BackgroundPart, description="Its sound apart from faults.")
    fidelity: Annotated[Literal["parametric", "physical"], Leaf()] = Field(
        "parametric",
        description="`parametric`: faults strike the structure; `physical`: bearings move by their equations of motion (needs Numba).",
    )
    contact: Contact = Field(default_factory=Contact, description="Masses and springs of the physical fidelity.")
    snr: Annotated[float, Leaf(low=-60, high=100)] | None = Field(
        None,
        description="All faults over the background at the first sensor, dB; as strong as size, speed and load make them if absent.",
    )
    run: Run | None = Field(None, description="A run to failure.")
