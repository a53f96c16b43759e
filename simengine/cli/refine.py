"""Refine a data set: make renders look like your photos, and prove that the labels survived."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.cli.audit import add_rule_arguments
from simengine.cli.hub_model import add_hub_arguments, hub_refiner, is_hub_model
from simengine.cli.refine_signals import add_signal_arguments, is_for_signals, refine_of_signals

if TYPE_CHECKING:
    from simengine.dataset.reader import Dataset
    from simengine.refine.audit.rule import Thresholds
    from simengine.refine.method import Refiner
    from simengine.refine.photos import Photos

_TRIAL = 48  # renders that methods are tried on by `auto`
METHODS = ("auto", "composite", "statistics", "transfer", "cut", "cyclegan", "diffusion")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="data set to refine")
    parser.add_argument(
        "--real",
        metavar="REAL",
        type=Path,
        required=True,
        help="folder of real photos, no labels needed; for signals file or folder of recordings of healthy machines",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="statistics: the photos' colours, sharpness, noise, compression (default); composite: the objects over "
        "empty photos; cut, cyclegan, diffusion: networks trained on the photos; auto: the highest of these that keeps labels "
        "and narrows the gap. Of signals: transfer (default): path and noise floor of the healthy machine; cyclegan, diffusion",
    )
    parser.add_argument(
        "--empty",
        metavar="PHOTOS",
        type=Path,
        help="composite: photos without the objects (default: those of --real, the things in them taken out)",
    )
    parser.add_argument(
        "--field",
        metavar="X",
        type=float,
        help="statistics: scale from which on the background is the photo's, in sides of an object; 0: never "
        "(default: 0.2, but 0 where depth, normals or flow are recorded, which describe the render's background)",
    )
    parser.add_argument(
        "--colors",
        choices=("monge", "sliced", "amplitude", "none"),
        default="monge",
        help="statistics: colours by linear (monge, default) or sliced optimal transport, low-frequency amplitudes "
        "(FDA), or not",
    )
    parser.add_argument(
        "--model",
        metavar="DIR",
        help="folder of the trained network, trained there if absent; for diffusion also a model of the hub, e.g. "
        "stable-diffusion-v1-5/stable-diffusion-v1-5, or its folder",
    )
    parser.add_argument("--steps", metavar="N", type=int, help="training steps (default: 4000; of a LoRA 1000)")
    parser.add_argument(
        "--side", metavar="PX", type=int, help="side of training crops (default: 256; of a LoRA the model's own)"
    )
    parser.add_argument(
        "--batch",
        metavar="N",
        type=int,
        help="crops a training step; pictures that a model of the hub refines at once (default: 1; of signals 8)",
    )
    parser.add_argument(
        "--width", metavar="N", type=int, help="channels of the network's first stage (default: 64; of signals 32)"
    )
    parser.add_argument(
        "--strength", metavar="X", type=float, default=0.2, help="diffusion: how far it goes, 0 to 0.5 (default: 0.2)"
    )
    parser.add_argument(
        "--objects",
        metavar="X",
        type=float,
        help="how much of the change reaches the labelled objects, 0 to 1 (default: 1, but 0 for statistics)",
    )
    parser.add_argument(
        "--background", metavar="X", type=float, default=1.0, help="the same for everything else (default: 1)"
    )
    parser.add_argument("--device", metavar="NAME", default="auto", help="auto, cpu or cuda:K for networks")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed, any integer from 0 (default: 0)")
    parser.add_argument("--workers", metavar="W", type=int, default=1, help="worker processes (default: 1)")
    parser.add_argument(
        "--rejected",
        choices=("raw", "drop"),
        default="raw",
        help="what a rejected picture becomes: its render, or nothing",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the refined data set")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_hub_arguments(parser)
    add_rule_arguments(parser)
    add_signal_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Refines, with a progress bar, and prints what the audit says."""
    from simengine.cli.progress import ProgressBar
    from simengine.dataset.reader import Dataset
    from simengine.refine.audit.run import calibrate_on
    from simengine.refine.photos import Photos
    from simengine.refine.run import refine_dataset

    renders = Dataset.open(args.directory)
    if is_for_signals(renders, args.method):
        return refine_of_signals(args, renders)
    args.batch = 1 if args.batch is None else args.batch
    args.width = 64 if args.width is None else args.width
    photos, method = Photos(args.real), args.method or "statistics"
    found = (
        calibrate_on(renders, seed=args.seed, planted=args.planted, false_accepts=args.false_accepts)
        if args.planted
        else None
    )
    rule = found.thresholds if found else None
    refiner = _climb(args, renders, photos, rule) if method == "auto" else _fit(args, method, renders, photos)
    if refiner is None:
        print("No method keeps the labels and narrows the gap by more than its interval: nothing is written.")
        return 1
    with ProgressBar(total=len(renders), hidden=args.quiet, doing="refining") as bar:
        summary = refine_dataset(
            args.directory,
            out=args.out,
            refiner=refiner,
            seed=args.seed,
            thresholds=rule,
            audit=found.to_dict() if found else None,
            budget=args.budget,
            rejected=args.rejected,
            workers=args.workers,
            progress=bar.update,
        )
    print(f"{args.out}: {summary}")
    return 0


