"""The charts of a gain report: curves, gains, mixing ratio, slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from simengine.evaluate.gain.results import Arm, Cell, Estimate, Gain, GainResults, Slice
from simengine.evaluate.report.charts.axis import fixed_text, number_text
from simengine.evaluate.report.charts.curves import CurvePoint, Series, curves
from simengine.evaluate.report.charts.forest import ForestRow, forest
from simengine.evaluate.report.document import Block, Figure, Fold, Paragraph, Section, Table
from simengine.evaluate.report.document import Cell as Box
from simengine.evaluate.report.drawing import Drawing
from simengine.evaluate.report.gain_words import arm_title, count_words, headline, interval_words, p_words, test_title

__all__ = ["curve_sections", "gain_sections", "ratio_sections", "slice_sections"]

_MOST_LINES = 6
_OTHERS = ("green", "purple", "amber", "slate")


def curve_sections(results: GainResults) -> Iterator[Section]:
    """The headline metric against the amount of real data, by arm."""
    metric = headline(results)
    blocks: list[Block] = []
    for test in results.tests:
        series, level = _lines(results, test.name, metric)
        if not series:
            continue
        where = test_title(test.kind, test.name)
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


def gain_sections(results: GainResults) -> Iterator[Section]:
    """Every arm against the best real-only arm, and refined data against raw, as forest plots."""
    words = "Difference to the best real-only arm ({against}) at the same number of real {item}s"
    blocks = _forests(results, results.gains, "gain", words)
    if blocks:
        yield Section("What each arm gains", tuple(blocks), "gains", "Gains")
    blocks = _forests(results, results.refinements, "refinement", "Difference to the same arm with raw synthetic data")
    if blocks:
        yield Section("What refining gains", tuple(blocks), "refinements", "Refining")


def _forests(results: GainResults, gains: Sequence[Gain], name: str, words: str) -> list[Block]:
    """A forest plot a test; `words` may name the arms ``{against}`` which, and the ``{item}``."""
    metric = headline(results)
    blocks: list[Block] = []
    for test in results.tests:
        found = [gain for gain in gains if gain.test == test.name and gain.metric == metric]
        rows: list[ForestRow] = []
        labels = {count.items: count.label for count in results.counts} | {0: "no real data"}
        for count, label in sorted(labels.items()):
            here = [gain for gain in found if gain.count == count]
            if here:
                rows.append(ForestRow(label))
                rows += [_forest_row(arm_title(results, gain.arm), gain.estimate, gain.shown) for gain in here]
        if rows:
            where = test_title(test.kind, test.name)
            against = " or ".join(sorted({arm_title(results, gain.against) for gain in found}))
            blocks.append(
                Figure(
                    f"{name}-forest-{test.kind}-{len(blocks)}",
                    partial(_forest_drawing, rows, f"Gains in {metric}, {where}", f"gain in {metric}"),
                    where,
                    words.format(against=against, item=results.item)
                    + f", with 95 % intervals. Filled: shown at 5 % after correction for {found[0].comparisons}"
                    f" comparison{'s' * (found[0].comparisons > 1)} (Holm).",
                )
            )
    return blocks


def _forest_drawing(rows: list[ForestRow], title: str, x_title: str, width: float) -> Drawing:
    return forest(rows, width=width, title=title, x_title=x_title)


def _forest_row(name: str, estimate: Estimate, shown: bool) -> ForestRow:
    return ForestRow(name, estimate.value, estimate.low, estimate.high, shown=shown)


def ratio_sections(results: GainResults) -> Iterator[Section]:
    """The headline metric by share of synthetic items."""
    metric = headline(results)
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
            where = test_title(test.kind, test.name)
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


def slice_sections(results: GainResults) -> Iterator[Section]:
    """Gains by class, size, occlusion or fault type."""
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
        first, where = here[0], test_title(test.kind, test.name)
        blocks.append(
            Figure(
                f"gain-slices-{test.kind}-{len(blocks)}",
                partial(_forest_drawing, rows, f"Gains by slice, {where}", f"gain in {headline(results)}"),
                where,
                f"{_upper(arm_title(results, first.arm))} against {arm_title(results, first.against)} at"
                f" {count_words(results, first.count)}; number of labels in brackets. Filled: shown at 5 % after"
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
            Box(fixed_text(one.baseline.value), note=interval_words(one.baseline)),
            Box(fixed_text(one.estimate.value), note=interval_words(one.estimate)),
            Box(fixed_text(one.gain.value, signed=True), note=interval_words(one.gain, signed=True)),
            Box(p_words(one.p_corrected).removeprefix("= ")),
        )
        for one in slices
    )
    return Table(("Slice", "Labels", "Baseline", "With synthetic", "Gain", "Corrected p"), rows, frozenset(range(1, 6)))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


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
                    f"{metric.name}, {test_title(test.kind, test.name)[0].lower() + test_title(test.kind, test.name)[1:]}"
                )
                yield Table(("Arm", *(count.label for count in counts)), rows, frozenset(range(1, len(counts) + 1)))


def _cell(cells: list[Cell], arm: str, count: int) -> Box:
    found = next((cell for cell in cells if cell.arm == arm and cell.count == count), None)
    return Box(number_text(found.estimate.value), note=interval_words(found.estimate)) if found else Box("")
