"""gain.json: what is written reads back the same, and another schema is refused in words."""

import json
from pathlib import Path

import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import SCHEMA, read_results
from simengine.evaluate.result_file import write_result

EXAMPLE = Path(__file__).parent / "example.json"


def test_the_example_reads_back_the_same(tmp_path):
    results = read_results(EXAMPLE)
    assert results.schema == SCHEMA
    write_result(results, tmp_path / "gain.json")
    assert read_results(tmp_path) == results
    assert (tmp_path / "gain.json").read_bytes() == EXAMPLE.read_bytes()


def test_every_reference_in_the_example_is_known():
    results = read_results(EXAMPLE)
    arms, tests = {arm.name for arm in results.arms}, {test.name for test in results.tests}
    counts, metrics = {count.items for count in results.counts}, {metric.name for metric in results.metrics}
    assert results.metrics[0].headline and sum(metric.headline for metric in results.metrics) == 1
    for part in (*results.cells, *results.gains):
        assert part.metric in metrics and len(part.by_seed) == len(results.seeds)
    for part in (*results.cells, *results.gains, *results.equivalents, *results.gaps, *results.ratios, *results.slices):
        assert part.arm in arms and part.test in tests and part.count in counts


@pytest.mark.parametrize(
    ("change", "words"),
    [({"schema": "simengine.gain/9"}, "simengine.gain/9"), ({"cells": "none"}, "cells"), ({"seeds": None}, "seeds")],
)
def test_another_schema_is_refused(tmp_path, change, words):
    (tmp_path / "gain.json").write_text(json.dumps(json.loads(EXAMPLE.read_text()) | change))
    with pytest.raises(SimengineError, match=words):
        read_results(tmp_path)


def test_no_results_are_an_error_in_words(tmp_path):
    with pytest.raises(SimengineError, match="can't read"):
        read_results(tmp_path)
