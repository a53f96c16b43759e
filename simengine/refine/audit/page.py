"""What an audit found, as a page: how many labels survived, by class, and the worst objects before and after."""

from __future__ import annotations

from collections import Counter

import numpy as np

from simengine.evaluate.report.charts.histogram import category_bars
from simengine.evaluate.report.document import (
    Block,
    Cell,
    Code,
    Document,
    Fact,
    Figure,
    Gallery,
    Paragraph,
    Picture,
    Section,
    Table,
)
from simengine.evaluate.report.drawing import Drawing
from simengine.refine.audit.calibrate import Calibration
from simengine.refine.audit.rule import Thresholds
from simengine.refine.audit.run import AuditReport
from simengine.refine.audit.worst import Crop, score_words

__all__ = ["audit_document"]

_WORDS = {
    "ncc": "structure gone",
    "shift": "moved",
    "agreement": "outline off its edges",
    "detector": "not found again by the detector",
}
_SCALE = 2  # of the crops, so that pixels can be told apart


def audit_document(
    report: AuditReport, thresholds: Thresholds, *, calibration: Calibration | None = None, command: str = ""
) -> Document:
    """The report of an audit, for `simengine.evaluate.report.write.write_report`.

    Args:
        report: What was found.
        thresholds: The rule.
        calibration: What the rule does to planted harm, if it was calibrated.
        command: That the audit was started with.
    """
    total, failed = sum(report.objects.values()), sum(report.failed.values())
    good = report.accepted == report.pictures
    answer = (
        f"All {total:,} labels survived in {report.pictures:,} pictures."
        if not failed
        else f"{failed:,} of {total:,} labelled objects moved, vanished or changed; {report.accepted:,} of "
        f"{report.pictures:,} pictures are accepted."
    )
    sections = [section for section in (_worst(report), _classes(report), _rule(thresholds, calibration)) if section]
    if command:
        sections.append(Section("Command", (Code(command),), "command"))
    return Document(
        kind="audit",
        title="Audit of refined pictures",
        answer=answer,
        tone="good" if good else "bad",
        more=tuple(_more(report)),
        facts=_facts(report, total, failed),
        sections=tuple(sections),
    )


def _more(report: AuditReport) -> list[str]:
    lines = []
    if report.missing:
        lines.append(f"{len(report.missing):,} renders have no refined picture, e.g. {report.missing[0]}.")
    if report.reasons:
        lines.append("Why: " + ", ".join(f"{_WORDS[key]} {count:,}" for key, count in report.reasons.items()) + ".")
    return lines


def _facts(report: AuditReport, total: int, failed: int) -> tuple[Fact, ...]:
    ncc, shift, outline = report.quantile(0, 0.5), report.quantile(1, 0.95), report.quantile(2, 0.5)
    facts = [
        Fact("pictures accepted", f"{report.accepted:,}", f"of {report.pictures:,}"),
        Fact("objects in place", f"{1 - failed / total:.1%}" if total else "none", f"of {total:,}"),
    ]
    if ncc is not None:
        facts.append(Fact("correlation", f"{ncc:.2f}", "median over objects; 1 is unchanged"))
    if shift is not None:
        facts.append(Fact("shift", f"{shift:.2f} px", "95 % moved no farther"))
    if outline is not None:
        facts.append(Fact("outline", f"{outline:.0%}", "of its points on their edges, median"))
    return tuple(facts)


def _worst(report: AuditReport) -> Section | None:
    if not report.worst:
        return None
    gallery = Gallery(
        name="worst",
        groups=tuple((_picture(crop, crop.before, "render"), _picture(crop, crop.after, "refined")) for crop in report.worst),
        captions=tuple(f"{_word(crop)}: {crop.name} · {score_words(crop.verdict)}" for crop in report.worst),
        title="",
        caption="The worst first: the render on the left, the refined picture on the right.",
    )  # fmt: skip
    return Section("The objects treated worst", (gallery,), "worst", "Worst objects")


def _word(crop: Crop) -> str:
    return {"kept": "in place", "restored": "put back", "dropped": "failed"}[crop.verdict.verdict]


def _picture(crop: Crop, pixels: np.ndarray, which: str) -> Picture:
    import cv2

    side = _SCALE * pixels.shape[0]
    large = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(large, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return Picture(data.tobytes(), side, side, f"{which} of {crop.name}")


def _classes(report: AuditReport) -> Section | None:
    if not report.objects:
        return None
    rows = tuple(
        (Cell(name or "no class"), Cell(f"{count:,}"), Cell(f"{report.failed[name]:,}"), Cell(f"{report.failed[name] / count:.1%}"))
        for name, count in report.objects.items()
    )  # fmt: skip
    blocks: list[Block] = [Table(("class", "objects", "failed", "share"), rows, frozenset({1, 2, 3}))]
    failed = Counter(report.failed)
    if sum(failed.values()):
        blocks.append(Figure("classes", lambda width: _bars(report, width), "Where labels are lost", "Share of all objects in blue, of failed objects in orange: a class whose orange bar is longer suffers more than others."))  # fmt: skip
    return Section("By class", tuple(blocks), "classes")


def _bars(report: AuditReport, width: float) -> Drawing:
    names = list(report.objects)
    total, failed = sum(report.objects.values()), sum(report.failed.values())
    return category_bars(
        [name or "no class" for name in names],
        [report.objects[name] / total for name in names],
        [report.failed[name] / failed for name in names],
        width=width,
        title="all objects, and those that failed",
    )


def _rule(thresholds: Thresholds, calibration: Calibration | None) -> Section:
    text = (
        f"An object stays if the correlation of its gradients is at least {thresholds.ncc:g}, its shift at most "
        f"{thresholds.shift:g} px, and at least {thresholds.agreement:.0%} of its outline still lies on an edge."
    )
    blocks: list[Block] = [Paragraph(text)]
    if calibration is None:
        return Section(
            "The rule", (*blocks, Paragraph("These are the defaults; nothing was planted.", "muted")), "rule"
        )
    blocks.append(
        Paragraph(
            f"It was calibrated on these renders: it keeps {calibration.kept:.1%} of {calibration.harmless:,} objects "
            "under harmless changes of light and camera, and lets pass of planted harm:"
        )
    )
    rows = tuple(
        (Cell(kind), Cell(f"{count:,}"), Cell(f"{calibration.accepted[kind]:.1%}"), Cell(f"{calibration.bound[kind]:.1%}"))
        for kind, count in calibration.harmed.items()
    )  # fmt: skip
    blocks.append(
        Table(("planted harm", "objects", "let pass", "at most, at 95 % confidence"), rows, frozenset({1, 2, 3}))
    )
    return Section("The rule", tuple(blocks), "rule")
