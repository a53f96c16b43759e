"""Named qualities of pictures."""

from __future__ import annotations

from simengine.errors import SimengineError
from simengine.render.model import RenderSettings

__all__ = ["PRESETS", "preset"]

PRESETS: dict[str, RenderSettings] = {
    "draft": RenderSettings(samples=1, bounces=0),
    "standard": RenderSettings(samples=16, bounces=2),
}
"""``draft``: one sample, direct light; ``standard``: 16 samples, two bounces. Both filter the noise."""


def preset(name: str) -> RenderSettings:
    """The settings of a preset; change single values with `dataclasses.replace`.

    Raises:
        SimengineError: If there is no such preset.
    """
    if name not in PRESETS:
        raise SimengineError(f"render preset {name!r} doesn't exist. Use one of: {', '.join(PRESETS)}.")
    return PRESETS[name]
