"""Export a data set to another format."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder of the data set")
    parser.add_argument("--format", choices=("coco",), default="coco", help="default: coco")
    parser.add_argument("--out", metavar="FILE", type=Path, help="default: DIR/coco/annotations.json")


def run(args: argparse.Namespace) -> int:
    """Writes the annotations and says where they lie."""
    from simengine.formats.coco import export_coco

    print(export_coco(args.directory, out=args.out))
    return 0
