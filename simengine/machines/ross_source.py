"""Rotors of ROSS, the rotordynamics library, as sources: its critical speeds and the lines of its faults.

ROSS (``pip install ross-rotordynamics "plotly<6"``, Apache 2.0) models shafts by finite elements. What it computes
becomes plain numbers here, so a machine that was made with it runs and is stored without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.lines import Line, Resonance
from simengine.machines.rotor_faults import RotorFault
from simengine.signals.checks import require

__all__ = ["RotorLines", "RotorResponse", "ross_fault", "ross_response"]


@dataclass(frozen=True)
class RotorResponse(Resonance):
    """The magnification of a rotor as a table, in place of a single resonance.

    Attributes:
        frequency: The frequency of its highest peak, Hz.
        damping: Not used.
        frequencies: Where it is known, increasing, Hz.
        gains: Response there over that to a constant force, complex.
    """

    frequencies: tuple[float, ...] = ()
    gains: tuple[complex, ...] = ()

    def __post_init__(self) -> None:
        rising = len(self.frequencies) > 1 and bool((np.diff(self.frequencies) > 0).all())
        require(rising, self, "frequencies", len(self.frequencies), "give at least two, increasing.")
        require(len(self.gains) == len(self.frequencies), self, "gains", len(self.gains), "give one a frequency.")

    def gain(self, frequencies: np.ndarray) -> np.ndarray:
        """Linear between the rows of the table; beyond them the first or the last."""
        return np.interp(frequencies, self.frequencies, np.asarray(self.gains))


@dataclass(frozen=True)
class RotorLines(RotorFault):
    """A fault of a rotor by its lines as something else computed or measured them, at one speed.

    Attributes:
        kind: What the labels call it.
        orders: Its orders.
        across: Complex accelerations along x and y at each order, relative to the largest of all moduli.
        growth: Exponent with which it grows with speed.
    """

    kind: str = "other"
    orders: tuple[float, ...] = ()
    across: tuple[tuple[complex, complex], ...] = ()
    growth: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.orders) > 0, self, "orders", self.orders, "name at least one order.")
        require(len(self.across) == len(self.orders), self, "across", len(self.across), "give one pair an order.")

    @property
    def fault_type(self) -> str:
        """The kind it was given."""
        return self.kind

    @property
    def power(self) -> float:
        """The growth it was given."""
        return self.growth

    def lines(self) -> list[Line]:
        """Its lines at the speed they were computed at."""
        turned = [np.exp(-2j * np.pi * self.angle * order) * self.level for order in self.orders]
        return [
            Line(order=order, x=turn * x, y=turn * y)
            for order, turn, (x, y) in zip(self.orders, turned, self.across, strict=True)
        ]


def ross_response(rotor: Any, *, node: int, highest: float, axis: str = "x", points: int = 400) -> RotorResponse:
    """How a rotor of ROSS magnifies forces at one of its nodes, with bearings and gyroscopic moments, for ``Rotor.resonance``.

    Args:
        rotor: A ``ross.Rotor``.
        node: The node, where the force acts and the motion is wanted.
        highest: Highest frequency of a line, Hz.
        axis: ``x`` or ``y``.
        points: Frequencies computed.

    Returns:
        The response to forces that turn with the shaft.

    Raises:
        SimengineError: ROSS is missing, or the rotor has no such node.
    """
    place = _place(rotor, node, axis)
    frequencies = np.concatenate([[1e-3], np.linspace(0, highest, points)[1:]])
    flexibility = rotor.run_freq_response(speed_range=2 * np.pi * frequencies).freq_resp[place, place]
    gains = flexibility / abs(flexibility[0])
    peak = float(frequencies[np.abs(gains).argmax()])
    return RotorResponse(peak, 0.05, tuple(map(float, frequencies)), tuple(map(complex, gains)))


def ross_fault(
    response: Any,
    *,
    kind: str,
    node: int,
    speed: float,
    orders: Sequence[float] = (1 / 3, 0.5, 1, 1.5, 2, 3, 4, 5, 6),
    growth: float = 0.0,
) -> RotorLines:
    """The lines of a time response that ROSS computed (``run_rubbing``, ``run_crack``, ``run_misalignment``, ...).

    Args:
        response: What ROSS returned, at a constant speed, long enough that its second half has settled.
        kind: What the labels shall call it: ``rub``, ``crack``, ``misalignment``, ``unbalance``.
        node: The node at which a sensor sits.
        speed: The speed, Hz.
        orders: Orders that are fitted.
        growth: Exponent with which the lines are taken to grow with speed.

    Returns:
        A fault for ``Machine.faults``, as strong as ROSS computed it.

    Raises:
        SimengineError: ROSS is missing, the response is shorter than six turns, or nothing moves.
    """
    times, motion = np.asarray(response.t, dtype=float), np.asarray(response.yout, dtype=float)
    rows = [_place(response.rotor, node, axis) for axis in ("x", "y")]
    whole = 6 * np.floor((times[-1] - times[0]) / 2 * speed / 6)  # so that halves and thirds of orders are periods too
    if whole < 6:
        raise SimengineError(
            f"The response covers {(times[-1] - times[0]) * speed:.3g} turns of the shaft at {speed:g} Hz: compute at least "
            "twelve, of which the second half is used."
        )
    kept = times > times[-1] - whole / speed
    wave = np.exp(2j * np.pi * speed * np.outer(times[kept], orders))
    basis = np.hstack([wave.real, -wave.imag, np.ones((int(kept.sum()), 1))])
    fitted = np.linalg.lstsq(basis, motion[kept][:, rows], rcond=None)[0]
    count = len(orders)
    shifts = fitted[:count] + 1j * fitted[count : 2 * count]
    across = -((2 * np.pi * speed * np.asarray(orders)[:, None]) ** 2) * shifts
    level = float(np.abs(across).max())
    if not level > 0:
        raise SimengineError(f"Nothing moves at node {node} of the response: name another node.")
    pairs = tuple((complex(x), complex(y)) for x, y in across / level)
    return RotorLines(level, 0.0, kind, tuple(map(float, orders)), pairs, growth)


def _place(rotor: Any, node: int, axis: str) -> int:
    """Row of a node's degree of freedom."""
    try:
        import ross  # noqa: F401
    except ImportError as error:
        raise SimengineError(
            "Rotors of ROSS need the package ross-rotordynamics: pip install ross-rotordynamics 'plotly<6'."
        ) from error
    nodes = [int(one) for one in rotor.nodes]
    if node not in nodes:
        raise SimengineError(f"The rotor has no node {node}: name one of {nodes[0]} to {nodes[-1]}.")
    if axis not in ("x", "y"):
        raise SimengineError(f"A rotor moves along 'x' or 'y' across the shaft here, not along {axis!r}.")
    return nodes.index(node) * rotor.number_dof + "xy".index(axis)
