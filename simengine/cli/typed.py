"""A command as it can be typed again, for reports."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Collection

__all__ = ["typed_command"]


def typed_command(
    name: str,
    args: argparse.Namespace,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    *,
    silent: Collection[str] = ("quiet", "cache"),
) -> str:
    """The command without what is at its default.

    Args:
        name: Of the command.
        args: What was typed.
        add_arguments: Adds the command's arguments to a parser.
        silent: Arguments that are left out because they change no result.
    """
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["simengine", name]
    for action in parser._actions:
        value = getattr(args, action.dest, None)
        if action.dest in ("help", *silent) or value is None or value is False or value == action.default:
            continue
        repeated = isinstance(action, argparse._AppendAction)
        for one in value if repeated else [value]:
            words += action.option_strings[:1]
            if one is not True:
                words += map(str, one if isinstance(one, list) else [one])
    return shlex.join(words)
