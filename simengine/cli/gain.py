"""Measure how much better a model gets on real data when synthetic data is added: equal compute, intervals, leak checks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.cli.detection_data import parse_data
from simengine.cli.options import add_plugin_argument, load_plugins
from simengine.cli.typed import typed_command

if TYPE_CHECKING:
    from simengine.evaluate.gain.results import GainResults
    from simengine.evaluate.gain.task import Task
    from simengine.formats.signal import SignalSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add = parser.add_argument
    add(
        "--real", metavar="DIR[@SPLIT]", required=True, nargs="+",
        help="real data to learn from; of data in splits, `train`. Recordings may be several files and folders",
    )  # fmt: skip
    add("--synthetic", metavar="DIR[@SPLIT]", nargs="+", help="synthetic data")
    add("--refined", metavar="DIR[@SPLIT]", nargs="+", help="refined synthetic data: runs in place of raw too")
    add("--test", metavar="DIR[@SPLIT]", nargs="+", help="real test data (default: the split `test` of --real)")
    add("--ood", metavar="DIR[@SPLIT]", nargs="+", default=[], help="real test data of other kinds, each by itself")
    add(
        "--task",
        choices=("detect", "classify"),
        default="detect",
        help="boxes on pictures, or faults (default: detect)",
    )
    add(
        "--fractions", metavar="LIST", default=None,
        help="real training data: shares (5,10,25,100%%), numbers (10,20,all), or windows a class (1,2,5,10)",
    )  # fmt: skip
    add(
        "--reference", metavar="LIST", default=None,
        help="further amounts at which real data alone is run, for its curve; numbers or shares as above",
    )  # fmt: skip
    add(
        "--arms", metavar="LIST", default=None,
        help="of real, real-double, synthetic, mix, mix-P (P percent synthetic), pretrain-finetune "
        "(default: synthetic,mix,pretrain-finetune,real-double); honest baselines always run",
    )  # fmt: skip
    add("--seeds", metavar="N", type=int, default=5, help="subsets of real data and initialisations (default: 5)")
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the report; the same command goes on there")
    add("--cache", metavar="DIR", type=Path, help="folder of finished runs (default: OUT/runs)")
    add("--workers", metavar="W", type=int, default=1, help="models trained side by side (default: 1)")
    add(
        "--allow", metavar="NAME", action="append", default=[],
        help="let a leak check fail: near-duplicates, group-overlap, label-names, class-order, boxes, empty-classes",
    )  # fmt: skip
    add("--model", metavar="NAME", default=None, help="default: lite0, or forest for classify")
    add("--resamples", metavar="N", type=int, default=1000, help="resamples of the test units (default: 1000)")
    add("--quality", metavar="DIR", type=Path, help="folder of `simengine quality` for the report")
    add("--quiet", action="store_true", help="no progress")
    detect = parser.add_argument_group("detect")
    detect.add_argument(
        "--steps", metavar="N", type=int, default=300, help="optimiser steps of every arm (default: 300)"
    )
    detect.add_argument("--batch", metavar="N", type=int, help="pictures in a batch (default: the model's own)")
    detect.add_argument("--device", metavar="NAME", default="auto", help="auto, cpu or cuda:K (default: auto)")
    detect.add_argument("--pad", metavar="F", type=float, default=1.0, help="factor on the edges of synthetic boxes")
    detect.add_argument(
        "--symmetry", choices=("none", "mirror", "quarters", "all"), default="mirror",
        help="changes that leave labels true: mirror (default), quarter turns (seen from above), all or none",
    )  # fmt: skip
    detect.add_argument("--one-class", metavar="NAME", default="", help="judge all classes as one too, by this name")
    classify = parser.add_argument_group("classify")
    classify.add_argument(
        "--split-by", metavar="COLUMN", default="fault_severity",
        help="train on one value of this column and one healthy record, test on the others (default: fault_severity)",
    )  # fmt: skip
    classify.add_argument("--rate", metavar="HZ", type=float, help="samples per second, for files that don't say")
    classify.add_argument("--look-rate", metavar="HZ", type=float, help="rate at which all are looked at")
    classify.add_argument("--seconds", metavar="S", type=float, default=1.0, help="length of a window (default: 1)")
    classify.add_argument("--hop", metavar="S", type=float, help="from window to window (default: no overlap)")
    classify.add_argument("--hop-normal", metavar="S", type=float, help="the same for healthy records (default: --hop)")
    classify.add_argument("--channels", metavar="LIST", help="names of the channels wanted (default: all)")
    classify.add_argument("--bearing", metavar="NAME", help="bearing of all records, e.g. 6205, where files don't tell")
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the experiment, writes the report and prints the answer."""
    from simengine.evaluate.gain.arms import DETECT_ARMS, SIGNAL_ARMS, choose_arms
    from simengine.evaluate.gain.counts import parse_counts
    from simengine.evaluate.gain.experiment import run_gain

    load_plugins(args)
    task: Task
    available: int | None
    if args.task == "detect":
        task, available, known = *_detect(args), DETECT_ARMS
        chosen, amounts = "synthetic,mix,pretrain-finetune,real-double", "5,10,25,50,100%"
    else:
        task, available, known = *_classify(args), SIGNAL_ARMS
        chosen, amounts = "synthetic,mix", "1,2,5,10"
    names = [name.strip() for name in (args.arms or chosen).split(",") if name.strip()]
    results = run_gain(
        task,
        arms=choose_arms(names, known=known, refined=args.refined is not None),
        counts=parse_counts(args.fractions or amounts, available=available, item=task.item),
        reference=parse_counts(args.reference, available=available, item=task.item) if args.reference else (),
        seeds=range(args.seeds),
        out=args.out,
        cache=args.cache,
        allow=args.allow,
        workers=args.workers,
        resamples=args.resamples,
        progress=_Teller(hidden=args.quiet),
        command=typed_command("gain", args, add_arguments, silent=("quiet", "cache", "workers", "device")),
    )
    _report(args, results)
    return 0


