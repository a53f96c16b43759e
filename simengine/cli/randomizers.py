"""List the randomizers that come with simengine."""

from __future__ import annotations

import argparse

from simengine.cli.listing import print_catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments: none."""


def run(args: argparse.Namespace) -> int:
    """Prints names and one-line descriptions."""
    from simengine.scene.catalogue import randomizer_names

    print_catalogue(randomizer_names(), kind="randomizer")
    return 0
