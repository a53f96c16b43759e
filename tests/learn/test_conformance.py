import re
import textwrap

import pytest

import simengine.learn.detector as detector
from simengine.cli.main import main


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(detector, "DETECTORS", {})
    return detector.DETECTORS


@pytest.fixture
def example(tmp_path, registry):
    """The plug-in of the module's documentation, word for word."""
    code = re.search(r"::\n\n(    from dataclasses.*)", detector.__doc__, re.S).group(1)
    file = tmp_path / "my_detector.py"
    file.write_text(textwrap.dedent(code))
    return file


def test_the_documented_example_is_a_good_plugin(example, capsys):
    assert main(["check", str(example)]) == 0
    assert "ok" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('model = "mean-box"', 'model = "other"', "`model` of what it trains is 'other', not 'mean-box'"),
        ("np.ones(1, np.float32)", "np.full(1, 7.0)", "scores must lie in 0..1"),
        ("np.zeros(1, np.int64)", "np.full(1, 9)", "labels must be integers from 0 to 1"),
        ("self.box[None]", "self.box", "shapes don't fit"),
        (
            "boxes.mean(axis=0)",
            "boxes.mean(axis=0) + np.random.rand() * np.array([0, 0, 1, 1])",
            "same seed find different boxes",
        ),
        ('saved["box"])', 'saved["box"] + 1)', "saved and loaded, it finds other boxes"),
        ("for _ in pictures]", "for _ in range(1)]", "gives 1 results for 2 pictures"),
        ("def train(self, data, *, steps, seed, **options):", "def train(self):", "it fails when it is trained"),
    ],
)
def test_mistakes_are_named(example, capsys, old, new, problem):
    text = example.read_text()
    assert old in text
    example.write_text(text.replace(old, new, 1))
    assert main(["check", str(example)]) == 1
    assert problem in capsys.readouterr().err
