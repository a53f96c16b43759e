import json
import shutil
from hashlib import sha256

import pytest
from oracles.fake_chain import FakeChain

from simengine.dataset.shard import ShardWriter, check_shard, picture_name, read_shard, remove_drafts
from simengine.errors import SimengineError


def write(root, number=0, samples=range(3)):
    (root / "shards").mkdir(parents=True, exist_ok=True)
    make = FakeChain()()
    with ShardWriter(root, number) as shard:
        for index in samples:
            shard.add(make(index, shard, shard.folder))
        return shard.commit()


def test_index_tells_the_truth_about_every_file(tmp_path):
    write(tmp_path)
    folder = tmp_path / "shards/000000"
    index, _ = read_shard(tmp_path, 0)
    assert {entry.name for entry in folder.iterdir()} == {*index["files"], "shard.json"}
    for name, entry in index["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"sha256": sha256(data).hexdigest(), "size": len(data)}
    records = [json.loads(line) for line in (folder / "records.jsonl").read_bytes().splitlines()]
    assert [record["index"] for record in records] == index["samples"] == [0, 1, 2]
    assert all((tmp_path / path).is_file() for r in records for v in r["views"] for path in v["files"].values())
    objects = [o for r in records for v in r["views"] for o in v["objects"]]
    assert sum(index["counts"]["objects"].values()) == sum(o["labelled"] for o in objects)
    assert sum(index["counts"]["dropped"].values()) == sum(
        not o["labelled"] and o["category"] is not None for o in objects
    )
    assert check_shard(tmp_path, 0, range(3)) == []


def test_nothing_stands_under_its_name_before_it_is_whole(tmp_path):
    (tmp_path / "shards").mkdir()
    make = FakeChain()()
    with ShardWriter(tmp_path, 7) as shard:
        shard.add(make(0, shard, shard.folder))
        assert [entry.name for entry in (tmp_path / "shards").iterdir()] == [".000007.tmp"]
    assert list((tmp_path / "shards").iterdir()) == []


def test_files_of_a_rejected_try_leave_no_trace(tmp_path):
    hash_ = write(tmp_path / "a")
    (tmp_path / "b/shards").mkdir(parents=True)
    make = FakeChain()()
    with ShardWriter(tmp_path / "b", 0) as shard:
        for index in range(3):
            shard.write("extra.png", b"of a try that failed")
            shard.remove("extra.png")
            shard.add(make(index, shard, shard.folder))
        assert shard.commit() == hash_


def test_leftovers_of_killed_processes_are_removed(tmp_path):
    write(tmp_path)
    shutil.copytree(tmp_path / "shards/000000", tmp_path / "shards/.000001.tmp")
    remove_drafts(tmp_path)
    assert [entry.name for entry in (tmp_path / "shards").iterdir()] == ["000000"]


def damage_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


PICTURE = "000001.top.0.0.rgb.png"
DAMAGES = {
    f"{PICTURE}: changed since": lambda folder: damage_bit(folder / PICTURE),
    "records.jsonl: changed since": lambda folder: damage_bit(folder / "records.jsonl"),
    f"{PICTURE}: has 10 bytes": lambda folder: (folder / PICTURE).write_bytes(b"0123456789"),
    f"{PICTURE}: missing": lambda folder: (folder / PICTURE).unlink(),
    "shard.json: changed since": lambda folder: damage_bit(folder / "shard.json"),
    "can't read": lambda folder: (folder / "shard.json").unlink(),
    "stray.txt: not part of": lambda folder: (folder / "stray.txt").write_text("mine"),
}


@pytest.mark.parametrize("expected", DAMAGES)
def test_every_damage_is_found_and_named(tmp_path, expected):
    write(tmp_path)
    DAMAGES[expected](tmp_path / "shards/000000")
    wrong = check_shard(tmp_path, 0, range(3))
    assert len(wrong) == 1 and expected in wrong[0]


def test_any_flipped_bit_of_the_index_is_found(tmp_path):
    write(tmp_path, samples=range(1))
    path = tmp_path / "shards/000000/shard.json"
    good = path.read_bytes()
    for position in range(0, len(good), 7):
        data = bytearray(good)
        data[position] ^= 1 << (position % 8)
        path.write_bytes(data)
        with pytest.raises(SimengineError, match="changed since"):
            read_shard(tmp_path, 0)


def test_other_samples_than_planned_are_found(tmp_path):
    write(tmp_path, samples=range(2))
    assert "holds other samples" in check_shard(tmp_path, 0, range(3))[0]


def test_names_of_pictures_are_distinct_and_plain():
    cameras = ["top", "top[0]", "top.0", "top[1]", "a/b", "a b", "a%2Fb", "ä", "top[x"]
    names = [picture_name(12, camera, 3, "rgb") for camera in cameras]
    assert names[:2] == ["000012.top.3.rgb.png", "000012.top.0.3.rgb.png"]
    assert len({*names}) == len(names)
    assert not any(set(name) & set("[]/* ?") for name in names)
