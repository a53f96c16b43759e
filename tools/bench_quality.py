"""`simengine quality` on real data: what it says where the truth is known. Writes quality.json and quality.md.

    python tools/bench_quality.py --data DIR --work DIR --out benchmarks

DIR of --data holds dice/, blood/ and bearings/; --work is for what is generated and for the reports.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np

from simengine.evaluate.quality.results import QualityResult, read_quality
from simengine.evaluate.report.charts.axis import interval_texts, number_text

GENERATED = (
    "generate dice --count 60 --seed 1 --out dice_made",
    "generate bearing_bench --count 200 --seed 3 --shard-size 50 --out bearing_made",
)
COMPARED = (
    ("dice_floor", "dice, training photos against test photos: nothing to be found",
     "--real dice@train --synthetic dice@test"),
    ("dice_blood", "dice against blood smears: everything to be found",
     "--real dice@train --synthetic blood --ignore-labels"),
    ("dice_made", "dice, photos against the scene `dice` as it is delivered; holdout: test photos",
     "--real dice@train --synthetic dice_made --holdout dice@test"),
    ("bearing_made", "CWRU drive end and normal records against the scene `bearing_bench`",
     "--real cwru --synthetic bearing_made"),
    ("bearing_other", "CWRU against another rig (HIT)", "--real cwru --synthetic hit"),
    ("table_same", "a table (UCI breast cancer, two thirds) against fresh rows of it (one third, half of it the holdout)",
     "--real cancer/real.csv --synthetic cancer/fresh.csv --holdout cancer/holdout.csv --target kind"),
    ("table_model", "the table against a mixture of Gaussians fitted to it",
     "--real cancer/real.csv --synthetic cancer/mixture.csv --holdout cancer/holdout.csv --target kind"),
    ("table_copy", "the table against copies of its rows with a little noise",
     "--real cancer/real.csv --synthetic cancer/copies.csv --holdout cancer/holdout.csv --target kind"),
)  # fmt: skip
SHOWN = (
    "kid", "fid", "auc", "hellinger", "spectrum", "label_size", "label_count", "coverage", "precision", "vendi",
    "class_balance", "tstr", "trtr", "utility_gap", "dcr", "leak", "mia",
)  # fmt: skip


def main() -> None:
    """Generates, compares, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("benchmarks"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    _prepare(args.data.resolve(), args.work)
    for command in GENERATED:
        if not (args.work / command.split()[-1] / "dataset.json").is_file():
            _run(f"{command} --quiet", args.work)
    found = []
    for name, title, options in COMPARED:
        command = f"quality {options} --out reports/{name}"
        if not (args.work / "reports" / name / "report.html").is_file():
            _run(f"{command} --quiet", args.work)
        found.append((name, title, command, read_quality(args.work / "reports" / name)))
    (args.out / "quality.md").write_text(_markdown(found))
    data = {
        name: {"title": title, "command": f"simengine {command}", **_numbers(result)}
        for name, title, command, result in found
    }
    (args.out / "quality.json").write_text(json.dumps(data, indent=1) + "\n")


def _prepare(data: Path, work: Path) -> None:
    """Links the data, says the rates of recordings that don't, and makes the tables."""
    for name in ("dice", "blood"):
        if not (work / name).exists():
            (work / name).symlink_to(data / name)
    for folder, files in (
        ("cwru", {"cwru_12k_drive_end": 12000, "cwru_normal_48k": 48000}),
        ("hit", {"hit_mfs_51k2": 51200}),
    ):
        (work / folder).mkdir(exist_ok=True)
        for name, rate in files.items():
            if not (work / folder / f"{name}.npz").exists():
                (work / folder / f"{name}.npz").symlink_to(data / "bearings" / f"{name}.npz")
            (work / folder / f"{name}.json").write_text(json.dumps({"fs": rate, "bearing_model": "6205-2RS"}))
    _tables(work / "cancer")


def _tables(folder: Path) -> None:
    from sklearn.datasets import load_breast_cancer
    from sklearn.mixture import GaussianMixture

    folder.mkdir(exist_ok=True)
    source = load_breast_cancer()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(source.data))
    names = [name.replace(" ", "_") for name in source.feature_names[:10]]
    rows, kinds = source.data[order, :10], source.target_names[source.target[order]]
    parts = {"real": slice(0, 380), "fresh": slice(380, 475), "holdout": slice(475, None)}
    tables = {name: (rows[part], kinds[part]) for name, part in parts.items()}
    real, of_real = tables["real"]
    made, labels = [], []
    for kind in np.unique(of_real):
        model = GaussianMixture(3, random_state=0).fit(real[of_real == kind])
        made.append(model.sample(int((of_real == kind).sum()))[0])
        labels += [kind] * len(made[-1])
    tables["mixture"] = (np.concatenate(made), np.array(labels))
    tables["copies"] = (real * (1 + 0.002 * rng.standard_normal(real.shape)), of_real)
    for name, (values, kind) in tables.items():
        lines = [",".join([*map(repr, map(float, row)), k]) for row, k in zip(values, kind, strict=True)]
        (folder / f"{name}.csv").write_text("\n".join([",".join([*names, "kind"]), *lines]) + "\n")


def _run(command: str, work: Path) -> None:
    program = shutil.which("simengine")
    assert program is not None, "simengine is not on the path: activate its environment"
    subprocess.run([program, *shlex.split(command)], cwd=work, check=True)


def _numbers(result: QualityResult) -> dict:
    return {
        "real": result.real.count,
        "synthetic": result.synthetic.count,
        "features": result.features,
        "metrics": {
            metric.name: {
                "value": metric.value, "low": metric.low, "high": metric.high,
                "floor": None if metric.floor is None else [metric.floor.low, metric.floor.high],
                "items": list(metric.counts), "status": metric.status,
            }
            for metric in result.metrics
        },
        "left_out": {entry.name: entry.reason for entry in result.left_out},
        "versions": result.versions,
    }  # fmt: skip


def _markdown(found: list[tuple[str, str, str, QualityResult]]) -> str:
    versions = found[0][3].versions
    lines = [
        "# What `simengine quality` says where the truth is known",
        "",
        "`python tools/bench_quality.py --data DIR --work DIR`. Value, 95 % interval, and what real data gives against"
        " real data (its floor). Bold: the interval lies outside the floor."
        f" {', '.join(f'{name} {version}' for name, version in versions.items())}.",
    ]
    for _, title, command, result in found:
        judged = [metric for metric in result.metrics if metric.status != "unjudged"]
        like = sum(metric.status == "like real" for metric in judged)
        lines += [
            "",
            f"## {title[0].upper()}{title[1:]}",
            "",
            f"`simengine {command}`",
            "",
            f"{result.real.count} real and {result.synthetic.count} synthetic items; {like} of {len(judged)} metrics like real.",
            "",
            "| metric | value | 95 % | real against real | |",
            "| --- | ---: | --- | --- | --- |",
        ]
        for name in SHOWN:
            metric = result.metric(name)
            if metric is not None:
                value, interval = number_text(metric.value), ""
                if metric.low is not None and metric.high is not None:
                    value, interval = interval_texts(metric.value, metric.low, metric.high)
                floor = (
                    ""
                    if metric.floor is None
                    else f"{number_text(metric.floor.low, digits=2)} to {number_text(metric.floor.high, digits=2)}"
                )
                verdict = (
                    f"**{metric.status}**" if metric.status == "differs" else metric.status.replace("unjudged", "")
                )
                lines.append(f"| {metric.title} | {value} | {interval} | {floor} | {verdict} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
