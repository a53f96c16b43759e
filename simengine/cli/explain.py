"""Explain a key of a scene: meaning, unit, type, default, and what it is drawn from now."""

from __future__ import annotations

import argparse

from simengine.cli.options import add_scene_arguments, load_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="e.g. objects.die.material.roughness")


def run(args: argparse.Namespace) -> int:
    """Prints the explanation."""
    from simengine.scene.explain import explain

    print(explain(load_spec(args), args.path))
    return 0
