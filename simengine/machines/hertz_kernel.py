"""The equations of motion of a bearing in its housing, integrated step by step; compiled by Numba when first used."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from simengine.errors import SimengineError

__all__ = ["compiled", "integrate"]


def integrate(
    cage: np.ndarray,
    outer_turns: np.ndarray,
    inner_turns: np.ndarray,
    outer: np.ndarray,
    inner: np.ndarray,
    flat: np.ndarray,
    stiffness: np.ndarray,
    force: np.ndarray,
    turning: np.ndarray,
    constants: np.ndarray,
    state: np.ndarray,
    step: float,
    found: np.ndarray,
) -> None:
    """Integrates by the semi-implicit Euler method, in place.

    Args:
        cage: Angle of the cage at each step, turns, shape (n,).
        outer_turns: Angle of the outer ring, turns, shape (n,).
        inner_turns: Angle of the inner ring, turns, shape (n,).
        outer: Depth of the outer race over one turn of it, m, shape (m,).
        inner: Depth of the inner race over one turn, m, shape (m,).
        flat: Missing height of element 0 where it touches a race, m, shape (n,).
        stiffness: Of the contacts of each element, N/m^1.5, shape (elements,).
        force: Constant load on the rotor, N, shape (2,).
        turning: Load that turns with the inner ring: its size, N, and the angle, turns, shape (2,).
        constants: Clearance, rotor mass, rotor stiffness and damping to ground, damping of the contact, housing mass,
            stiffness, damping, resonator mass, stiffness, damping; SI.
        state: Positions of rotor (x, y), housing (x, y) and resonator (y), then their velocities, shape (10,).
        step: Length of a step, s.
        found: Accelerations of housing x, housing y and resonator, m/s^2, shape (3, n); filled.
    """
    clearance, m_rotor, k_rotor, c_rotor, c_contact, m_house, k_house, c_house, m_res, k_res, c_res = constants
    x, y, hx, hy, r, vx, vy, hvx, hvy, rv = state
    elements, cells = len(stiffness), len(outer) - 1
    spacing = 1.0 / elements
    along, across = np.empty(elements), np.empty(elements)
    for j in range(elements):
        along[j], across[j] = math.cos(2 * math.pi * j * spacing), math.sin(2 * math.pi * j * spacing)
    for i in range(len(cage)):
        angle = 2 * math.pi * (cage[i] - math.floor(cage[i]))
        cos, sin = math.cos(angle), math.sin(angle)
        dx, dy = x - hx, y - hy
        fx, fy = 0.0, 0.0
        for j in range(elements):
            cj = cos * along[j] - sin * across[j]
            sj = sin * along[j] + cos * across[j]
            depth = dx * cj + dy * sj - clearance
            if depth > 0:  # races and elements only lack material, so what is apart stays apart
                place = cage[i] + j * spacing
                u = place - outer_turns[i]
                u = (u - math.floor(u)) * cells
                k = int(u)
                depth -= outer[k] + (u - k) * (outer[k + 1] - outer[k])
                u = place - inner_turns[i]
                u = (u - math.floor(u)) * cells
                k = int(u)
                depth -= inner[k] + (u - k) * (inner[k + 1] - inner[k])
                if j == 0:
                    depth -= flat[i]
                if depth > 0:
                    push = stiffness[j] * depth * math.sqrt(depth)
                    fx += push * cj
                    fy += push * sj
        fx += c_contact * (vx - hvx)
        fy += c_contact * (vy - hvy)
        wx, wy = force[0], force[1]
        if turning[0] != 0.0:
            angle = 2 * math.pi * (inner_turns[i] + turning[1])
            wx += turning[0] * math.cos(angle)
            wy += turning[0] * math.sin(angle)
        ax = (wx - fx - k_rotor * x - c_rotor * vx) / m_rotor
        ay = (wy - fy - k_rotor * y - c_rotor * vy) / m_rotor
        pull = k_res * (hy - r) + c_res * (hvy - rv)
        hax = (fx - k_house * hx - c_house * hvx) / m_house
        hay = (fy - k_house * hy - c_house * hvy - pull) / m_house
        ra = pull / m_res
        vx += ax * step
        vy += ay * step
        hvx += hax * step
        hvy += hay * step
        rv += ra * step
        x += vx * step
        y += vy * step
        hx += hvx * step
        hy += hvy * step
        r += rv * step
        found[0, i] = hax
        found[1, i] = hay
        found[2, i] = ra


@lru_cache(maxsize=1)
def compiled() -> Callable[..., Any]:
    """The same function as machine code.

    Raises:
        SimengineError: Numba is missing.
    """
    try:
        import numba
    except ImportError as error:
        raise SimengineError(
            "A machine of physical fidelity needs Numba: pip install 'simengine[signals]', or leave fidelity at "
            "parametric."
        ) from error
    return numba.njit(integrate, error_model="numpy", fastmath={"contract", "arcp", "nsz"})
