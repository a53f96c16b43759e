"""Shards made one after the other here, or side by side in worker processes.

Workers are spawned, never forked: nothing of the parent's threads, locks or libraries leaks into them. Each
renders with one thread, dies with its parent, ignores Ctrl-C (the parent stops it), and is replaced after a
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import SimengineError

if TYPE_CHECKING:
    from simengine.dataset.record import SampleRecord
    from simengine.dataset.shard import Sink
    from simengine.dataset.units import WorkUnit

__all__ = ["Maker", "OpenMaker", "make_shard", "run_here", "run_workers"]

Maker = Callable[[int, "Sink", str], "SampleRecord"]
"""Makes the sample of an index, its files into a sink that stands for a folder."""

OpenMaker = Callable[[], Maker]
"""Builds a maker; it is pickled to each worker, so a dataclass with `__call__` or a function of a module."""

Report = Callable[[int, int], None]
"""Told how many samples were finished and tries rejected since the last time; negative when a shard is redone."""

_RECYCLE = 2000  # samples after which a worker is replaced
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


def make_shard(root: Path, unit: WorkUnit, make: Maker, *, begun: Callable[[int], None], report: Report) -> None:
    """Makes every sample of a shard and commits it.

    Args:
        root: Folder of the data set.
        unit: The shard.
        make: Makes a sample.
        begun: Told each sample's index as it begins.
        report: Told of each sample that is finished.
    """
    from simengine.dataset.shard import ShardWriter

    with ShardWriter(root, unit.shard) as shard:
        for index in unit.samples:
            begun(index)
            record = make(index, shard, shard.folder)
            shard.add(record)
            report(1, len(record.rejected))
        shard.commit()


def run_here(root: Path, units: Sequence[WorkUnit], *, open_maker: OpenMaker, report: Report) -> None:
    """Makes shards in this process, one after the other."""
    if units:
        make = open_maker()
        for unit in units:
            make_shard(root, unit, make, begun=lambda index: None, report=report)


def run_workers(root: Path, units: Sequence[WorkUnit], *, open_maker: OpenMaker, workers: int, report: Report) -> None:
    """Makes shards in worker processes.

    A worker that dies (most often killed because memory ran out) is replaced and its shard tried once more.

    Args:
        root: Folder of the data set.
        units: The shards.
        open_maker: Builds what makes a sample, in each worker.
        workers: Number of processes.
        report: Told of progress.

    Raises:
        SimengineError: A sample can't be made, or a worker died twice over the same shard. Workers are stopped
            first, also on Ctrl-C.
    """
    pool = _Pool(root, deque(units), open_maker, report)
    try:
        pool.run(workers)
    finally:
        pool.stop()


@dataclass(eq=False)
class _Worker:
    """A process and what it is doing."""

    process: Any
    connection: Connection
    unit: WorkUnit | None = None
    sample: int | None = None
    made: int = 0
    done: int = 0
    rejected: int = 0


@dataclass
class _Pool:
    root: Path
    pending: deque[WorkUnit]
    open_maker: OpenMaker
    report: Report
    workers: list[_Worker] = field(default_factory=list)
    retried: set[int] = field(default_factory=set)

    def run(self, count: int) -> None:
        while self.pending or any(worker.unit for worker in self.workers):
            busy = sum(worker.unit is not None for worker in self.workers)
            while len(self.workers) < min(count, busy + len(self.pending)):
                self.workers.append(self._start())
            for worker in self.workers:
                if worker.unit is None and self.pending:
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
        self._send(worker, (self.root, self.open_maker))
        return worker

    def _assign(self, worker: _Worker) -> None:
        worker.unit = self.pending.popleft()
        worker.sample, worker.done, worker.rejected = None, 0, 0
        self._send(worker, worker.unit)

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
        elif worker.unit is None and worker.made >= _RECYCLE:
            self._send(worker, None)
            self._retire(worker)

    def _take(self, worker: _Worker, kind: str, *content: Any) -> None:
        if kind == "begun":
            (worker.sample,) = content
        elif kind == "made":
            done, rejected = content
            worker.made += done
            worker.done += done
            worker.rejected += rejected
            self.report(done, rejected)
        elif kind == "shard":
            worker.unit = None
        else:
            message, trace = content
            raise SimengineError(message) from _Remote(trace)

    def _bury(self, worker: _Worker) -> None:
        self._retire(worker)
        unit = worker.unit
        if unit is None:
            return
        self.report(-worker.done, -worker.rejected)
        if unit.shard in self.retried:
            raise SimengineError(_death(worker, unit))
        self.retried.add(unit.shard)
        self.pending.appendleft(unit)

    def _retire(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.process.join()
        worker.connection.close()


class _Remote(Exception):
    """Carries a worker's traceback to whoever asks for it (`simengine --debug`)."""

    def __str__(self) -> str:
        return f"in a worker process:\n{self.args[0]}"


def _death(worker: _Worker, unit: WorkUnit) -> str:
    code = worker.process.exitcode
    how = f"killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit status {code}"
    if worker.sample is None:
        return (
            f"a worker process died twice before its first sample ({how}); its own message stands above. In a script, "
            "call generate() under `if __name__ == '__main__':`, because workers import the script."
        )
    why = (
        "Most often memory ran out: use fewer workers, smaller pictures or fewer objects. "
        if code == -signal.SIGKILL
        else ""
    )
    return (
        f"a worker process died twice over samples {unit.start} to {unit.stop - 1} ({how}), the last time in sample "
        f"{worker.sample}. {why}`simengine replay DIR --item {worker.sample}` makes that sample alone. "
        "Finished shards are kept: the same command goes on."
    )


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
        root, open_maker = connection.recv()
        import cv2

        cv2.setNumThreads(1)
        make = open_maker()
        while (unit := connection.recv()) is not None:
            make_shard(
                root,
                unit,
                make,
                begun=lambda index: connection.send(("begun", index)),
                report=lambda done, rejected: connection.send(("made", done, rejected)),
            )
            connection.send(("shard",))
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
