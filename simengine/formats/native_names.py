"""What the names of public bearing records say: CWRU's file numbers, and labels such as ``OR007@6_0`` or ``IR2_900``."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["columns_of_cwru_number", "columns_of_name"]

_KINDS = {"IR": "inner", "OR": "outer", "B": "rolling_element"}
_MIL = 0.0254
_NOMINAL_RPM = (1797.0, 1772.0, 1750.0, 1730.0)  # by load, hp
_CWRU = re.compile(r"(IR|OR|B)(\d{3})(?:@(3|6|12))?_([0-3])")
_CWRU_NORMAL = re.compile(r"Normal_([0-3])")
_BY_SPEED = re.compile(r"(Normal|IR|OR|B)(\d?)_(\d{3,5})")
_HEALTHY = re.compile(r"(?<![a-z])(normal|healthy|baseline)(?![a-z])", re.IGNORECASE)

# First of four file numbers (loads 0-3 hp) of each fault, from the index pages of the Case Western Reserve University
# bearing data centre; other quadruples are written out
_CWRU_FILES: dict[tuple[int, str], dict[str, int | tuple[int | None, ...]]] = {
    (48_000, ""): {"Normal": 97},
    (12_000, "DE"): {
        "IR007": 105, "IR014": 169, "IR021": 209, "IR028": 3001, "B007": 118, "B014": 185, "B021": 222, "B028": 3005,
        "OR007@6": 130, "OR007@3": 144, "OR007@12": (156, 158, 159, 160), "OR014@6": 197, "OR021@6": 234,
        "OR021@3": 246, "OR021@12": 258,
    },
    (48_000, "DE"): {
        "IR007": 109, "IR014": 174, "IR021": (213, 214, 215, 217), "B007": 122, "B014": 189, "B021": 226,
        "OR007@6": 135, "OR007@3": 148, "OR007@12": 161, "OR014@6": 201, "OR021@6": 238, "OR021@3": 250,
        "OR021@12": 262,
    },
    (12_000, "FE"): {
        "IR007": 278, "IR014": 274, "IR021": 270, "B007": 282, "B014": 286, "B021": 290, "OR007@6": 294,
        "OR007@3": 298, "OR007@12": (302, 305, 306, 307), "OR014@3": (310, 309, 311, 312),
        "OR014@6": (313, None, None, None), "OR021@6": (315, None, None, None), "OR021@3": (None, 316, 317, 318),
    },
}  # fmt: skip


def _numbered() -> dict[int, tuple[float, str, str]]:
    table = {}
    for (rate, end), labels in _CWRU_FILES.items():
        for label, first in labels.items():
            numbers = [first + load for load in range(4)] if isinstance(first, int) else first
            table.update({n: (float(rate), end, f"{label}_{k}") for k, n in enumerate(numbers) if n is not None})
    return table


_NUMBERS = _numbered()


def columns_of_cwru_number(number: int, channel: str) -> dict[str, Any]:
    """Columns of a record of CWRU by the number in its variables' names, ``X105_DE_time``.

    The four healthy records (97-100) were sampled at 48 kHz, whatever folder they are found in.

    Args:
        number: The number.
        channel: ``DE``, ``FE`` or ``BA``.

    Returns:
        Label columns; empty for a number that CWRU does not have.
    """
    if number not in _NUMBERS or channel not in ("DE", "FE", "BA"):
        return {}
    rate, end, label = _NUMBERS[number]
    columns = columns_of_name(label)
    ring = {"DE": "6205-2RS", "FE": "6203-2RS", "BA": "6203-2RS" if end == "FE" else "6205-2RS"}[channel]
    place = {"DE": "motor_bearing_de", "FE": "motor_bearing_nde", "BA": "base"}
    return columns | {
        "dataset": "cwru",
        "fs": rate,
        "speed_rpm": _NOMINAL_RPM[int(label[-1])],  # the file's own, where it has one, wins
        "recording_id": f"{int(rate) // 1000}k_{end + '_' if end else ''}{label}",
        "bearing_id": f"{end}_{columns['bearing_id']}" if end else "healthy",
        "bearing_model": ring,
        "sensor_location": place[channel],
        "fault_location": place.get(end),
        "sensor_mounting": "base" if channel == "BA" else "casing",
        "quantity": "acceleration",
        "unit": "g",  # inferred by all users; CWRU does not say
    }


def columns_of_name(name: str, *, within: str = "") -> dict[str, Any]:
    """Columns that a record's name tells, if the whole name has a known form.

    Args:
        name: ``IR007_0`` and ``OR021@12_3`` (fault, mil, clock position, load in hp), ``Normal_0``; ``IR2_900`` and
            ``Normal_600`` (fault, width in degrees of arc, rpm).
        within: Name of the file: one that says ``normal`` or ``healthy`` labels records whose name says nothing.

    Returns:
        Label columns; empty if the name is of another form.
    """
    if found := _CWRU.fullmatch(name):
        kind, mil, clock, load = found.groups()
        return {
            "native_label": name,
            "fault_type": _KINDS[kind],
            "fault_origin": "artificial",
            "fault_size_mm": round(int(mil) * _MIL, 4),
            "fault_severity": f"0.{mil} in",
            "fault_severity_level": int(mil) // 7,
            "or_position": f"{clock}:00" if clock else None,
            "load": float(load),
            "load_unit": "hp",
            "bearing_id": f"{kind}{mil}",  # positions of a race fault may be one bearing put in again
        }
    healthy = {"fault_type": "normal", "fault_size_mm": 0.0, "fault_severity_level": 0, "bearing_id": "healthy"}
    if found := _CWRU_NORMAL.fullmatch(name):
        return {"native_label": name, **healthy, "load": float(found[1]), "load_unit": "hp"}
    if (found := _BY_SPEED.fullmatch(name)) and (found[1] == "Normal") == (found[2] == ""):
        columns: dict[str, Any] = {"native_label": name, "speed_rpm": float(found[3])}
        if not found[2]:
            return columns | healthy
        fault = {
            "fault_origin": "artificial",
            "fault_severity": f"{found[2]} deg",
            "bearing_id": f"{found[1]}{found[2]}",
        }
        return columns | {"fault_type": _KINDS[found[1]], **fault}
    if _HEALTHY.search(within) or _HEALTHY.search(name):
        load = re.match(r"load([0-9])(?![0-9])", name)
        return {**healthy, **({"load": float(load[1])} if load else {})}
    return {}
