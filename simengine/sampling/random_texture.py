"""Textures: draws the subtree that a scene file would write under ``texture``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from simengine.sampling.choose import Choose, check_weights, pick
from simengine.sampling.colors import Hsv, Palette
from simengine.sampling.counts import Integer
from simengine.sampling.distribution import Distribution, Size, register
from simengine.sampling.params import Choice, Color, Kind, ListOf, Number, OrNone, Text, param
from simengine.sampling.picture_names import base_pictures
from simengine.sampling.streams import uniforms
from simengine.sampling.uniform import LogUniform, Uniform

__all__ = ["TEXTURES", "RandomTexture"]


@dataclass(frozen=True)
class _Shade:
    """A colour of the natural look: another key's colour, made lighter or darker."""

    of: str
    factor: Uniform


_VIVID = Hsv((0, 1), (0.2, 0.9), (0.55, 0.95))
_DEEP = Hsv((0, 1), (0.0, 0.9), (0.05, 0.35))
_ANY = Hsv((0, 1), (0.0, 0.95), (0.05, 0.98))
_GREY = Hsv((0.05, 0.15), (0.0, 0.1), (0.35, 0.75))

TEXTURES: dict[str, dict[str, Distribution | _Shade]] = {
    "checker": {"dark": _DEEP, "light": _VIVID},
    "stripes": {"first": _VIVID, "second": _DEEP, "count": Integer(2, 24), "diagonal": Choose([False, True])},
    "noise": {"low": _DEEP, "high": _VIVID, "frequency": LogUniform(1, 16), "octaves": Integer(3, 7)},
    "wood": {
        "light": Hsv((0.05, 0.11), (0.3, 0.65), (0.4, 0.85)),
        "dark": _Shade("light", Uniform(0.45, 0.8)),
        "planks": Integer(1, 8),
    },
    "marble": {
        "base": Hsv((0.0, 1.0), (0.0, 0.15), (0.7, 0.97)),
        "vein": _Shade("base", Uniform(0.25, 0.7)),
        "turbulence": Uniform(1, 10),
    },
    "brushed": {"color": Hsv((0.05, 0.65), (0.0, 0.08), (0.45, 0.85)), "contrast": Uniform(0.05, 0.4)},
    "cardboard": {"color": Hsv((0.07, 0.1), (0.35, 0.55), (0.5, 0.75))},
    "fabric": {"warp": _ANY, "weft": _Shade("warp", Uniform(0.7, 1.4)), "threads": Integer(16, 128)},
    "speckle": {"base": _GREY, "grain": _Shade("base", Uniform(0.2, 0.7)), "density": Uniform(0.05, 0.6)},
    "concrete": {"color": _GREY, "wear": Uniform(0, 0.9)},
}
"""What is drawn for each kind of texture, key by key in this order; ranges after everyday things."""


class _Colors(Kind):
    """``natural``, ``any`` or a palette."""

    def read(self, value: Any) -> str | tuple:
        """Returns the word, or a tuple of colours."""
        return Choice(("natural", "any")).read(value) if isinstance(value, str) else ListOf(Color()).read(value)

    def schema(self) -> dict[str, Any]:
        """A word or an array of colours."""
        return {"anyOf": [{"enum": ["natural", "any"]}, ListOf(Color()).schema()]}


@register
@dataclass(frozen=True, eq=False, repr=False)
class RandomTexture(Distribution):
    """A texture of one of several kinds: ``{random_texture: {kinds: [wood, marble]}}``; ``{random_texture: {}}`` for all.

    With a folder it is one of its pictures (PNG, JPEG), which lie in the order of their names; maps of
    roughness, metal and normals that lie beside one come with it (see `simengine.sampling.picture_names`).
    """

    tag = "random_texture"
    summary = "A texture of one of several kinds in drawn colours, or a picture of a folder."

    kinds: Sequence[str] | None = param(
        OrNone(ListOf(Choice(tuple(TEXTURES)))),
        f"Kinds to choose from: {', '.join(TEXTURES)}; all if absent.",
        default=None,
    )
    weights: Sequence[float] | None = param(
        OrNone(ListOf(Number(low=0))), "One weight per kind, of any sum; equal if absent.", default=None, unit=""
    )
    colors: str | Sequence[Any] = param(
        _Colors(), "natural: as the kind has them; any: every colour; or a list of colours.", default="natural"
    )
    folder: str | None = param(
        OrNone(Text()), "Folder of pictures, relative to the scene, one of which is drawn instead.", default=None
    )
    base: str = field(default="", kw_only=True)

    def _check(self) -> None:
        if self.folder is not None:
            if self.kinds is not None or self.weights is not None or self.colors != "natural":
                raise self.error("kinds, weights and colors have no meaning beside a folder. Leave them out.")
            self._pictures  # noqa: B018 (an empty folder is an error now, not at the first draw)
        check_weights(self, len(self._kinds))

    @property
    def discrete(self) -> bool:
        """True for a folder: `log_prob` is then the logarithm of a probability."""
        return self.folder is not None

    @property
    def _kinds(self) -> Sequence[str]:
        return tuple(TEXTURES) if self.kinds is None else self.kinds

    @cached_property
    def _pictures(self) -> list[Path]:
        assert self.folder is not None
        folder = Path(self.base) / Path(self.folder).expanduser()
        try:
            found = [folder / name for name in base_pictures(p.name for p in folder.iterdir())]
        except OSError as error:
            raise self.error(f"folder {folder} can't be read ({error.strerror}). Check the path.") from None
        if not found:
            raise self.error(f"folder {folder} holds no picture. Put PNG or JPEG files into it.")
        return found

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws one mapping ``{kind: {key: value}}`` of JSON types, or an object array of them."""
        if size is not None:
            result = np.empty(size, dtype=object)
            for place in np.ndindex(result.shape):
                result[place] = self.sample(rng)
            return result
        if self.folder is not None:
            chosen = self._pictures[int(pick(uniforms(rng), None, len(self._pictures)))]
            return {"image": {"file": str(PurePosixPath(self.folder, chosen.name))}}
        kind = self._kinds[int(pick(uniforms(rng), self.weights, len(self._kinds)))]
        values: dict[str, Any] = {}
        color = self._free_color(values)
        for key, source in TEXTURES[kind].items():
            if color is not None and (isinstance(source, _Shade) or source.event_shape == (3,)):
                values[key] = color(rng)
            elif isinstance(source, _Shade):
                factor = source.factor.sample(rng)
                values[key] = [min(part * factor, 1.0) for part in values[source.of]]
            else:
                drawn = source.sample(rng)
                values[key] = drawn.tolist() if isinstance(drawn, np.ndarray) else drawn
        return {kind: values}

    def _free_color(self, values: dict[str, Any]) -> Callable[[np.random.Generator], list[float]] | None:
        """How colours are drawn where they are not natural: from a palette no colour twice in one texture."""
        if self.colors == "natural":
            return None
        if self.colors == "any":
            return lambda rng: _ANY.sample(rng).tolist()

        def unused(rng: np.random.Generator) -> list[float]:
            used = [tuple(value) for value in values.values() if isinstance(value, list)]
            left = [color for color in self.colors if color not in used] or self.colors
            return Palette(left).sample(rng).tolist()

        return unused

    def log_prob(self, x: Any) -> Any:
        """Logarithm of the probability of a picture of the folder; drawn textures have no density."""
        if self.folder is None:
            raise self.error("is a tree of several draws, which has no density.")
        options = [{"image": {"file": str(PurePosixPath(self.folder, p.name))}} for p in self._pictures]
        return Choose(options).log_prob(x)
