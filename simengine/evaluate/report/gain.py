"""What `simengine gain` found, as a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simengine.evaluate.gain.results import Arm, Boxes, Cell, Estimate, Gain, GainResults, Slice, read_results
from simengine.evaluate.gain.results import Picture as TestPicture
from simengine.evaluate.quality.results import QualityResult
from simengine.evaluate.report.charts.axis import fixed_text, number_text
from simengine.evaluate.report.charts.curves import CurvePoint, Series, curves
from simengine.evaluate.report.charts.forest import ForestRow, forest
from simengine.evaluate.report.document import (
    Block,
    Code,
    Document,
    Fact,
    Figure,
    Fold,
    Gallery,
    Key,
    Paragraph,
    Section,
    Table,
    Tone,
)
from simengine.evaluate.report.document import Cell as Box
from simengine.evaluate.report.drawing import Drawing
from simengine.evaluate.report.pictures import BoxMark, shown_picture
from simengine.evaluate.report.quality import quality_sections
from simengine.evaluate.report.write import write_report

__all__ = ["gain_document", "write_gain_report"]

_TONES: dict[str, Tone] = {"gain": "good", "loss": "bad", "not shown": "muted"}
_MOST_LINES = 6
_OTHERS = ("green", "purple", "amber", "slate")


def gain_document(results: GainResults, folder: Path, *, quality: QualityResult | None = None) -> Document:
    """Writes the report of a gain experiment.

    Args:
        results: What was found.
        folder: That of ``gain.json``, from which pictures are named.
        quality: What `simengine quality` found for the same synthetic data.
    """
    answer = results.answer
    sections = [
        *_curve_sections(results),
        *_gain_section(results),
        *_ratio_section(results),
        *_worth_section(results),
        *_slice_section(results),
        *_picture_section(results, folder),
        *(quality_sections(quality) if quality else ()),
        _fair_section(results),
        _leak_section(results),
        _run_section(results),
    ]
    return Document(
        kind="gain",
        title="Gain of synthetic data on real data",
        answer=answer.sentence if answer else "Nothing can be told: the experiment holds no comparison.",
        tone=_TONES[answer.verdict] if answer else "muted",
        more=tuple(results.notes),
        facts=tuple(_facts(results)),
        sections=tuple(sections),
        lead=next((block for section in sections for block in section.blocks if isinstance(block, Figure)), None),
    )


def write_gain_report(
    folder: str | Path, *, out: str | Path | None = None, quality: QualityResult | None = None
) -> Path:
    """Reads ``gain.json`` and writes ``report.html``, ``report.md`` and ``figures/``.

    Args:
        folder: Where ``gain.json`` lies.
        out: Where the report goes; beside ``gain.json`` if None.
        quality: What `simengine quality` found for the same synthetic data.

    Returns:
        Path of the page.

    Raises:
        SimengineError: There are no results, a picture can't be read, or the disk refuses.
    """
    home = Path(folder)
    return write_report(gain_document(read_results(home), home, quality=quality), out or home)


def _facts(results: GainResults) -> Iterator[Fact]:
    answer = results.answer
    if answer is None:
        return
    gain, tone = answer.gain, _TONES[answer.verdict]
    yield Fact(
        f"Gain in {gain.metric}",
        fixed_text(gain.estimate.value, signed=True),
        f"95 % {_range(gain.estimate, signed=True)}, corrected p {_p(gain.p_corrected)}",
        tone,
    )
    yield Fact(
        f"{gain.metric} at {_count_words(results, answer.count)}",
        f"{fixed_text(answer.baseline.value)}\u202f→\u202f{fixed_text(answer.value.value)}",
        f"{_title(results, gain.against)} → {_title(results, gain.arm)}",
    )
    if answer.equivalent is not None:
        worth = answer.equivalent
        ends = (
            f"95 % [{number_text(worth.low, digits=2)}, "
            + (f"{number_text(worth.high, digits=2)}]" if worth.high else "beyond all]")
            if worth.low
            else ""
        )
        yield Fact(f"Worth real {results.item}s", worth.text, ends)
    for test in results.tests:
        other = next((g for g in results.gains if _same(g, gain) and g.test == test.name), None)
        if test.kind == "ood" and other is not None:
            yield Fact(
                "The same out of distribution",
                fixed_text(other.estimate.value, signed=True),
                f"95 % {_range(other.estimate, signed=True)}, corrected p {_p(other.p_corrected)}",
                ("good" if other.estimate.value > 0 else "bad") if other.shown else "muted",
            )
    yield Fact(
        "Smallest gain it could show",
        fixed_text(gain.detectable, signed=True),
        "in four of five repetitions",
    )


def _curve_sections(results: GainResults) -> Iterator[Section]:
    metric = _headline(results)
    blocks: list[Block] = []
    for test in results.tests:
        series, level = _lines(results, test.name, metric)
        if not series:
            continue
        where = _test_title(test.kind, test.name)
        blocks.append(
            Figure(
                f"gain-curves-{test.kind}-{len(blocks)}",
                partial(
                    _curve_drawing,
                    series,
                    level,
                    f"{metric} by number of real {results.item}s, {where}",
                    f"real {results.item}s in training",
                    metric,
                ),
                f"{where}: {test.items:,} {results.item}s",
                f"Mean over {len(results.seeds)} seeds; bands: 95 % over test {results.unit}s and seeds, of the best baseline"
                " and of the arm in the answer. Dashed: other arms without synthetic data.",
            )
        )
    if blocks:
        blocks.append(Fold("All arms, all metrics", tuple(_cell_tables(results))))
        yield Section(f"{metric} against the number of real {results.item}s", tuple(blocks), "curves", "Curves")


def _curve_drawing(
    series: list[Series], level: tuple[float, str] | None, title: str, x_title: str, y_title: str, width: float
) -> Drawing:
    return curves(series, width=width, x_title=x_title, y_title=y_title, title=title, level=level)


def _lines(results: GainResults, test: str, metric: str) -> tuple[list[Series], tuple[float, str] | None]:
    """The best baseline, the arm of the answer and the others that are best, and synthetic data alone as a level."""
    cells = [cell for cell in results.cells if cell.test == test and cell.metric == metric]
    level = next(
        (
            (cell.estimate.value, f"{arm.title} {fixed_text(cell.estimate.value)}")
            for arm in results.arms
            for cell in cells
            if arm.kind == "synthetic" and cell.arm == arm.name
        ),
        None,
    )
    arm_of_answer = results.answer.gain.arm if results.answer else ""
    against = results.answer.gain.against if results.answer else ""

    def mean(arm: Arm) -> float:
        values = [cell.estimate.value for cell in cells if cell.arm == arm.name and cell.count > 0]
        return sum(values) / len(values) if values else -1.0

    real = [arm for arm in results.arms if arm.kind in ("baseline", "control") and mean(arm) >= 0.0]
    both = sorted((arm for arm in results.arms if arm.kind == "both" and mean(arm) >= 0.0), key=mean, reverse=True)
    both.sort(key=lambda arm: arm.name != arm_of_answer)
    chosen = [*real[:3], *both[: max(1, _MOST_LINES - len(real[:3]))]]
    others = iter(_OTHERS)
    series = []
    for arm in sorted(chosen, key=lambda arm: [one.name for one in results.arms].index(arm.name)):
        points = [
            CurvePoint(cell.count, cell.estimate.value, cell.estimate.low, cell.estimate.high)
            for cell in sorted(cells, key=lambda cell: cell.count)
            if cell.arm == arm.name
        ]
        strong = arm.name == arm_of_answer
        colour = "orange" if strong else "blue" if arm.name == against else None
        if colour is None:
            colour = "slate" if arm.kind != "both" else next(others, "slate")
        series.append(
            Series(
                arm.title,
                points,
                colour,
                dashed=arm.kind != "both" and arm.name != against,
                strong=strong,
                band=arm.name in (arm_of_answer, against),
            )
        )
    return series, level


def _gain_section(results: GainResults) -> Iterator[Section]:
    metric = _headline(results)
    blocks: list[Block] = []
    for test in results.tests:
        rows: list[ForestRow] = []
        for count in results.counts:
            here = [
                gain
                for gain in results.gains
                if gain.test == test.name and gain.metric == metric and gain.count == count.items
            ]
            if here:
                rows.append(ForestRow(count.label))
                rows += [_forest_row(_title(results, gain.arm), gain.estimate, gain.shown) for gain in here]
        if rows:
            where = _test_title(test.kind, test.name)
            found = [gain for gain in results.gains if gain.test == test.name and gain.metric == metric]
            against = " or ".join(sorted({_title(results, gain.against) for gain in found}))
            blocks.append(
                Figure(
                    f"gain-forest-{test.kind}-{len(blocks)}",
                    partial(_forest_drawing, rows, f"Gains in {metric}, {where}", f"gain in {metric}"),
                    where,
                    f"Difference to the best real-only arm ({against}) at the same number of real {results.item}s, with"
                    f" 95 % intervals. Filled: shown at 5 % after correction for {found[0].comparisons} comparisons (Holm).",
                )
            )
    if blocks:
        yield Section("What each arm gains", tuple(blocks), "gains", "Gains")


def _forest_drawing(rows: list[ForestRow], title: str, x_title: str, width: float) -> Drawing:
    return forest(rows, width=width, title=title, x_title=x_title)


def _forest_row(name: str, estimate: Estimate, shown: bool) -> ForestRow:
    return ForestRow(name, estimate.value, estimate.low, estimate.high, shown=shown)


def _ratio_section(results: GainResults) -> Iterator[Section]:
    metric = _headline(results)
    blocks: list[Block] = []
    for test in results.tests:
        series = []
        counts = [count for count in results.counts if any(_in(r, test.name, count.items) for r in results.ratios)]
        for colour, count in zip(("orange", "blue", "green", "purple", "amber", "slate"), counts, strict=False):
            points = sorted((r for r in results.ratios if _in(r, test.name, count.items)), key=lambda r: r.share)
            series.append(
                Series(
                    count.label,
                    [CurvePoint(100 * r.share, r.estimate.value, r.estimate.low, r.estimate.high) for r in points],
                    colour,
                    strong=results.answer is not None and count.items == results.answer.count,
                    band=results.answer is not None and count.items == results.answer.count,
                )
            )
        if series and any(len(one.points) > 1 for one in series):
            where = _test_title(test.kind, test.name)
            blocks.append(
                Figure(
                    f"gain-ratio-{test.kind}-{len(blocks)}",
                    partial(_ratio_drawing, series, metric, f"{metric} by share of synthetic {results.item}s, {where}"),
                    where,
                    "Share of synthetic items in a batch; 0 % is the best real-only arm at equal compute.",
                )
            )
    if blocks:
        yield Section("How much synthetic data to mix in", tuple(blocks), "ratio", "Mixing ratio")


def _in(point, test: str, count: int) -> bool:
    return point.test == test and point.count == count


def _ratio_drawing(series: list[Series], metric: str, title: str, width: float) -> Drawing:
    return curves(
        series, width=width, x_title="synthetic items in a batch, %", y_title=metric, title=title, axis="linear"
    )


def _worth_section(results: GainResults) -> Iterator[Section]:
    arm = results.answer.gain.arm if results.answer else ""
    kinds = {one.name: one.kind for one in results.arms}
    first: list[tuple[Box, ...]] = []
    rest: list[tuple[Box, ...]] = []
    for one in results.equivalents:
        gap = next((g for g in results.gaps if (g.test, g.arm, g.count) == (one.test, one.arm, one.count)), None)
        test = next(t for t in results.tests if t.name == one.test)
        row = (
            Box(_title(results, one.arm), note=_test_title(test.kind, test.name)),
            Box(f"{one.count:,}"),
            Box(one.text, note=_ends(one.low, one.high)),
            Box(f"{gap.estimate.value:.0%}" if gap else "–", note=_share_ends(gap.estimate) if gap else ""),
        )
        (first if one.arm == arm or kinds.get(one.arm) == "synthetic" else rest).append(row)
    if not (first or rest):
        return
    head = ("Trained on", f"Real {results.item}s", f"Worth real {results.item}s alone", "Gap to all real data closed")
    text = f"How many real {results.item}s alone reach the same {_headline(results)}, interpolated on the best real-only arm."
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


def _slice_section(results: GainResults) -> Iterator[Section]:
    blocks: list[Block] = []
    for test in results.tests:
        here = [one for one in results.slices if one.test == test.name]
        rows: list[ForestRow] = []
        kinds = list(dict.fromkeys(one.by for one in here))
        for by in kinds:
            rows.append(ForestRow(f"by {by}"))
            rows += [
                _forest_row(f"{one.value} ({one.items:,})", one.gain, one.p_corrected < 0.05)
                for one in here
                if one.by == by
            ]
        if not rows:
            continue
        first, where = here[0], _test_title(test.kind, test.name)
        blocks.append(
            Figure(
                f"gain-slices-{test.kind}-{len(blocks)}",
                partial(_forest_drawing, rows, f"Gains by slice, {where}", f"gain in {_headline(results)}"),
                where,
                f"{_upper(_title(results, first.arm))} against {_title(results, first.against)} at"
                f" {_count_words(results, first.count)}; number of labels in brackets. Filled: shown at 5 % after"
                " correction for all slices.",
            )
        )
        blocks.append(Fold(f"Numbers by slice, {where[0].lower() + where[1:]}", (_slice_table(here),)))
    if blocks:
        yield Section("Where it helps and where it does not", tuple(blocks), "slices", "Slices")


def _slice_table(slices: list[Slice]) -> Table:
    rows = tuple(
        (
            Box(one.value, note=f"by {one.by}"),
            Box(f"{one.items:,}"),
            Box(fixed_text(one.baseline.value), note=_range(one.baseline)),
            Box(fixed_text(one.estimate.value), note=_range(one.estimate)),
            Box(fixed_text(one.gain.value, signed=True), note=_range(one.gain, signed=True)),
            Box(_p(one.p_corrected).removeprefix("= ")),
        )
        for one in slices
    )
    return Table(("Slice", "Labels", "Baseline", "With synthetic", "Gain", "Corrected p"), rows, frozenset(range(1, 6)))


def _picture_section(results: GainResults, folder: Path) -> Iterator[Section]:
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
                    words=f"{path.name} with the boxes of {_title(results, name)}",
                    caption=f"{_title(results, name)}: F1 {fixed_text(score)}",
                    edge=520,
                    boxes=[*_marks(one.truth, "green", thin=True), *_marks(boxes, colour)],
                )
                for boxes, name, score, colour in pair
            )
        )
        captions.append(_picture_words(one, results))
    if groups:
        baseline, arm = (
            _title(results, name) for name in (results.pictures[0].baseline_name, results.pictures[0].arm_name)
        )
        key = Key((("green", "label"), ("blue", baseline), ("orange", arm)))
        gallery = Gallery(
            "gain-pictures", tuple(groups), tuple(captions), "", "Boxes with a score of at least 0.3.", large=True
        )
        yield Section("Where it helps most and harms most", (key, gallery), "pictures", "Pictures")


def _picture_words(one: TestPicture, results: GainResults) -> str:
    what = "helps most" if one.kind == "best" else "harms most"
    return f"{what}, {_count_words(results, one.count)}, seed {one.seed}: {Path(one.path).name}"


def _marks(boxes: Boxes, colour: str, *, thin: bool = False) -> Iterator[BoxMark]:
    for k, (box, label) in enumerate(zip(boxes.boxes, boxes.labels, strict=True)):
        text = "" if thin else f"{label} {boxes.scores[k]:.2f}" if k < len(boxes.scores) else label
        x0, y0, x1, y1 = box
        yield BoxMark((x0, y0, x1, y1), colour, text, thin=thin)


def _fair_section(results: GainResults) -> Section:
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


def _leak_section(results: GainResults) -> Section:
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


def _run_section(results: GainResults) -> Section:
    data = tuple(
        (Box(one.name, note=one.role), Box(f"{one.items:,}"), Box(f"{one.units:,}"), Box(one.digest[:16]))
        for one in results.data
    )
    environment = dict(results.environment)
    command = str(environment.pop("command", ""))
    runs = tuple(
        (
            Box(run.id),
            Box(_title(results, run.arm)),
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


def _cell_tables(results: GainResults) -> Iterator[Block]:
    for test in results.tests:
        for metric in results.metrics:
            cells = [c for c in results.cells if c.test == test.name and c.metric == metric.name]
            counts = [count for count in results.counts if any(c.count == count.items for c in cells)]
            rows = tuple(
                (Box(arm.title), *(_cell(cells, arm.name, count.items) for count in counts))
                for arm in results.arms
                if any(c.arm == arm.name for c in cells)
            )
            if rows:
                yield Paragraph(
                    f"{metric.name}, {_test_title(test.kind, test.name)[0].lower() + _test_title(test.kind, test.name)[1:]}"
                )
                yield Table(("Arm", *(count.label for count in counts)), rows, frozenset(range(1, len(counts) + 1)))


def _cell(cells: list[Cell], arm: str, count: int) -> Box:
    found = next((cell for cell in cells if cell.arm == arm and cell.count == count), None)
    return Box(number_text(found.estimate.value), note=_range(found.estimate)) if found else Box("")


def _headline(results: GainResults) -> str:
    return next((metric.name for metric in results.metrics if metric.headline), results.metrics[0].name)


def _title(results: GainResults, name: str) -> str:
    return next((arm.title for arm in results.arms if arm.name == name), name)


def _count_words(results: GainResults, items: int) -> str:
    return next((count.label for count in results.counts if count.items == items), f"{items:,} {results.item}s")


def _test_title(kind: str, name: str) -> str:
    return f"{'In' if kind == 'id' else 'Out of'} distribution ({name})"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _same(one: Gain, other: Gain) -> bool:
    return (one.arm, one.count, one.metric) == (other.arm, other.count, other.metric)


def _range(estimate: Estimate, *, signed: bool = False) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{fixed_text(estimate.low, signed=signed)}, {fixed_text(estimate.high, signed=signed)}]"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
