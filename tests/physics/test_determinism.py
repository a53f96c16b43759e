"""The same scene gives the same bits: again, after other scenes, and in another process."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

from simengine.errors import Rejected
from simengine.physics.simulate import simulate

DROP = {"drop": {"center": [0, 0, 0.1], "size": [0.1, 0.06, 0.06]}}
PARTS = {
    "tray": {"shape": {"tray": {"size": [0.17, 0.12], "height": 0.05}}, "physics": {"static": True}},
    "die": {"shape": {"die": {}}, "count": 6, "placement": DROP},
    "nut": {"shape": {"nut": {}}, "count": 3, "placement": DROP},  # a compound of hulls
    "ball": {"shape": {"sphere": {"radius": 0.01}}, "count": 2, "placement": DROP},
}


def digest(path) -> str:
    arrays = (path.times, path.positions, path.rotations, path.velocities)
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays) + repr(path.contacts).encode()).hexdigest()


def test_same_bits_again_and_after_other_scenes(scene):
    timed = {"timeline": {"start": 0.1, "frames": 3}}
    first = digest(simulate(scene(PARTS, **timed)))
    simulate(scene({"box": {"shape": {"box": {}}, "placement": DROP}}))  # other units, other contact thresholds
    assert digest(simulate(scene(PARTS, **timed))) == first
    assert digest(simulate(scene(PARTS, seed=1, **timed))) != first


def test_same_bits_in_another_process(scene):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from conftest import make_scene; from test_determinism import PARTS, digest\n"
        "from simengine.physics.simulate import simulate\n"
        "print(digest(simulate(make_scene(PARTS, seed=3))))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == digest(simulate(scene(PARTS, seed=3)))
    assert result.stderr == ""  # PyBullet is silent


def test_other_objects_do_not_move_a_release_point(scene):
    """Placement draws are keyed by object: a new object moves only what would meet it."""
    few = {"die": PARTS["die"]}
    more = {"far": {"shape": {"box": {}}, "placement": {"drop": {"center": [1, 1, 0.5]}}}} | few
    start = {"timeline": {"start": 0.0}}
    np.testing.assert_array_equal(
        simulate(scene(few, **start)).positions[0, 1:], simulate(scene(more, **start)).positions[0, 2:]
    )


def memory() -> int:
    """Resident memory of this process [bytes]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_500_worlds_leave_no_memory_behind(scene):
    small = {
        "die": {"shape": {"die": {}}, "count": 2, "placement": DROP},
        "nut": {"shape": {"nut": {}}, "placement": DROP},
    }
    failing = scene(
        {"die": {"shape": {"die": {}}, "placement": {"drop": {"center": [9, 0, 0.1]}}}}, world={"bounds": 5}
    )
    sizes = []
    for index in range(500):
        simulate(scene(small, index=index, timeline={"start": 0.05}))
        if index % 10 == 0:
            with contextlib.suppress(Rejected):
                simulate(failing)
        if index in (100, 499):
            sizes.append(memory())
    assert sizes[1] - sizes[0] < 1e6
