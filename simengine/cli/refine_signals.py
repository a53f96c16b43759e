"""`simengine refine` and `simengine audit` on a data set of vibration."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.dataset.reader import Dataset
    from simengine.refine.audit.calibrate import Calibration
    from simengine.refine.signals.audit.rule import SignalThresholds
    from simengine.refine.signals.recordings import HealthyRecordings
    from simengine.refine.signals.sound import SignalRefiner

__all__ = ["SIGNAL_METHODS", "add_signal_arguments", "audit_of_signals", "is_for_signals", "refine_of_signals"]

SIGNAL_METHODS = ("auto", "transfer", "cyclegan", "diffusion")


def add_signal_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what only signals need."""
    from simengine.cli.options import add_recording_arguments

    group = parser.add_argument_group("signals", "what files of real recordings may not say themselves")
    add_recording_arguments(group)
    group.add_argument(
        "--healthy", metavar="LABEL", nargs="+",
        help="fault types of real recordings that count as healthy (default: normal and unlabelled ones)",
    )  # fmt: skip
    group.add_argument("--length", metavar="N", type=int, help="samples of a network's training crops (default: 2048)")


def is_for_signals(dataset: Dataset, method: str | None = None) -> bool:
    """Whether signals are meant: the data set has no pictures, or the method is one for signals alone."""
    return "signals" in dataset.plan and ("rgb" not in dataset.outputs or method == "transfer")


def refine_of_signals(args: argparse.Namespace, dataset: Dataset) -> int:
    """Refines, with a progress bar, and prints what the audit says."""
    from simengine.cli.options import open_recordings
    from simengine.cli.progress import ProgressBar
    from simengine.errors import SimengineError
    from simengine.refine.signals.recordings import HEALTHY, HealthyRecordings
    from simengine.refine.signals.run import refine_signals
    from simengine.refine.signals.sound import require_signals

    require_signals(dataset)
    method = args.method or "transfer"
    if method not in SIGNAL_METHODS:
        raise SimengineError(
            f"--method {method} is for pictures, and {args.directory} holds signals: give one of {', '.join(SIGNAL_METHODS)}."
        )
    real = HealthyRecordings.of(open_recordings(args, str(args.real)), labels=args.healthy or HEALTHY)
    if real.left_out:
        others = ", ".join(f"{name} ({count})" for name, count in real.left_out.items())
        print(f"note: recordings with faults are left out: {others}.", file=sys.stderr)
    found = _calibrated(args, dataset)
    rule = found.thresholds if found else None
    refiner = _climb(args, dataset, real, rule) if method == "auto" else _fit(args, method, dataset, real)
    if refiner is None:
        print("No method keeps the labels and comes nearer by more than its interval: nothing is written.")
        return 1
    with ProgressBar(total=len(dataset), hidden=args.quiet, doing="refining") as bar:
        summary = refine_signals(
            args.directory,
            out=args.out,
            refiner=refiner,
            seed=args.seed,
            thresholds=rule,
            audit=found.to_dict() if found else None,
            rejected=args.rejected,
            workers=args.workers,
            progress=bar.update,
        )
    print(f"{args.out}: {summary}")
    return 0


def audit_of_signals(args: argparse.Namespace, dataset: Dataset) -> int:
    """Prints what was found; exit status 1 if a recording's labels did not survive."""
    from simengine.dataset.disk import disk_errors, write_atomic
    from simengine.refine.signals.audit.rule import SignalThresholds
    from simengine.refine.signals.audit.run import audit_signals

    found = _calibrated(args, dataset)
    rule = found.thresholds if found else SignalThresholds()
    report = audit_signals(args.directory, simulation=args.renders, thresholds=rule)
    print(f"Rule: {rule}.")
    print(report)
    if args.out:
        with disk_errors("make the folder", args.out):
            Path(args.out).mkdir(parents=True, exist_ok=True)
        content = {
            "thresholds": rule.to_dict(),
            "calibration": found.to_dict() if found else None,
            **report.to_dict(),
        }
        write_atomic(args.out / "audit.json", json.dumps(content, indent=1).encode())
        print(f"Certificates: {args.out / 'audit.json'}")
    return 0 if report.accepted == len(report.verdicts) else 1


def _calibrated(args: argparse.Namespace, dataset: Dataset) -> Calibration | None:
    from simengine.refine.signals.audit.run import calibrate_on_signals

    if not args.planted:
        return None
    return calibrate_on_signals(
        dataset, seed=getattr(args, "seed", 0), planted=args.planted, false_accepts=args.false_accepts
    )


def _climb(
    args: argparse.Namespace, dataset: Dataset, real: HealthyRecordings, rule: SignalThresholds | None
) -> SignalRefiner | None:
    from functools import partial

    from simengine.refine.signals.ladder import climb_signals

    names = ["transfer", *(["cyclegan"] if args.model else [])]
    methods = [(name, partial(_fit, args, name, dataset, real)) for name in names]
    return climb_signals(dataset, real, methods, thresholds=rule, seed=args.seed, report=print).refiner


def _fit(args: argparse.Namespace, method: str, dataset: Dataset, real: HealthyRecordings) -> SignalRefiner:
    from simengine.errors import SimengineError
    from simengine.refine.signals.transfer import fit_transfer

    if method == "transfer":
        return fit_transfer(dataset, real)
    if args.model is None:
        raise SimengineError(
            f"--method {method} needs --model DIR: the folder of its network, trained there if absent."
        )
    from simengine.learn.detector import choose_device
    from simengine.refine.signals.learned.settings import SignalTraining
    from simengine.refine.signals.learned.training import train_signal_refiner

    given = {name: getattr(args, name) for name in ("steps", "length", "batch", "width")}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = SignalTraining(method=method, seed=args.seed, strength=args.strength, **chosen)
    settings = replace(settings, every=max(1, min(500, settings.steps // 8)))

    def report(row: dict[str, Any]) -> None:
        if not args.quiet and ("mmd" in row or row["step"] % 100 == 0):
            values = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if name != "step")
            print(f"step {row['step'] + 1}/{settings.steps}  {values}", file=sys.stderr)

    return train_signal_refiner(
        dataset, real, args.model, settings, device=str(choose_device(args.device)), report=report
    )
