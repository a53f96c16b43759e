"""Trains on simulated bearings alone and tests on real ones: CWRU drive end, and a second rig.

    python tools/bench_faults.py --data DIR [--seeds 0 1 2] [--per-class 600] [--out benchmarks/faults.json]

DIR holds cwru_12k_drive_end.npz, cwru_normal_48k.npz and hit_mfs_51k2.npz. Needs the extra ``signals`` (scikit-learn).
No real sample is seen in training or in choosing a threshold; geometry and speed of the machine are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.bearing import Bearing
from simengine.machines.clock import ShaftClock
from simengine.machines.features.envelope import envelope_orders
from simengine.machines.features.fault_lines import fault_lines, line_ratios
from simengine.machines.nameplate import nameplate_machine
from simengine.machines.record import record
from simengine.sampling.streams import stream

RATE = 12_000
BANDS = [(10.0, 5900.0), (500.0, 1500.0), (1500.0, 2500.0), (2500.0, 3500.0), (3500.0, 4500.0), (4500.0, 5700.0)]
CLASSES = ("normal", "inner", "outer", "rolling_element")


@dataclass
class Windows:
    """Real windows: features, class and record of each."""

    features: np.ndarray
    labels: np.ndarray
    records: np.ndarray


def features(signal: np.ndarray, speed: ShaftClock, ring: Bearing) -> np.ndarray:
    """Maximum and mean over bands of each line's ratio, and how high the floor's own peaks go."""
    orders, spectra = envelope_orders(signal, RATE, speed, bands=BANDS, highest=30.0)
    ratios, whole = line_ratios(orders, spectra, fault_lines(ring.orders))
    controls = np.quantile(whole[:, orders > 0.5], [0.99, 0.999], axis=1)
    return np.concatenate([ratios.max(axis=0), ratios.mean(axis=0), controls.max(axis=1), controls.mean(axis=1)])


def synthetic(ring: Bearing, classes: tuple[str, ...], per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of simulated windows of one second, ``per_class`` of each class."""
    rows, labels = [], []
    for index in range(per_class * len(classes)):
        label = index % len(classes)
        draw = stream(seed, index, "bench.machine")
        machine = nameplate_machine(ring, classes[label], draw, rate=RATE)
        high = 490.0 if draw.random() < 0.9 else 20.0
        sensor = Accelerometer(
            RATE, resonance=draw.uniform(4e3, 30e3), range=high, bits=16, noise_density=10 ** draw.uniform(-4, -2.5),
            high_pass=draw.uniform(0.5, 5), sensitivity=draw.uniform(0.95, 1.05), anti_alias=draw.choice([0.4, 0.42, 0.45]),
        )  # fmt: skip
        one = record(machine, {"acc": sensor}, duration=1.0, seed=seed, index=index)
        rows.append(features(one.signal[0], one.clock, ring))
        labels.append(label)
    return np.array(rows), np.array(labels)


def cut(signal: np.ndarray, hop: int = RATE) -> list[np.ndarray]:
    """Windows of one second."""
    return [signal[start : start + RATE] for start in range(0, len(signal) - RATE + 1, hop)]


def cwru(data: Path, ring: Bearing) -> Windows:
    """All 60 fault records and both normal ones, these brought from 48 to 12 kHz and overlapped by three quarters."""
    rows, labels, records = [], [], []
    kinds = {"IR": 1, "OR": 2, "B0": 3}
    with np.load(data / "cwru_12k_drive_end.npz") as file:
        for name in (key for key in file.files if not key.endswith("__rpm")):
            clock = ShaftClock([0], [float(file[f"{name}__rpm"]) / 60])
            for window in cut(file[name][: 10 * RATE]):
                rows.append(features(window, clock, ring))
                labels.append(kinds[name[:2]])
                records.append(name)
    with np.load(data / "cwru_normal_48k.npz") as file:
        for load in ("load0", "load3"):
            clock = ShaftClock([0], [float(file[f"{load}_rpm"]) / 60])
            for window in cut(resample_poly(file[f"{load}_DE"].astype(float), 1, 4), RATE // 4):
                rows.append(features(window, clock, ring))
                labels.append(0)
                records.append(f"Normal_{load}")
    return Windows(np.array(rows), np.array(labels), np.array(records))


def hit(data: Path, ring: Bearing) -> Windows:
    """The second rig, 51.2 to 12 kHz, windows of unit RMS."""
    rows, labels, records = [], [], []
    kinds = {"No": 0, "IR": 1, "OR": 2}
    with np.load(data / "hit_mfs_51k2.npz") as file:
        for name in file.files:
            clock = ShaftClock([0], [float(name.split("_")[1]) / 60])
            for window in cut(resample_poly(file[name].astype(float), 15, 64), RATE // 2):
                rows.append(features(window / np.std(window), clock, ring))
                labels.append(kinds[name[:2]])
                records.append(name)
    return Windows(np.array(rows), np.array(labels), np.array(records))


def classifiers(seed: int) -> dict:
    """The two of the study."""
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "forest": RandomForestClassifier(400, min_samples_leaf=2, random_state=seed),
        "trees": ExtraTreesClassifier(400, min_samples_leaf=2, random_state=seed),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)),
    }


def scores(real: Windows, guess: np.ndarray, classes: tuple[str, ...], keep: np.ndarray | None = None) -> dict:
    """Accuracy, macro-F1, recalls, per-record accuracy."""
    from sklearn.metrics import f1_score, recall_score

    keep = np.ones(len(guess), dtype=bool) if keep is None else keep
    truth, guess = real.labels[keep], guess[keep]
    present = np.unique(truth)
    return {
        "accuracy": round(float(np.mean(truth == guess)), 3),
        "macro_f1": round(float(f1_score(truth, guess, labels=present, average="macro")), 3),
        "recall": {
            classes[k]: round(float(r), 3)
            for k, r in zip(present, recall_score(truth, guess, labels=present, average=None))
        },  # noqa: B905
    }
