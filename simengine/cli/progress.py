"""The progress bar of `simengine generate`: rate, time left, rejected tries."""

from __future__ import annotations

from types import TracebackType

__all__ = ["ProgressBar"]


class ProgressBar:
    """A context manager that draws generation events on stderr.

    Args:
        total: Number of samples.
        hidden: Whether to draw nothing.
        doing: What is done.
    """

    def __init__(self, *, total: int, hidden: bool = False, doing: str = "generating") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[rejected]} rejected"),
            console=Console(stderr=True),
            disable=hidden,
        )
        self._task = self._progress.add_task(doing, total=total, rate="", rejected=0)

    def update(self, done: int, total: int, rejected: int) -> None:
        """Shows that `done` of `total` samples are finished and `rejected` tries were thrown away."""
        task = self._progress.tasks[0]
        rate = f"{task.speed:.2f}/s" if task.speed else ""
        self._progress.update(self._task, completed=done, total=total, rejected=rejected, rate=rate)

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
