"""The arrows of the house: a room imports only from rooms above it; nothing imports the command line."""

import ast
from pathlib import Path

import pytest

import simengine

ROOT = Path(simengine.__file__).parent
ROOMS = (
    "errors",
    "bullet",
    "sampling",
    "signals",
    "machines",
    "scene",
    "assets",
    "physics",
    "render",
    "sensors",
    "dataset",
    "labels",
    "formats",
    "engine",
    "learn",
    "evaluate",
    "generators",
    "refine",  # its ladder and its training stop by what `evaluate` measures
    "cli",
)
"""From top to bottom."""

ONLY = {
    "render": {"errors", "bullet", "assets"},  # plain states and numbers, no scenes, no physics
    "signals": {"errors"},  # numbers in, numbers out: both halves use it
    "machines": {"errors", "sampling", "signals"},
    "dataset": {"errors", "sampling"},  # the door between the halves: opened without physics or pictures
    "formats": {"errors", "dataset", "signals"},
}
JUDGES = {"refine", "generators", "learn", "evaluate"}
FILES = sorted(ROOT.rglob("*.py"))


def imported(path):
    """Modules of simengine that a file imports, also inside functions; not those for type checkers only."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("simengine."):
            yield node.module.split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("simengine."):
                    yield alias.name.split(".")[1], node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_upwards(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    room = parts[0]
    if room in ("__init__", "__main__"):
        return
    for other, line in imported(path):
        where = f"{path.relative_to(ROOT.parent)}:{line}"
        assert other in ROOMS, f"{where} imports {other}, which is no room"
        if other == room:
            continue
        assert ROOMS.index(other) < ROOMS.index(room), f"{where}: {room} imports {other}, which stands below it"
        if room in ONLY:
            assert other in ONLY[room], f"{where}: {room} may import only {sorted(ONLY[room])}, not {other}"
        if room in JUDGES:
            allowed = {"errors", "sampling", "signals", "dataset", "formats"} | JUDGES
            assert other in allowed, f"{where}: {room} judges data and may not know how it is made ({other})"


def test_rooms_are_those_of_the_plan():
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert there <= set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_are_listed(path):
    tree = ast.parse(path.read_text())
    defined = {getattr(node, "name", "_") for node in tree.body}
    if path.parent.name == "cli" or all(name.startswith("_") for name in defined):
        return
    assigned = {
        getattr(target, "id", "") for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    }
    assert "__all__" in assigned
