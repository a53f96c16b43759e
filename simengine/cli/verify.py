"""Verify a data set: check every file's hash, make samples again and compare."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.options import add_device_argument, add_plugin_argument, load_plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder of the data set")
    parser.add_argument("--sample", metavar="K", type=int, default=3, help="samples to make again (default: 3)")
    add_device_argument(parser)
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints what was compared; exit status 1 if anything differs."""
    from functools import partial

    from simengine.dataset.reader import Dataset
    from simengine.engine.verify import verify

    load_plugins(args)
    dataset, again = Dataset.open(args.directory), None
    if dataset.plan.get("refined", {}).get("kind") == "signals":
        from simengine.refine.signals.again import made_again

        again = partial(made_again, dataset)
    report = verify(args.directory, sample=args.sample, device=args.device, refined=again)
    print(report)
    return 0 if report.ok else 1
