"""Speed and memory of simulated vibration: one labelled recording on one core, and a data set written as Parquet.

    OPENBLAS_NUM_THREADS=1 python tools/bench_signals.py [--count 100000] [--workers 2] [--scene bearing_bench] [--out benchmarks/signals.json]

``recordings``: CPU time of 1 s at 12 kHz with all labels, see tools/bench_record.py for what bare and full are, and of a
sample of the scene by the steps it takes (draw, record, label, encode). ``data set``: a whole `generate` into a folder
that is then removed: wall and CPU time, bytes, and the memory of every worker from beginning to end.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import shutil
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow
import scipy
from bench_record import machine, sensor
from scipy import fft

import simengine
from simengine.dataset.signals import SignalWriter
from simengine.engine.generate import generate
from simengine.labels.signals import signal_rows
from simengine.machines.label_row import label_columns
from simengine.machines.record import record
from simengine.sensors.recordings import listen


def best(call, repeats: int) -> float:
    """Least CPU time of a call, s."""
    found = np.inf
    for _ in range(repeats):
        begun = time.process_time()
        call()
        found = min(found, time.process_time() - begun)
    return found


def recordings(count: int = 40, repeats: int = 10) -> dict[str, float]:
    """Milliseconds of CPU a labelled recording, and of a real FFT beside it as a yardstick."""
    found = {}
    for full in (False, True):
        for steps in (1, 2):
            channels, machines = {"de": sensor(steps, full)}, [machine(index, full) for index in range(count)]

            def run(machines=machines, channels=channels):
                for index, one in enumerate(machines):
                    label_columns(record(one, channels, duration=1.0, seed=1, index=index), "de")

            found[f"{'full' if full else 'bare'}, oversampling {steps}"] = 1e3 * best(run, repeats) / count
    noise = np.random.default_rng(0).standard_normal(26_400)
    found["a real FFT of 26400 points"] = 1e3 * best(lambda: [fft.rfft(noise) for _ in range(count)], repeats) / count
    return found


def steps(scene: str, count: int = 150, repeats: int = 4) -> dict[str, float]:
    """Milliseconds of CPU a sample, step by step."""
    spec = simengine.load_scene(scene)
    draw = [spec.sample(0, index) for index in range(count)]
    heard = [one for drawn in draw for one in listen(drawn)]
    rows = [row for one in heard for row in signal_rows(draw[0], one, dataset=scene, spec_hash=spec.hash)]

    def encode():
        with SignalWriter(io.BytesIO(), stems=False) as writer:
            for row in rows:
                writer.add(row)

    calls = {
        "draw": lambda: [spec.sample(0, index) for index in range(count)],
        "record": lambda: [one for drawn in draw for one in listen(drawn)],
        "label": lambda: [row for one in heard for row in signal_rows(draw[0], one, dataset=scene, spec_hash="")],
        "encode": encode,
    }
    return {name: 1e3 * best(call, repeats) / count for name, call in calls.items()}


class Memory(threading.Thread):
    """Watches the resident memory of this process and its workers, MB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[float, float, float]] = []  # time, this process, largest worker
        self._ended = threading.Event()

    def run(self) -> None:
        begun = time.perf_counter()
        while not self._ended.wait(0.5):
            workers = [_resident(pid) for pid in _children(os.getpid())]
            self.seen.append((time.perf_counter() - begun, _resident(os.getpid()), max(workers, default=0.0)))

    def stop(self) -> list[tuple[float, float, float]]:
        self._ended.set()
        self.join()
        return self.seen


def _children(pid: int) -> list[int]:
    try:
        return [int(part) for part in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def data_set(scene: str, count: int, workers: int, folder: str | None) -> dict[str, float]:
    """A whole data set."""
    root = Path(tempfile.mkdtemp(dir=folder))
    memory = Memory()
    memory.start()
    begun = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    try:
        generate(simengine.load_scene(scene), out=root / "set", count=count, workers=workers)
        wall = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in (root / "set").rglob("*") if path.is_file())
        lean = sum(path.stat().st_size for path in (root / "set").rglob("records.jsonl"))
    finally:
        shutil.rmtree(root)
    seen = memory.stop()
    used = [
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ]
    late = [row for row in seen if row[0] > wall / 2]
    early = [row for row in seen if wall / 10 < row[0] <= wall / 2]
    return {
        "count": count,
        "workers": workers,
        "wall s": wall,
        "cpu s": sum(used) - before,
        "ms of cpu a window": 1e3 * (sum(used) - before) / count,
        "bytes a window": size / count,
        "bytes of records.jsonl a window": lean / count,
        "largest worker in the first half, MB": max((row[2] for row in early), default=0.0),
        "largest worker in the second half, MB": max((row[2] for row in late), default=0.0),
        "this process at the end, MB": seen[-1][1] if seen else 0.0,
    }


def _rounded(tree):
    if isinstance(tree, dict):
        return {name: _rounded(part) for name, part in tree.items()}
    return round(float(tree), 3) if isinstance(tree, float | np.floating) else tree


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scene", default="bearing_bench")
    parser.add_argument("--folder", help="where the data set is written (default: the system's folder for such)")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    report = {
        "command": f"python tools/bench_signals.py --count {options.count} --workers {options.workers} --scene {options.scene}",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "pyarrow": pyarrow.__version__,
        },
        "device": f"{processor()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} when it began",
        "recordings": recordings(),
        "steps": steps(options.scene),
        "data set": data_set(options.scene, options.count, options.workers, options.folder),
    }
    text = json.dumps(_rounded(report), indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
