"""Plug-ins: Python files and packages that add distributions to the language of scenes.

A plug-in is a module that defines `Distribution` subclasses and registers them::

    from simengine.sampling.distribution import Distribution, register

    @register
    @dataclass(frozen=True, eq=False, repr=False)
    class Triangular(Distribution):
        ...

It is loaded when a user names its file (``--plugin FILE``) or installs a package that has an entry
point in the group ``simengine.plugins``; a scene file alone never loads code.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

from simengine.errors import Mark, Problem, SpecError
from simengine.sampling.distribution import DISTRIBUTIONS, Distribution
from simengine.scene.conformance import check_distribution, example_of

__all__ = ["GROUP", "check_plugin", "load_installed", "load_plugin", "loaded_plugins"]

GROUP = "simengine.plugins"
"""Group of the entry points of installed plug-ins."""

_loaded: dict[Path, ModuleType] = {}


def load_plugin(file: str | Path) -> ModuleType:
    """Runs a plug-in; a file that is loaded already is not run again.

    Args:
        file: A Python file. It runs with the rights of the user.

    Raises:
        SpecError: It can't be read or fails; with the line.
    """
    path = Path(file).resolve()
    if path in _loaded:
        return _loaded[path]
    if not path.is_file():
        raise SpecError([Problem(f"there is no plug-in '{file}'.", remedy="Name a Python file.")])
    name = f"simengine_plugin_{path.stem}_{blake2b(str(path).encode(), digest_size=4).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SpecError([Problem("is no Python file.", Mark(str(file), 1, 1), remedy="A plug-in ends with .py.")])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before = set(DISTRIBUTIONS)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        _forget(name, before)
        mark = Mark(str(file), error.lineno or 1, error.offset or 1)
        raise SpecError([Problem(f"is no Python: {error.msg}.", mark)]) from None
    except Exception as error:
        _forget(name, before)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        mark = Mark(str(file), (frames[-1].lineno if frames else None) or 1, 1)
        raise SpecError([Problem(f"fails when it is loaded: {type(error).__name__}: {error}", mark)]) from error
    _loaded[path] = module
    return module


def loaded_plugins() -> tuple[str, ...]:
    """Files of the plug-ins that were loaded by name; a worker process loads them again."""
    return tuple(str(path) for path in _loaded)


@lru_cache(maxsize=1)
def load_installed() -> None:
    """Loads the plug-ins of installed packages, once a process.

    Raises:
        SpecError: One fails; names the package.
    """
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:
            source = entry.dist.name if entry.dist is not None else entry.value
            remedy = f"Update or uninstall {source}."
            raise SpecError(
                [Problem(f"the plug-in '{entry.name}' fails: {type(error).__name__}: {error}", remedy=remedy)]
            ) from error


def check_plugin(file: str | Path) -> list[Problem]:
    """Loads a plug-in and checks each of its distributions for what simengine relies on.

    Returns:
        Every problem, with the line of the class and the likely mistake; empty if all is well.
    """
    try:
        module = load_plugin(file)
    except SpecError as error:
        return error.problems
    families = [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Distribution) and value.__module__ == module.__name__
        and not inspect.isabstract(value)
    ]  # fmt: skip
    problems: list[Problem] = []
    if not families:
        remedy = "Define a subclass of simengine.sampling.distribution.Distribution and decorate it with @register."
        problems.append(Problem("defines no distribution.", Mark(str(file), 1, 1), remedy=remedy))
    for family in families:
        mark = Mark(str(file), _line(family), 1)
        problems += [Problem(message, mark, family.__name__) for message in _check_family(family)]
    return problems


def _check_family(family: type[Distribution]) -> Sequence[str]:
    tag = getattr(family, "tag", None)
    if not isinstance(tag, str) or not tag.isidentifier():
        return [f"its tag is {tag!r}. Set `tag = \"name\"`, letters, digits and '_', a letter first."]
    if DISTRIBUTIONS.get(tag) is not family:
        return [f"it is not registered under its tag '{tag}'. Decorate the class with @register."]
    messages = []
    if not getattr(family, "summary", ""):
        messages.append("it has no summary. Set `summary` to one line that says what it draws.")
    doc = vars(family).get("__doc__") or ""
    if not doc.strip() or doc.startswith(f"{family.__name__}("):  # dataclass makes up the latter
        messages.append("it has no docstring. Say what it draws and what its parameters mean.")
    example, problem = example_of(family)
    return [*messages, problem] if example is None else [*messages, *check_distribution(example)]


def _line(family: type) -> int:
    try:
        return inspect.getsourcelines(family)[1]
    except (OSError, TypeError):
        return 1


def _forget(name: str, before: set[str]) -> None:
    """Undoes a plug-in that failed half way."""
    sys.modules.pop(name, None)
    for tag in set(DISTRIBUTIONS) - before:
        del DISTRIBUTIONS[tag]
