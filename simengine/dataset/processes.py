"""Units of any work done side by side in worker processes.

Workers are spawned, never forked: nothing of the parent's threads, locks or libraries leaks into them. Each
works with one thread, dies with its parent, ignores Ctrl-C (the parent stops it), and is replaced after a
while, so that a leak in any library stays bounded.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from simengine.errors import SimengineError

__all__ = ["Begun", "Death", "OpenWork", "Report", "Work", "run_processes"]

Unit = TypeVar("Unit")

Begun = Callable[[int], None]
"""Told the number of each item of a unit as it begins, so that a death can name it."""

Report = Callable[..., None]
"""Told what was finished since the last time, as integers; negative ones when a unit is done again."""

Work = Callable[[Unit, Begun, Report], None]
"""Does a unit."""

OpenWork = Callable[[], Work]
"""Builds what works; it is pickled to each worker, so a dataclass with `__call__` or a function of a module."""

_RECYCLE = 2000  # items after which a worker is replaced
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Death(Generic[Unit]):
    """A worker that died twice over the same unit.

    Attributes:
        unit: What it worked on.
        item: The item that it had begun last; None if it had begun none.
        how: E.g. ``killed by SIGKILL`` or ``exit status 1``.
        killed: Whether by SIGKILL: most often memory ran out.
    """

    unit: Unit
    item: int | None
    how: str
    killed: bool


def run_processes(
    units: Sequence[Unit],
    *,
    open_work: OpenWork,
    processes: int,
    report: Report,
    explain: Callable[[Death[Unit]], str],
    recycle: int | None = None,
) -> None:
    """Does units in worker processes.

    A worker that dies is replaced and its unit tried once more.

    Args:
        units: What to do.
        open_work: Builds what does it, in each worker.
        processes: Number of processes.
        report: Told of progress.
        explain: Words for a worker that died twice over the same unit.
        recycle: Items after which a worker is replaced; 2000 if None.

    Raises:
        SimengineError: A unit can't be done, or a worker died twice over it. Workers are stopped first, also on
            Ctrl-C.
    """
    pool = _Pool(deque(enumerate(units)), open_work, report, explain, recycle or _RECYCLE)
    try:
        pool.run(processes)
    finally:
        pool.stop()


@dataclass(eq=False)
class _Worker:
    """A process and what it is doing."""

    process: Any
    connection: Connection
    task: tuple[int, Any] | None = None  # number and unit
    item: int | None = None
    made: int = 0
    told: list[int] = field(default_factory=list)


@dataclass
class _Pool:
    pending: deque[tuple[int, Any]]
    open_work: OpenWork
    report: Report
    explain: Callable[[Death], str]
    recycle: int
    workers: list[_Worker] = field(default_factory=list)
    retried: set[int] = field(default_factory=set)

    def run(self, count: int) -> None:
        while self.pending or any(worker.task for worker in self.workers):
            busy = sum(worker.task is not None for worker in self.workers)
            while len(self.workers) < min(count, busy + len(self.pending)):
                self.workers.append(self._start())
            for worker in self.workers:
                if worker.task is None and self.pending:
                    self._assign(worker)
            ready = wait([part for worker in self.workers for part in (worker.connection, worker.process.sentinel)])
            for worker in [w for w in self.workers if w.connection in ready or w.process.sentinel in ready]:
                self._hear(worker)

    def stop(self) -> None:
        """Ends every worker; what they were writing is a draft and worth nothing."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()
            worker.connection.close()
        self.workers.clear()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid()), daemon=True, name="simengine-worker")
        with _quiet_start():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._send(worker, self.open_work)
        return worker

    def _assign(self, worker: _Worker) -> None:
        worker.task = self.pending.popleft()
        worker.item, worker.told = None, []
        self._send(worker, worker.task)

    def _send(self, worker: _Worker, message: Any) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it died; its sentinel will tell
            worker.connection.send(message)

    def _hear(self, worker: _Worker) -> None:
        try:
            while worker.connection.poll():
                self._take(worker, *worker.connection.recv())
            alive = worker.process.exitcode is None
        except (EOFError, ConnectionResetError):
            alive = False
        if not alive:
            self._bury(worker)
        elif worker.task is None and worker.made >= self.recycle:
            self._send(worker, None)
            self._retire(worker)

    def _take(self, worker: _Worker, kind: str, *content: Any) -> None:
        if kind == "begun":
            (worker.item,) = content
        elif kind == "report":
            worker.made += content[0]
            worker.told = [a + b for a, b in zip(worker.told or [0] * len(content), content, strict=True)]
            self.report(*content)
        elif kind == "done":
            worker.task = None
        else:
            message, trace = content
            raise SimengineError(message) from _Remote(trace)

    def _bury(self, worker: _Worker) -> None:
        self._retire(worker)
        if worker.task is None:
            return
        if worker.told:
            self.report(*(-amount for amount in worker.told))
        number, unit = worker.task
        if number in self.retried:
            code = worker.process.exitcode
            how = f"killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit status {code}"
            raise SimengineError(self.explain(Death(unit, worker.item, how, code == -signal.SIGKILL)))
        self.retried.add(number)
        self.pending.appendleft(worker.task)

    def _retire(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.process.join()
        worker.connection.close()


class _Remote(Exception):
    """Carries a worker's traceback to whoever asks for it (`simengine --debug`)."""

    def __str__(self) -> str:
        return f"in a worker process:\n{self.args[0]}"


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Starts a process that ignores Ctrl-C, and whose numeric libraries use one thread from their import on."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a child inherits the mask
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _serve(connection: Connection, parent: int) -> None:
    """The life of a worker."""
    _die_with(parent)
    try:
        open_work = connection.recv()
        import cv2

        cv2.setNumThreads(1)
        work = open_work()
        while (task := connection.recv()) is not None:
            work(
                task[1],
                lambda item: connection.send(("begun", item)),
                lambda *amounts: connection.send(("report", *amounts)),
            )
            connection.send(("done",))
    except EOFError:
        return
    except SimengineError as error:
        connection.send(("error", str(error), traceback.format_exc()))
    except Exception as error:
        message = f"a worker process failed: {type(error).__name__}: {error}. `simengine --debug` shows where."
        connection.send(("error", message, traceback.format_exc()))


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends, so that no orphan writes on."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)
