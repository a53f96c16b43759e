"""What every distribution can do, and the registry that finds them by their YAML tag."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from simengine.errors import SimengineError

__all__ = ["DISTRIBUTIONS", "Distribution", "DistributionError", "Size", "from_dict", "register"]

Size = int | tuple[int, ...] | None
"""Shape of a batch of draws; ``None`` for one draw."""

D = TypeVar("D", bound="type[Distribution]")


class DistributionError(SimengineError):
    """A distribution is not valid, or can't do what is asked; says which, the bad value and the remedy."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Distribution(ABC):
    """A recipe that draws values: ``{tag: params}`` in a scene file.

    A family is a frozen dataclass whose fields are declared with `params.param`; reading,
    checking, printing, comparing, the dict form and the JSON Schema follow from the declaration.
    A family adds `sample` and what it can of `log_prob`, `support`, `ppf` and `fit`.

    Attributes:
        tag: The YAML key.
        summary: One line for catalogues.
        positional: Fields that a list under the tag gives in order, ``{uniform: [0, 1]}``.
        whole: Field that a value under the tag gives as a whole, ``{choose: [a, b]}``.
        undrawn: Fields whose contents are recipes themselves and must not be drawn beforehand.
    """

    tag: ClassVar[str]
    summary: ClassVar[str]
    positional: ClassVar[tuple[str, ...]] = ()
    whole: ClassVar[str] = ""
    undrawn: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for entry in _declared(type(self)):
            value = getattr(self, entry.name)
            try:
                value = entry.metadata["kind"].read(value)
            except ValueError as error:
                doc = entry.metadata["doc"].rstrip(".")
                raise self.error(f"{entry.name} is {_short(value)}, which {error}. It is: {doc}.") from None
            object.__setattr__(self, entry.name, value)
        self._check()

    def _check(self) -> None:  # noqa: B027 (most families have nothing to add)
        """Checks what involves several parameters; raises `error`."""

    @property
    def discrete(self) -> bool:
        """Whether `log_prob` is the logarithm of a probability, not of a density."""
        return False

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one draw, ``()`` for a scalar."""
        return ()

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws.

        Args:
            rng: Where the randomness comes from, see `streams.stream`.
            size: ``None`` for one draw, or the shape of a batch.

        Returns:
            For ``None`` a Python scalar (or, with an event shape, an array of that shape); else
            an array of shape ``(*size, *event_shape)``.
        """

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density (of the probability if `discrete`) at ``x``.

        Args:
            x: Values, shape ``(..., *event_shape)``.

        Returns:
            Shape ``(...)``, a float for one value; ``-inf`` outside the support. Units are one
            over the units of ``x``; distributions on a surface state their measure.

        Raises:
            DistributionError: No density exists; the message says why.
        """
        raise self.error("has no density.")

    def support(self) -> tuple[Any, Any]:
        """Smallest and largest value, per component; infinite where there is no bound."""
        raise self.error("draws values that have no order, so it has no bounds.")

    def ppf(self, u: Any) -> Any:
        """Inverse of the cumulative distribution (a scalar distribution; sampling plans use it).

        Args:
            u: Probabilities in (0, 1), any shape.

        Returns:
            Values, same shape; a Python scalar for a scalar.
        """
        raise self.error("is no scalar distribution: a sampling plan can't place its points.")

    @classmethod
    def fit(cls, data: Any) -> Distribution:
        """Estimates the distribution from observations.

        Args:
            data: Observations, shape ``(n, *event_shape)``.

        Returns:
            The fitted distribution.

        Raises:
            DistributionError: The data are too few or outside every support, or the family has no fit.
        """
        raise DistributionError(f"{cls.tag}: can't be fitted to data. Fit a mixture or a kernel_density instead.")

    def to_dict(self) -> dict[str, Any]:
        """The distribution as ``{tag: params}``, JSON types only; what has its default is left out."""
        params = {}
        for entry in _declared(type(self)):
            value = getattr(self, entry.name)
            if entry.default is dataclasses.MISSING or value != entry.default:
                params[entry.name] = _plain(value)
        return {self.tag: params}

    @classmethod
    def from_params(cls, params: Any, *, base: str = "") -> Distribution:
        """Reads what stands under the tag, in the full or in a short form.

        Args:
            params: Mapping of parameters, a list of the `positional` ones, or the `whole` one.
            base: Folder that relative file names refer to.
        """
        names = [entry.name for entry in _declared(cls)]
        if params is None and not cls.whole:
            params = {}
        elif not isinstance(params, Mapping):
            listed = isinstance(params, list | tuple)
            if cls.whole:
                params = {cls.whole: params}
            elif cls.positional and listed and len(params) == len(cls.positional):
                params = dict(zip(cls.positional, params, strict=True))
            else:
                forms = f"[{', '.join(cls.positional)}] or " if cls.positional else ""
                raise DistributionError(
                    f"{cls.tag}: {_short(params)} is not understood. Write {forms}a mapping of {', '.join(names)}."
                )
        for name in params:
            if name not in names:
                raise DistributionError(f"{cls.tag}: {name!r} is no parameter. {_nearest(name, names)}")
        missing = [
            entry.name for entry in _declared(cls) if entry.default is dataclasses.MISSING and entry.name not in params
        ]
        if missing:
            raise DistributionError(f"{cls.tag}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.")
        extra = {"base": base} if any(entry.name == "base" for entry in dataclasses.fields(cls)) else {}
        return cls(**params, **extra)

    @classmethod
    def units(cls) -> dict[str, str]:
        """SI units of the parameters that have a unit of their own, not the unit of the value drawn."""
        return {e.name: e.metadata["unit"] for e in _declared(cls) if e.metadata["unit"] is not None}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """JSON Schema of what may stand under the tag."""
        entries = _declared(cls)
        properties = {}
        for entry in entries:
            schema = entry.metadata["kind"].schema() | {"description": entry.metadata["doc"]}
            if entry.default is not dataclasses.MISSING:
                schema["default"] = _plain(entry.default)
            properties[entry.name] = schema
        full: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        required = [entry.name for entry in entries if entry.default is dataclasses.MISSING]
        if required:
            full["required"] = required
        forms = [full]
        if cls.positional:
            items = [properties[name] for name in cls.positional]
            count = len(items)
            forms.append({"type": "array", "prefixItems": items, "minItems": count, "maxItems": count})
        if cls.whole:
            forms.append(properties[cls.whole])
        if not required and not cls.whole:
            forms.append({"type": "null"})
        return {"description": cls.summary} | (full if len(forms) == 1 else {"anyOf": forms})

    def error(self, message: str) -> DistributionError:
        """An error that starts with the tag, for the caller to raise."""
        return DistributionError(f"{self.tag}: {message}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._canonical() == other._canonical()

    def __hash__(self) -> int:
        return hash(self._canonical())

    def __repr__(self) -> str:
        params = self.to_dict()[self.tag]
        if isinstance(params, dict):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in params.items())})"
        return f"{type(self).__name__}({params!r})"

    def _canonical(self) -> str:
        return json.dumps(self.to_dict(), sort_keys=True)


class _Registry(MutableMapping[str, "type[Distribution]"]):
    """Distributions by tag; the built-in families are imported when one of them is first asked for."""

    def __init__(self, homes: Mapping[str, tuple[str, ...]]) -> None:
        self._classes: dict[str, type[Distribution] | None] = {tag: None for tags in homes.values() for tag in tags}
        self._homes = {tag: module for module, tags in homes.items() for tag in tags}

    def __getitem__(self, tag: str) -> type[Distribution]:
        if self._classes[tag] is None:
            importlib.import_module(f"simengine.sampling.{self._homes[tag]}")
        found = self._classes[tag]
        assert found is not None, f"simengine.sampling.{self._homes[tag]} does not register {tag}"
        return found

    def __setitem__(self, tag: str, cls: type[Distribution]) -> None:
        self._classes[tag] = cls

    def __delitem__(self, tag: str) -> None:
        del self._classes[tag]

    def __contains__(self, tag: object) -> bool:
        return tag in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)


DISTRIBUTIONS: MutableMapping[str, type[Distribution]] = _Registry(
    {
        "constant": ("constant",),
        "uniform": ("uniform", "loguniform"),
        "normal": ("normal",),
        "beta": ("beta",),
        "choose": ("choose",),
        "counts": ("integer", "poisson"),
        "mixture": ("mixture",),
        "kernel_density": ("kernel_density",),
        "curve": ("curve",),
        "points": ("in_box", "in_disk", "in_cone"),
        "spheres": ("in_sphere", "on_sphere"),
        "rotations": ("any_rotation", "about_axis"),
        "colors": ("hsv", "palette"),
        "random_texture": ("random_texture",),
    }
)
"""Distribution classes by YAML tag. Asking whether a tag exists, and listing the tags, imports nothing."""


def register(cls: D) -> D:
    """Adds a distribution to the language of scenes; a class decorator, open to plug-ins.

    Raises:
        DistributionError: Another class has the tag.
    """
    tag = cls.tag
    if tag in DISTRIBUTIONS:
        home = getattr(DISTRIBUTIONS, "_homes", {}).get(tag)
        if cls.__module__ != f"simengine.sampling.{home}":
            raise DistributionError(
                f"{tag}: is the tag of another distribution. Choose another tag for {cls.__name__}."
            )
    DISTRIBUTIONS[tag] = cls
    return cls


def from_dict(tree: Any, *, base: str = "") -> Distribution:
    """Reads a distribution.

    Args:
        tree: ``{tag: params}``, numbers in SI units.
        base: Folder that relative file names refer to.

    Returns:
        The distribution; ``from_dict(d.to_dict())`` equals ``d``.

    Raises:
        DistributionError: The tag or a parameter is wrong; the message names it and the remedy.

    Examples:
        >>> from_dict({"uniform": [0, 2]}).support()
        (0.0, 2.0)
    """
    if not isinstance(tree, Mapping) or len(tree) != 1:
        raise DistributionError(f"{_short(tree)} is no distribution. Write {{tag: params}}, e.g. {{uniform: [0, 1]}}.")
    ((tag, params),) = tree.items()
    if tag not in DISTRIBUTIONS:
        raise DistributionError(f"{tag!r} is no distribution. {_nearest(str(tag), list(DISTRIBUTIONS))}")
    return DISTRIBUTIONS[tag].from_params(params, base=base)


def _declared(cls: type[Distribution]) -> list[dataclasses.Field]:
    return [entry for entry in dataclasses.fields(cls) if "kind" in entry.metadata]


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}There are: {', '.join(sorted(names)) or 'none'}."


def _plain(value: Any) -> Any:
    """The value in JSON types."""
    if isinstance(value, Distribution):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
