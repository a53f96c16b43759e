"""Make one sample of a data set again, with every output and every rejected try, for debugging."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.options import add_device_argument, add_plugin_argument, load_plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder of the data set, finished or not")
    parser.add_argument("--item", metavar="N", type=int, required=True, help="number of the sample")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where to write (default: DIR/replay/N)")
    add_device_argument(parser)
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Makes the sample and says where it lies."""
    from simengine.engine.replay import replay

    load_plugins(args)
    out = args.out or args.directory / "replay" / f"{args.item:06d}"
    print(replay(args.directory, item=args.item, out=out, device=args.device))
    return 0
