"""Print the JSON Schema of scene files, for editors that complete and check YAML."""

from __future__ import annotations

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("kind", nargs="?", choices=("scene", "randomizer"), default="scene", help="default: scene")


def run(args: argparse.Namespace) -> int:
    """Prints the schema."""
    from simengine.scene.json_schema import randomizer_schema, scene_schema

    print(json.dumps(scene_schema() if args.kind == "scene" else randomizer_schema(), indent=2, ensure_ascii=False))
    return 0
