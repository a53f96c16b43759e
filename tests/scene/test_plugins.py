import textwrap

import pytest

from simengine.errors import SpecError
from simengine.sampling.distribution import DISTRIBUTIONS, from_dict
from simengine.scene import plugins
from simengine.scene.conformance import check_distribution
from simengine.scene.plugins import check_plugin, load_plugin, loaded_plugins

GOOD = '''
"""Triangular distributions."""
import math
from dataclasses import dataclass
import numpy as np
from simengine.sampling.distribution import Distribution, register
from simengine.sampling.params import Number, param
from simengine.sampling.streams import uniforms


@register
@dataclass(frozen=True, eq=False, repr=False)
class Triangular(Distribution):
    """Falls linearly from 0 to `top`."""

    tag = "triangular"
    summary = "A density that falls linearly from 0."
    positional = ("top",)
    example = {"top": 2.0}

    top: float = param(Number(above=0), "Largest value.")

    def sample(self, rng, size=None):
        return self.ppf(uniforms(rng, size))

    def ppf(self, u):
        return self.top * (1 - np.sqrt(1 - np.asarray(u))) if np.ndim(u) else float(self.top * (1 - math.sqrt(1 - u)))

    def support(self):
        return 0.0, self.top

    def log_prob(self, x):
        x = np.asarray(x, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = (x >= 0) & (x <= self.top)
            return np.where(inside, np.log(2 * (1 - x / self.top) / self.top), -np.inf)
'''

BROKEN = {
    "global generator": ("return self.ppf(uniforms(rng, size))", "return self.ppf(np.random.random(size))", "global generator"),
    "python's generator": (
        "return self.ppf(uniforms(rng, size))",
        "import random; return self.ppf(np.full(size, random.random()) if size else random.random())", "global generator",
    ),
    "state": ("return self.ppf(uniforms(rng, size))", "import time; return self.ppf(uniforms(rng, size)) * (time.perf_counter() % 1)", "same stream"),
    "constant": ("return self.ppf(uniforms(rng, size))", "return np.full(size, 0.5) if size else 0.5", "ignores the stream"),
    "support": ("return 0.0, self.top", "return 0.0, 0.5 * self.top", "outside support()"),
    "density's constant": ("np.log(2 * (1 - x", "np.log(1 * (1 - x", "constant is missing"),
    "density": ("np.log(2 * (1 - x / self.top) / self.top)", "np.log(2 * x / self.top**2)", "disagrees"),
    "shape": ("return self.ppf(uniforms(rng, size))", "return self.ppf(uniforms(rng, None if size is None else 3))", "shape"),
    "ppf": ("(1 - np.sqrt(1 - np.asarray(u))) if", "np.sqrt(1 - np.asarray(u)) if", "ppf() falls"),
    "no docstring": ('    """Falls linearly from 0 to `top`."""\n', "", "no docstring"),
    "no summary": ('summary = "A density that falls linearly from 0."', 'summary = ""', "no summary"),
    "not registered": ("@register\n", "", "@register"),
    "tag": ('tag = "triangular"', 'tag = "two words"', "letters, digits"),
    "taken tag": ('tag = "triangular"', 'tag = "uniform"', "another distribution"),
    "no example": ('    example = {"top": 2.0}\n', "", "example"),
    "field": ("top: float = param(Number(above=0), \"Largest value.\")", "top: float = 2.0", ""),
    "syntax": ("class Triangular(Distribution):", "class Triangular(Distribution)", "no Python"),
    "import": ("import math\n", "import mathh\n", "ModuleNotFoundError"),
}  # fmt: skip


@pytest.fixture
def plugin(tmp_path):
    """Writes a plug-in; forgets what it registered afterwards."""
    before = set(DISTRIBUTIONS)

    def write(text, name="plug"):
        file = tmp_path / f"{name}.py"
        file.write_text(textwrap.dedent(text))
        return file

    yield write
    for tag in set(DISTRIBUTIONS) - before:
        del DISTRIBUTIONS[tag]
    for path in [path for path in plugins._loaded if path.parent == tmp_path.resolve()]:
        del plugins._loaded[path]


def test_a_good_plugin_joins_the_language(plugin, load):
    file = plugin(GOOD)
    text = "objects: {a: {shape: {sphere: {radius: {triangular: [5 cm]}}}}}"
    with pytest.raises(SpecError, match="'triangular' is no distribution"):
        load(text)
    assert check_plugin(file) == []
    assert str(file.resolve()) in loaded_plugins()
    assert load_plugin(file) is load_plugin(file)
    assert 0 < load(text).sample().objects[0].spec.shape.sphere.radius <= 0.05


@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_is_named(plugin, fault):
    old, new, words = BROKEN[fault]
    assert old in GOOD
    problems = check_plugin(plugin(GOOD.replace(old, new)))
    assert any(words in problem.message + problem.remedy for problem in problems), problems
    assert problems
    assert all(problem.mark is not None and problem.mark.line >= 1 for problem in problems)


def test_a_plugin_that_fails_leaves_nothing_behind(plugin):
    file = plugin(GOOD + "\nraise RuntimeError('late')\n")
    with pytest.raises(SpecError, match="RuntimeError: late") as caught:
        load_plugin(file)
    assert caught.value.problems[0].mark.line == len(GOOD.splitlines()) + 2
    assert "triangular" not in DISTRIBUTIONS


def test_the_line_of_the_class_is_shown(plugin):
    file = plugin(GOOD.replace("return 0.0, self.top", "return 0.0, 0.1"))
    (problem,) = check_plugin(file)
    line = GOOD.splitlines().index("class Triangular(Distribution):") + 1
    assert line - 2 <= problem.mark.line <= line
    assert problem.path == "Triangular"


@pytest.mark.parametrize(
    "tree",
    [{"uniform": [2, 3]}, {"loguniform": [1, 100]}, {"normal": [1, 2]}, {"normal": {"mean": 0, "sd": 1, "low": -1, "high": 3}}, {"beta": [2, 5]},
     {"integer": [1, 6]}, {"poisson": 3}, {"choose": [1, 2, 5]}, {"mixture": [{"normal": [0, 1]}, {"uniform": [3, 4]}]},
     {"curve": {"points": [[0, 0], [1, 1], [3, 0]]}}, {"in_box": {"size": [1, 1, 1]}}, {"on_sphere": {"radius": 1}}, {"in_disk": {"radius": 1}},
     {"any_rotation": {}}, {"hsv": {}}, {"palette": {"colors": ["#ff0000", "#00ff00"]}}],
)  # fmt: skip
def test_built_in_distributions_pass_the_check_that_plugins_must_pass(tree):
    assert check_distribution(from_dict(tree)) == []


def test_installed_plugins_are_found_by_their_entry_point(plugin, monkeypatch, tmp_path):
    plugin(GOOD.replace("triangular", "installed_one"), "installed_plugin")
    info = tmp_path / "installed_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: installed-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[simengine.plugins]\none = installed_plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.load_installed.cache_clear()
    plugins.load_installed()
    plugins.load_installed.cache_clear()
    assert "installed_one" in DISTRIBUTIONS
