"""Audit refined pictures: is every labelled object still where its label says?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.cli.refine_signals import audit_of_signals, is_for_signals

if TYPE_CHECKING:
    from simengine.refine.audit.calibrate import Calibration
    from simengine.refine.audit.detected import DetectorVote
    from simengine.refine.audit.picture import PictureAudit
    from simengine.refine.audit.rule import Thresholds
    from simengine.refine.audit.run import AuditReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help="refined data set, or any folder of pictures named as the renders (signals: recordings with their signal_id)",
    )
    parser.add_argument("--renders", metavar="DIR", type=Path, required=True, help="data set that was refined")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="folder of the report: page, summary, certificates, worst objects"
    )
    parser.add_argument(
        "--detector",
        metavar="DIR",
        type=Path,
        help="folder of a trained detector that must find again, in its place and class, what it finds in the renders",
    )
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
    from contextlib import nullcontext

    from simengine.dataset.disk import disk_errors
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
    if args.out:
        with disk_errors("make the folder", args.out):
            args.out.mkdir(parents=True, exist_ok=True)
    with _certificates(args.out / CERTIFICATES) if args.out else nullcontext() as certificate:
        report = audit_pictures(
            args.directory,
            renders=args.renders,
            thresholds=rule,
            budget=args.budget,
            vote=_vote(args.detector),
            certificate=certificate,
        )
    print(
        f"Rule: correlation at least {rule.ncc:g}, shift at most {rule.shift:g} px, outline agreement at least {rule.agreement:g}."
    )
    print(report)
    if args.out:
        _write(args, report, rule, calibration)
    return 0 if report.accepted == report.pictures else 1


def _vote(folder: Path | None) -> DetectorVote | None:
    from simengine.learn.detector import load_detector
    from simengine.refine.audit.detected import DetectorVote

    return None if folder is None else DetectorVote(load_detector(folder))


CERTIFICATES = "certificates.jsonl"


@contextmanager
def _certificates(path: Path) -> Iterator[Callable[[str, PictureAudit], None]]:
    """Writes one line a picture; the file is there only when it is whole."""
    import json

    from simengine.dataset.disk import disk_errors

    part = path.with_suffix(".part")
    with disk_errors("write", path):
        with part.open("w", encoding="utf-8") as file:
            yield lambda name, audit: print(json.dumps({"picture": name, **audit.to_dict()}), file=file)
        part.replace(path)


def _write(args: argparse.Namespace, report: AuditReport, rule: Thresholds, calibration: Calibration | None) -> None:
    import json

    from simengine.cli.typed import typed_command
    from simengine.dataset.disk import write_atomic
    from simengine.dataset.pictures import encode_picture
    from simengine.evaluate.report.write import write_report
    from simengine.refine.audit.page import audit_document
    from simengine.refine.audit.worst import worst_sheet

    content = {
        "thresholds": rule.to_dict(),
        "calibration": calibration.to_dict() if calibration else None,
        **report.to_dict(),
    }
    write_atomic(args.out / "audit.json", json.dumps(content, indent=1).encode())
    write_atomic(args.out / "worst.png", encode_picture("rgb", worst_sheet(report.worst)))
    command = typed_command("audit", args, add_arguments)
    page = write_report(audit_document(report, rule, calibration=calibration, command=command), args.out)
    print(f"Report: {page}; summary: audit.json; one line a picture: {CERTIFICATES}; worst objects: worst.png")
