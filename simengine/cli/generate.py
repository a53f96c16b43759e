"""Generate a data set: pictures, depth, labels, manifest, and COCO beside them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simengine.cli.options import add_device_argument, add_scene_arguments, load_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--count", metavar="N", type=int, default=10, help="number of samples (default: 10)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed, any integer from 0 (default: 0)")
    parser.add_argument("--workers", metavar="W", type=int, default=1, help="worker processes (default: 1)")
    add_device_argument(parser)
    parser.add_argument("--shard-size", metavar="K", type=int, help="samples a shard, the unit of resuming")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(args: argparse.Namespace) -> int:
    """Generates, with a progress bar, and prints the summary."""
    from simengine.cli.progress import ProgressBar
    from simengine.engine.generate import generate

    spec = load_spec(args)
    for note in spec.notes:
        print(f"note: {note}", file=sys.stderr)
    with ProgressBar(total=args.count, hidden=args.quiet) as bar:
        summary = generate(
            spec,
            out=args.out,
            count=args.count,
            seed=args.seed,
            workers=args.workers,
            device=args.device,
            shard_size=args.shard_size,
            progress=bar.update,
        )
    print(summary)
    return 0
