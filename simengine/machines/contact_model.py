"""Masses, springs and Hertzian contacts of a bearing in its housing: what a machine of physical fidelity is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.machines.load_zone import LoadZone
from simengine.signals.checks import require_in, require_positive

__all__ = ["ContactModel"]


@dataclass(frozen=True)
class ContactModel:
    """A rotor on elastic rolling elements in a housing on springs: five degrees of freedom.

    The model and the order of its numbers are those of Sawalhi and Randall (Mech. Syst. Signal Process. 22, 2008):
    rotor and housing move across the shaft, and a resonator on the housing stands for its first mode of high frequency.

    Attributes:
        load: Radial load at the bearing's nominal load, N.
        stiffness: Of the contacts of one element with both races, N/m^1.5.
        rotor_mass: Mass that the bearing carries as inertia, kg.
        housing_mass: Mass of the housing, kg.
        housing_frequency: Natural frequency of the housing on its feet, Hz.
        housing_damping: Its damping ratio.
        resonator_mass: kg.
        resonator_frequency: Hz.
        resonator_damping: Its damping ratio.
        contact_damping: Between rotor and housing, N s/m.
        deepest: How far an element can drop into a spall, m.
        rate: Least steps per second.
    """

    load: float = 500.0
    stiffness: float = 8.5e9
    rotor_mass: float = 1.5
    housing_mass: float = 8.0
    housing_frequency: float = 220.0
    housing_damping: float = 0.08
    resonator_mass: float = 0.5
    resonator_frequency: float = 3600.0
    resonator_damping: float = 0.03
    contact_damping: float = 400.0
    deepest: float = 40e-6
    rate: float = 96_000.0

    def __post_init__(self) -> None:
        require_positive(
            self, load=self.load, stiffness=self.stiffness, rotor_mass=self.rotor_mass, housing_mass=self.housing_mass,
            housing_frequency=self.housing_frequency, resonator_mass=self.resonator_mass,
            resonator_frequency=self.resonator_frequency, contact_damping=self.contact_damping, deepest=self.deepest,
        )  # fmt: skip
        require_in(self, 1e-3, 0.9, housing_damping=self.housing_damping, resonator_damping=self.resonator_damping)
        # beyond this the steps are too coarse for the contact and the resonator, and the motion explodes
        require_in(self, max(40_000.0, 10 * self.resonator_frequency), 1e7, rate=self.rate)

    def shift(self, zone: LoadZone, load: float, elements: int) -> tuple[float, float]:
        """How far the load moves the inner ring, and the clearance at which the loaded arc is that of the zone.

        Stribeck's equilibrium (Harris, "Rolling Bearing Analysis", ch. 7): load = n K d^1.5 J(epsilon), where d is
        the approach of the element under the load, and epsilon = (1 - clearance / shift) / 2.

        Args:
            zone: The load zone.
            load: Radial load, N.
            elements: Number of elements.

        Returns:
            Shift and radial clearance (negative: preload), m.
        """
        psi = 2 * np.pi * np.arange(720) / 720
        arc = np.maximum(1 - (1 - np.cos(psi)) / (2 * zone.extent), 0.0) ** 1.5
        integral = float(np.mean(arc * np.cos(psi)))
        approach = (load / (elements * self.stiffness * integral)) ** (2 / 3)
        shift = approach / (2 * zone.extent)
        return shift, shift * (1 - 2 * zone.extent)

    def constants(self, clearance: float) -> np.ndarray:
        """Constants of the equations of motion, as ``hertz_kernel.integrate`` takes them."""
        house, resonator = 2 * np.pi * self.housing_frequency, 2 * np.pi * self.resonator_frequency
        return np.array([
            clearance, self.rotor_mass, 1e3, 10.0, self.contact_damping,
            self.housing_mass, self.housing_mass * house**2, 2 * self.housing_damping * self.housing_mass * house,
            self.resonator_mass, self.resonator_mass * resonator**2,
            2 * self.resonator_damping * self.resonator_mass * resonator,
        ])  # fmt: skip
