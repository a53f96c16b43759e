"""Refine a data set: make renders look like your photos, and prove that the labels survived."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.audit import add_rule_arguments

METHODS = ("composite", "statistics")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="data set to refine")
    parser.add_argument(
        "--real", metavar="PHOTOS", type=Path, required=True, help="folder of real photos; no labels needed"
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="statistics",
        help="statistics: the photos' colours, sharpness, noise, compression; composite: the objects over empty photos",
    )
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed, any integer from 0 (default: 0)")
    parser.add_argument("--workers", metavar="W", type=int, default=1, help="worker processes (default: 1)")
    parser.add_argument(
        "--rejected",
        choices=("raw", "drop"),
        default="raw",
        help="what a rejected picture becomes: its render, or nothing",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the refined data set")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_rule_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Refines, with a progress bar, and prints what the audit says."""
    from simengine.cli.progress import ProgressBar
    from simengine.dataset.reader import Dataset
    from simengine.refine.audit.run import calibrate_on
    from simengine.refine.composite import Composite
    from simengine.refine.method import Refiner
    from simengine.refine.photos import Photos
    from simengine.refine.run import refine_dataset
    from simengine.refine.statistics import fit_statistics

    renders = Dataset.open(args.directory)
    photos = Photos(args.real)
    refiner: Refiner = Composite(photos) if args.method == "composite" else fit_statistics(photos)
    found = (
        calibrate_on(renders, seed=args.seed, planted=args.planted, false_accepts=args.false_accepts)
        if args.planted
        else None
    )
    with ProgressBar(total=len(renders), hidden=args.quiet, doing="refining") as bar:
        summary = refine_dataset(
            args.directory,
            out=args.out,
            refiner=refiner,
            seed=args.seed,
            thresholds=found.thresholds if found else None,
            audit=found.to_dict() if found else None,
            budget=args.budget,
            rejected=args.rejected,
            workers=args.workers,
            progress=bar.update,
        )
    print(f"{args.out}: {summary}")
    return 0
