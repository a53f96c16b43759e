import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from oracles.fake_chain import FakeChain, fake_spec

from simengine.engine.generate import generate
from simengine.errors import SimengineError

SCRIPT = Path(__file__).parents[1] / "oracles/fake_chain.py"


def make(out, *, count=10, seed=0, workers=1, shard_size=3, chain=None, spec=None, **options):
    chain = chain or FakeChain(seed=seed)
    return generate(spec or fake_spec(), out=out, count=count, seed=seed, workers=workers, shard_size=shard_size, device="cpu", _open_maker=chain, **options)  # fmt: skip


def content(root):
    """Every file of a data set by its relative path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("seed", [0, 2**63])
def test_one_and_two_workers_give_the_same_bytes(tmp_path, seed):
    make(tmp_path / "a", seed=seed)
    make(tmp_path / "b", seed=seed, workers=2)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    manifest = json.loads((tmp_path / "a/dataset.json").read_bytes())
    assert manifest["plan"]["seed"] == seed
    assert str(tmp_path) not in (tmp_path / "a/dataset.json").read_text()
    assert os.uname().nodename not in (tmp_path / "a/dataset.json").read_text()


def test_seeds_and_shard_sizes_are_what_they_say(tmp_path):
    first, other = make(tmp_path / "a"), make(tmp_path / "b", seed=1)
    assert first.hash != other.hash
    make(tmp_path / "c", shard_size=None, count=3)
    assert sorted(path.name for path in (tmp_path / "c/shards").iterdir()) == ["000000", "000001", "000002"]


def test_a_complete_data_set_is_left_alone(tmp_path):
    make(tmp_path / "a")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*")}
    summary = make(tmp_path / "a", chain=FakeChain(fails_at=0))
    assert "complete already" in str(summary)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*")} == before


def test_progress_counts_samples_and_rejected_tries(tmp_path):
    events = []
    make(tmp_path / "a", progress=lambda *event: events.append(event))
    assert events[0] == (0, 10, 0) and events[-1] == (10, 10, 4)
    assert [event[0] for event in events] == sorted(event[0] for event in events)


def interrupted(root, *, keep, **options):
    """A data set as a run leaves it that stopped after some shards."""
    with pytest.raises(SimengineError, match="made to fail"):
        make(root, chain=FakeChain(fails_at=3 * keep), **options)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_goes_on_where_it_failed(tmp_path, workers):
    make(tmp_path / "whole")
    interrupted(tmp_path / "a", keep=2, workers=1)
    assert sorted(entry.name for entry in (tmp_path / "a").iterdir()) == ["dataset.partial.json", "shards"]
    assert sorted(entry.name for entry in (tmp_path / "a/shards").iterdir()) == ["000000", "000001"]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "a/shards").rglob("*.png")}
    summary = make(tmp_path / "a", workers=workers)
    assert summary.found == 6 and "6 samples of an earlier run" in str(summary)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert content(tmp_path / "a") == content(tmp_path / "whole")


@pytest.mark.parametrize("missing", [[0], [3], [1, 2], [0, 1, 2, 3]])
def test_shards_may_be_made_in_any_order(tmp_path, missing):
    make(tmp_path / "whole")
    interrupted(tmp_path / "a", keep=0)
    for number in {0, 1, 2, 3} - set(missing):
        shutil.copytree(tmp_path / f"whole/shards/{number:06d}", tmp_path / f"a/shards/{number:06d}")
    make(tmp_path / "a")
    assert content(tmp_path / "a") == content(tmp_path / "whole")


def test_damaged_shards_and_leftovers_are_made_again(tmp_path):
    make(tmp_path / "whole")
    interrupted(tmp_path / "a", keep=3)
    (tmp_path / "a/shards/000000/000001.top.1.0.depth.png").write_bytes(b"\0")
    (tmp_path / "a/shards/000002/shard.json").unlink()
    shutil.copytree(tmp_path / "a/shards/000001", tmp_path / "a/shards/.000003.tmp")
    (tmp_path / "a/.dataset.json.tmp").write_text("{")
    summary = make(tmp_path / "a")
    assert summary.found == 3 and len(summary.damaged) == 2
    assert "000001.top.1.0.depth.png: has 1 bytes" in str(summary)
    assert content(tmp_path / "a") == content(tmp_path / "whole")


def test_a_run_that_died_between_its_two_manifests_is_complete(tmp_path):
    make(tmp_path / "a")
    whole = content(tmp_path / "a")
    (tmp_path / "a/dataset.partial.json").write_text("{}")
    assert "complete already" in str(make(tmp_path / "a"))
    assert content(tmp_path / "a") == whole


def test_another_plan_is_refused_with_every_difference(tmp_path):
    interrupted(tmp_path / "a", keep=1)
    before = content(tmp_path / "a")
    objects = {**fake_spec().tree["objects"], "ball": {"shape": {"sphere": {"radius": 0.2}}, "label": {"name": "ball"}}}
    with pytest.raises(SimengineError) as caught:
        make(tmp_path / "a", seed=5, count=11, spec=fake_spec(objects=objects))
    text = str(caught.value)
    for line in (
        "holds an unfinished data set",
        "count: 10 there, 11 now",
        "seed: 0 there, 5 now",
        "scene.tree.objects.ball.shape.sphere.radius: 0.1 there, 0.2 now",
        f"Use another --out, repeat the first command as it was, or delete {tmp_path / 'a'}.",
    ):
        assert line in text
    assert content(tmp_path / "a") == before


def test_a_run_without_a_finished_shard_binds_nobody(tmp_path):
    interrupted(tmp_path / "a", keep=0)
    make(tmp_path / "a", seed=5)
    make(tmp_path / "b", seed=5)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_other_versions_stop_an_unfinished_data_set_but_not_a_finished_one(tmp_path, monkeypatch):
    interrupted(tmp_path / "a", keep=1)
    make(tmp_path / "b")
    monkeypatch.setattr("simengine.engine.plan.package_versions", lambda: {"simengine": "9.9"})
    with pytest.raises(SimengineError, match=r'versions\.simengine: "[\d.]+" there, "9\.9" now'):
        make(tmp_path / "a")
    assert "complete already" in str(make(tmp_path / "b"))


def test_foreign_folders_are_refused_untouched(tmp_path):
    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(SimengineError, match=r"not empty and holds no data set of simengine \(holiday.jpg\)"):
        make(tmp_path)
    assert content(tmp_path) == {"holiday.jpg": b"x"}


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    def intrude(done, total, rejected):
        with pytest.raises(SimengineError, match="another process is writing"):
            make(tmp_path / "a")

    make(tmp_path / "a", count=1, progress=intrude)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"count": 0}, "count is 0"), ({"seed": -1}, "seed is -1"), ({"seed": 1.5}, "seed is 1.5"), ({"workers": 0}, "workers is 0"), ({"shard_size": 0}, "shard_size is 0")],
)  # fmt: skip
def test_arguments_out_of_range_are_named(tmp_path, options, message):
    with pytest.raises(SimengineError, match=message):
        make(tmp_path / "a", **{"chain": FakeChain(), **options})
    assert not (tmp_path / "a").exists()


# Disks


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "a").write_text("x")
    with pytest.raises(SimengineError, match=r"can't make the folder .*A file stands where a folder is needed"):
        make(tmp_path / "a")
    with pytest.raises(SimengineError, match="A file stands where a folder is needed"):
        make(tmp_path / "a/b")


def test_a_place_that_cannot_be_written_is_named():
    with pytest.raises(SimengineError, match=r"can't make the folder /proc/simengine"):
        make("/proc/simengine")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_in_words_and_the_run_goes_on_later(tmp_path, workers):
    """Files that may not grow beyond 12 kB (RLIMIT_FSIZE) fail as on a full disk, also in the middle of one."""
    make(tmp_path / "whole")
    code = (
        "import resource, signal, runpy, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000));"
        f"sys.argv = ['x', {str(tmp_path / 'a')!r}, '10', '0', '{workers}', '0'];"
        f"sys.path.insert(0, {str(SCRIPT.parent)!r}); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    done = run_python("-c", code)
    assert done.returncode == 1 and "SimengineError: can't write" in done.stderr, done.stderr
    assert "File too large" in done.stderr and "run the same command again" in done.stderr
    assert sorted(entry.name for entry in (tmp_path / "a").iterdir()) == ["dataset.partial.json", "shards"]
    assert not any(entry.name.startswith(".") for entry in (tmp_path / "a/shards").iterdir())
    make(tmp_path / "a")
    assert content(tmp_path / "a") == content(tmp_path / "whole")


def test_a_disk_that_fills_up_leaves_what_can_go_on(tmp_path, monkeypatch):
    make(tmp_path / "whole")
    room = [60_000]
    write = Path.write_bytes

    def fill(path, data):
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(28, os.strerror(28), str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(SimengineError, match=r"No space left on device. The disk is full: free some space"):
        make(tmp_path / "a")
    monkeypatch.undo()
    assert 0 < make(tmp_path / "a").found < 10
    assert content(tmp_path / "a") == content(tmp_path / "whole")


# Deaths


def run_python(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)


def kill_until_finished(root, moments, *, workers, delay="0.02"):
    """Starts a run again and again and kills it, and only it, after each of the moments [s]; then lets it end."""
    command = [sys.executable, str(SCRIPT), str(root), "12", "7", str(workers), delay]
    for moment in moments:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    done = run_python(*command[1:])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("workers", "moments"), [(1, (0.7, 0.9)), (2, (1.2, 1.7))])
def test_killed_runs_end_with_the_same_bytes(tmp_path, workers, moments):
    make(tmp_path / "whole", count=12, seed=7)
    kill_until_finished(tmp_path / "a", moments, workers=workers)
    assert content(tmp_path / "a") == content(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_runs_killed_at_twenty_moments_end_with_the_same_bytes(tmp_path, workers):
    import random

    make(tmp_path / "whole", count=12, seed=7)
    draw = random.Random(workers)
    for number in range(5):
        moments = [draw.uniform(0.1, 3.0) for _ in range(4)]
        kill_until_finished(tmp_path / f"{number}", moments, workers=workers, delay="0.1")
        assert content(tmp_path / f"{number}") == content(tmp_path / "whole"), moments


def test_workers_die_with_the_run(tmp_path):
    command = [sys.executable, str(SCRIPT), str(tmp_path / "a"), "100", "0", "2", "0.5"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: list((tmp_path / "a").glob("shards/.*.tmp/*.png")))
        workers = children(process.pid)
        assert len(workers) >= 2
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not any(runs(worker) for worker in workers))


def test_ctrl_c_keeps_finished_shards_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, str(SCRIPT), str(tmp_path / "a"), "12", "7", "2", "0.4"]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job would not hear it
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=listen)
    wait_for(lambda: (tmp_path / "a/shards/000000").exists())
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers hear it too
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt: Stopped; " in errors and "The same command goes on from there." in errors
    assert errors.count("Traceback") == 1  # none of the workers'
    assert not list((tmp_path / "a/shards").glob(".*"))
    make(tmp_path / "whole", count=12, seed=7)
    assert run_python(*command[1:]).returncode == 0
    assert content(tmp_path / "a") == content(tmp_path / "whole")


def test_a_worker_that_dies_is_replaced_and_its_shard_made_again(tmp_path):
    make(tmp_path / "whole")
    (tmp_path / "marks").mkdir()
    events = []
    chain = FakeChain(dies_at=4, deaths=1, marks=str(tmp_path / "marks"))
    make(tmp_path / "a", workers=2, chain=chain, progress=lambda *event: events.append(event))
    assert len(list((tmp_path / "marks").iterdir())) == 1
    assert events[-1] == (10, 10, 4)
    assert content(tmp_path / "a") == content(tmp_path / "whole")


def test_a_worker_that_dies_twice_ends_the_run_with_the_sample_named(tmp_path):
    (tmp_path / "marks").mkdir()
    chain = FakeChain(dies_at=4, deaths=2, marks=str(tmp_path / "marks"))
    with pytest.raises(SimengineError) as caught:
        make(tmp_path / "a", workers=2, chain=chain)
    text = str(caught.value)
    assert "died twice over samples 3 to 5 (killed by SIGKILL), the last time in sample 4" in text
    assert "memory ran out" in text and "replay DIR --item 4" in text
    make(tmp_path / "a")


def test_workers_are_replaced_before_a_leak_can_grow(tmp_path, monkeypatch):
    monkeypatch.setattr("simengine.dataset.processes._RECYCLE", 3)
    from simengine.dataset import processes

    started = []
    start = processes._Pool._start
    monkeypatch.setattr(processes._Pool, "_start", lambda pool: started.append(0) or start(pool))
    make(tmp_path / "a", workers=2)
    assert len(started) == 4  # a worker for each of the four shards
    make(tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_scripts_without_a_main_guard_are_told(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r})\n"
        "from fake_chain import FakeChain, fake_spec\n"
        "from simengine.engine.generate import generate\n"
        f"generate(fake_spec(), out={str(tmp_path / 'a')!r}, count=2, workers=2, device='cpu', _open_maker=FakeChain())\n"
    )
    done = run_python(str(script), timeout=120)
    assert done.returncode == 1
    assert "call generate() under `if __name__ == '__main__':`" in done.stderr


def test_memory_stays_flat_over_many_samples(tmp_path):
    import gc

    import psutil

    sizes = []

    def watch(done, total, rejected):
        if done in (150, 600):
            gc.collect()
            sizes.append(psutil.Process().memory_info().rss)

    make(tmp_path / "a", count=600, shard_size=25, progress=watch)
    assert len(sizes) >= 2 and sizes[-1] - sizes[0] < 8e6


def wait_for(condition, seconds=60):
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def children(pid):
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def runs(pid):
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
