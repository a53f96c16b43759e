"""Trains on simulated bearings alone and tests on real ones: CWRU drive end, and a second rig.

    python tools/bench_faults.py --data DIR [--seeds 0 1 2] [--per-class 800] [--out benchmarks/faults.json]

DIR holds cwru_12k_drive_end.npz, cwru_normal_48k.npz and hit_mfs_51k2.npz. Needs the extra ``signals`` (scikit-learn).
No real sample is seen in training or in choosing a threshold; geometry and speed of the machine are given.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy
from scipy.signal import resample_poly

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.nameplate import nameplate_machine
from simengine.machines.record import record
from simengine.sampling.streams import stream
from simengine.signals.bearing import Bearing
from simengine.signals.catalogue import bearing
from simengine.signals.clock import ShaftClock
from simengine.signals.signature import fault_signature

RATE = 12_000
CLASSES = ("normal", "inner", "outer", "rolling_element")
SHOTS = (1, 2, 5, 10)


@dataclass
class Windows:
    """Windows of one second: both views of their signatures, class and record of each."""

    lines: np.ndarray
    combs: np.ndarray
    labels: np.ndarray
    records: np.ndarray

    def where(self, keep: np.ndarray) -> Windows:
        return Windows(self.lines[keep], self.combs[keep], self.labels[keep], self.records[keep])

    @property
    def all(self) -> np.ndarray:
        return np.hstack([self.lines, self.combs])


def windows(rows: list[tuple[np.ndarray, ShaftClock, int, str]], ring: Bearing) -> Windows:
    """Signatures of windows, each scaled to unit RMS (which changes none of them)."""
    found = [fault_signature(signal / np.std(signal), RATE, clock, ring) for signal, clock, _, _ in rows]
    return Windows(
        np.array([one.lines for one in found]),
        np.array([one.combs for one in found]),
        np.array([label for _, _, label, _ in rows]),
        np.array([name for _, _, _, name in rows]),
    )


def synthetic(ring: Bearing, per_class: int, seed: int, classes: tuple[str, ...] = CLASSES) -> list:
    """Simulated windows, ``per_class`` of each class, of machines that share nothing but the bearing."""
    rows = []
    for index in range(per_class * len(classes)):
        draw = stream(seed, index, "bench.machine")
        machine = nameplate_machine(ring, classes[index % len(classes)], draw, rate=RATE)
        sensor = Accelerometer(
            RATE,
            range=490.0 if draw.random() < 0.9 else 20.0,
            resonance=draw.uniform(4e3, 30e3),
            bits=16,
            noise_density=10 ** draw.uniform(-4, -2.5),
            high_pass=draw.uniform(0.5, 5),
            anti_alias=draw.choice([0.4, 0.42, 0.45]),
        )
        one = record(machine, {"acc": sensor}, duration=1.0, seed=seed, index=index)
        rows.append((one.signal[0], one.clock, index % len(classes), str(index)))
    return rows


def cut(signal: np.ndarray, hop: int = RATE) -> list[np.ndarray]:
    return [signal[start : start + RATE] for start in range(0, len(signal) - RATE + 1, hop)]


def cwru(data: Path) -> list:
    """All 60 fault records and both normal ones, these brought from 48 to 12 kHz and overlapped by three quarters."""
    rows, kinds = [], {"IR": 1, "OR": 2, "B0": 3}
    with np.load(data / "cwru_12k_drive_end.npz") as file:
        for name in (key for key in file.files if not key.endswith("__rpm")):
            clock = ShaftClock([0], [float(file[f"{name}__rpm"]) / 60])
            rows += [(window, clock, kinds[name[:2]], name) for window in cut(file[name][: 10 * RATE])]
    with np.load(data / "cwru_normal_48k.npz") as file:
        for load in ("load0", "load3"):
            clock = ShaftClock([0], [float(file[f"{load}_rpm"]) / 60])
            slow = resample_poly(file[f"{load}_DE"].astype(float), 1, 4)
            rows += [(window, clock, 0, f"Normal_{load}") for window in cut(slow, RATE // 4)]
    return rows


def hit(data: Path) -> list:
    """The second rig, brought from 51.2 to 12 kHz, overlapped by half."""
    rows, kinds = [], {"No": 0, "IR": 1, "OR": 2}
    with np.load(data / "hit_mfs_51k2.npz") as file:
        for name in file.files:
            clock = ShaftClock([0], [float(name.split("_")[1]) / 60])
            slow = resample_poly(file[name].astype(float), 15, 64)
            rows += [(window, clock, kinds[name[:2]], name) for window in cut(slow, RATE // 2)]
    return rows


class TwoViews:
    """Extra trees on the lines alone and on everything; their probabilities are multiplied.

    The whitened lines know the classes that have lines and do not care about the machine; the rest knows the weak
    ones. Where one view is sure of a class the other rules out, neither wins.
    """

    def __init__(self, seed: int, trees: int = 500, leaf: int = 3) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        self.models = [ExtraTreesClassifier(trees, min_samples_leaf=leaf, random_state=seed) for _ in range(2)]

    def fit(self, train: Windows, weights: np.ndarray | None = None) -> TwoViews:
        for model, view in zip(self.models, (train.lines, train.all), strict=True):
            model.fit(view, train.labels, weights)
        return self

    def probabilities(self, test: Windows) -> np.ndarray:
        both = [m.predict_proba(view) + 1e-6 for m, view in zip(self.models, (test.lines, test.all), strict=True)]
        joint = np.zeros((len(test.labels), len(CLASSES)))
        joint[:, self.models[0].classes_] = both[0] * both[1]
        return joint / joint.sum(axis=1, keepdims=True)


def scores(test: Windows, probabilities: np.ndarray) -> dict:
    """Accuracy, macro-F1, recalls; the classes that the test has are the ones that may be guessed."""
    from sklearn.metrics import f1_score, recall_score

    present = np.unique(test.labels)
    guess = present[probabilities[:, present].argmax(axis=1)]
    recalls = recall_score(test.labels, guess, labels=present, average=None)
    return {
        "accuracy": float(np.mean(test.labels == guess)),
        "macro_f1": float(f1_score(test.labels, guess, labels=present, average="macro")),
        **{f"recall {CLASSES[k]}": float(r) for k, r in zip(present, recalls, strict=True)},
    }


_FIELDS = ("lines", "combs", "labels", "records")


def _smote(own: Windows, per_class: int, rng: np.random.Generator) -> Windows:
    """Points on the lines between windows of one class (Chawla et al., 2002)."""
    lines, combs, labels = [own.lines], [own.combs], [own.labels]
    for label in np.unique(own.labels):
        of = np.flatnonzero(own.labels == label)
        first, second, part = rng.choice(of, per_class), rng.choice(of, per_class), rng.random((per_class, 1))
        lines.append(own.lines[first] + part * (own.lines[second] - own.lines[first]))
        combs.append(own.combs[first] + part * (own.combs[second] - own.combs[first]))
        labels.append(np.full(per_class, label))
    joined = np.concatenate(labels)
    return Windows(np.concatenate(lines), np.concatenate(combs), joined, joined.astype(str))


def _best_without_simulation(own: Windows, test: Windows, seed: int) -> float:
    """Macro-F1 of the better of two models that see real windows alone, chosen on the test: a generous baseline."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    logistic = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)).fit(own.all, own.labels)
    guesses = [TwoViews(seed, 200, leaf=1).fit(own).probabilities(test), logistic.predict_proba(test.all)]
    return max(scores(test, guess)["macro_f1"] for guess in guesses)


