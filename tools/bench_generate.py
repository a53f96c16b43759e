"""Measures generation end to end and writes benchmarks/generate.md and .json.

    python tools/bench_generate.py                  # everything, about half an hour on two cores
    python tools/bench_generate.py --only split     # one part: split, workers, memory, constant

Ratios are taken within one run, alternating what is compared, so that a busy machine disturbs both sides.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks"
SPLIT_SCENES = ("dice", "tabletop", "bin_parts")
STAGES = ("draw", "physics", "render", "labels", "encode", "write")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(PARTS), nargs="*", default=list(PARTS))
    parser.add_argument("--preset", default="draft", help="render preset of `split` and `workers`")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    path = OUT / "generate.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for name in options.only:
        print(f"== {name}", flush=True)
        results[name] = PARTS[name](options.preset)
        results["machine"] = machine()
        path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        (OUT / "generate.md").write_text(report(results))
    print((OUT / "generate.md").read_text())


def machine() -> dict[str, Any]:
    from simengine.engine.fingerprint import package_versions, platform_fingerprint

    model = next(
        (x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x), ""
    )
    return {
        "cpu": model, "cores": len(os.sched_getaffinity(0)), "platform": platform_fingerprint("cpu"),
        "versions": package_versions(), "kernel": platform.release().split("-")[0],
    }  # fmt: skip


def load(scene: str, preset: str, *more: str) -> Any:
    from simengine.scene.load import load_scene

    return load_scene(scene, overrides=[f"render.preset={preset}", *more])


def split(preset: str) -> dict[str, Any]:
    """Processor seconds (a busy machine does not stretch them) of each stage of a 640 x 480 view with one thread, after a warm-up."""
    from simengine.dataset.shard import ShardWriter
    from simengine.engine.chain import open_spec
    from simengine.engine.sample import Watcher, make_sample
    from simengine.render.select import make_renderer

    class Clock(Watcher):
        def __init__(self) -> None:
            self.seconds: dict[str, float] = defaultdict(float)
            self.views = 0
            self._stage, self._start = "", time.process_time()

        def entered(self, stage: str) -> None:
            now = time.process_time()
            if self._stage:
                self.seconds[self._stage] += now - self._start
            self._stage, self._start = stage, now

        def pictured(self, view: Any, record: Any) -> None:
            self.views += 1

    result = {}
    for scene in SPLIT_SCENES:
        loaded = load(scene, preset, "cameras[*].resolution=[640, 480]")
        spec = open_spec(loaded.tree, loaded.base)
        renderer = make_renderer("warp", device="cpu", threads=1)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "shards").mkdir()
            clock = Clock()
            for number, count in enumerate((2, 16)):
                clock = Clock()
                with ShardWriter(Path(folder), number) as shard:
                    start = time.process_time()
                    for index in range(count):
                        record = make_sample(spec, number, index, renderer=renderer, sink=shard, watcher=clock)
                        clock.entered("write")
                        shard.add(record)
                    shard.commit()
                    clock.entered("")
                    spent = time.process_time() - start
        parts = {stage: clock.seconds[stage] / clock.views for stage in STAGES}
        result[scene] = {"seconds_a_view": parts, "views_a_second": clock.views / spent, "views": clock.views}
        print(scene, {k: round(v, 4) for k, v in parts.items()}, f"{clock.views / spent:.2f} views/s", flush=True)
    return {"preset": preset, "scenes": result}


def busy_seconds() -> tuple[float, float]:
    """Processor seconds that the whole machine, and this process with its ended children, have used so far."""
    fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    own = os.times()
    whole = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return whole, own.user + own.system + own.children_user + own.children_system


def workers(preset: str) -> dict[str, Any]:
    """Wall time of the same data set by one and two worker processes of one thread each, alternating."""
    from simengine.dataset.directory import claim_directory
    from simengine.dataset.workers import run_workers
    from simengine.engine.chain import Chain
    from simengine.engine.plan import make_plan

    count = 64
    spec = load("dice", preset, "cameras[*].resolution=[640, 480]")
    chain = Chain(spec.tree, spec.base, 0, "warp", "cpu", 1)
    times: dict[int, list[float]] = {1: [], 2: []}
    begin: dict[int, list[float]] = {1: [], 2: []}
    cpu: dict[int, list[float]] = {1: [], 2: []}
    others: list[float] = []
    for number in (1, 2, 2, 1, 1, 2):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "set"
            plan = make_plan(spec, root=root, count=count, seed=0, shard_size=2, device="cpu")
            marks: list[float] = []
            whole, own = busy_seconds()
            with claim_directory(root, plan) as state:
                start = time.perf_counter()
                run_workers(
                    root, state.pending, open_maker=chain, workers=number,
                    report=lambda done, rejected, marks=marks: marks.append(time.perf_counter()),
                )  # fmt: skip
            times[number].append(time.perf_counter() - start)
            begin[number].append(marks[0] - start)
            whole, own = (now - before for now, before in zip(busy_seconds(), (whole, own), strict=True))
            cpu[number].append(own)
            others.append((whole - own) / times[number][-1] / len(os.sched_getaffinity(0)))
            print(
                f"{own:.1f} CPU s, {others[-1]:.0%} of the machine taken by others;",
                f"{number}: {times[number][-1]:.2f} s, first sample after {begin[number][-1]:.2f} s",
                flush=True,
            )
    one, two = (statistics.median(times[number]) for number in (1, 2))
    steady = (one - statistics.median(begin[1])) / (two - statistics.median(begin[2]))
    return {
        "samples": count, "preset": preset, "seconds": times, "first_sample_seconds": begin,
        "cpu_seconds": cpu, "taken_by_others": max(others),
        "cpu_two_over_one": statistics.median(cpu[2]) / statistics.median(cpu[1]),
        "speed_up": one / two, "speed_up_after_start": steady,
    }  # fmt: skip


def memory(preset: str) -> dict[str, Any]:
    """Resident memory of one process over 500 samples of `dice` (every die another mesh)."""
    return _long_run("dice", 500, 160, 120, every=50)


def constant(preset: str) -> dict[str, Any]:
    """Time a sample from the first to the 5000th, small frames."""
    return _long_run("dice", 5000, 64, 48, every=250, overrides=["objects.die.count=2"])


def _long_run(
    scene: str, count: int, width: int, height: int, *, every: int, overrides: Sequence[str] = ()
) -> dict[str, Any]:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import bench_generate as b;"
        "b._long_child(sys.argv[2], *map(int, sys.argv[3:7]), sys.argv[7], sys.argv[8:])"
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            str(ROOT / "tools"),
            scene,
            str(count),
            str(width),
            str(height),
            str(every),
            f"{folder}/set",
            *overrides,
        ]
        done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    result = json.loads(done.stdout.splitlines()[-1])
    windows = result["windows"]
    half = len(windows) // 2
    return {
        **result, "scene": scene, "overrides": list(overrides), "samples": count, "resolution": [width, height], "bytes_a_sample": size / count,
        "last_over_first": windows[-1]["cpu_seconds_a_sample"] / windows[0]["cpu_seconds_a_sample"],
        "second_half_over_first": statistics.median(w["cpu_seconds_a_sample"] for w in windows[half:])
        / statistics.median(w["cpu_seconds_a_sample"] for w in windows[:half]),
        "growth_mb_second_half": windows[-1]["rss_mb"] - windows[half - 1]["rss_mb"],
    }  # fmt: skip


def _long_child(
    scene: str, count: int, width: int, height: int, every: int, out: str, overrides: Sequence[str]
) -> None:
    import psutil

    from simengine.engine.generate import generate

    process = psutil.Process()
    windows: list[dict[str, float]] = []
    last = [0, time.perf_counter(), time.process_time()]

    def watch(done: int, total: int, rejected: int) -> None:
        if done - last[0] >= every:
            gc.collect()
            samples = done - last[0]
            windows.append(
                {
                    "done": done,
                    "seconds_a_sample": (time.perf_counter() - last[1]) / samples,
                    "cpu_seconds_a_sample": (time.process_time() - last[2]) / samples,
                    "rss_mb": process.memory_info().rss / 1e6,
                }
            )
            print(windows[-1], file=sys.stderr, flush=True)
            last[:] = [done, time.perf_counter(), time.process_time()]

    spec = load(scene, "draft", f"cameras[*].resolution=[{width}, {height}]", *overrides)
    start = time.perf_counter()
    generate(spec, out=out, count=count, device="cpu", progress=watch)
    print(json.dumps({"windows": windows, "wall_seconds": time.perf_counter() - start}))


def report(results: dict[str, Any]) -> str:
    host = results["machine"]
    lines = [
        "# Generation, end to end",
        "",
        "Made by `python tools/bench_generate.py`; the numbers behind it are in `generate.json`.",
        "",
        f"{host['cpu']}, {host['cores']} cores, {host['platform']['level']}; "
        + ", ".join(f"{name} {version}" for name, version in host["versions"].items())
        + ".",
    ]
    if part := results.get("split"):
        lines += [
            "",
            f"## Where the time goes: 640 x 480, preset `{part['preset']}`, one thread, processor milliseconds a view",
            "",
            "| scene | " + " | ".join(STAGES) + " | views/s/core |",
            "|---|" + "---|" * (len(STAGES) + 1),
        ]
        for scene, row in part["scenes"].items():
            cells = " | ".join(f"{1000 * row['seconds_a_view'][stage]:.1f}" for stage in STAGES)
            lines.append(f"| {scene} | {cells} | {row['views_a_second']:.2f} |")
    if part := results.get("workers"):
        lines += [
            "",
            "## Two workers against one",
            "",
            f"`dice`, {part['samples']} samples, 640 x 480, `{part['preset']}`, runs alternating: one worker "
            f"{', '.join(f'{t:.1f}' for t in part['seconds']['1' if '1' in part['seconds'] else 1])} s, two "
            f"{', '.join(f'{t:.1f}' for t in part['seconds']['2' if '2' in part['seconds'] else 2])} s: "
            f"**{part['speed_up']:.2f}x** with the start of the processes, "
            f"**{part['speed_up_after_start']:.2f}x** after it; two workers need "
            f"{part['cpu_two_over_one']:.2f}x the processor time of one. Other programs took up to "
            f"{part['taken_by_others']:.0%} of the machine meanwhile.",
        ]
    for name, title in (("memory", "Memory over 500 samples"), ("constant", "Time a sample over 5,000 samples")):
        if part := results.get(name):
            width, height = part["resolution"]
            lines += [
                "",
                f"## {title}",
                "",
                f"`{' '.join([part['scene'], *part['overrides']])}`, {width} x {height}, `draft`, one process: processor time a sample in the second half is "
                f"**{part['second_half_over_first']:.2f}x** that of the first, memory grows by "
                f"**{part['growth_mb_second_half']:.0f} MB** in the second half; {part['bytes_a_sample'] / 1000:.1f} kB a sample.",
                "",
                "| samples done | ms a sample | CPU ms a sample | resident MB |",
                "|---|---|---|---|",
            ]
            lines += [
                f"| {w['done']} | {1000 * w['seconds_a_sample']:.1f} | {1000 * w['cpu_seconds_a_sample']:.1f} | {w['rss_mb']:.0f} |"
                for w in part["windows"]
            ]
    return "\n".join(lines) + "\n"


PARTS = {"split": split, "workers": workers, "memory": memory, "constant": constant}

if __name__ == "__main__":
    main()
