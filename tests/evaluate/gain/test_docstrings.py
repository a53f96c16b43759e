"""The examples in docstrings run."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["counts", "equivalence", "statistics"])
def test_examples_run(name):
    failed, tried = doctest.testmod(importlib.import_module(f"simengine.evaluate.gain.{name}"))
    assert tried and not failed
