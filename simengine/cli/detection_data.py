"""How commands name labelled pictures: DIR, DIR@SPLIT, and a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simengine.errors import SimengineError

if TYPE_CHECKING:
    from simengine.formats.detection import DetectionSet

__all__ = ["open_named_set", "parse_data"]


def parse_data(text: str) -> tuple[str, str | None, float]:
    """Splits ``DIR[@SPLIT][=WEIGHT]``.

    Raises:
        SimengineError: The weight is no number above 0.
    """
    rest, equals, last = text.rpartition("=")
    weight = 1.0
    if equals:
        try:
            weight = float(last)
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            raise SimengineError(f"{text}: the weight is {last!r}. Give a number above 0, e.g. {rest}=2.")
    folder, at, split = (rest if equals else text).rpartition("@")
    return (folder, split, weight) if at and "/" not in split else ((rest if equals else text), None, weight)


def open_named_set(folder: str, split: str | None, *, usual: str) -> DetectionSet:
    """Opens labelled pictures; where they come in splits and none is named, the usual one of those is taken.

    Raises:
        SimengineError: Nothing known lies there, it has no such split, or the labels are wrong beyond use.
    """
    from simengine.formats.detection import detection_splits, open_detection_set

    splits = detection_splits(folder)
    if split is None and splits:
        if usual not in splits:
            raise SimengineError(f"{folder} comes in splits and has no {usual!r}: name one, e.g. {folder}@{splits[0]}.")
        split = usual
    return open_detection_set(folder, split=split)
