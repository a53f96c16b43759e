"""What refining by a machine's healthy recordings brings: how near simulated health comes to real, and what faults gain.

    python tools/bench_refine_signals.py --data DIR --work DIR [--count 600] [--steps 400] [--out benchmarks/refine_signals.json]

DATA holds cwru_12k_drive_end.npz, cwru_normal_48k.npz and hit_mfs_51k2.npz. For each rig some healthy recordings are given to
the refiner, the others are held out: spectra and two-sample tests look at them, and they are the healthy class when faults
are judged. Of real faults no refiner sees anything. WORK keeps data sets, networks and what was found, so that a run that
was stopped goes on; `--only` and `--methods` do parts. Needs the extra ``learn``, and diffusers for the diffusion.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy

from simengine.dataset.reader import Dataset
from simengine.engine.generate import generate
from simengine.evaluate.features.signals import SignalSettings, describe_signals
from simengine.evaluate.metrics.bootstrap import bootstrap, paired_bootstrap
from simengine.evaluate.metrics.two_sample import two_sample_auc
from simengine.formats.signal import SignalRecord, SignalSet, open_signal_set
from simengine.formats.signal_windows import windows
from simengine.learn.classifier import train_classifier
from simengine.learn.order_views import OrderViews, ViewSettings, join_views, order_views
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.audit.run import calibrate_on_signals
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.run import refine_signals
from simengine.refine.signals.sound import SignalRefiner
from simengine.refine.signals.transfer import fit_transfer
from simengine.scene.load import load_scene
from simengine.signals.catalogue import bearing

RATE = 12_000.0
SETTINGS = ViewSettings(RATE)
LOOK = SignalSettings(RATE, 0.5)
METHODS = ("raw", "transfer", "cyclegan", "diffusion")
BANDS = slice(0, 24)
SHOTS = (1, 5)
REAL_WEIGHT = 0.2
SPLITS = {
    "cwru, fitted on load 0": ("cwru", ("load0",), ("load3",)),
    "cwru, fitted on load 3": ("cwru", ("load3",), ("load0",)),
    "hit, fitted on 600 and 1200 rpm": ("hit", ("Normal_600", "Normal_1200"), ("Normal_900",)),
}
"""Rig, healthy recordings given to the refiner, and those held out."""


def recordings(data: Path, rig: str) -> list[SignalRecord]:
    """All recordings of a rig."""
    if rig == "hit":
        return list(open_signal_set(data / "hit_mfs_51k2.npz", rate=51_200))
    faults = open_signal_set(data / "cwru_12k_drive_end.npz", rate=12_000)
    sound = open_signal_set(data / "cwru_normal_48k.npz", rate=48_000, channels=["DE"])
    return [replace(one, signal=one.signal[:120_000]) for one in faults] + list(sound)


def named(records: Sequence[SignalRecord], names: Sequence[str]) -> list[SignalRecord]:
    """The healthy recordings of these names."""
    return [r for r in records if r.fault_type == "normal" and r.row["recording_id"].split("/")[-1] in names]


def simulation(work: Path, count: int) -> Dataset:
    """The shipped scene with stems, without its compound faults."""
    folder = work / "simulated"
    words = ["recording.stems=true", "machines.rig.conditions.compound.share=0"]
    generate(load_scene("bearing_bench", overrides=words), out=folder, count=count, seed=0, shard_size=100)
    return Dataset.open(folder)


def refined(work: Path, made: Dataset, real: HealthyRecordings, name: str, method: str, options) -> dict:
    """A refined data set; its folder, and what the audit says."""
    if method == "raw":
        return {"folder": str(made.root)}
    rule = work / "rule.json"
    if not rule.exists():
        found = calibrate_on_signals(made, planted=options.planted)
        rule.write_text(json.dumps(found.to_dict()), encoding="utf-8")
    calibration = json.loads(rule.read_text(encoding="utf-8"))
    folder, begin = work / f"{name}-{method}", time.process_time()
    refiner = learned(work / f"{name}-{method}-model", made, real, method, options)
    fitted = time.process_time() - begin
    summary = refine_signals(
        made.root,
        out=folder,
        refiner=refiner,
        thresholds=SignalThresholds.from_dict(calibration["thresholds"]),
        audit=calibration,
        workers=options.workers,
    )
    return {"folder": str(folder), "fit_cpu_s": round(fitted, 1), "audit": summary.to_dict()}


def learned(folder: Path, made: Dataset, real: HealthyRecordings, method: str, options) -> SignalRefiner:
    """A fitted refiner."""
    if method == "transfer":
        return fit_transfer(made, real)
    import torch

    from simengine.refine.signals.learned.settings import SignalTraining
    from simengine.refine.signals.learned.training import train_signal_refiner

    torch.set_num_threads(1)
    steps = options.steps
    settings = SignalTraining(method=method, steps=steps, length=1024, width=16, blocks=3, every=max(1, steps // 4))
    return train_signal_refiner(made, real, folder, settings)


def nearness(folder: str, held_out: Sequence[SignalRecord]) -> dict:
    """How near healthy simulated recordings come to the held-out real ones."""
    made = describe_signals((one for one in open_signal_set(folder) if one.fault_type == "normal"), LOOK)
    real = describe_signals(held_out, LOOK)
    target = real.spectra.mean(axis=0)

    def between_means(rows: np.ndarray) -> float:
        return float(np.sqrt(np.mean((rows.mean(axis=0) - target) ** 2)))

    units = [np.array(made.groups)]
    distance = bootstrap(between_means, made.spectra, units=units, unit="recording", method="percentile", resamples=500)
    each = np.sqrt(np.mean((made.spectra - target) ** 2, axis=1))
    one = bootstrap(np.mean, each, units=units, unit="recording", resamples=500)
    return {
        "two_sample_auc": round(two_sample_auc(real.vectors, made.vectors).value, 3),
        "two_sample_auc_of_band_levels": round(two_sample_auc(real.spectra, made.spectra).value, 3),
        "spectral_distance_db": [round(v, 2) for v in (distance.value, distance.low, distance.high)],
        "spectral_distance_of_a_window_db": [round(v, 2) for v in (one.value, one.low, one.high)],
        "windows": [len(real.vectors), len(made.vectors)],
    }


def macro_f1(guess: np.ndarray, truth: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, guess, labels=np.unique(truth), average="macro"))


def answers(train: OrderViews, test: OrderViews, weights: np.ndarray | None = None, *, seeds: int, trees: int) -> list:
    """What forests of several seeds say of the test windows."""
    among = np.unique(test.labels).tolist()
    models = (train_classifier(train, weights=weights, seed=seed, trees=trees) for seed in range(seeds))
    return [model.predict(test, among=among)[0] for model in models]


def faults(
    views: dict[str, OrderViews], real: OrderViews, names: np.ndarray, given: np.ndarray, held: np.ndarray
) -> dict:
    """Macro-F1 by method: simulated only, and with a few real windows of one fault size; the same budget for all."""
    healthy = real.labels == "normal"
    test = real.subset(~healthy | held)
    records = np.concatenate([names[~healthy | held]])
    only = {method: answers(seen, test, seeds=3, trees=200) for method, seen in views.items()}
    out: dict = {method: {"synthetic only": score(only[method], only["raw"], test, records)} for method in views}
    sizes = np.array([size_of(name) for name in names])
    rng = np.random.default_rng(0)
    for shots in SHOTS:
        found: dict[str, list[float]] = {method: [] for method in (*views, "real only")}
        for size in sorted(set(sizes[~healthy])):
            source = np.flatnonzero((sizes == size) & ~healthy | given)
            classes = np.unique(test.labels)
            if not set(classes) <= set(real.labels[source]):
                continue
            picked = np.concatenate(
                [rng.choice(source[real.labels[source] == c], shots, replace=False) for c in classes]
            )
            own, other = real.subset(picked), real.subset((sizes != size) & ~healthy | held)
            for method, seen in views.items():
                share = REAL_WEIGHT * len(seen) / len(own)
                weights = np.concatenate([np.ones(len(seen)), np.full(len(own), share)])
                guess = answers(join_views([seen, own]), other, weights, seeds=1, trees=100)[0]
                found[method].append(macro_f1(guess, other.labels))
            found["real only"].append(macro_f1(answers(own, other, seeds=1, trees=100)[0], other.labels))
        for method in (*views, "real only"):
            row = {"mean": round(float(np.mean(found[method])), 3), "of": [round(v, 3) for v in found[method]]}
            if method not in ("raw", "real only"):
                row["over_raw"] = [round(a - b, 3) for a, b in zip(found[method], found["raw"], strict=True)]
            out.setdefault(method, {})[f"{shots} real a class"] = row
    return out


def score(guesses: list, base: list, test: OrderViews, records: np.ndarray) -> dict:
    """Mean over seeds, and the difference to raw with its interval over recordings."""
    row: dict = {"macro_f1": round(float(np.mean([macro_f1(guess, test.labels) for guess in guesses])), 3)}
    row["by_seed"] = [round(macro_f1(guess, test.labels), 3) for guess in guesses]
    if guesses is not base:
        many, few = np.stack(guesses, 1), np.stack(base, 1)

        def mean(rows: np.ndarray, truth: np.ndarray) -> float:
            return float(np.mean([macro_f1(rows[:, k], truth) for k in range(rows.shape[1])]))

        found = paired_bootstrap(
            mean, many, few, shared=[test.labels], units=records, unit="recording", method="percentile", resamples=300
        )
        interval = found.interval
        row["over_raw"] = [round(v, 3) for v in (interval.value, interval.low, interval.high)]
        row["p"] = round(found.p_value, 3)
    return row


def size_of(name: str) -> str:
    """Fault size in the name of a recording."""
    digits = "".join(c for c in name.split("@")[0].split("_")[0] if c.isdigit())
    return digits


def experiment(data: Path, work: Path, name: str, options) -> dict:
    """All figures of one split."""
    rig, given, held = SPLITS[name]
    everything = recordings(data, rig)
    real = HealthyRecordings.of(SignalSet(rig, named(everything, given)))
    held_out = named(everything, held)
    made = simulation(work, options.count)
    key = name.replace(", ", "-").replace(" ", "_")
    ring, out, views = bearing("6205"), {}, {}
    for method in options.methods:
        file = work / f"{key}-{method}.json"
        how = json.loads(file.read_text()) if file.exists() else refined(work, made, real, key, method, options)
        if "nearness" not in how:
            how["nearness"] = nearness(how["folder"], held_out)
            file.write_text(json.dumps(how), encoding="utf-8")
        out[method] = {k: v for k, v in how.items() if k != "folder"}
        shared = "raw" if method == "raw" else f"{key}-{method}"
        views[method] = kept(
            work / f"views-{shared}.npz", lambda how=how: order_views(open_signal_set(how["folder"]), SETTINGS)
        )
        print(name, method, json.dumps(out[method]), flush=True)
    hop = 1.0 if rig == "cwru" else 0.5
    cut = [w for one in everything for w in windows([one], 1.0, hop=0.25 if one.fault_type == "normal" else hop)]
    seen = kept(work / f"views-{rig}.npz", lambda: order_views(cut, SETTINGS, bearing=ring))
    names = np.array([one.row["recording_id"].split("/")[-1] for one in cut])
    file = work / f"{key}-faults-{'-'.join(options.methods)}.json"
    if not file.exists():
        judged = faults(views, seen, names, np.isin(names, given), np.isin(names, held))
        file.write_text(json.dumps(judged), encoding="utf-8")
    judged = json.loads(file.read_text(encoding="utf-8"))
    return {"nearness and audit": out, "faults": judged}


def kept(file: Path, look) -> OrderViews:
    """What a classifier sees of windows, kept in a file."""
    names = ("lines", "combs", "images", "labels", "records")
    if not file.exists():
        views = look()
        np.savez(file, **{key: getattr(views, key) for key in names})
    with np.load(file) as stored:
        return OrderViews(**{key: stored[key] for key in names}, settings=SETTINGS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--only", metavar="SPLIT", nargs="+", help="beginnings of names of splits")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import sklearn
    import torch

    options.work.mkdir(parents=True, exist_ok=True)
    chosen = [name for name in SPLITS if not options.only or name.startswith(tuple(options.only))]
    figures = {name: experiment(options.data, options.work, name, options) for name in chosen}
    rule = options.work / "rule.json"
    report = {
        "command": "python tools/bench_refine_signals.py --data DIR --work DIR "
        f"--count {options.count} --steps {options.steps} --planted {options.planted} --methods {' '.join(options.methods)}",
        "device": f"{platform.machine()} CPU, one core of two shared ones",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "torch": torch.__version__,
        },
        "splits": {name: {"fitted on": SPLITS[name][1], "held out": SPLITS[name][2]} for name in chosen},
        "calibration of the audit": json.loads(rule.read_text(encoding="utf-8")) if rule.exists() else None,
        "figures": figures,
    }
    text = json.dumps(report, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
