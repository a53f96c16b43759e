"""Bearings of public test rigs, with the geometry that their makers published."""

from __future__ import annotations

import difflib
import math

from simengine.errors import SimengineError
from simengine.signals.bearing import Bearing

__all__ = ["BEARINGS", "bearing"]

_INCH = 0.0254


def _inches(elements: int, element: float, pitch: float, degrees: float = 0.0, *, model: str) -> Bearing:
    return Bearing(elements, element * _INCH, pitch * _INCH, math.radians(degrees), model=model)


BEARINGS: dict[str, Bearing] = {
    bearing.model: bearing
    for bearing in (
        _inches(9, 0.3126, 1.537, model="6205-2RS"),  # Case Western Reserve, drive end
        _inches(8, 0.2656, 1.122, model="6203-2RS"),  # Case Western Reserve, fan end
        _inches(8, 0.235, 1.245, model="NICE"),  # MFPT challenge
        _inches(8, 0.3125, 1.319, model="ER-10K"),  # PHM 2009 gearbox
        _inches(16, 0.331, 2.815, 15.17, model="ZA-2115"),  # IMS run to failure, one of its two rows
        Bearing(8, 6.77e-3, 28.50e-3, model="6203ZZ"),  # University of Ottawa (UORED)
        Bearing(8, 7.92e-3, 34.55e-3, model="UER204"),  # XJTU-SY run to failure
    )
}


def bearing(model: str) -> Bearing:
    """Looks up a bearing by its designation.

    Args:
        model: A key of ``BEARINGS``; case does not matter, and seals may be left out (``6205``).

    Returns:
        The bearing.

    Raises:
        SimengineError: No bearing has that name, or several begin with it.
    """
    wanted = model.strip().upper()
    if wanted in BEARINGS:
        return BEARINGS[wanted]
    found = [name for name in BEARINGS if name.split("-")[0] == wanted]
    if len(found) == 1:
        return BEARINGS[found[0]]
    near = found or difflib.get_close_matches(wanted, BEARINGS, n=3, cutoff=0.4) or list(BEARINGS)
    raise SimengineError(
        f"The bearing model {model!r} is not in the catalogue: name one of {', '.join(near)}, "
        f"or give its geometry (elements, element_diameter, pitch_diameter, contact_angle)."
    )
