"""What makes data may use no hidden randomness and no clock: the same input must give the same bytes."""

import ast
import re
from pathlib import Path

import pytest

import simengine

ROOT = Path(simengine.__file__).parent
ROOMS = (
    "sampling",
    "signals",
    "machines",
    "scene",
    "assets",
    "physics",
    "render",
    "sensors",
    "dataset",
    "labels",
    "formats",
)
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]

ALLOWED_NUMPY = {
    "Generator",
    "Philox",
    "BitGenerator",
    "SeedSequence",
    "bit_generator",
}  # types; seeding is streams.stream's business
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
MODULES = {"random", "secrets", "uuid"}
WATCHMEN = {  # look at the global generators to prove that a plug-in left them alone; may do nothing else with them
    "scene/conformance.py": {"random", "np.random.get_state"},
}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def offences(source: str) -> list[str]:
    """Line and name of each use of a global generator, an unseeded one, or the wall clock."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
        elif isinstance(node, ast.Attribute):
            names = [dotted(node)]
        for name in names:
            parts = name.split(".")
            if parts[0] in MODULES and not isinstance(node, ast.Attribute):
                found.append(f"{node.lineno}: {name}")
            if (
                parts[:2] in (["np", "random"], ["numpy", "random"])
                and len(parts) > 2
                and parts[2] not in ALLOWED_NUMPY
            ):
                found.append(f"{node.lineno}: {name}")
            if ".".join(parts[-2:]) in CLOCKS or name == "os.urandom":
                found.append(f"{node.lineno}: {name}")
    return found


def test_every_room_is_looked_at():
    assert all((ROOT / room).is_dir() for room in ROOMS)
    assert any(path.name == "streams.py" for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_hidden_randomness_and_no_clock(path):
    allowed = WATCHMEN.get(path.relative_to(ROOT).as_posix(), set())
    found = offences(path.read_text(encoding="utf-8"))
    assert [offence for offence in found if offence.split(": ")[1] not in allowed] == []
    if allowed:
        source = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?<![.\w])random\.(\w+)\(", source)) <= {"getstate"}


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import choice",
        "import uuid",
        "import numpy as np\nnp.random.seed(0)",
        "import numpy as np\nx = np.random.rand(3)",
        "import numpy as np\nrng = np.random.default_rng()",
        "from numpy.random import normal",
        "import numpy\nnumpy.random.shuffle([1])",
        "import time\nt = time.time()",
        "from time import time",
        "import datetime\nd = datetime.datetime.now()",
        "from datetime import datetime\nd = datetime.utcnow()",
        "import os\nos.urandom(4)",
    ],
)
def test_the_lint_finds(line):
    assert offences(line)


def test_the_lint_lets_pass():
    assert not offences("import numpy as np\nrng = np.random.Generator(np.random.Philox(key=[1, 2]))\nx = rng.random()")
    assert not offences("import time\nstart = time.perf_counter()\nself.random.draw()")
