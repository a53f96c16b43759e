"""Options that several commands share, and how they become a scene."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.formats.signal import SignalSet
    from simengine.scene.spec import SceneSpec

__all__ = [
    "add_device_argument", "add_recording_arguments", "add_scene_arguments", "load_spec", "open_recordings",
    "recording_hints", "warnings_as_notes",
]  # fmt: skip


def add_scene_arguments(parser: argparse.ArgumentParser, *, flag: str = "", also: str = "") -> None:
    """Adds SCENE (under a flag, if one is given), --randomize, --set and --plugin."""
    named = {"dest": "scene", "required": True} if flag else {}
    help = f"name from `simengine scenes`, or a path of a YAML file{also}"
    parser.add_argument(flag or "scene", metavar="SCENE", help=help, **named)  # type: ignore[arg-type]
    parser.add_argument(
        "--randomize", metavar="NAME", action="append", nargs="+", default=[],
        help="randomizers from `simengine randomizers` or paths, applied in order",
    )  # fmt: skip
    parser.add_argument(
        "--set", metavar="PATH=VALUE", action="append", nargs="+", default=[], dest="overrides",
        help="set one value, e.g. objects.die.count=5 or 'cameras[*].resolution=[320, 240]' (YAML)",
    )  # fmt: skip
    add_plugin_argument(parser)


def add_plugin_argument(parser: argparse.ArgumentParser) -> None:
    """Adds --plugin."""
    parser.add_argument(
        "--plugin", metavar="FILE", action="append", default=[],
        help="load a Python plug-in first (it runs with your rights)",
    )  # fmt: skip


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """Adds --device."""
    parser.add_argument(
        "--device", metavar="NAME", default="auto", help="auto, cpu or cuda:K for the ray tracer (default: auto)"
    )


def add_recording_arguments(parser: argparse._ActionsContainer) -> None:
    """Adds what files of recordings may not say themselves: --rate, --rpm, --bearing and --channel."""
    parser.add_argument("--rate", metavar="HZ", type=float, help="samples per second")
    parser.add_argument("--rpm", metavar="RPM", help="speed of the shaft, or `unknown`")
    parser.add_argument("--bearing", metavar="MODEL", help="bearing by its designation, e.g. 6205")
    parser.add_argument("--channel", metavar="NAME", action="append", help="channel to take (default: all)")


def recording_hints(args: argparse.Namespace) -> dict[str, Any]:
    """What the options of `add_recording_arguments` tell `open_signal_set`."""
    from simengine.errors import SimengineError

    try:
        speed = args.rpm if args.rpm in (None, "unknown") else float(args.rpm)
    except ValueError:
        raise SimengineError(f"--rpm is {args.rpm!r}: give turns per minute, e.g. 1480, or `unknown`.") from None
    columns = {} if args.bearing is None else {"bearing_model": args.bearing}
    return {"rate": args.rate, "speed_rpm": speed, "channels": args.channel, **columns}


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Prints what is doubtful about recordings as notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for one in caught:
        if issubclass(one.category, UserWarning):
            print(f"note: {one.message}", file=sys.stderr)


def open_recordings(args: argparse.Namespace, path: str) -> SignalSet:
    """Opens the recordings that the options of `add_recording_arguments` describe, and tells what is doubtful."""
    from simengine.formats.signal import open_signal_set

    with warnings_as_notes():
        return open_signal_set(path, **recording_hints(args))


def load_plugins(args: argparse.Namespace) -> None:
    """Loads the plug-ins named on the command line."""
    if args.plugin:
        from simengine.scene.plugins import load_plugin

        for file in args.plugin:
            load_plugin(file)


def load_spec(args: argparse.Namespace) -> SceneSpec:
    """Loads the scene that the options of `add_scene_arguments` describe."""
    from simengine.scene.load import load_scene

    load_plugins(args)
    return load_scene(
        args.scene,
        randomizers=[name for group in args.randomize for name in group],
        overrides=[item for group in args.overrides for item in group],
    )
