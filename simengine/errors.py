"""Errors that a user can cause: each says what, where, why and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Mark", "Problem", "Rejected", "SimengineError", "SpecError"]


@dataclass(frozen=True)
class Mark:
    """A place in a text: file name, line and column (both from 1)."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes:
        message: What is wrong and why, one sentence.
        mark: Where; ``None`` where no text stands behind the value.
        path: The key path, e.g. ``objects.die.material.roughness``.
        remedy: What to do about it; empty if the message says it.
    """

    message: str
    mark: Mark | None = None
    path: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.mark}: " if self.mark else ""
        path = f"{self.path}: " if self.path else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{where}{path}{self.message}{remedy}"


class SimengineError(Exception):
    """Base of every error that simengine raises on purpose; shown without a traceback."""


class SpecError(SimengineError):
    """A scene, randomizer or plug-in is not valid; carries every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Rejected(SimengineError):
    """This draw can't become a sample; another draw may (the engine retries).

    Attributes:
        stage: The step that gave up: ``draw``, ``placement``, ``physics``, ``render``, ``labels``.
        reason: Why, with the names and numbers involved.
    """

    def __init__(self, stage: str, reason: str) -> None:
        self.stage = stage
        self.reason = reason
        super().__init__(f"{stage}: {reason}")

    def __reduce__(self):  # exceptions with two arguments don't unpickle by default
        return type(self), (self.stage, self.reason)
