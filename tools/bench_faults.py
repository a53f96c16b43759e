"""Trains on the scene ``bearing_bench`` alone and tests on real bearings: CWRU drive end, and a second rig.

    python tools/bench_faults.py --data DIR --work DIR [--seeds 0 1 2] [--count 4000] [--out benchmarks/faults.json]

DATA holds cwru_12k_drive_end.npz, cwru_normal_48k.npz and hit_mfs_51k2.npz. WORK keeps the data sets and what was seen of
them, so that a run that was stopped goes on. Needs the extra ``learn``. No real window is seen in training or in choosing
a threshold; geometry and speed of the machine are given.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy

from simengine.evaluate.gain.classify import oversampled
from simengine.formats.signal import SignalRecord, open_signal_set
from simengine.formats.signal_windows import windows
from simengine.learn.classifier import TrainedClassifier, train_classifier
from simengine.learn.order_views import OrderViews, ViewSettings, join_views, order_views
from simengine.signals.bearing import Bearing
from simengine.signals.catalogue import BEARINGS, bearing

SETTINGS = ViewSettings(12_000.0)
CLASSES = ("inner", "normal", "outer", "rolling_element")
SHOTS = (1, 2, 5, 10)
MODELS = ("forest", "logistic")
REAL_WEIGHT = 0.2  # of the few real windows together, relative to the simulated ones


def seen(work: Path, name: str, look: Callable[[], OrderViews]) -> OrderViews:
    """What a classifier sees of windows, kept in a file."""
    file, names = work / f"{name}.npz", ("lines", "combs", "images", "labels", "records")
    if not file.exists():
        views = look()
        np.savez(file, **{key: getattr(views, key) for key in names})
    with np.load(file) as kept:
        return OrderViews(**{key: kept[key] for key in names}, settings=SETTINGS)


def synthetic(work: Path, count: int, seed: int) -> OrderViews:
    """Windows of the scene as ``simengine generate`` writes it; its compound faults are left out."""
    folder = work / f"bearing_bench-{seed}"
    words = ["generate", "bearing_bench", "--count", str(count), "--seed", str(seed), "--out", str(folder), "--quiet"]
    subprocess.run([sys.executable, "-m", "simengine", *words], check=True, stdout=subprocess.DEVNULL)
    return order_views((one for one in open_signal_set(folder) if one.fault_type in CLASSES), SETTINGS)


def cwru(data: Path) -> list[SignalRecord]:
    """All 60 fault records, 10 s of each, and both normal ones, these overlapped by three quarters."""
    faults = list(open_signal_set(data / "cwru_12k_drive_end.npz", rate=12_000))
    sound = open_signal_set(data / "cwru_normal_48k.npz", rate=48_000, channels=["DE"])
    faults = [replace(one, signal=one.signal[:120_000]) for one in faults]
    return [*windows(faults, 1.0), *windows(sound, 1.0, hop=0.25)]


def hit(data: Path) -> list[SignalRecord]:
    """The second rig, overlapped by half."""
    return list(windows(open_signal_set(data / "hit_mfs_51k2.npz", rate=51_200), 1.0, hop=0.5))


def names_of(records: Sequence[SignalRecord]) -> np.ndarray:
    """Name of the recording of each window."""
    return np.array([one.row["recording_id"].split("/")[-1] for one in records])


def scores(labels: np.ndarray, model: TrainedClassifier, views: OrderViews) -> dict:
    """Accuracy, macro-F1, recalls; the classes that the test has are the ones that may be guessed."""
    from sklearn.metrics import f1_score, recall_score

    present = np.unique(labels)
    guess, _ = model.predict(views, among=present.tolist())
    recalls = recall_score(labels, guess, labels=present, average=None)
    return {
        "accuracy": float(np.mean(labels == guess)),
        "macro_f1": float(f1_score(labels, guess, labels=present, average="macro")),
        **{f"recall {name}": float(value) for name, value in zip(present, recalls, strict=True)},
    }


def few_shot(real: OrderViews, names: np.ndarray, made: OrderViews, seed: int) -> dict:
    """Few real windows a class from one fault size and one normal record; test on the other sizes and record."""
    size = np.array([n[1:4] if n[0] == "B" else n[2:5] if n[0] != "l" else n for n in names])
    rng, out = np.random.default_rng(seed), {}
    alone = train_classifier(made, seed=seed, trees=100)
    for shots in SHOTS:
        found: dict[str, list[float]] = {}
        for fault_size in ("007", "014", "021"):
            for normal in ("load0", "load3"):
                source = np.flatnonzero((size == fault_size) | (size == normal))
                test = fresh(real.subset((size != fault_size) & (size != normal)))
                picked = [rng.choice(source[real.labels[source] == name], shots, replace=False) for name in CLASSES]
                own = real.subset(np.concatenate(picked))
                more = oversampled(own, seed=seed)
                share = REAL_WEIGHT * len(made) / len(own)
                weights = np.concatenate([np.ones(len(made)), np.full(len(own), share)])
                models = {
                    "real, forest": train_classifier(own, seed=seed, trees=100),
                    "real, logistic": train_classifier(own, model="logistic"),
                    "real and SMOTE, forest": train_classifier(more, seed=seed, trees=100),
                    "real and SMOTE, logistic": train_classifier(more, model="logistic"),
                    "synthetic": alone,
                    "mix": train_classifier(join_views([made, own]), weights=weights, seed=seed, trees=100),
                }
                for name, model in models.items():
                    found.setdefault(name, []).append(scores(test.labels, model, test)["macro_f1"])
                better = max(found["real, forest"][-1], found["real, logistic"][-1])
                found.setdefault("real, the better of both by the test itself", []).append(better)
        out[str(shots)] = {name: float(np.mean(values)) for name, values in found.items()}
    return out


def experiment(data: Path, work: Path, count: int, seed: int) -> dict:
    """All figures of one seed."""
    ring, windows, second = bearing("6205"), cwru(data), hit(data)
    wrong = {"as before": replace(ring, elements=7, element_diameter=1.35 * ring.element_diameter)}
    wrong |= {one.model: one for one in BEARINGS.values() if one.model != ring.model}

    def look(name: str, of: Sequence[SignalRecord], given: Bearing) -> OrderViews:
        return seen(work, name, lambda: order_views(of, SETTINGS, bearing=given))

    made = seen(work, f"synthetic-{seed}", lambda: synthetic(work, count, seed))
    real, other, names = look("cwru", windows, ring), look("hit", second, ring), names_of(windows)
    easy = ~np.array([name.startswith(("IR028", "OR014@6")) for name in names])
    trained = {name: train_classifier(made, model=name, seed=seed) for name in MODELS}
    forest = trained["forest"]
    permuted = np.random.default_rng(seed).permutation(made.labels)
    return {
        **{f"cwru, {name}": scores(real.labels, model, real) for name, model in trained.items()},
        **{f"hit, {name}": scores(other.labels, model, other) for name, model in trained.items()},
        "cwru without IR028 and OR014@6": scores(real.labels[easy], forest, fresh(real.subset(easy))),
        **{
            f"cwru, geometry: {name}": scores(real.labels[::4], forest, look(f"cwru-{name}", windows[::4], one))
            for name, one in wrong.items()
        },
        "cwru, permuted labels": scores(real.labels, train_classifier(made, labels=permuted, seed=seed), real),
        "few shots": few_shot(real, names, made, seed),
    }


def fresh(views: OrderViews) -> OrderViews:
    """A subset whose windows are counted anew, each an answer of its own."""
    return replace(views, records=np.arange(len(views)))


def mean(results: list) -> object:
    """Mean and spread of equal trees of numbers."""
    if isinstance(results[0], dict):
        return {key: mean([one[key] for one in results]) for key in results[0]}
    return {"mean": round(float(np.mean(results)), 4), "sd": round(float(np.std(results)), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import sklearn

    options.work.mkdir(parents=True, exist_ok=True)
    results = []
    for seed in options.seeds:
        done = options.work / f"result-{seed}.json"
        if not done.exists():
            done.write_text(json.dumps(experiment(options.data, options.work, options.count, seed)), encoding="utf-8")
        results.append(json.loads(done.read_text(encoding="utf-8")))
    seeds = " ".join(map(str, options.seeds))
    report = {
        "command": f"python tools/bench_faults.py --data DIR --work DIR --seeds {seeds} --count {options.count}",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "figures": mean(results),
    }
    text = json.dumps(report, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
