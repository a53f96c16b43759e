"""Fault classifiers: trained on records of vibration, real or simulated, and asked about others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord
from simengine.learn.logistic import Logistic, fit_logistic
from simengine.learn.order_network import network_probabilities, train_network
from simengine.learn.order_views import OrderViews, ViewSettings, order_views
from simengine.learn.trees import Trees, grow_trees
from simengine.signals.bearing import Bearing

__all__ = ["MODELS", "TrainedClassifier", "load_classifier", "train_classifier"]

Model = Literal["forest", "logistic", "cnn", "ensemble"]
MODELS: tuple[str, ...] = get_args(Model)

_MEMBERS = {"forest": ("trees_lines", "trees_all"), "logistic": ("logistic",), "cnn": ("cnn",)}
_MEMBERS["ensemble"] = _MEMBERS["forest"] + _MEMBERS["cnn"]
_LEAST = 1e-3  # probability that a member leaves to a class it has ruled out, so that no one has a veto
_CONFIG, _ARRAYS, _CARD = "config.json", "model.safetensors", "README.md"


@dataclass(frozen=True)
class TrainedClassifier:
    """A fault classifier.

    Attributes:
        model: ``forest``: extremely randomized trees on the lines of the faults alone and on everything, their
            probabilities multiplied; ``logistic``: regression on everything; ``cnn``: a small network on order
            spectra; ``ensemble``: forest times network.
        classes: Fault types, in the order of the columns of scores.
        settings: How records are cut and looked at.
        parameters: Arrays of each member of the model, by member and name.
        card: What it was trained on and how, JSON types.
    """

    model: str
    classes: tuple[str, ...]
    settings: ViewSettings
    parameters: dict[str, dict[str, np.ndarray]]
    card: dict[str, Any] = field(default_factory=dict)

    def look(self, records: Sequence[SignalRecord], *, bearing: Bearing | None = None) -> OrderViews:
        """Windows of records as this classifier sees them; one look serves several questions."""
        return order_views(records, self.settings, bearing=bearing)

    def probabilities(self, views: OrderViews) -> np.ndarray:
        """Probabilities of the classes for each window, shape (windows, classes).

        Raises:
            SimengineError: The windows were made with other settings.
        """
        if views.settings != self.settings:
            raise SimengineError(
                f"The windows were made with {views.settings}, but the classifier looks with {self.settings}: make "
                "them with TrainedClassifier.look."
            )
        total = np.zeros((len(views), len(self.classes)))
        for member, arrays in self.parameters.items():
            total += np.log(_answer(member, arrays, views) + _LEAST)
        joint = np.exp(total - total.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)

    def predict(
        self,
        records: Sequence[SignalRecord] | OrderViews,
        *,
        among: Sequence[str] | None = None,
        bearing: Bearing | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Names the fault of each record.

        Args:
            records: Records, or the windows of records (see ``look``).
            among: Classes that are possible; all by default.
            bearing: The bearing of all records, in place of what their rows say.

        Returns:
            Labels, shape (records,), str, and scores, shape (records, classes): probabilities, of a record with
            several windows the geometric mean of theirs.

        Raises:
            SimengineError: A record can't be looked at, or a class in ``among`` is not one of the classifier's.
        """
        views = records if isinstance(records, OrderViews) else self.look(records, bearing=bearing)
        logs = np.log(self.probabilities(views) + 1e-12)
        owners, order = np.unique(views.records, return_inverse=True)
        sums = np.stack([np.bincount(order, column, len(owners)) for column in logs.T], axis=1)
        means = sums / np.bincount(order)[:, None]
        if among is not None:
            unknown = sorted(set(among) - set(self.classes))
            if unknown:
                raise SimengineError(f"The classifier knows no class {unknown[0]!r}: it knows {_listed(self.classes)}.")
            means[:, [name not in among for name in self.classes]] = -np.inf
        scores = np.exp(means - means.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        return np.array(self.classes)[scores.argmax(axis=1)], scores

    def save(self, folder: str | Path) -> None:
        """Writes arrays as safetensors, the configuration as JSON and a card; nothing in them is ever executed.

        Args:
            folder: Where to; made if missing.

        Raises:
            SimengineError: The package safetensors is missing.
        """
        save = _safetensors("save")
        folder = Path(folder)
        with disk_errors("make", folder):
            folder.mkdir(parents=True, exist_ok=True)
        flat = {f"{member}/{name}": value for member, a in self.parameters.items() for name, value in a.items()}
        config: dict[str, Any] = {"kind": "fault classifier", "model": self.model, "classes": list(self.classes)}
        config |= {"settings": asdict(self.settings), "card": self.card}
        write_atomic(folder / _ARRAYS, save({name: np.ascontiguousarray(flat[name]) for name in sorted(flat)}))
        write_atomic(folder / _CARD, self._card_text().encode())
        write_atomic(folder / _CONFIG, canonical_json(config, indent=True))

    def _card_text(self) -> str:
        lines = [f"# Fault classifier ({self.model})", "", f"Tells {_listed(self.classes)} apart.", ""]
        s = self.settings
        lines += [
            f"Looks at windows of {s.seconds:g} s every {s.hop:g} s at {s.rate:g} Hz; needs speed and bearing.",
            "",
        ]
        lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in self.card.items()]
        return "\n".join([*lines, "", "Load with `simengine.learn.classifier.load_classifier`.", ""])