def few_shot(real: Windows, made: Windows, seed: int) -> dict:
    """Few real windows a class from one fault size and one normal record; test on the other sizes and record."""
    size = np.array([name[1:4] if name[0] == "B" else name[2:5] if name[0] != "N" else name for name in real.records])
    rng, out = np.random.default_rng(seed), {}
    alone = TwoViews(seed, 200).fit(made)
    for shots in SHOTS:
        found: dict[str, list] = {"best real": [], "best real and SMOTE": [], "synthetic": [], "mix": []}
        for fault_size in ("007", "014", "021"):
            for normal in ("Normal_load0", "Normal_load3"):
                source = np.flatnonzero((size == fault_size) | (size == normal))
                test = real.where((size != fault_size) & (size != normal))
                picked = np.concatenate(
                    [rng.choice(source[real.labels[source] == k], shots, replace=False) for k in range(len(CLASSES))]
                )
                own = real.where(picked)
                more = _smote(own, 50, rng)
                both = Windows(*(np.concatenate([getattr(made, n), getattr(own, n)]) for n in _FIELDS))
                share = 0.2 * len(made.labels) / len(own.labels)
                weights = np.concatenate([np.ones(len(made.labels)), np.full(len(own.labels), share)])
                mixed = TwoViews(seed, 200).fit(both, weights)
                found["best real"].append(_best_without_simulation(own, test, seed))
                found["best real and SMOTE"].append(_best_without_simulation(more, test, seed))
                found["synthetic"].append(scores(test, alone.probabilities(test))["macro_f1"])
                found["mix"].append(scores(test, mixed.probabilities(test))["macro_f1"])
        out[str(shots)] = {name: float(np.mean(values)) for name, values in found.items()}
    return out


def experiment(data: Path, per_class: int, seed: int) -> dict:
    """All figures of one seed."""
    ring = bearing("6205")
    wrong = replace(ring, elements=7, element_diameter=1.35 * ring.element_diameter)
    begun = time.process_time()
    rows = synthetic(ring, per_class, seed)
    made_in = (time.process_time() - begun) / len(rows)
    made, real_rows, hit_rows = windows(rows, ring), cwru(data), hit(data)
    real, second = windows(real_rows, ring), windows(hit_rows, ring)
    model = TwoViews(seed).fit(made)
    guess = model.probabilities(real)
    hard = np.array([name.startswith(("IR028", "OR014@6")) for name in real.records])
    shuffled = Windows(made.lines, made.combs, np.random.default_rng(seed).permutation(made.labels), made.records)
    return {
        "ms per simulated window": 1e3 * made_in,
        "cwru": scores(real, guess),
        "cwru without IR028 and OR014@6": scores(real.where(~hard), guess[~hard]),
        "hit": scores(second, model.probabilities(second)),
        "cwru wrong geometry": scores(windows(real_rows, wrong), model.probabilities(windows(real_rows, wrong))),
        "cwru permuted labels": scores(real, TwoViews(seed).fit(shuffled).probabilities(real)),
        "few shots": few_shot(real, made, seed),
    }


def mean(results: list) -> object:
    """Mean and spread of equal trees of numbers."""
    if isinstance(results[0], dict):
        return {key: mean([one[key] for one in results]) for key in results[0]}
    return {"mean": round(float(np.mean(results)), 4), "sd": round(float(np.std(results)), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--per-class", type=int, default=800)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import sklearn

    versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    results = [experiment(options.data, options.per_class, seed) for seed in options.seeds]
    report = {
        "command": " ".join(["python tools/bench_faults.py", *(a for a in sys.argv[1:] if a != str(options.data))]),
        "versions": {**versions, "scikit-learn": sklearn.__version__},
        "figures": mean(results),
    }
    text = json.dumps(report, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
