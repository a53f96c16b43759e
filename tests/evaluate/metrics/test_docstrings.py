"""Every metric says what it is, where it comes from and which way is better, and its example runs."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from simengine.evaluate import metrics

MODULES = [f"{metrics.__name__}.{found.name}" for found in pkgutil.iter_modules(metrics.__path__)]
TOOLS = {"arrays", "units"}  # checks and index arithmetic: no metrics
FUNCTIONS = [
    pytest.param(getattr(module, name), id=name)
    for module in map(importlib.import_module, MODULES)
    if module.__name__.rsplit(".", 1)[1] not in TOOLS
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    if name.endswith(".two_sample"):
        pytest.importorskip("sklearn")
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.FAIL_FAST)
    assert failed == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_docstring_is_complete(function):
    text = inspect.getdoc(function)
    for word in ("Range:", "Better:", "Source:", "Args:", "Example:", ">>> "):
        assert word in text, f"{function.__name__} has no {word}"


def test_there_are_functions():
    assert len(FUNCTIONS) >= 30