def train_classifier(
    records: Sequence[SignalRecord] | OrderViews,
    *,
    model: Model = "forest",
    weights: Sequence[float] | np.ndarray | None = None,
    labels: Sequence[str] | None = None,
    seed: int = 0,
    steps: int = 600,
    trees: int = 500,
    rate: float | None = None,
    seconds: float = 1.0,
    hop: float | None = None,
    unit_rms: bool = True,
    bearing: Bearing | None = None,
    init: TrainedClassifier | None = None,
) -> TrainedClassifier:
    """Trains a fault classifier.

    Speed and bearing of each record are known; all spectra are taken over the orders of its faults, so records of
    different machines and speeds train together. Classes count the same, however many records each has.

    Args:
        records: Records, or windows that `simengine.learn.order_views` made of records; then ``weights`` and
            ``labels`` are by window, and ``rate`` to ``bearing`` do not apply.
        model: Which; see ``TrainedClassifier.model``.
        weights: How much each record counts relative to others of its class, shape (records,).
        labels: Class of each record; by default its ``fault_type``.
        seed: Of everything random.
        steps: Optimiser steps of the network.
        trees: Trees of each part of a forest.
        rate: Samples per second at which records are looked at, Hz; by default the lowest of the records.
        seconds: Length of a window, s.
        hop: From window to window, s; by default without overlap.
        unit_rms: Whether every window is scaled to unit RMS, so that nothing knows the level.
        bearing: The bearing of all records, in place of what their rows say.
        init: A network to go on from (``cnn`` only).

    Returns:
        The classifier.

    Raises:
        SimengineError: Fewer than two classes, weights or labels that don't fit, a record that can't be looked at, or a
            package that is missing.
    """
    if model not in MODELS:
        raise SimengineError(f"The model {model!r} is unknown: name one of {_listed(MODELS)}.")
    if isinstance(records, OrderViews):
        views = records
    else:
        if not len(records):
            raise SimengineError("There are no records to train on: give at least two classes of them.")
        at = float(min(one.rate for one in records) if rate is None else rate)
        settings = ViewSettings(at, seconds, seconds if hop is None else hop, unit_rms, _needs_images(model))
        views = order_views(records, settings, bearing=bearing)
    if _needs_images(model) and not views.settings.images:
        raise SimengineError(f"The model {model!r} looks at spectra: make the windows with ViewSettings(images=True).")
    owners = np.arange(len(views)) if views is records else views.records
    names = views.labels if labels is None else np.asarray(_fitting("labels", labels, owners), dtype=str)[owners]
    heavy = np.ones(len(views)) if weights is None else np.asarray(_fitting("weights", weights, owners), float)[owners]
    if not (np.isfinite(heavy).all() and (heavy >= 0).all()):
        raise SimengineError("A weight is negative or no number: give finite weights from 0.")
    used, names, heavy = views.subset(heavy > 0), names[heavy > 0], heavy[heavy > 0]
    classes, codes = np.unique(names, return_inverse=True)
    if len(classes) < 2:
        only = classes[0] if len(classes) else "nothing"
        raise SimengineError(f"The records hold {only!s} alone: give records of at least two fault types.")
    totals = np.bincount(codes, heavy)
    balanced = heavy * (len(codes) / len(classes) / totals)[codes]
    start = _start(init, model, classes)
    parameters = {
        member: _train(member, used, codes, balanced, seed, steps, trees, start) for member in _MEMBERS[model]
    }
    counts = np.bincount(codes)
    card = {
        "windows": {str(name): int(count) for name, count in zip(classes, counts, strict=True)},
        "records": len(np.unique(used.records)),
        "seed": seed,
        **({"steps": steps} if "cnn" in _MEMBERS[model] else {}),
        **({"trees": trees} if "trees_all" in _MEMBERS[model] else {}),
    }
    return TrainedClassifier(model, tuple(map(str, classes)), used.settings, parameters, card)


