"""A machine as data: shafts, bearings, gears, faults, structure and surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from simengine.errors import SimengineError
from simengine.machines.background import Background
from simengine.machines.contact_model import ContactModel
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.gears import GearFault, GearPair
from simengine.machines.lines import Resonance
from simengine.machines.mounted import BearingFault, MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.planetary import PlanetarySet
from simengine.machines.rotor_faults import RotorFault
from simengine.machines.speed import SpeedProfile
from simengine.signals.checks import require, require_positive

__all__ = ["Fault", "Machine", "Rotor"]

Fault = BearingFault | RotorFault | GearFault


@dataclass(frozen=True)
class Rotor:
    """The reference shaft.

    Attributes:
        harmonics: Acceleration of the orders 1, 2, ... of the healthy machine, m/s^2; phases are random.
        reference: Speed at which levels of lines are given, Hz.
        resonance: A critical speed.
    """

    harmonics: Sequence[float] = ()
    reference: float = 30.0
    resonance: Resonance | None = None

    def __post_init__(self) -> None:
        require_positive(self, reference=self.reference)


@dataclass(frozen=True)
class Machine:
    """A rotating machine.

    Attributes:
        speed: Speed of the reference shaft over time.
        bearings: Bearings by name.
        gears: Gear pairs and planetary sets by name.
        faults: Its faults; none: healthy; several: compound.
        rotor: The reference shaft.
        electrical: The motor's supply.
        path: Structure between faults and sensors.
        background: What it sounds like apart from its faults.
        fidelity: ``parametric``: faults strike the structure; ``physical``: the motion of rotor, elements and housing of
            every bearing is integrated, and faults of races and elements are missing material in it (see
            ``physical``). All other faults strike as in the parametric one.
        contact: Masses and springs of the physical fidelity.
        snr: Level of all faults together over the background at the first sensor, dB; the faults are scaled to
            it. ``None``: faults are as strong as their size, speed and load make them.
        tacho_pulses: Pulses of the tachometer per turn.
    """

    speed: SpeedProfile
    _: KW_ONLY
    bearings: Mapping[str, MountedBearing] = field(default_factory=dict)
    gears: Mapping[str, GearPair | PlanetarySet] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    rotor: Rotor = field(default_factory=Rotor)
    electrical: ElectricalSupply | None = None
    path: TransferPath = field(default_factory=TransferPath)
    background: Background = field(default_factory=Background)
    fidelity: Literal["parametric", "physical"] = "parametric"
    contact: ContactModel = field(default_factory=ContactModel)
    snr: float | None = None
    tacho_pulses: int = 1

    def __post_init__(self) -> None:
        known = self.fidelity in ("parametric", "physical")
        require(known, self, "fidelity", self.fidelity, "say 'parametric' or 'physical'.")
        for index, fault in enumerate(self.faults):
            if isinstance(fault, BearingFault):
                self._part(index, "bearing", fault.bearing, self.bearings)
            elif isinstance(fault, GearFault):
                gear = self._part(index, "gear", fault.gear, self.gears)
                fault.check(gear)
            else:
                known = isinstance(fault, RotorFault)
                require(known, self, f"faults[{index}]", fault, "give a fault of a bearing, a gear or a rotor.")
        if self.snr is not None and self.faults:
            why = "an SNR needs a background: set background.level above 0, or leave snr out."
            require(self.background.level > 0, self, "snr", self.snr, why)

    @property
    def fault_type(self) -> str:
        """Names of its faults joined by ``+`` in alphabetical order, or ``normal``."""
        names = {part for fault in self.faults for part in fault.fault_type.split("+")}
        return "+".join(sorted(names)) or "normal"

    def bearing_of(self, fault: BearingFault) -> MountedBearing:
        """The bearing that has the fault."""
        return self.bearings[fault.bearing or next(iter(self.bearings))]

    def gear_of(self, fault: GearFault) -> GearPair | PlanetarySet:
        """The gear that has the fault."""
        return self.gears[fault.gear or next(iter(self.gears))]

    @staticmethod
    def _part(index: int, kind: str, name: str, parts: Mapping):
        if name in parts:
            return parts[name]
        if not name and len(parts) == 1:
            return next(iter(parts.values()))
        have = f"it has {', '.join(parts)}" if parts else f"it has no {kind}s"
        wants = f"the {kind} {name!r}" if name else f"a {kind} that it does not name"
        raise SimengineError(f"Machine.faults[{index}] is a fault of {wants}, but {have}: name one of the machine's.")
