"""What refiners do to renders of dice, beside real photos; and how fast they are on this device.

    python tools/bench_refine.py dice  --data DIR --renders DIR [--work DIR] [--count 120] [--methods LIST]
    python tools/bench_refine.py speed [--device cuda] [--side 512] [--batch 16] [--size sd15] [--pictures 64]

``dice``: --data holds dice/; --renders is a data set of the scene dice with masks, as benchmarks/gain_dice_data.yaml
makes it. Refiners see only the training photos; KID is taken to the test photos. What is done is kept in --work. The
method ``cut`` trains a small network first (--steps). About 12 CPU minutes without it.
``speed``: one command for a GPU: CycleGAN applied and trained, SDEdit by a UNet of Stable Diffusion's size with random
weights at strength 0.3; pictures a second and peak memory. ``--side 64 --size tiny --width 8``
proves in a minute on a CPU that it works.
Both write benchmarks/refine_NAME.json; `report` makes refine.md of what is there, with what a detector gains of refined
renders where `bench_gain.py dice --refined DIR` has measured it.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
PLANTED = 400  # objects moved by 2 px in the pictures of each method
_PLANTED_ON = 120  # renders in which objects are moved to judge the audit by itself
_PER_PICTURE = 10  # of them in one picture
METHODS = (
    "statistics", "composite", "statistics without camera", "statistics without field", "statistics without field, sliced",
    "statistics without field, FDA", "composite and statistics", "composite without shadows", "statistics, field 0.4",
)  # fmt: skip


def dice(options: argparse.Namespace) -> Iterator[dict]:
    """KID, labels and CPU time of each method, and what the audit lets pass; after each method what is known so far."""
    import torch

    from simengine.dataset.reader import Dataset
    from simengine.evaluate.features.embedders import open_embedder
    from simengine.evaluate.features.images import embed
    from simengine.evaluate.metrics.bootstrap import bootstrap
    from simengine.evaluate.metrics.kernel_distance import kid
    from simengine.refine.audit.run import calibrate_on
    from simengine.refine.empty import typical_side
    from simengine.refine.frame import frames
    from simengine.refine.photos import Photos

    torch.set_num_threads(1)
    renders, embedder = Dataset.open(options.renders), open_embedder()
    train, test = (Photos(options.data / "dice" / "images" / part) for part in ("train", "test"))
    scenes = list(frames(renders, most=options.count))
    real = embed((test[i] for i in range(len(test))), embedder)
    seen = embed((train[i] for i in range(len(train))), embedder)
    raw = embed((frame.rgb for frame in scenes), embedder)
    calibration = calibrate_on(renders, planted=120)
    side = typical_side(scenes)
    fresh = planted(frames(renders, most=_PLANTED_ON), calibration.thresholds)

    def interval(value: Callable[..., float], *samples: np.ndarray) -> list[float]:
        found = bootstrap(value, *samples, unit="picture", method="half", resamples=1000)
        return [round(v, 4) for v in (found.value, found.low, found.high)]

    rows = {"raw": {"kid": interval(kid, real, raw)}}
    for name in options.methods:
        part = options.work / f"{name.replace(' ', '_').replace(',', '')}.json"
        vectors = part.with_suffix(".npy")
        if not part.is_file():
            refiner = make(name, options, renders, train, side)
            row, features = judge(refiner, scenes, calibration.thresholds, embedder, options.work / f"{part.stem}.jpg")
            np.save(vectors, features)
            part.write_text(json.dumps(row))
        features = np.load(vectors)
        rows[name] = {
            "kid": interval(kid, real, features),
            "fall": interval(lambda r, p: 1 - kid(r, p[:, 1]) / kid(r, p[:, 0]), real, np.stack([raw, features], 1)),
            **json.loads(part.read_text()),
        }
        print(name, json.dumps(rows[name]), flush=True)
        yield {
            "renders": len(scenes),
            "photos": {"fitted": len(train), "compared": len(test)},
            "floor": interval(kid, real, seen),
            "side": round(side, 4),
            "calibration": calibration.to_dict(),
            "planted": fresh,
            "methods": rows,
        }


def make(name, options, renders, photos, side):
    """A refiner by its name in this benchmark."""
    from simengine.refine.composite import Composite
    from simengine.refine.statistics import fit_statistics

    if name.startswith("statistics"):
        statistics = fit_statistics(photos, side=side)
        changes = {
            "without camera": {"camera": False}, "field 0.4": {"field": 0.4},
            "without field": {"field": 0.0}, "sliced": {"colors": "sliced"}, "FDA": {"colors": "amplitude"},
        }  # fmt: skip
        chosen = {key: value for word, change in changes.items() if word in name for key, value in change.items()}
        return replace(statistics, **chosen)
    if name == "cut":
        from simengine.evaluate.features.embedders import open_embedder
        from simengine.refine.learned.settings import TrainSettings
        from simengine.refine.learned.training import train_refiner

        settings = TrainSettings(
            method="cut", steps=options.steps, side=128, width=16, every=max(1, options.steps // 4)
        )
        return train_refiner(renders, photos, options.work / "cut", settings, embedder=open_embedder())
    composite = Composite(photos, side, shadows=0.0 if "without shadows" in name else 1.0)
    return Chained(composite, replace(fit_statistics(photos, side=side), colors="none", field=0.0)) if "and" in name.split() else composite  # fmt: skip


class Chained:
    """One method after the other."""

    def __init__(self, *methods) -> None:
        self.methods, self.name = methods, " and ".join(method.name for method in methods)

    def refine(self, frame, rng):
        """See `Refiner.refine`."""
        for method in self.methods:
            frame = replace(frame, rgb=method.refine(frame, rng))
        return frame.rgb


def judge(refiner, scenes, rule, embedder, sheet: Path):
    """Refines and audits: what became of the objects, and the features of the pictures."""
    import cv2

    from simengine.evaluate.features.images import embed
    from simengine.refine.audit.corruption import harm
    from simengine.refine.audit.picture import audit_picture
    from simengine.refine.audit.rule import failures
    from simengine.refine.audit.scores import score_objects
    from simengine.sampling.streams import stream

    seconds, audits, moved, shown = [0.0, 0.0], [], [], []

    def pictures() -> Iterator[np.ndarray]:
        for number, frame in enumerate(scenes):
            begun = time.process_time()
            refined = refiner.refine(frame, stream(0, 0, f"refine.{frame.key}"))
            between = time.process_time()
            picture, audit = audit_picture(frame.rgb, refined, frame.ids, frame.labelled, thresholds=rule)
            seconds[0] += between - begun
            seconds[1] += time.process_time() - between
            audits.append(audit)
            kept = [o.scores.id for o in audit.objects if o.verdict == "kept"]
            if kept and len(moved) < PLANTED:  # the worst that a refiner can do to what it otherwise keeps
                rng = stream(0, number, "bench.moved")
                chosen = [int(i) for i in rng.permutation(kept)[:_PER_PICTURE]]
                for one in chosen:
                    refined = harm("moved 2 px", refined, frame.ids == one, rng)
                moved.extend(not failures(s, rule) for s in score_objects(frame.rgb, refined, frame.ids, chosen))
            if len(shown) < 8:
                pair = [
                    cv2.resize(p, (240, 240 * p.shape[0] // p.shape[1]), interpolation=cv2.INTER_AREA)
                    for p in (frame.rgb, picture)
                ]
                shown.append(np.vstack(pair))
            yield picture

    features = embed(pictures(), embedder)
    cv2.imwrite(str(sheet), np.hstack(shown)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    objects = [o for audit in audits for o in audit.objects]
    ncc = [o.scores.ncc for o in objects if np.isfinite(o.scores.ncc)]
    shift = [o.scores.shift for o in objects if np.isfinite(o.scores.shift)]
    share = {v: round(sum(o.verdict == v for o in objects) / len(objects), 4) for v in ("kept", "restored", "dropped")}
    return {
        "accepted": round(float(np.mean([audit.accepted for audit in audits])), 4),
        "objects": len(objects),
        **share,
        "ncc_median": round(float(np.median(ncc)), 4),
        "ncc_q10": round(float(np.quantile(ncc, 0.1)), 4),
        "shift_px_q95": round(float(np.quantile(shift, 0.95)), 3),
        "moved_in_it": {"objects": len(moved), "accepted": sum(moved), "bound": bound(sum(moved), len(moved))},
        "cpu_s_refine": round(seconds[0] / len(scenes), 3),
        "cpu_s_audit": round(seconds[1] / len(scenes), 3),
    }, features


def planted(scenes, rule) -> dict:
    """2-px shifts under harmless changes, drawn anew: not those that the rule was calibrated on."""
    from simengine.refine.audit.corruption import harm, harmless
    from simengine.refine.audit.rule import failures
    from simengine.refine.audit.scores import score_objects
    from simengine.sampling.streams import stream

    passed = []
    for number, frame in enumerate(scenes):
        if not frame.labelled:
            continue
        rng = stream(1, number, "bench.planted")
        picture, chosen = frame.rgb, [int(i) for i in rng.permutation(frame.labelled)[:_PER_PICTURE]]
        for one in chosen:
            picture = harm("moved 2 px", picture, frame.ids == one, rng)
        scores = score_objects(frame.rgb, harmless(picture, rng), frame.ids, chosen)
        passed += [not failures(s, rule) for s in scores]
    return {"objects": len(passed), "accepted": sum(passed), "bound": bound(sum(passed), len(passed))}


def bound(hits: int, count: int) -> float:
    """Upper end of the exact one-sided 95 % interval (Clopper and Pearson 1934)."""
    from scipy.stats import beta

    return 1.0 if hits >= count else round(float(beta.ppf(0.95, hits + 1, count - hits)), 5)


def speed(options: argparse.Namespace) -> Iterator[dict]:
    """Pictures a second and peak memory on one device."""
    import torch

    from simengine.learn.detector import choose_device
    from simengine.refine.frame import Frame
    from simengine.refine.learned.buffers import CHANNELS
    from simengine.refine.learned.crops import Batch
    from simengine.refine.learned.hub.random_weights import random_refiner
    from simengine.refine.learned.hub.settings import HubSettings
    from simengine.refine.learned.networks import Generator
    from simengine.refine.learned.settings import TrainSettings
    from simengine.refine.learned.translation import Translation

    device = torch.device(str(choose_device(options.device)))
    cuda, side, batch = device.type == "cuda", options.side, options.batch
    rng = np.random.default_rng(0)
    ids = np.zeros((side, side), np.int32)
    ids[side // 4 : side // 2, side // 4 : side // 2] = 1
    scenes = [
        Frame(str(n), rng.integers(0, 256, (side, side, 3)).astype(np.uint8), ids, None, None, {1: "die"}, (1,))
        for n in range(batch)
    ]
    picture = torch.rand(batch, 3, side, side, device=device) * 2 - 1
    known = torch.rand(batch, CHANNELS, side, side, device=device)

    def clock(work: Callable[[], object], items: int) -> dict:
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        for _ in range(options.warm):
            work()
        begun, done = _now(cuda), 0
        while done < options.pictures:
            work()
            done += items
        took = _now(cuda) - begun
        memory = round(torch.cuda.max_memory_allocated() / 2**30, 2) if cuda else None
        return {"pictures_per_s": round(done / took, 3), "pictures": done, "batch": items, "peak_gib": memory}

    found = {}
    generator = Generator(buffers=CHANNELS, width=options.width, blocks=9).eval().to(device)
    generator = generator.to(memory_format=torch.channels_last)
    apply = torch.compile(generator) if cuda and options.compile else generator

    def translate():
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=cuda):
            return apply(picture.contiguous(memory_format=torch.channels_last), known)

    found["CycleGAN applied, 9 blocks"] = clock(translate, batch)
    for method in ("cyclegan", "cut"):
        run = Translation(
            TrainSettings(method=method, steps=10**6, side=side, batch=batch, width=options.width), device
        )
        crops = Batch(picture, known, picture.flip(0))
        found[f"{method} trained"] = clock(lambda run=run, crops=crops: run.step(crops, 0), batch)
        del run
    for conditions, title in (((), "SDEdit"), (("depth",), "SDEdit with a ControlNet")):
        if conditions:
            scenes = [replace(s, depth=np.ones((side, side), np.float32)) for s in scenes]
        settings = HubSettings(strength=0.3, objects=0.3, guidance=1.0, batch=batch, tile=max(64, side - side % 64))
        sdedit = random_refiner(
            options.size, conditions=conditions, settings=settings, device=str(device), compile=cuda and options.compile
        )
        streams = [np.random.default_rng(n) for n in range(batch)]
        title = f"{title}, {options.size}, strength 0.3 ({round(0.3 * settings.denoising)} steps)"
        found[title] = clock(lambda s=sdedit, f=scenes, r=streams: s.refine_batch(f, r), batch)
        del sdedit
    yield {
        "device": torch.cuda.get_device_name(device) if cuda else f"CPU, {torch.get_num_threads()} thread(s)",
        "cuda": cuda,
        "precision": "bf16" if cuda else "fp32",
        "side": side,
        "width": options.width,
        "rows": found,
    }


def _now(cuda: bool) -> float:
    if cuda:
        import torch

        torch.cuda.synchronize()
    return time.perf_counter()


def report(folder: Path) -> str:
    """Refine.md of what was measured."""
    lines = ["# Refiners: the gap, the labels, the speed", ""]
    path = folder / "refine_dice.json"
    if path.is_file():
        lines += dice_text(json.loads(path.read_text()))
    path = folder / "gain_dice_refined.json"
    if path.is_file():
        lines += gain_text(json.loads(path.read_text())["dice"])
    path = folder / "refine_speed.json"
    lines += ["## Speed on a GPU", ""]
    data = json.loads(path.read_text()) if path.is_file() else None
    lines += [
        "Targets on an H200 at 512 x 512: CycleGAN applied 200 pictures/s, SDEdit by a UNet of Stable Diffusion's size at "
        "strength 0.3 12 pictures/s.",
        "",
        "`python tools/bench_refine.py speed --device cuda --side 512 --batch 16 --size sd15 --compile`",
        "",
    ]
    if data is None or not data["cuda"]:
        lines += ["**Not measured: no GPU was at hand.** The command is tested on a CPU at toy size" + (":" if data else "."), ""]  # fmt: skip
    if data:
        lines += [
            f"{data['device']}, {data['precision']}, {data['side']} x {data['side']}, width {data['width']}; {data['versions']}.",
            "",
            "| what | pictures/s | batch | peak memory, GiB |",
            "| --- | ---: | ---: | ---: |",
        ]
        for name, row in data["rows"].items():
            memory = "" if row["peak_gib"] is None else f"{row['peak_gib']:.1f}"
            lines.append(f"| {name} | {row['pictures_per_s']:.1f} | {row['batch']} | {memory} |")
        lines.append("")
    return "\n".join(lines)


def gain_text(data: dict) -> list[str]:
    """What a detector gains of refined renders in place of raw ones."""
    titles = {arm["name"]: arm["title"] for arm in data["arms"]}
    lines = [
        "## A detector on real photos",
        "",
        f"The same detector, steps and photos with renders refined by `composite` in place of raw ones, {len(data['seeds'])} seeds; "
        "AP50 in six classes on the 50 test photos ([all of it](gain_dice_refined.md)).",
        "",
        "| refined in place of raw | photos | difference, 95 % | corrected p | could have been shown |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    for row in data["refinements"]:
        if row["metric"] == "AP50":
            e = row["estimate"]
            change = f"{e['value']:+.3f} [{e['low']:+.3f}, {e['high']:+.3f}]"
            lines.append(f"| {titles[row['arm']]} | {row['count']} | {change} | {row['p_corrected']:.2f} | {row['detectable']:.2f} |")  # fmt: skip
    if all(row["p_corrected"] >= 0.05 for row in data["refinements"] if row["metric"] == "AP50"):
        lines += ["", "No difference is shown: a smaller KID is not yet a better detector."]
    return [*lines, ""]


def dice_text(data: dict) -> list[str]:
    """The part on dice."""
    rows = data["methods"]
    lines = [
        "## Dice",
        "",
        f"{data['renders']} renders of the scene `dice` against {data['photos']['compared']} real test photos. Refiners "
        f"were fitted to {data['photos']['fitted']} other photos and never saw these. KID of EfficientNet-Lite0 features, "
        "95 % intervals over pictures; between training and test photos it is "
        f"{_span(data['floor'])}. Objects that fail the audit get their render back before KID is taken. "
        "Settings were chosen on the training photos alone, fitted to one half and compared with the other.",
        "",
        "![Renders of dice, refined by both methods, and real photos](refine.jpg)",
        "",
        "Camera: blur, noise and JPEG of the photos. Field: what is larger than a fifth of a die in the background comes "
        "from a photo, the dice in it taken out. Sliced, FDA: colours by sliced transport or swapped amplitudes instead "
        "of linear transport.",
        "",
        f"`{data['command']}`",
        "",
        f"{data['versions']}.",
        "",
        "| method | KID | lower than raw | objects kept | put back | dropped | pictures accepted | median NCC | 10 % NCC "
        "| 95 % shift, px | CPU s: refine | audit |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| raw | {_span(rows['raw']['kid'])} | | | | | | | | | | |",
    ]
    for name, row in rows.items():
        if name != "raw":
            fall = row["fall"]
            lines.append(
                f"| {name} | {_span(row['kid'])} | {fall[0]:.0%} [{fall[1]:.0%}, {fall[2]:.0%}] | {row['kept']:.1%} | "
                f"{row['restored']:.1%} | {row['dropped']:.1%} | {row['accepted']:.1%} | {row['ncc_median']:.3f} | "
                f"{row['ncc_q10']:.3f} | {row['shift_px_q95']:.2f} | {row['cpu_s_refine']:.2f} | {row['cpu_s_audit']:.2f} |"
            )
    rule, fresh = data["calibration"]["thresholds"], data["planted"]
    lines += [
        "",
        "NCC is that of the gradients of an object with its surroundings, or of its inside alone where that is higher: "
        "a new background changes the surroundings.",
        "",
        f"Rule calibrated on the renders: NCC at least {rule['ncc']:g}, shift at most {rule['shift']:g} px, outline "
        f"agreement at least {rule['agreement']:g}; it keeps {data['calibration']['harmless']['kept']:.1%} of "
        f"{data['calibration']['harmless']['objects']} objects under harmless changes.",
        "",
        "| planted harm | objects | accepted | at most (exact one-sided 95 %) |",
        "| --- | ---: | ---: | ---: |",
        f"| moved 2 px, drawn anew | {fresh['objects']} | {fresh['accepted']} | {fresh['bound']:.2%} |",
    ]
    for name, row in rows.items():
        if "moved_in_it" in row:
            m = row["moved_in_it"]
            lines.append(f"| moved 2 px in pictures by {name} | {m['objects']} | {m['accepted']} | {m['bound']:.2%} |")
    for kind, row in data["calibration"]["harm"].items():
        hits = round(row["accepted"] * row["objects"])
        lines.append(f"| {kind}, calibrated on | {row['objects']} | {hits} | {row['accepted_upper_95']:.2%} |")
    return [*lines, ""]


def _span(values: list[float]) -> str:
    return f"{values[0]:.3f} [{values[1]:.3f}, {values[2]:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("dice", "speed", "report"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--renders", type=Path)
    parser.add_argument("--work", type=Path, default=Path("bench_refine"))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--methods", type=lambda text: text.split(";"), default=list(METHODS), help="separated by ;")
    parser.add_argument("--steps", type=int, default=400, help="of the small network of `cut`")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", default="sd15")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--pictures", type=int, default=256)
    parser.add_argument("--warm", type=int, default=2, help="runs before the clock starts")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    names = ("simengine", "numpy", "opencv-python-headless", "torch", "efficientnet_lite_pytorch")
    if options.name == "speed":
        names = ("simengine", "torch", "diffusers", "transformers")
    versions = f"Python {platform.python_version()}, " + ", ".join(f"{n} {version(n)}" for n in names)
    methods = "" if options.methods == list(METHODS) else f" --methods '{';'.join(options.methods)}'"
    command = f"python tools/bench_refine.py dice --data DIR --renders DIR --count {options.count}{methods}"
    for found in {"dice": dice, "speed": speed, "report": lambda _: ()}[options.name](options):
        found = {**found, "versions": versions, "command": command}
        path = options.out / f"refine_{options.name}.json"
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (options.out / "refine.md").write_text(report(options.out), encoding="utf-8")


if __name__ == "__main__":
    main()
