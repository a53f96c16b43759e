"""Frames a second on one device, stage by stage, and how far its pictures are from the CPU's.

Run by `python tools/bench_render.py --device cuda`. Pictures of the catalogue's `dice` from its own cameras, each a
draw of its own; physics is not timed, as it runs on other cores.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache

import numpy as np

import simengine
from simengine.dataset.pictures import depth_scale, encode_picture
from simengine.labels.annotate import annotate
from simengine.render.model import Picture, RenderSettings
from simengine.render.presets import preset
from simengine.render.select import make_renderer, resolve_device

__all__ = ["frame_rates", "markdown"]

DRAWS = 4  # samples that are settled; the frames of a batch are these again and again, with other seeds
CASES = (
    ("640 x 480, draft", (640, 480), preset("draft"), 300),
    ("640 x 480, 16 samples, two bounces", (640, 480), RenderSettings(samples=16, bounces=2), 60),
    ("128 x 128, draft", (128, 128), preset("draft"), 5000),
    ("128 x 128, draft, no outlines", (128, 128), replace(preset("draft"), amodal=()), 5000),
)


class _Asked:
    """A renderer that notes what it is asked for and draws nothing beyond labels."""

    def __init__(self):
        self.tracer, self.pictures = make_renderer("warp", device="cpu", threads=os.cpu_count()), []

    def render(self, scene, camera, settings):
        self.pictures.append(Picture(scene, camera, settings))
        return self.tracer.render(scene, camera, replace(settings, color=False))


@lru_cache(maxsize=2)
def settled(size):
    """Samples with their views and what was asked for them."""
    spec = simengine.load_scene("dice", overrides=[f"cameras[*].resolution={list(size)}", "timeline.frames=1"])
    found, index = [], 0
    while len(found) < DRAWS:
        try:
            scene = spec.sample(0, index)
            trajectory, asked = simengine.simulate(scene), _Asked()
            views = list(simengine.observe(scene, trajectory, renderer=asked))
            found += [(scene, trajectory, view, picture) for view, picture in zip(views, asked.pictures, strict=True)]
        except simengine.errors.Rejected:
            pass
        index += 1
    return found[:DRAWS]


def rates(device, size, settings, count):
    """Frames a second of each stage alone, and of all together with all cores."""
    samples = settled(size)
    renderer = make_renderer("warp", device=device, threads=os.cpu_count())
    known = settings.amodal is None  # whole outlines are wanted
    asked = [
        (k % DRAWS, samples[k % DRAWS][3]._replace(settings=replace(
            settings, seed=k, amodal=samples[k % DRAWS][3].settings.amodal if known else ())))
        for k in range(count)
    ]  # fmt: skip
    pictures = [picture for _, picture in asked]
    renderer.render_many(pictures[: min(count, 64)])  # kernels, meshes, memory
    start = time.perf_counter()
    frames = renderer.render_many(pictures)
    drawn = time.perf_counter() - start

    def label(k):
        scene, trajectory, view, _ = samples[asked[k][0]]
        return annotate(scene, trajectory, replace(view, frame_data=frames[k]))

    def encode(k):
        scale = depth_scale(10.0)
        return [
            encode_picture(name, getattr(frames[k], name), scale=scale, far=10.0)
            for name in ("rgb", "depth", "instances")
        ]

    few = range(min(count, 64))
    start = time.perf_counter()
    if known:
        for k in few:
            label(k)
    labelled = (time.perf_counter() - start) / len(few)
    start = time.perf_counter()
    for k in few:
        encode(k)
    encoded = (time.perf_counter() - start) / len(few)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        start = time.perf_counter()
        # PNG encoding lets other threads run, labelling does not: workers are processes in `generate`
        list(pool.map(encode, range(count)))
        parallel = (time.perf_counter() - start) / count
    stages = {
        "draw": count / drawn,
        "label, one core": 1 / labelled if known else None,
        "encode rgb, depth and ids, one core": 1 / encoded,
        f"encode, {os.cpu_count()} threads": 1 / parallel,
    }
    together = 1 / max(drawn / count, labelled / os.cpu_count(), parallel)
    limits = max(
        (("drawing", drawn / count), ("labelling", labelled / os.cpu_count()), ("encoding", parallel)),
        key=lambda stage: stage[1],
    )[0]
    return {"stages": stages, "together": together, "limited_by": limits}


def agreement(device):
    """How near pictures of a device are to those of the CPU: draft and 16 samples, 640 x 480."""
    worst = {"within_2_levels": 1.0, "equal_ids": 1.0, "depth_error": 0.0}
    for settings in (preset("draft"), RenderSettings(samples=16, bounces=2)):
        pictures = [sample[3]._replace(settings=replace(settings, amodal=())) for sample in settled((640, 480))[:4]]
        here = make_renderer("warp", device="cpu", threads=os.cpu_count()).render_many(pictures)
        there = make_renderer("warp", device=device).render_many(pictures)
        for a, b in zip(here, there, strict=True):
            levels = np.abs(a.rgb.astype(int) - b.rgb).max(axis=-1)
            same = a.instances == b.instances
            worst["within_2_levels"] = min(worst["within_2_levels"], float((levels <= 2).mean()))
            worst["equal_ids"] = min(worst["equal_ids"], float(same.mean()))
            worst["depth_error"] = max(worst["depth_error"], float(np.abs(a.depth - b.depth)[same].max(initial=0.0)))
    return worst


def frame_rates(device, *, count):
    """All cases and the agreement."""
    name = resolve_device(device)
    cases = [
        {"case": case, "target": target, "frames": max(count // (4 if settings.samples > 1 else 1), 8)}
        | rates(name, size, settings, max(count // (4 if settings.samples > 1 else 1), 8))
        for case, size, settings, target in CASES
    ]
    return {"on": _device_name(name), "measured": name != "cpu", "cases": cases, "agreement": agreement(name)}


def _device_name(name):
    import warp as wp

    return wp.get_device(name).name if name != "cpu" else "the CPU"


def _rate(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(result):
    """The result as a note."""
    about = "" if result["measured"] else " This run proves the command on a CPU; no GPU was measured."
    lines = [
        "# Labelled frames a second on one device",
        "",
        f"`{result['command']}` on {result['on']}, beside {result['device']} with {os.cpu_count()} cores.{about}",
        "",
        "Pictures of `dice`, each with its own draw and seed; drawn in batches, copied to the host, labelled (boxes,",
        "masks, poses) and encoded as PNG. `together` is what the slowest of the three stages lets through with all",
        "cores labelling and encoding; settling the dice is apart.",
        "",
        "| case | target | drawn | labelled, a core | encoded, a core | encoded, all cores | together | limited by |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for case in result["cases"]:
        cells = ["-" if value is None else _rate(value) for value in case["stages"].values()]
        lines.append(
            f"| {case['case']} | {case['target']:,} | {' | '.join(cells)} | {_rate(case['together'])} | {case['limited_by']} |"
        )
    found = result["agreement"]
    lines += [
        "",
        f"Beside the CPU's pictures, the worst of eight: {found['within_2_levels']:.5%} of pixels within 2 levels "
        f"(wanted 99.9%), {found['equal_ids']:.5%} of ids equal (wanted 99.99%), depth within "
        f"{1e3 * found['depth_error']:.4f} mm where they are.",
    ]
    return "\n".join(lines) + "\n"