def load_classifier(folder: str | Path) -> TrainedClassifier:
    """Reads what ``TrainedClassifier.save`` wrote.

    Raises:
        SimengineError: The folder holds no classifier, or safetensors is missing.
    """
    load, folder = _safetensors("load"), Path(folder)
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        flat = load((folder / _ARRAYS).read_bytes())
        settings = ViewSettings(**config["settings"])
        model, classes, members = str(config["model"]), tuple(config["classes"]), _MEMBERS[config["model"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SimengineError(
            f"{folder} holds no fault classifier that can be read ({type(error).__name__}: {error}): give a folder "
            f"with {_CONFIG} and {_ARRAYS} as TrainedClassifier.save writes them."
        ) from error
    parameters: dict[str, dict[str, np.ndarray]] = {member: {} for member in members}
    for key, value in flat.items():
        member, name = key.split("/", 1)
        parameters[member][name] = value
    return TrainedClassifier(model, classes, settings, parameters, config.get("card", {}))


def _train(
    member: str,
    views: OrderViews,
    codes: np.ndarray,
    weights: np.ndarray,
    seed: int,
    steps: int,
    trees: int,
    init: dict[str, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    if member == "cnn":
        count = int(codes.max()) + 1
        return train_network(views.images, codes, weights, classes=count, seed=seed, steps=steps, init=init)
    if member == "logistic":
        return vars(fit_logistic(views.table, codes, weights))
    table = views.lines if member == "trees_lines" else views.table
    leaf = max(1, len(codes) // 1000)  # few windows are all remembered, of many no single one decides
    return vars(grow_trees(table, codes, weights, seed=seed, trees=trees, leaf=leaf))


def _answer(member: str, arrays: dict[str, np.ndarray], views: OrderViews) -> np.ndarray:
    if member == "cnn":
        return network_probabilities(arrays, views.images)
    if member == "logistic":
        return Logistic(**arrays).probabilities(views.table)
    return Trees(**arrays).probabilities(views.lines if member == "trees_lines" else views.table)


def _start(init: TrainedClassifier | None, model: str, classes: np.ndarray) -> dict[str, np.ndarray] | None:
    """Parameters of the network to go on from."""
    if init is None:
        return None
    if model != "cnn" or "cnn" not in init.parameters:
        raise SimengineError(
            "Only a network can go on from a trained one: use model='cnn' for both, or leave init out."
        )
    if init.classes != tuple(classes):
        raise SimengineError(
            f"The network to go on from tells {_listed(init.classes)} apart, but the records hold {_listed(classes)}: "
            "train on records of the same classes."
        )
    return init.parameters["cnn"]


def _needs_images(model: str) -> bool:
    return "cnn" in _MEMBERS[model]


def _fitting(name: str, values: Sequence | np.ndarray, owners: np.ndarray) -> Sequence | np.ndarray:
    count = int(owners.max()) + 1
    if len(values) != count:
        raise SimengineError(f"There are {len(values)} {name} for {count} records (or windows): give one for each.")
    return values


def _listed(names: Sequence[str] | np.ndarray) -> str:
    return ", ".join(map(str, names))


def _safetensors(name: str) -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise SimengineError("Saved models need safetensors: pip install 'simengine[learn]'.") from error
    return getattr(safetensors.numpy, name)
