"""The grid: equal runs once, killed and gone on with, cached by content; the right things compared; the answer."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from oracles.surrogate_task import SurrogateTask, run_surrogate

from simengine.errors import SimengineError
from simengine.evaluate.gain.arms import DETECT_ARMS, choose_arms
from simengine.evaluate.gain.counts import parse_counts
from simengine.evaluate.gain.experiment import plan_cells, run_gain
from simengine.evaluate.gain.leaks import make_leak
from simengine.evaluate.gain.results import read_results
from simengine.evaluate.report.gain import write_gain_report

SCRIPT = Path(__file__).parents[2] / "oracles" / "surrogate_task.py"


def answers(folder):
    return {path.name: path.read_bytes() for path in (folder / "runs").glob("*.npz")}


def marks(folder):
    return {path.name: path.read_text().count("run") for path in folder.iterdir() if "." not in path.name}


@pytest.fixture
def marked(tmp_path):
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def test_the_grid_holds_each_arm_count_and_seed_once():
    arms = choose_arms(["synthetic", "mix", "real-double"], known=DETECT_ARMS)
    cells = plan_cells(arms, [0, 10, 20], reference=[100], seeds=[0, 1])
    named = [(cell.arm.name, cell.count, cell.seed) for cell in cells]
    assert len(set(named)) == len(named)
    of_first = {(arm, count) for arm, count, seed in named if seed == 0}
    assert of_first == {
        ("synthetic", 0), ("real-augmented", 10), ("mix", 10), ("real-double", 10), ("real-augmented", 20), ("mix", 20),
        ("real-double", 20), ("real-augmented", 100),
    }  # fmt: skip
    assert [seed for _, _, seed in named] == sorted(seed for _, _, seed in named)


def test_results_hold_what_was_planted(tmp_path):
    results = run_surrogate(tmp_path, reference=parse_counts("100,all", available=200), command="simengine gain ...")
    assert read_results(tmp_path) == results
    gain = next(g for g in results.gains if (g.test, g.arm, g.count, g.metric) == ("test", "mix", 10, "AP50"))
    assert gain.against == "real-augmented"
    assert gain.estimate.value == pytest.approx(0.12, abs=0.03) and gain.estimate.low > 0.05
    assert gain.shown and gain.comparisons == 12  # two tests, two arms, three counts
    double = next(g for g in results.gains if (g.test, g.arm, g.count, g.metric) == ("test", "real-double", 10, "AP50"))
    assert not double.shown
    halved = next(g for g in results.gains if (g.test, g.arm, g.count, g.metric) == ("test", "mix", 10, "AP"))
    assert halved.estimate.value == pytest.approx(gain.estimate.value / 2)
    worth = next(e for e in results.equivalents if (e.test, e.arm, e.count) == ("test", "mix", 10))
    assert worth.low <= 80 <= (worth.high or 1e9)  # 0.12 is three doublings of 0.04
    closed = next(g for g in results.gaps if (g.test, g.arm, g.count) == ("test", "mix", 10))
    assert closed.estimate.low < 0.12 / (0.04 * 4.32) < closed.estimate.high
    assert {count.items for count in results.counts} == {0, 10, 20, 50, 100, 200}
    assert results.answer.gain == gain
    assert results.answer.sentence.startswith("With 10 real images, adding 2,000 synthetic ones raises AP50 from .4")
    assert "worth about" in results.answer.sentence or "worth more than" in results.answer.sentence
    assert [(p.kind, p.count, p.arm_name) for p in results.pictures[:2]] == [("best", 10, "mix"), ("worst", 10, "mix")]
    assert {(s.by, s.value) for s in results.slices} == {("class", "a"), ("class", "b")}
    assert all((tmp_path / run.file).is_file() for run in results.runs)
    assert results.environment["command"] == "simengine gain ..."


def test_a_planted_zero_is_not_claimed(tmp_path):
    results = run_surrogate(tmp_path, task=SurrogateTask(gain=0.0), arms=("mix",))
    assert results.answer.verdict == "not shown"
    assert "no difference is shown; a gain of" in results.answer.sentence
    assert not any(gain.shown for gain in results.gains)


def test_a_planted_harm_is_told(tmp_path):
    class Harm(SurrogateTask):
        def run(self, cell):
            tables = super().run(cell)
            lower = 0.3 if cell.arm.uses_synthetic else 0.0
            return [{"values": table["values"] - lower} for table in tables]

    results = run_surrogate(tmp_path, task=Harm(), arms=("mix",))
    assert results.answer.verdict == "loss"
    assert "lowers AP50" in results.answer.sentence


def test_ratios_make_a_curve(tmp_path):
    results = run_surrogate(tmp_path, arms=("mix", "mix-75"), counts="10")
    points = [(point.arm, point.share) for point in results.ratios if point.test == "test"]
    assert points == [("real-augmented", 0.0), ("mix", 0.5), ("mix-75", 0.75)]


def test_the_best_baseline_is_the_one_to_beat(tmp_path):
    class Plain(SurrogateTask):
        def run(self, cell):
            tables = super().run(cell)
            return [{"values": table["values"] + 0.2 * (cell.arm.name == "real")} for table in tables]

    results = run_surrogate(tmp_path, task=Plain(), arms=("real", "mix"), counts="10")
    assert {gain.against for gain in results.gains} == {"real"}


def test_refined_data_is_compared_with_raw(tmp_path):
    class Refined(SurrogateTask):
        def inputs(self, cell):
            return {**super().inputs(cell), "refined": cell.arm.about.refined}

        def run(self, cell):
            tables = super().run(cell)
            more = {"mix-refined": 0.12, "synthetic-refined": -0.05}.get(cell.arm.name, 0.0)  # than 0.1, its default
            return [{"values": table["values"] + more} for table in tables]

    results = run_gain(
        Refined(), arms=choose_arms(["synthetic", "mix"], known=DETECT_ARMS, refined=True),
        counts=parse_counts("10", available=200), seeds=range(4), out=tmp_path, resamples=200,
    )  # fmt: skip
    found = {(g.arm, g.against, g.count): g for g in results.refinements if (g.test, g.metric) == ("test", "AP50")}
    assert set(found) == {("mix-refined", "mix", 10), ("synthetic-refined", "synthetic", 0)}
    better, same = found["mix-refined", "mix", 10], found["synthetic-refined", "synthetic", 0]
    assert better.estimate.value == pytest.approx(0.1, abs=0.03) and better.estimate.low > 0 and better.shown
    assert abs(same.estimate.value) < 0.03 and not same.shown and same.comparisons == 4  # two tests, two arms
    assert read_results(tmp_path) == results
    page = write_gain_report(tmp_path).read_text()
    assert "What refining gains" in page and "no real data" in page


def test_no_run_is_computed_twice(tmp_path, marked):
    task = SurrogateTask(marks=str(marked))
    first = run_surrogate(tmp_path / "a", task=task, seeds=2)
    assert set(marks(marked).values()) == {1} and len(marks(marked)) == 2 * 10
    again = run_surrogate(tmp_path / "a", task=task, seeds=2)
    assert again == first
    more = run_surrogate(tmp_path / "b", task=task, seeds=3, cache=tmp_path / "a" / "runs")
    assert set(marks(marked).values()) == {1} and len(marks(marked)) == 3 * 10
    assert more.cost.runs == 30


def test_other_data_means_other_runs(tmp_path, marked):
    run_surrogate(tmp_path, task=SurrogateTask(marks=str(marked)), seeds=2)
    run_surrogate(tmp_path, task=SurrogateTask(marks=str(marked), shift=0.1), seeds=2)
    assert set(marks(marked).values()) == {2}


def test_damaged_answers_are_computed_again(tmp_path, marked):
    task = SurrogateTask(marks=str(marked))
    first = run_surrogate(tmp_path, task=task, seeds=2)
    victim = sorted((tmp_path / "runs").glob("*.npz"))[0]
    victim.write_bytes(victim.read_bytes()[:-7])
    record = sorted((tmp_path / "runs").glob("*.json"))[-1]
    record.write_text("{")
    assert run_surrogate(tmp_path, task=task, seeds=2).gains == first.gains
    assert sorted(marks(marked).values())[-2:] == [2, 2] and sum(marks(marked).values()) == 22


def test_workers_give_the_same_answers(tmp_path):
    one = run_surrogate(tmp_path / "a", seeds=2)
    two = run_surrogate(tmp_path / "b", seeds=2, workers=2)
    assert answers(tmp_path / "a") == answers(tmp_path / "b")
    assert one.gains == two.gains


@pytest.mark.parametrize("workers", [1, 2])
def test_a_grid_killed_twice_goes_on_and_ends_with_the_same_answers(tmp_path, marked, workers):
    run_surrogate(tmp_path / "whole", seeds=2)
    command = [sys.executable, str(SCRIPT), str(tmp_path / "a"), str(marked), str(workers), "0.05"]
    for wanted in (3, 9):
        process = subprocess.Popen(command, env=None, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(marks(marked)) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()  # SIGKILL, in the middle of a run
        process.wait()
    finished = len(list((tmp_path / "a" / "runs").glob("*.json")))
    assert 0 < finished < 20
    subprocess.run(command, check=True, timeout=120)
    assert answers(tmp_path / "a") == answers(tmp_path / "whole")
    assert not list((tmp_path / "a").rglob(".*"))  # no drafts are left
    assert sum(marks(marked).values()) <= 20 + 2 * 2 * workers  # what was in flight alone ran twice


def test_a_worker_that_dies_is_replaced(tmp_path, marked):
    task = SurrogateTask(marks=str(marked), dies_at="mix-20-1")
    run_surrogate(tmp_path / "a", task=task, seeds=2, workers=2)
    run_surrogate(tmp_path / "whole", seeds=2)
    assert answers(tmp_path / "a") == answers(tmp_path / "whole")


def test_a_run_that_always_dies_is_named(tmp_path, marked):
    task = SurrogateTask(marks=str(marked), dies_at="mix-20-1", dies_always=True)
    with pytest.raises(SimengineError, match=r"run of mix with 20 real items and seed 1 .killed by SIGKILL.*memory"):
        run_surrogate(tmp_path, task=task, seeds=2, workers=2)


def test_leaks_stop_everything_before_a_run(tmp_path, marked):
    leak = make_leak("group-overlap", ["the recording r7 is in real and in test."], looked="Looked.")
    task = SurrogateTask(marks=str(marked), found_leaks=(leak,))
    with pytest.raises(SimengineError, match=r"recording r7 is in real and in test(.|\n)*--allow group-overlap"):
        run_surrogate(tmp_path / "a", task=task)
    assert not marks(marked) and not (tmp_path / "a").exists()
    results = run_surrogate(tmp_path / "a", task=task, allow=["group-overlap"], seeds=2)
    assert [(leak.name, leak.passed, leak.allowed) for leak in results.leaks] == [("group-overlap", False, True)]


def test_few_seeds_are_noted(tmp_path):
    assert "1 seed: intervals tell of the test units alone" in run_surrogate(tmp_path, seeds=1).notes[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 0}, "workers is 0"),
        ({"seeds": 0}, "give at least 1"),
        ({"arms": ("real",)}, "nothing to compare"),
        ({"allow": ["everything"]}, "--allow everything: there is no such check"),
    ],
)
def test_arguments_out_of_range(tmp_path, options, words):
    with pytest.raises(SimengineError, match=words):
        run_surrogate(tmp_path, **options)


def test_progress_counts_runs(tmp_path):
    seen = []
    run_surrogate(tmp_path, seeds=2, progress=lambda *state: seen.append(state))
    assert seen[0] == (0, 20) and seen[-1] == (20, 20)
    seen.clear()
    run_surrogate(tmp_path, seeds=2, progress=lambda *state: seen.append(state))
    assert seen == [(20, 20)]


def test_repeated_seeds_are_refused(tmp_path):
    with pytest.raises(SimengineError, match="different seeds"):
        run_gain(
            SurrogateTask(), arms=choose_arms(["mix"], known=DETECT_ARMS),
            counts=parse_counts("10", available=200), seeds=[1, 1], out=tmp_path,
        )  # fmt: skip
