"""Train a detector, or a classifier of faults, on one or several data sets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simengine.cli.options import add_plugin_argument, load_plugins

TASKS = ("detect", "classify")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add = parser.add_argument
    add(
        "data", metavar="DIR[@SPLIT][=WEIGHT]", nargs="+",
        help="labelled data: simengine's own, COCO, YOLO, Pascal VOC (or recordings); of data in splits, `train` unless "
        "another is named; WEIGHT: its part of each batch (default: 1)",
    )  # fmt: skip
    add("--task", choices=TASKS, default="detect", help="default: detect")
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the trained model")
    add(
        "--model", metavar="NAME",
        help="detect: lite0 (default; lite0:scale=1.5,crop=256 to tune), transformers:ID_OR_FOLDER (RT-DETRv2, D-FINE), "
        "torchvision:NAME, or a plug-in's; classify: forest (default), logistic, cnn, ensemble",
    )  # fmt: skip
    add("--steps", metavar="N", type=int, help="optimiser steps (default: 300 for a detector)")
    add("--batch", metavar="N", type=int, help="pictures in a batch (default: 8)")
    add("--seed", metavar="S", type=int, default=0, help="default: 0")
    add("--init", metavar="MODEL", type=Path, help="go on from a trained model: pre-train, then fine-tune")
    add("--augment", choices=("none", "light", "strong"), default="strong", help="default: strong")
    add(
        "--symmetry", choices=("none", "mirror", "quarters", "all"), default="mirror",
        help="changes that leave labels true: mirror (default), quarter turns (seen from above), all or none",
    )  # fmt: skip
    add("--one-class", metavar="NAME", help="train one class: all boxes under this name")
    add(
        "--pad",
        metavar="FACTOR",
        type=float,
        help="multiply the edges of all boxes, for exact labels beside loose ones",
    )
    add("--device", metavar="NAME", default="auto", help="auto, cpu or cuda:0 (default: auto)")
    add("--quiet", action="store_true", help="no progress")
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Trains and saves."""
    load_plugins(args)
    if args.task == "classify":
        return _classify(args)
    from simengine.cli.detection_data import open_named_set, parse_data
    from simengine.formats.detection import label_problems, merge_classes, pad_boxes
    from simengine.learn.augment import named_augmentation
    from simengine.learn.detector import load_detector, open_detector, save_detector

    data = []
    for text in args.data:
        folder, split, weight = parse_data(text)
        part = open_named_set(folder, split, usual="train")
        for problem in label_problems(part)[:5]:
            print(f"{part.name}: {problem}", file=sys.stderr)
        if args.pad:
            part = pad_boxes(part, args.pad)
        data.append((merge_classes(part, args.one_class) if args.one_class else part, weight))
    steps = args.steps or 300
    detector = open_detector(args.model or "lite0")
    state = args.out.with_name(f".{args.out.name}.checkpoint")
    trained = detector.train(
        data,
        steps=steps,
        seed=args.seed,
        init=load_detector(args.init) if args.init else None,
        batch=args.batch,
        augmentation=named_augmentation(args.augment, symmetry=args.symmetry),
        device=args.device,
        checkpoint=state,
        report=None if args.quiet else _Progress(steps),
    )
    print(save_detector(trained, args.out))
    state.unlink(missing_ok=True)
    return 0


class _Progress:
    """One line on a terminal that says how far the training is; every tenth of it elsewhere."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._mean: float | None = None

    def __call__(self, row) -> None:
        self._mean = row["loss"] if self._mean is None else 0.9 * self._mean + 0.1 * row["loss"]
        done = row["step"] + 1
        text = f"step {done}/{self._steps}  loss {self._mean:.3f}"
        if sys.stderr.isatty():
            print(f"\r{text:<60}", end="\n" if done == self._steps else "", file=sys.stderr, flush=True)
        elif done == self._steps or done % max(1, self._steps // 10) == 0:
            print(text, file=sys.stderr, flush=True)


def _classify(args: argparse.Namespace) -> int:
    from simengine.cli.detection_data import parse_data
    from simengine.formats.signal import open_signal_set
    from simengine.learn.classifier import load_classifier, train_classifier

    records, weights = [], []
    for text in args.data:
        folder, _, weight = parse_data(text)
        part = open_signal_set(folder)
        records += list(part.records)
        weights += [weight / max(1, len(part.records))] * len(part.records)
    chosen = {"steps": args.steps} if args.steps else {}
    trained = train_classifier(
        records,
        model=args.model or "forest",
        weights=weights,
        seed=args.seed,
        init=load_classifier(args.init) if args.init else None,
        **chosen,
    )
    trained.save(args.out)
    print(args.out)
    return 0