def _fit(args: argparse.Namespace, method: str, renders: Dataset, photos: Photos) -> Refiner:
    from simengine.refine.composite import Composite
    from simengine.refine.empty import typical_side
    from simengine.refine.frame import frames
    from simengine.refine.photos import Photos as Folder
    from simengine.refine.regions import Regional
    from simengine.refine.statistics import fit_statistics

    if method == "statistics":
        return fit_statistics(
            photos,
            side=typical_side(frames(renders, most=_TRIAL)),
            colors=args.colors,
            field=args.field if args.field is not None else (0.0 if _covered(renders) else 0.2),
            objects=args.objects or 0.0,
            background=args.background,
        )
    if method == "composite":
        side = typical_side(frames(renders, most=_TRIAL))
        found: Refiner = Composite(Folder(args.empty) if args.empty else photos, side, emptied=args.empty is None)
    else:
        found = _learned(args, method, renders, photos)
        if method == "diffusion":
            return found  # noises each region as far as asked for
    shares = 1.0 if args.objects is None else args.objects, args.background
    return found if shares == (1.0, 1.0) else Regional(found, *shares)


def _covered(renders: Dataset) -> bool:
    """Whether labels describe the background too."""
    return bool({"depth", "normals", "flow"} & set(renders.outputs))


def _learned(args: argparse.Namespace, method: str, renders: Dataset, photos: Photos) -> Refiner:
    from simengine.errors import SimengineError

    if args.model is None:
        raise SimengineError(
            f"--method {method} needs --model DIR: the folder of its network, trained there if absent."
        )
    if method == "diffusion" and is_hub_model(args.model):
        return hub_refiner(args, renders, photos, partial(_report, args))
    if args.controlnet or args.lora or args.prompt:
        raise SimengineError(
            f"--controlnet, --lora and --prompt are for --method diffusion with a model of the hub; {args.model} is none. "
            "Give its hub name, or a folder saved by diffusers."
        )
    return _train(args, method, renders, photos)


def _report(args: argparse.Namespace, row: dict[str, Any]) -> None:
    if not args.quiet and ("kid" in row or row["step"] % 100 == 0):
        values = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if name != "step")
        print(f"step {row['step'] + 1}  {values}", file=sys.stderr)


def _train(args: argparse.Namespace, method: str, renders: Dataset, photos: Photos) -> Refiner:
    from simengine.evaluate.features.embedders import open_embedder
    from simengine.learn.detector import choose_device
    from simengine.refine.learned.diffusion import DiffusionSettings
    from simengine.refine.learned.settings import TrainSettings
    from simengine.refine.learned.training import train_refiner

    device = str(choose_device(args.device))
    steps = 4000 if args.steps is None else args.steps
    shared = {
        "steps": steps,
        "side": 256 if args.side is None else args.side,
        "batch": args.batch,
        "width": args.width,
        "seed": args.seed,
        "every": max(1, min(500, steps // 8)),
    }
    settings = (
        DiffusionSettings(
            **shared,
            strength=args.strength * args.background,
            objects=args.strength * (1.0 if args.objects is None else args.objects),
        )
        if method == "diffusion"
        else TrainSettings(method=method, **shared)
    )

    embedder = open_embedder(device=device)
    return train_refiner(
        renders, photos, args.model, settings, embedder=embedder, device=device, report=partial(_report, args)
    )


def _climb(args: argparse.Namespace, renders: Dataset, photos: Photos, rule: Thresholds | None) -> Refiner | None:
    from simengine.evaluate.features.embedders import open_embedder
    from simengine.refine.frame import frames
    from simengine.refine.picture_ladder import climb_pictures

    replaced = ["composite"] if args.empty or not _covered(renders) else []
    learned = ["diffusion" if is_hub_model(args.model) else "cut"] if args.model else []
    names = ["statistics", *replaced, *learned]
    methods = [(name, partial(_fit, args, name, renders, photos)) for name in names]
    trial = list(frames(renders, most=_TRIAL))
    found = climb_pictures(trial, photos, methods, open_embedder(), thresholds=rule, seed=args.seed, report=print)
    return found.refiner
