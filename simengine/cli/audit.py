"""Audit refined pictures: is every labelled object still where its label says?"""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.refine_signals import audit_of_signals, is_for_signals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help="refined data set, or any folder of pictures named as the renders (signals: recordings with their signal_id)",
    )
    parser.add_argument("--renders", metavar="DIR", type=Path, required=True, help="data set that was refined")
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder for audit.json and worst.png")
    add_rule_arguments(parser)


def add_rule_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what sets the rule of the audit."""
    parser.add_argument(
        "--planted",
        metavar="N",
        type=int,
        default=120,
        help="objects harmed by each kind to calibrate the rule on your renders; 0: default rule (default: 120)",
    )
    parser.add_argument(
        "--false-accepts",
        metavar="RATE",
        type=float,
        default=0.01,
        help="most harmed objects that may pass (default: 0.01)",
    )
    parser.add_argument(
        "--budget",
        metavar="SHARE",
        type=float,
        default=0.1,
        help="most objects of an accepted picture that may fail (default: 0.1)",
    )


def run(args: argparse.Namespace) -> int:
    """Prints what was found; exit status 1 if a picture is rejected."""
    import json

    from simengine.dataset.disk import disk_errors, write_atomic
    from simengine.dataset.pictures import encode_picture
    from simengine.dataset.reader import Dataset
    from simengine.refine.audit.rule import Thresholds
    from simengine.refine.audit.run import audit_pictures, calibrate_on

    simulated = Dataset.open(args.renders)
    if is_for_signals(simulated):
        return audit_of_signals(args, simulated)
    rule, calibration = Thresholds(), None
    if args.planted:
        calibration = calibrate_on(simulated, planted=args.planted, false_accepts=args.false_accepts)
        rule = calibration.thresholds
    report = audit_pictures(args.directory, renders=args.renders, thresholds=rule, budget=args.budget)
    print(
        f"Rule: correlation at least {rule.ncc:g}, shift at most {rule.shift:g} px, outline agreement at least {rule.agreement:g}."
    )
    print(report)
    if args.out:
        with disk_errors("make the folder", args.out):
            args.out.mkdir(parents=True, exist_ok=True)
        content = {
            "thresholds": rule.to_dict(),
            "calibration": calibration.to_dict() if calibration else None,
            **report.to_dict(),
        }
        write_atomic(args.out / "audit.json", json.dumps(content, indent=1).encode())
        write_atomic(args.out / "worst.png", encode_picture("rgb", report.worst))
        print(f"Certificates: {args.out / 'audit.json'}; worst objects: {args.out / 'worst.png'}")
    return 0 if report.accepted == len(report.certificates) else 1