def _report(args: argparse.Namespace, results: GainResults) -> None:
    from simengine.evaluate.quality.results import read_quality
    from simengine.evaluate.report.gain import write_gain_report

    quality = None if args.quality is None else read_quality(args.quality)
    page = write_gain_report(args.out, quality=quality)
    if results.answer is not None:
        print(results.answer.sentence)
    for leak in results.leaks:
        if leak.allowed:
            print(f"let pass: {leak.name}: {len(leak.found)} found", file=sys.stderr)
    print(f"Report: {page}; the same as {page.with_suffix('.md').name}, gain.json and figures/")


def _detect(args: argparse.Namespace) -> tuple[Task, int]:
    from simengine.evaluate.gain.opening import open_detect_task

    real = _source(args.real, "--real")
    assert real is not None
    task = open_detect_task(
        real,
        synthetic=_source(args.synthetic, "--synthetic"),
        refined=_source(args.refined, "--refined"),
        test=_source(args.test, "--test"),
        ood=[parse_data(text)[:2] for text in args.ood],
        pad=args.pad,
        symmetry=args.symmetry,
        model=args.model or "lite0",
        steps=args.steps,
        options={} if args.batch is None else {"batch": args.batch},
        device=args.device,
        one_class=args.one_class,
        plugins=tuple(args.plugin),
        load_plugin=_load_plugin if args.plugin else None,
    )
    return task, len(task.real.images)


def _classify(args: argparse.Namespace) -> tuple[Task, int | None]:
    from simengine.evaluate.gain.opening import open_classify_task

    real = _signals(args.real, args)
    assert real is not None
    task = open_classify_task(
        real,
        synthetic=_signals(args.synthetic, args),
        refined=_signals(args.refined, args),
        test=_signals(args.test, args),
        ood=[part for path in args.ood if (part := _signals([path], args)) is not None],
        split_by=args.split_by,
        rate=args.look_rate,
        seconds=args.seconds,
        hop=args.hop,
        hop_normal=args.hop_normal,
        bearing=args.bearing,
        model=args.model or "forest",
        cache=(args.cache or args.out / "runs"),
    )
    return task, None


def _signals(paths: list[str] | None, args: argparse.Namespace) -> SignalSet | None:
    """Recordings of several files or folders as one set."""
    from simengine.formats.signal import SignalSet, open_signal_set

    if not paths:
        return None
    channels = None if args.channels is None else [name.strip() for name in args.channels.split(",")]
    parts = [open_signal_set(path, rate=args.rate, channels=channels) for path in paths]
    if len(parts) == 1:
        return parts[0]
    return SignalSet(parts[0].name, [record for part in parts for record in part])


def _source(texts: list[str] | None, option: str) -> tuple[str, str | None] | None:
    from simengine.errors import SimengineError

    if texts is not None and len(texts) > 1:
        raise SimengineError(f"{option} takes one folder for detectors, and {len(texts)} are given: put them into one.")
    return None if texts is None else parse_data(texts[0])[:2]


def _load_plugin(file: str) -> Any:
    """For workers, which begin without plug-ins."""
    from simengine.scene.plugins import load_plugin

    return load_plugin(file)


class _Teller:
    """One line on a terminal that says how many runs are done."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden

    def __call__(self, done: int, total: int) -> None:
        if self._hidden:
            return
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r\033[K{done} of {total} runs", end=end, file=sys.stderr, flush=True)
        else:
            print(f"{done} of {total} runs", file=sys.stderr, flush=True)
