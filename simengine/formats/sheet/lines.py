"""Which lines a fault leaves in the spectrum of the envelope, by name, for people who look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simengine.formats.signal import SignalRecord

__all__ = ["OF_BEARING", "LineFamily", "harmonic_name", "line_families"]

OF_BEARING = frozenset({"BPFO", "BPFI", "2BSF", "FTF"})
"""Names of the families of a bearing."""


@dataclass(frozen=True)
class LineFamily:
    """A line with its harmonics and sidebands.

    Attributes:
        name: As engineers write it: ``BPFO``, ``2BSF``.
        order: Its order.
        side: Spacing of the sidebands about each harmonic, orders; 0: none.
        side_name: What they are called.
        color: Its colour on the sheet.
        main: Whether it is the family of the fault that the record is labelled with.
    """

    name: str
    order: float
    side: float
    side_name: str
    color: str
    main: bool


_COLORS = {"BPFO": "#1f77b4", "BPFI": "#d62728", "2BSF": "#2a9d4a", "FTF": "#8e5bbf", "shaft": "#b7791f"}
_FAULTS = {"BPFO": "outer", "BPFI": "inner", "2BSF": "rolling_element", "FTF": "cage"}
_OF_SHAFT = {"unbalance", "misalignment", "looseness", "shaft", "gear", "electrical", "other"}


def line_families(record: SignalRecord, lines: Mapping[str, tuple[float, float]]) -> list[LineFamily]:
    """The families of lines worth marking in a record: those of its bearing, its shaft, and those given.

    Args:
        record: The record.
        lines: Meshes by name: order, and spacing of the sidebands; of a gear's fault the first is its own.
    """
    faults = set(record.fault_type.split("+"))
    found = []
    if orders := record.orders:
        shapes = {
            "BPFO": (orders.bpfo, 0.0, ""),
            "BPFI": (orders.bpfi, 1.0, "shaft"),
            "2BSF": (2 * orders.bsf, orders.ftf, "FTF"),
            "FTF": (orders.ftf, 0.0, ""),
        }
        found = [
            LineFamily(name, *shape, color=_COLORS[name], main=_FAULTS[name] in faults)
            for name, shape in shapes.items()
        ]
    for number, (name, line) in enumerate(lines.items()):
        found.append(LineFamily(name, *line, "shaft", "#0f766e", number == 0 and "gear" in faults))
    if record.row.get("speed_rpm") is not None:
        of_shaft = bool(faults & _OF_SHAFT) or (
            not any(one.main for one in found) and bool(faults - {"normal", "unknown"})
        )
        found.append(LineFamily("shaft", 1.0, 0.0, "", _COLORS["shaft"], of_shaft))
    return found


def harmonic_name(family: LineFamily, k: int, *, short: bool = False) -> str:
    """``3x``, ``BPFO``, ``2xBPFO``."""
    if k == 1 and family.name != "shaft":
        return family.name
    if family.name == "2BSF":
        return f"{2 * k}BSF"
    return f"{k}\N{MULTIPLICATION SIGN}" + ("" if short or family.name == "shaft" else family.name)
