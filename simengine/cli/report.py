"""Write the report of a finished gain experiment or quality comparison again, from its numbers."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder with gain.json or quality.json")
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder of the report (default: the same)")
    parser.add_argument(
        "--quality", metavar="DIR", type=Path, help="folder with quality.json of the same synthetic data, for gain"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the page, the Markdown and the figures, and says where."""
    from simengine.errors import SimengineError
    from simengine.evaluate.quality.results import read_quality
    from simengine.evaluate.report.gain import write_gain_report
    from simengine.evaluate.report.quality import quality_document
    from simengine.evaluate.report.write import write_report

    quality = None if args.quality is None else read_quality(args.quality)
    if (args.folder / "gain.json").is_file():
        page = write_gain_report(args.folder, out=args.out, quality=quality)
    elif (args.folder / "quality.json").is_file():
        page = write_report(quality_document(read_quality(args.folder), args.folder), args.out or args.folder)
    else:
        raise SimengineError(
            f"{args.folder} holds neither gain.json nor quality.json: give the folder of `simengine gain` or of"
            " `simengine quality`."
        )
    print(f"Report: {page}; the same as {page.with_suffix('.md').name} and figures/")
    return 0
