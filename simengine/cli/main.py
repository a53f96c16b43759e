"""The entry point: `simengine COMMAND ...`. Commands load what they need when they run."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

import simengine
from simengine.errors import SimengineError

__all__ = ["main", "make_parser"]

COMMANDS = (
    "scenes",
    "randomizers",
    "preview",
    "generate",
    "inject",
    "explain",
    "check",
    "schema",
    "verify",
    "replay",
    "export",
    "refine",
    "audit",
    "quality",
    "gain",
    "train",
    "evaluate",
    "predict",
    "report",
    "doctor",
)


def make_parser() -> argparse.ArgumentParser:
    """Builds the parser of all commands; imports nothing heavy."""
    parser = argparse.ArgumentParser(
        prog="simengine",
        description="Scenes in, exactly labelled synthetic data out.",
        epilog="Start with: simengine scenes; simengine preview tabletop; "
        "simengine generate tabletop --count 100 --out data",
    )
    parser.add_argument("--version", action="version", version=f"simengine {simengine.__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"simengine.cli.{name}")
        summary = (module.__doc__ or "").splitlines()[0].rstrip(".")
        subparser = subparsers.add_parser(name, help=summary[0].lower() + summary[1:], description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: Command line without the program's name; ``sys.argv`` if None.

    Returns:
        The exit status: 0 for success, 1 for an error that is explained on stderr, 130 after Ctrl-C.
    """
    options = make_parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except SimengineError as error:
        if options.debug:
            raise
        print(f"simengine {options.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `simengine scenes | head`
        sys.stderr.close()
        return 0
    except KeyboardInterrupt as stop:
        print(str(stop) or "Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
