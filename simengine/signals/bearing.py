"""The kinematics of a rolling bearing: from its geometry to the orders of its defects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from simengine.errors import SimengineError
from simengine.signals.checks import require, require_in, require_natural, require_positive

__all__ = ["Bearing", "BearingOrders", "bearing_from_orders"]


@dataclass(frozen=True)
class BearingOrders:
    """Characteristic frequencies in events per turn of the moving ring.

    Attributes:
        ftf: Turns of the cage.
        bsf: Turns of an element about its own axis; its defect strikes at twice this order.
        bpfo: Elements that pass a point of the outer race.
        bpfi: Elements that pass a point of the inner race.
    """

    ftf: float
    bsf: float
    bpfo: float
    bpfi: float


@dataclass(frozen=True)
class Bearing:
    """Geometry of a rolling bearing, one row of elements that roll without slip.

    Attributes:
        elements: Number of rolling elements in the row.
        element_diameter: Diameter of an element, m.
        pitch_diameter: Diameter of the circle through the centres of the elements, m.
        contact_angle: Angle between the line of contact and the radial plane, rad.
        rotating: The ring that turns; the other one stands still.
        model: Designation, for labels.

    Raises:
        SimengineError: The elements are not there, don't fit on the circle, or a size is not positive.
    """

    elements: int
    element_diameter: float
    pitch_diameter: float
    contact_angle: float = 0.0
    rotating: Literal["inner", "outer"] = "inner"
    model: str = ""

    def __post_init__(self) -> None:
        require_natural(self, 2, elements=self.elements)
        require_positive(self, element_diameter=self.element_diameter, pitch_diameter=self.pitch_diameter)
        require_in(self, 0.0, math.radians(89), contact_angle=self.contact_angle)
        require(self.rotating in ("inner", "outer"), self, "rotating", self.rotating, "say 'inner' or 'outer'.")
        fits = self.elements * math.asin(min(1.0, self.element_diameter / self.pitch_diameter)) <= math.pi
        room = (
            f"{self.elements} elements don't fit on a pitch circle of {self.pitch_diameter:g} m; check the units (m)."
        )
        require(fits, self, "element_diameter", self.element_diameter, room)

    @property
    def ratio(self) -> float:
        """d/D cos(phi), the only number the orders need besides the count of elements."""
        return self.element_diameter / self.pitch_diameter * math.cos(self.contact_angle)

    @property
    def orders(self) -> BearingOrders:
        """Orders of the defects (Randall and Antoni, Mech. Syst. Signal Process. 25, 2011, eq. 1-4)."""
        ratio, half = self.ratio, self.elements / 2
        return BearingOrders(
            ftf=(1 - ratio) / 2 if self.rotating == "inner" else (1 + ratio) / 2,
            bsf=self.pitch_diameter / (2 * self.element_diameter) * (1 - ratio**2),
            bpfo=half * (1 - ratio),
            bpfi=half * (1 + ratio),
        )

    @property
    def outer_diameter(self) -> float:
        """Diameter of the outer race where it touches the elements, m."""
        return self.pitch_diameter * (1 + self.ratio)

    @property
    def inner_diameter(self) -> float:
        """Diameter of the inner race where it touches the elements, m."""
        return self.pitch_diameter * (1 - self.ratio)


def bearing_from_orders(orders: BearingOrders) -> Bearing:
    """The bearing that has these orders, with a pitch diameter of 1: orders know shapes, not sizes.

    BPFO + BPFI = n and their ratio is (1 - r) / (1 + r) with r = d/D cos(phi); BSF then gives d/D.

    Args:
        orders: Orders, also such as the slip of a cage has moved.

    Returns:
        The bearing.

    Raises:
        SimengineError: BPFO and BPFI don't sum to a count of elements, or another order belongs to no bearing.
    """
    total = orders.bpfo + orders.bpfi
    elements, ratio = round(total), (orders.bpfi - orders.bpfo) / total if total > 0 else 1.0
    sound = 0 < orders.ftf < 1 and orders.bsf > 0 and abs(ratio) < 1
    if not sound or elements < 2 or abs(total - elements) > 0.05:
        raise SimengineError(
            f"FTF {orders.ftf:g}, BSF {orders.bsf:g}, BPFO {orders.bpfo:g} and BPFI {orders.bpfi:g} belong to no bearing: "
            "BPFO and BPFI sum to the count of elements and FTF lies between 0 and 1; give them as multiples of the "
            "shaft's speed, not in Hz."
        )
    diameter = (1 - ratio**2) / (2 * orders.bsf)
    angle = math.acos(min(1.0, abs(ratio) / diameter))
    return Bearing(elements, diameter, 1.0, angle, "outer" if orders.ftf > 0.5 else "inner")
