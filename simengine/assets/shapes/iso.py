"""Dimensions of metric fasteners, M3 to M20, from the ISO product standards."""

from __future__ import annotations

import numpy as np

__all__ = ["FASTENERS", "fastener"]

# Millimetres. Pitch: ISO 261 (coarse). Hexagon head: ISO 4017 (nominal k and s). Socket head: ISO 4762
# (dk plain, k, nominal s, least t). Nut: ISO 4032 (s, largest m). Washer: ISO 7089 (nominal d1, d2, h).
FASTENERS: dict[str, tuple[float, ...]] = {
    "diameter": (3, 4, 5, 6, 8, 10, 12, 16, 20),
    "pitch": (0.5, 0.7, 0.8, 1, 1.25, 1.5, 1.75, 2, 2.5),
    "hex_across_flats": (5.5, 7, 8, 10, 13, 16, 18, 24, 30),
    "hex_head_height": (2, 2.8, 3.5, 4, 5.3, 6.4, 7.5, 10, 12.5),
    "socket_head_diameter": (5.5, 7, 8.5, 10, 13, 16, 18, 24, 30),
    "socket_head_height": (3, 4, 5, 6, 8, 10, 12, 16, 20),
    "socket_across_flats": (2.5, 3, 4, 5, 6, 8, 10, 14, 17),
    "socket_depth": (1.3, 2, 2.5, 3, 4, 5, 6, 8, 10),
    "nut_across_flats": (5.5, 7, 8, 10, 13, 16, 18, 24, 30),
    "nut_height": (2.4, 3.2, 4.7, 5.2, 6.8, 8.4, 10.8, 14.8, 18),
    "washer_hole": (3.2, 4.3, 5.3, 6.4, 8.4, 10.5, 13, 17, 21),
    "washer_diameter": (7, 9, 10, 12, 16, 20, 24, 30, 37),
    "washer_thickness": (0.5, 0.8, 1, 1.6, 1.6, 2, 2.5, 3, 3),
}
"""Columns of the tables by name, millimetres."""


def fastener(name: str, diameter: float) -> float:
    """A dimension for a nominal thread diameter, both in metres.

    Standard sizes give the standard's value, sizes between them the linear interpolation, sizes
    beyond the table its first or last row in proportion.
    """
    sizes = FASTENERS["diameter"]
    nominal = diameter * 1000
    inside = min(max(nominal, sizes[0]), sizes[-1])
    return float(np.interp(inside, sizes, FASTENERS[name])) * nominal / inside / 1000
