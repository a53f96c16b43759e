"""The rest of a gain report: worth, pictures, equal compute, leak checks, what was run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from simengine.evaluate.gain.results import Boxes, Estimate, GainResults
from simengine.evaluate.gain.results import Picture as TestPicture
from simengine.evaluate.report.charts.axis import fixed_text, number_text
from simengine.evaluate.report.document import Block, Code, Fold, Gallery, Key, Paragraph, Section, Table
from simengine.evaluate.report.document import Cell as Box
from simengine.evaluate.report.gain_words import arm_title, count_words, headline, test_title
from simengine.evaluate.report.pictures import BoxMark, shown_picture

__all__ = ["fair_section", "leak_section", "picture_sections", "run_section", "worth_sections"]


def worth_sections(results: GainResults) -> Iterator[Section]:
    """Real-equivalents and the share of the gap that is closed."""
    arm = results.answer.gain.arm if results.answer else ""
    kinds = {one.name: one.kind for one in results.arms}
    first: list[tuple[Box, ...]] = []
    rest: list[tuple[Box, ...]] = []
    for one in results.equivalents:
        gap = next((g for g in results.gaps if (g.test, g.arm, g.count) == (one.test, one.arm, one.count)), None)
        test = next(t for t in results.tests if t.name == one.test)
        row = (
            Box(arm_title(results, one.arm), note=test_title(test.kind, test.name)),
            Box(f"{one.count:,}"),
            Box(one.text, note=_ends(one.low, one.high)),
            Box(f"{gap.estimate.value:.0%}" if gap else "–", note=_share_ends(gap.estimate) if gap else ""),
        )
        (first if one.arm == arm or kinds.get(one.arm) == "synthetic" else rest).append(row)
    if not (first or rest):
        return
    head = ("Trained on", f"Real {results.item}s", f"Worth real {results.item}s alone", "Gap to all real data closed")
    text = f"How many real {results.item}s alone reach the same {headline(results)}, interpolated on the best real-only arm."
    numeric = frozenset({1, 2, 3})
    blocks: list[Block] = [Paragraph(text, "muted"), Table(head, tuple(first or rest), numeric)]
    if first and rest:
        blocks.append(Fold("The other arms", (Table(head, tuple(rest), numeric),)))
    yield Section("What it is worth in real data", tuple(blocks), "worth", "Worth")


def _ends(low: float | None, high: float | None) -> str:
    if low is None:
        return ""
    return f"[{number_text(low, digits=2)}, {number_text(high, digits=2) if high is not None else 'beyond all'}]"


def _share_ends(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{estimate.low:.0%}, {estimate.high:.0%}]"


def picture_sections(results: GainResults, folder: Path) -> Iterator[Section]:
    """Best and worst test pictures with the boxes of both models."""
    groups, captions = [], []
    for one in results.pictures:
        path = folder / one.path
        if not path.is_file():
            continue
        pair = (
            (one.baseline, one.baseline_name, one.baseline_score, "blue"),
            (one.arm, one.arm_name, one.arm_score, "orange"),
        )
        groups.append(
            tuple(
                shown_picture(
                    path,
                    words=f"{path.name} with the boxes of {arm_title(results, name)}",
                    caption=f"{arm_title(results, name)}: F1 {fixed_text(score)}",
                    edge=520,
                    boxes=[*_marks(one.truth, "green", thin=True), *_marks(boxes, colour)],
                )
                for boxes, name, score, colour in pair
            )
        )
        captions.append(_picture_words(one, results))
    if groups:
        baseline, arm = (
            arm_title(results, name) for name in (results.pictures[0].baseline_name, results.pictures[0].arm_name)
        )
        key = Key((("green", "label"), ("blue", baseline), ("orange", arm)))
        gallery = Gallery(
            "gain-pictures", tuple(groups), tuple(captions), "", "Boxes with a score of at least 0.3.", large=True
        )
        yield Section("Where it helps most and harms most", (key, gallery), "pictures", "Pictures")


def _picture_words(one: TestPicture, results: GainResults) -> str:
    what = "helps most" if one.kind == "best" else "harms most"
    return f"{what}, {count_words(results, one.count)}, seed {one.seed}: {Path(one.path).name}"


def _marks(boxes: Boxes, colour: str, *, thin: bool = False) -> Iterator[BoxMark]:
    for k, (box, label) in enumerate(zip(boxes.boxes, boxes.labels, strict=True)):
        text = "" if thin else f"{label} {boxes.scores[k]:.2f}" if k < len(boxes.scores) else label
        x0, y0, x1, y1 = box
        yield BoxMark((x0, y0, x1, y1), colour, text, thin=thin)


def fair_section(results: GainResults) -> Section:
    """What every arm was given alike."""
    rows = tuple(
        (Box(arm.title), Box(arm.description), Box("–" if arm.share is None else f"{arm.share:.0%}"))
        for arm in results.arms
    )
    settings = "\n".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}"
        for key, value in results.compute.settings.items()
    )
    metrics = tuple(
        (Box(metric.name, note="headline" if metric.headline else ""), Box(metric.description))
        for metric in results.metrics
    )
    return Section(
        "Equal compute",
        (
            Paragraph(results.compute.statement),
            Table(("Arm", "How it is trained", "Synthetic in a batch"), rows, frozenset({2})),
            Fold(
                "Model, settings, metrics, statistics",
                (
                    Code(f"model: {results.compute.model}\n{settings}"),
                    Table(("Metric", "How it is computed"), metrics),
                    Paragraph(results.method),
                ),
            ),
        ),
        "compute",
    )


def leak_section(results: GainResults) -> Section:
    """The checks made before any number."""

    def verdict(passed: bool, allowed: bool) -> Box:
        word = "passed" if passed else "found, allowed" if allowed else "found"
        return Box(word, tone="good" if passed else "bad", chip=True)

    rows = tuple((Box(leak.name), Box(leak.message), verdict(leak.passed, leak.allowed)) for leak in results.leaks)
    found = [f"{leak.name}: {line}" for leak in results.leaks for line in leak.found]
    blocks: list[Block] = [Table(("Check", "What was looked for", "Result"), rows)] if rows else []
    if found:
        blocks.append(Fold(f"Findings ({len(found)})", (Code("\n".join(found)),)))
    return Section(
        "Leak checks, made before any number",
        tuple(blocks) or (Paragraph("None were made.", "bad"),),
        "leaks",
        "Leak checks",
    )


def run_section(results: GainResults) -> Section:
    """Command, data, versions and runs."""
    data = tuple(
        (Box(one.name, note=one.role), Box(f"{one.items:,}"), Box(f"{one.units:,}"), Box(one.digest[:16]))
        for one in results.data
    )
    environment = dict(results.environment)
    command = str(environment.pop("command", ""))
    runs = tuple(
        (
            Box(run.id),
            Box(arm_title(results, run.arm)),
            Box(f"{run.count:,}"),
            Box(str(run.seed)),
            Box(f"{run.cpu_seconds:,.0f} s"),
        )
        for run in results.runs
    )
    seeds = ", ".join(map(str, results.seeds))
    return Section(
        "What was run",
        (
            *((Code(command),) if command else ()),
            Paragraph(f"{results.cost.runs:,} runs, {results.cost.cpu_hours:,.1f} CPU hours in all, seeds {seeds}."),
            Table(
                ("Data", f"{results.item.capitalize()}s", f"{results.unit.capitalize()}s apart", "Content hash"),
                data,
                frozenset({1, 2}),
            ),
            Fold("Versions", (Code("\n".join(_flat(environment))),)),
            Fold(
                f"The {len(runs)} runs",
                (Table(("Run", "Arm", f"Real {results.item}s", "Seed", "CPU time"), runs, frozenset({2, 3, 4})),),
            ),
        ),
        "run",
    )


def _flat(values: object, path: str = "") -> Iterator[str]:
    if isinstance(values, dict):
        for key, value in values.items():
            yield from _flat(value, f"{path}.{key}".lstrip(".").removeprefix("versions."))
    else:
        yield f"{path}: {values}"
