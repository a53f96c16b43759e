"""Check a scene, a randomizer or a plug-in: every problem at once, with its place and remedy."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from simengine.cli.options import add_plugin_argument, load_plugins

if TYPE_CHECKING:
    from simengine.errors import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="YAML file, Python plug-in or catalogue name")
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the problems; exit status 1 if there are any."""
    from simengine.errors import Problem, SimengineError
    from simengine.scene.check import check_file

    load_plugins(args)
    status = 0
    for file in args.files:
        problems = _check_detectors(file) if file.endswith(".py") else None
        if problems is None:
            problems = check_file(file)
        notes = []
        if not problems:
            try:
                notes = _notes(file)
            except SimengineError as error:
                problems = [Problem(str(error))]
        for note in notes:
            print(f"{file}: note: {note}", file=sys.stderr)
        for problem in problems:
            print(problem, file=sys.stderr)
        if problems:
            status = 1
            print(f"{file}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", file=sys.stderr)
        else:
            print(f"{file}: ok")
    return status


def _check_detectors(file: str) -> list[Problem] | None:
    """The problems of a plug-in's detectors; None if it has none, and of its distributions if it has both."""
    from simengine.errors import Mark, Problem, SpecError
    from simengine.learn.conformance import check_detector
    from simengine.learn.detector import DETECTORS
    from simengine.sampling.distribution import Distribution
    from simengine.scene.plugins import check_plugin, load_plugin

    try:
        module = load_plugin(file)
    except SpecError as error:
        return error.problems
    mine = {name: make for name, make in DETECTORS.items() if getattr(make, "__module__", "") == module.__name__}
    if not mine:
        return None
    mark = Mark(file, 1, 1)
    problems = [Problem(text, mark, name) for name, make in mine.items() for text in check_detector(name, make)]
    values = [value for value in vars(module).values() if isinstance(value, type)]
    if any(issubclass(value, Distribution) and value.__module__ == module.__name__ for value in values):
        problems += check_plugin(file)
    return problems


def _notes(file: str) -> list[str]:
    """Remarks on the meshes that a scene reads, and an error where one can't be read; none for other files."""
    from simengine.engine.notes import asset_notes
    from simengine.errors import SpecError
    from simengine.scene.load import load_scene

    if file.endswith(".py"):
        return []
    try:
        spec = load_scene(file)
    except SpecError:  # a randomizer
        return []
    return asset_notes(spec)
