"""What simulated training data brings on real data: dice, white blood cells, bearings; `simengine gain` with fixed settings.

    python tools/bench_gain.py dice     --data DIR [--synthetic DIR] [--refined DIR] [--work DIR] [--workers 2] [--seeds 3]
    python tools/bench_gain.py blood    --data DIR [--synthetic DIR] [--work DIR]
    python tools/bench_gain.py bearings --data DIR [--work DIR] [--seeds 20]

DIR of --data holds dice/, blood/ and bearings/. Synthetic data is made first where it is not given: dice as
benchmarks/gain_dice_data.yaml says, blood and bearings by the scenes blood and bearing_bench. Runs are kept in --work and taken from there when the command is given
again, so it may be stopped at any moment; seeds come one after the other, so that `--seeds 2` reports what two thirds
of the time have given. Dice take about 75 CPU minutes with three seeds. Writes benchmarks/gain_NAME.json and .md, and
the page that `simengine gain` makes into --work.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

from simengine.evaluate.gain.arms import DETECT_ARMS, SIGNAL_ARMS, choose_arms
from simengine.evaluate.gain.counts import parse_counts
from simengine.evaluate.gain.experiment import run_gain
from simengine.evaluate.gain.opening import open_classify_task, open_detect_task
from simengine.evaluate.gain.results import Estimate, Gain, GainResults
from simengine.evaluate.report.gain import write_gain_report
from simengine.formats.signal import SignalSet, open_signal_set

ROOT = Path(__file__).parents[1]
FAULTS = ("normal", "inner", "outer", "rolling_element")


def dice(options: argparse.Namespace) -> list[tuple[str, GainResults]]:
    """10 and 20 photos of dice, six classes; all classes as one are judged by the same models."""
    import yaml

    how = yaml.safe_load((ROOT / "benchmarks" / "gain_dice_data.yaml").read_text())
    made = options.synthetic or options.work / "dice_synthetic"
    if not (made / "dataset.json").is_file():
        scene = [how["scene"], "--randomize", *how["randomizers"], "--set", *how["overrides"]]
        _generate(
            made,
            *scene,
            "--count",
            how["count"],
            "--seed",
            how["seed"],
            "--shard-size",
            how["shard_size"],
            workers=options.workers,
        )
    task = open_detect_task(
        (str(options.data / "dice"), "train"),
        synthetic=(str(made), None),
        refined=(str(options.refined), None) if options.refined else None,
        pad=how["pad"],
        symmetry="all",  # seen from above, and pips have no handedness
        model=options.model,
        steps=options.steps,
        options={"batch": 8},
        one_class="die",
    )
    return [("dice", _detect(task, options, counts="10,20", reference=options.reference))]


def blood(options: argparse.Namespace) -> list[tuple[str, GainResults]]:
    """White blood cells; the other classes of those pictures are labelled in part only and left out."""
    from simengine.evaluate.gain.detect import make_detect_task
    from simengine.formats.detection import map_classes, open_detection_set, pad_boxes
    from simengine.learn.augment import named_augmentation

    def white(split: str):
        data = open_detection_set(options.data / "blood", split=split)
        return map_classes(data, ("WBC",), rename={name: None for name in data.classes if name != "WBC"})

    folder = options.synthetic or options.work / "blood_synthetic"
    if not (folder / "dataset.json").is_file():
        scene = ["blood", "--randomize", "sensor/photo", "--set", "render.preset=draft", "outputs=[rgb]"]
        _generate(folder, *scene, "--count", 300, "--seed", 0, "--shard-size", 20, workers=options.workers)
    made = open_detection_set(folder)
    made = map_classes(made, ("WBC",), rename={name: None for name in made.classes if name != "WBC"})
    augmentations = {"strong": named_augmentation("strong", symmetry="all"), "plain": named_augmentation("light", symmetry="all")}  # fmt: skip
    task = make_detect_task(
        white("train"), synthetic=pad_boxes(made, options.pad), tests=[(white("test"), "id")], model=options.model,
        steps=options.steps, options={"batch": 8}, augmentations=augmentations,
    )  # fmt: skip
    return [("white blood cells", _detect(task, options, counts="5,10", reference=options.reference))]


def bearings(options: argparse.Namespace) -> list[tuple[str, GainResults]]:
    """Few windows of one fault size and one healthy record, tested on the others, on two rigs."""
    made = options.synthetic or options.work / "bearing_bench"
    if not (made / "dataset.json").is_file():
        scene = ["bearing_bench", "--set", "machines.rig.conditions.compound.share=0"]
        _generate(made, *scene, "--count", options.windows, "--seed", 0, workers=options.workers)
    simulated = open_signal_set(made)
    simulated = SignalSet(simulated.name, tuple(simulated))  # read once
    found = []
    for name, real in (("CWRU", _cwru(options.data)), ("HIT", _hit(options.data))):
        classes = {record.fault_type for record in real}
        kept = [k for k, record in enumerate(simulated) if record.fault_type in classes]
        task = open_classify_task(
            real, synthetic=simulated.subset(kept), rate=12_000.0, hop=1.0 if name == "CWRU" else 0.5, hop_normal=0.25, bearing="6205", model=options.model,
            cache=options.work / "views", **({"trees": options.trees} if options.model == "forest" else {}),
        )  # fmt: skip
        results = run_gain(
            task,
            arms=choose_arms(["synthetic", "mix"], known=SIGNAL_ARMS),
            counts=parse_counts("1,2,5,10", available=None, item="window"),
            seeds=range(options.seeds),
            out=options.work / f"{name}-{options.model}",
            workers=options.workers,
            progress=_tell,
            command=_command(),
        )
        write_gain_report(options.work / f"{name}-{options.model}")
        found.append((f"{name}, {options.model}", results))
    return found


def _generate(out: Path, *words, workers: int) -> None:
    command = [
        sys.executable,
        "-m",
        "simengine",
        "generate",
        *map(str, words),
        "--workers",
        str(workers),
        "--out",
        str(out),
    ]
    subprocess.run(command, check=True)


def _detect(task, options: argparse.Namespace, *, counts: str, reference: str) -> GainResults:
    pool = len(task.real.images)
    out = options.work / options.name
    results = run_gain(
        task,
        arms=choose_arms(options.arms.split(","), known=DETECT_ARMS, refined=options.refined is not None),
        counts=parse_counts(options.counts or counts, available=pool),
        reference=parse_counts(reference, available=pool) if reference else (),
        seeds=range(options.seeds),
        out=out,
        workers=options.workers,
        allow=options.allow,
        progress=_tell,
        command=_command(),
    )
    print(write_gain_report(out))
    return results


def _cwru(data: Path) -> SignalSet:
    """The drive end: 60 fault records at 12 kHz and both healthy ones, which were recorded at 48 kHz."""
    faults = open_signal_set(data / "bearings" / "cwru_12k_drive_end.npz", rate=12_000.0)
    healthy = open_signal_set(data / "bearings" / "cwru_normal_48k.npz", rate=48_000.0, channels=["DE"])
    return SignalSet("CWRU drive end", [*faults, *healthy])


def _hit(data: Path) -> SignalSet:
    found = open_signal_set(data / "bearings" / "hit_mfs_51k2.npz", rate=51_200.0)
    return SignalSet("HIT", list(found))


def _command() -> str:
    """Without the folders of this machine."""
    words, skip = ["python", "tools/bench_gain.py"], False
    for word in sys.argv[1:]:
        if skip or word in ("--data", "--synthetic", "--refined", "--work", "--out"):
            words.append("DIR" if skip else word)
            skip = not skip
        else:
            words.append(word)
    return " ".join(words)


def _tell(done: int, total: int) -> None:
    print(f"{done} of {total} runs", file=sys.stderr, flush=True)


def summary(results: GainResults) -> dict:
    """What is committed: everything but paths, pictures and single runs."""
    data = asdict(results)
    for name in ("pictures", "runs"):
        del data[name]
    for row in data["data"]:
        del row["path"]
    for row in data["cells"] + data["gains"] + data["refinements"]:
        row["by_seed"] = [round(value, 4) for value in row["by_seed"]]
    return data


def tables(title: str, results: GainResults) -> list[str]:
    """Markdown of one experiment."""
    lines = [f"## {title}", ""]
    if results.answer is not None:
        lines += [f"**{results.answer.sentence}**", ""]
    lines += [results.compute.statement + f" {len(results.seeds)} seeds; {results.cost.cpu_hours:.2f} CPU hours.", ""]
    counts = [count for count in results.counts if count.items]
    for test in results.tests:
        for metric in results.metrics:
            lines += [
                f"{metric.name} on {test.name} ({test.units} {results.unit}s), mean over seeds and 95 % interval:",
                "",
            ]
            lines += [
                "| arm | " + " | ".join(count.label for count in counts) + " |",
                "| --- |" + " ---: |" * len(counts),
            ]
            for arm in results.arms:
                row = {c.count: c.estimate for c in results.cells if (c.test, c.arm, c.metric) == (test.name, arm.name, metric.name)}  # fmt: skip
                texts = [_cell(row.get(0) if set(row) == {0} else row.get(count.items)) for count in counts]
                lines.append(f"| {arm.title} | " + " | ".join(texts) + " |")
            lines.append("")
        lines += ["| gain over the best baseline | real | metric | gain, 95 % | corrected p | could have been shown |"]
        lines += ["| --- | ---: | --- | --- | ---: | ---: |"]
        lines += [_gain(gain, results) for gain in results.gains if gain.test == test.name]
        lines.append("")
        if results.refinements:
            lines += ["| refined less raw | real | metric | difference, 95 % | corrected p | could have been shown |"]
            lines += ["| --- | ---: | --- | --- | ---: | ---: |"]
            lines += [_gain(gain, results) for gain in results.refinements if gain.test == test.name]
            lines.append("")
        worths = [e for e in results.equivalents if e.test == test.name]
        if worths:
            lines += [
                "| worth in real items | real | reaches what so many alone reach | 95 % |",
                "| --- | ---: | ---: | --- |",
            ]
            for worth in worths:
                low = f"fewer than {counts[0].items}" if worth.low is None else f"{worth.low:.0f}"
                ends = (
                    f"more than {counts[-1].items}"
                    if worth.low == counts[-1].items
                    else f"{low} to " + (f"more than {counts[-1].items}" if worth.high is None else f"{worth.high:.0f}")
                )
                lines.append(f"| {_title(worth.arm, results)} | {worth.count} | {worth.text} | {ends} |")
            lines.append("")
    if results.slices:
        lines += [
            "| slice | labels | baseline | arm | gain, 95 % | corrected p |",
            "| --- | ---: | ---: | ---: | --- | ---: |",
        ]
        lines += [
            f"| {s.by}: {s.value} | {s.items} | {s.baseline.value:.3f} | {s.estimate.value:.3f} | {_signed(s.gain)} | {s.p_corrected:.3f} |"
            for s in results.slices
        ]
        first = results.slices[0]
        lines += ["", f"Slices: {_title(first.arm, results)} with {first.count} real against {_title(first.against, results)}.", ""]  # fmt: skip
    lines += [f"- {note}" for note in results.notes]
    for leak in results.leaks:
        state = "passed" if leak.passed else f"let pass, {len(leak.found)} found"
        lines.append(f"- Check {leak.name}: {state}.")
    return [*lines, ""]


def _cell(estimate: Estimate | None) -> str:
    return "" if estimate is None else f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _gain(gain: Gain, results: GainResults) -> str:
    return (
        f"| {_title(gain.arm, results)} | {gain.count} | {gain.metric} | {_signed(gain.estimate)} | "
        f"{gain.p_corrected:.4f} | {gain.detectable:.3f} |"
    )


def _title(name: str, results: GainResults) -> str:
    return next(arm.title for arm in results.arms if arm.name == name)


def over_models(found: list[tuple[str, GainResults]]) -> list[str]:
    """The best real-only arm of any model against the best arm with both of any model, all chosen on the test."""
    lines = [
        "| rig | real windows a class | best real only | best with both | difference |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for rig in dict.fromkeys(title.split(",")[0] for title, _ in found):
        parts = [results for title, results in found if title.startswith(rig)]
        for count in (count.items for count in parts[0].counts if count.items):
            best = {
                kind: max(
                    cell.estimate.value
                    for results in parts
                    for cell in results.cells
                    if cell.metric == results.metrics[0].name and cell.count == count
                    and next(arm.kind for arm in results.arms if arm.name == cell.arm) == kind
                )
                for kind in ("baseline", "both")
            }  # fmt: skip
            change = best["both"] - best["baseline"]
            lines.append(f"| {rig} | {count} | {best['baseline']:.3f} | {best['both']:.3f} | {change:+.3f} |")
    return ["## Best of the models", "", *lines, ""]


def write(name: str, about: str, found: list[tuple[str, GainResults]], folder: Path) -> None:
    """Both files."""
    versions = ", ".join(f"{key} {value}" for key, value in found[0][1].environment["versions"].items())
    text = [f"# Gain on real data: {name}", "", about, "", f"`{_command()}`", "", f"{versions}.", ""]
    if len(found) > 1:
        text += over_models(found)
    for title, results in found:
        text += tables(title, results)
    text += ["How intervals and p-values come about: " + found[0][1].method, ""]
    (folder / f"gain_{name}.md").write_text("\n".join(text), encoding="utf-8")
    data = {title: summary(results) for title, results in found}
    (folder / f"gain_{name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("dice", "blood", "bearings"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path)
    parser.add_argument(
        "--refined", type=Path, help="dice: runs with it in place of the raw renders too, in files gain_dice_refined"
    )
    parser.add_argument("--work", type=Path, default=Path("bench_gain"))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--model")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--pad", type=float, default=1.0)
    parser.add_argument("--arms", default="synthetic,mix,pretrain-finetune")
    parser.add_argument("--counts")
    parser.add_argument("--reference", help="amounts at which real data alone is run too (default: 50 for dice)")
    parser.add_argument("--allow", action="append", default=[])
    parser.add_argument("--windows", type=int, default=3200)
    parser.add_argument("--trees", type=int, default=100)
    options = parser.parse_args()
    options.seeds = options.seeds or (20 if options.name == "bearings" else 3)
    models = [options.model] if options.model else (["forest", "logistic"] if options.name == "bearings" else ["lite0"])
    if options.reference is None:
        options.reference = "50" if options.name == "dice" else ""
    warnings.simplefilter("ignore", UserWarning)
    options.work.mkdir(parents=True, exist_ok=True)
    job = {"dice": dice, "blood": blood, "bearings": bearings}[options.name]
    found = []
    for options.model in models:
        found += job(options)
    write(f"{options.name}_refined" if options.refined else options.name, job.__doc__ or "", found, options.out)


if __name__ == "__main__":
    main()
