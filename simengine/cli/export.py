"""Export a data set to another format: annotations of pictures, recordings of vibration, or a description."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.options import add_recording_arguments, recording_hints, warnings_as_notes

FORMATS = ("coco", "yolo", "parquet", "hdf5", "mat", "csv", "wav", "croissant")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder of the data set, or recordings")
    parser.add_argument(
        "--format", choices=FORMATS, default="coco",
        help="coco, yolo: pictures; parquet (opens in bearing-datasets), hdf5, mat (named as CWRU's), csv, wav: recordings; "
        "croissant: a description of either (default: coco)",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="PATH", type=Path,
        help="file (coco, hdf5, croissant) or new folder; default: in DIR, named after the format",
    )  # fmt: skip
    parser.add_argument(
        "--samples", choices=("float32", "pcm24"), default="float32",
        help="of wav: exact floats, or 24-bit integers with their full scale in the JSON beside (default: float32)",
    )  # fmt: skip
    add_recording_arguments(parser.add_argument_group("for recordings that are no data set of simengine"))


def run(args: argparse.Namespace) -> int:
    """Writes the files and says where they lie."""
    if args.format == "coco":
        from simengine.formats.coco import export_coco

        path = export_coco(args.directory, out=args.out)
    elif args.format == "yolo":
        from simengine.formats.yolo import export_yolo

        path = export_yolo(args.directory, out=args.out)
    elif args.format == "croissant":
        from simengine.formats.croissant import export_croissant

        path = export_croissant(args.directory, out=args.out)
    else:
        from simengine.formats.signal_export import export_signals

        with warnings_as_notes():
            path = export_signals(
                args.directory, form=args.format, out=args.out, sample_format=args.samples, **recording_hints(args)
            )
    print(path)
    return 0
