"""Measure how close synthetic data is to real data: every metric with an interval and the floor of real against real."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simengine.cli.detection_data import parse_data
from simengine.cli.typed import typed_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add = parser.add_argument
    add("--real", metavar="DIR[@SPLIT]", required=True, help="real pictures, recordings or tables")
    add("--synthetic", metavar="DIR[@SPLIT]", required=True, help="synthetic ones of the same kind")
    add("--holdout", metavar="DIR[@SPLIT]", help="real data that the synthetic was not made from: privacy, utility")
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the report")
    add("--kind", choices=("auto", "images", "signals", "tables"), default="auto", help="default: by what lies there")
    add(
        "--features", metavar="NAME", default="lite0",
        help="network for pictures: lite0 (default), dinov2, inception, or a folder or hub name of a vision model",
    )  # fmt: skip
    add("--device", metavar="NAME", default="cpu", help="where that network runs (default: cpu)")
    add("--ignore-labels", action="store_true", help="compare pictures alone, not their boxes")
    add("--target", metavar="COLUMN", help="tables: the class or quantity that a model would predict")
    add("--drop-missing", action="store_true", help="tables: leave out rows with missing values")
    add("--seconds", metavar="S", type=float, default=1.0, help="signals: length of a window (default: 1)")
    add("--rate", metavar="HZ", type=float, help="signals: samples per second, for files that don't say")
    add("--speed-rpm", metavar="RPM", type=float, help="signals: speed of the shaft, for files that don't say")
    add("--limit", metavar="N", type=int, default=1000, help="most items of a set to look at (default: 1000)")
    add("--resamples", metavar="N", type=int, default=400, help="resamples for an interval (default: 400)")
    add("--seed", metavar="S", type=int, default=0, help="of all random choices (default: 0)")
    add("--cache", metavar="DIR", type=Path, help="where features are kept (default: your cache folder)")
    add("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Measures, writes the report and prints the answer."""
    from simengine.evaluate.quality.compare import Comparing, compare_folders, write_quality_report
    from simengine.evaluate.report.quality import quality_document

    sets = [parse_data(text)[:2] for text in (args.real, args.synthetic, args.holdout) if text]
    paths = [Path(folder) for folder, _ in sets]
    names = ("kind", "features", "device", "target", "seconds", "rate", "speed_rpm")
    more = ("ignore_labels", "drop_missing", "limit", "resamples", "seed", "cache")
    job = Comparing(
        real=paths[0],
        synthetic=paths[1],
        out=args.out,
        holdout=paths[2] if len(paths) > 2 else None,
        splits=tuple(split for _, split in sets),
        **{name: getattr(args, name) for name in (*names, *more)},
        command=typed_command("quality", args, add_arguments),
    )
    told = _Teller(hidden=args.quiet)
    result = compare_folders(job, progress=told.items, measuring=told.metric)
    told.clear()
    page = write_quality_report(result, args.out)
    print(quality_document(result, args.out).answer)
    for entry in result.left_out:
        print(f"left out: {entry.title}: {entry.reason}", file=sys.stderr)
    print(f"Report: {page}; the same as {page.with_suffix('.md').name}, quality.json and figures/")
    return 0


class _Teller:
    """One line on a terminal that says what is being done."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden or not sys.stderr.isatty()

    def items(self, name: str, done: int, total: int) -> None:
        self._tell(f"{name}: {done} of {total}")

    def metric(self, title: str) -> None:
        self._tell(title)

    def clear(self) -> None:
        self._tell("")

    def _tell(self, text: str) -> None:
        if not self._hidden:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
