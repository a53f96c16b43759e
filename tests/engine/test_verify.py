import json
import shutil

import numpy as np
import pytest
from oracles.fake_chain import FakeChain, fake_spec

from simengine.dataset.canonical import canonical_json
from simengine.dataset.pictures import decode_picture, encode_picture
from simengine.dataset.shard import hash_file, read_shard
from simengine.engine.generate import generate
from simengine.engine.verify import verify
from simengine.errors import SimengineError


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    generate(fake_spec(), out=root, count=8, shard_size=3, device="cpu", _open_maker=FakeChain())
    return root


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "copy")


def check(folder, sample=3, chain=None):
    return verify(folder, sample=sample, device="cpu", _open_maker=chain or FakeChain())


def test_a_good_data_set_agrees(folder):
    result = check(folder)
    assert result.ok and result.exact and result.samples == (0, 4, 7)
    assert result.files == sum(1 for path in folder.rglob("*") if path.is_file()) - 1  # all but the manifest
    assert "compared to the byte: 0, 4, 7" in str(result) and "Everything agrees." in str(result)
    assert check(folder, sample=None).samples == tuple(range(8))
    assert check(folder, sample=0).samples == ()


@pytest.mark.parametrize("name", ["shards/000001/000004.top.1.0.depth.png", "shards/000001/records.jsonl", "shards/000002/shard.json", "coco/annotations.json"])  # fmt: skip
def test_a_flipped_bit_is_found_and_named(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 3] ^= 4
    (folder / name).write_bytes(data)
    result = check(folder, sample=0)
    assert not result.ok and len(result.differences) == 1
    assert result.differences[0].startswith(f"{name}: changed since it was written")
    assert f"DIFFERS: {name}" in str(result)


def forge(folder, shard, change):
    """Changes a shard and then every hash above it, as someone would who wants to hide it."""
    place = folder / f"shards/{shard:06d}"
    change(place)
    index, _ = read_shard(folder, shard)
    for name in index["files"]:
        index["files"][name] = {"sha256": hash_file(place / name), "size": (place / name).stat().st_size}
    from simengine.dataset.manifest import dataset_hash
    from simengine.dataset.shard import _sealed

    (place / "shard.json").write_bytes(_sealed(index))
    manifest = json.loads((folder / "dataset.json").read_bytes())
    manifest["shards"][shard] = read_shard(folder, shard)[1]
    manifest["hash"] = dataset_hash(manifest["shards"])
    (folder / "dataset.json").write_bytes(canonical_json(manifest, indent=True, ordered=True))


def test_a_forged_record_is_found_by_making_the_sample_again(folder):
    def change(place):
        lines = (place / "records.jsonl").read_bytes().splitlines(keepends=True)
        record = json.loads(lines[1])
        record["views"][1]["objects"][1]["visible_fraction"] = 0.5
        lines[1] = canonical_json(record) + b"\n"
        (place / "records.jsonl").write_bytes(b"".join(lines))

    forge(folder, 1, change)
    assert check(folder, sample=0).ok
    result = check(folder, sample=3)
    assert result.differences == ("sample 4, made again: the record differs: views[1].objects[1].visible_fraction: 0.5 there, 1.0 now",)  # fmt: skip


def test_a_forged_picture_is_found_by_making_the_sample_again(folder):
    name = "000000.top.0.0.rgb.png"
    forge(folder, 0, lambda place: shutil.copy(place / "000001.top.0.0.rgb.png", place / name))
    assert check(folder).differences == (f"sample 0, made again: shards/000000/{name} differs",)


def test_a_swapped_shard_or_summary_is_found(folder):
    manifest = json.loads((folder / "dataset.json").read_bytes())
    manifest["shards"][1] = "0" * 64
    (folder / "dataset.json").write_bytes(canonical_json(manifest))
    assert "shards/000001: is whole, but not the shard that the manifest names" in check(folder, sample=0).differences
    manifest = json.loads((folder / "dataset.json").read_bytes())


def test_a_changed_summary_is_found(folder):
    manifest = json.loads((folder / "dataset.json").read_bytes())
    manifest["summary"]["objects"]["cube"] += 1
    (folder / "dataset.json").write_bytes(canonical_json(manifest))
    assert check(folder, sample=0).differences == ("dataset.json: its summary is not that of its shards",)


def test_a_missing_shard_and_export_are_named(folder):
    shutil.rmtree(folder / "shards/000001")
    (folder / "coco/annotations.json").unlink()
    first, second = check(folder, sample=0).differences
    assert "shards/000001" in first and second.startswith("coco/annotations.json: missing; `simengine export`")


class Elsewhere(FakeChain):
    """Another processor: pictures differ a little, and by more where `much`."""

    much = False

    def make(self, index, sink, folder):
        class Noisy:
            def write(_, name, data):
                output = name.split(".")[-2]
                values = decode_picture(output, data, scale=2e-4)
                if output == "rgb":
                    values = np.clip(values.astype(int) + (9 if self.much else 1), 0, 255).astype(np.uint8)
                elif output == "depth":
                    values = np.where(values > 0, values + (0.01 if self.much else 0.0004), 0).astype(np.float32)
                elif self.much:
                    values[0, :20] = 1
                sink.write(name, encode_picture(output, values, scale=2e-4, far=10.0))

        return super().make(index, Noisy(), folder)


class FarElsewhere(Elsewhere):
    much = True


def test_another_platform_is_compared_within_tolerances_and_named(folder, monkeypatch):
    monkeypatch.setattr("simengine.engine.verify.package_versions", lambda: {"simengine": "9.9"})
    result = check(folder, chain=Elsewhere())
    assert result.ok and not result.exact
    assert 'versions.simengine: "0.1.0" there, "9.9" now' in str(result) and "within tolerances" in str(result)
    result = check(folder, sample=1, chain=FarElsewhere())
    assert len(result.differences) == 6
    assert any("rgb.png: differs by" in line and "(tolerance 3)" in line for line in result.differences)
    assert any("depth.png: differs by 0.01 (tolerance 0.002)" in line for line in result.differences)
    assert any("instances.png: differs by" in line for line in result.differences)


def test_on_the_same_platform_a_single_step_counts(folder):
    assert len(check(folder, sample=1, chain=Elsewhere()).differences) == 4  # colour and depth of two views


def test_an_unfinished_data_set_is_refused(tmp_path):
    with pytest.raises(SimengineError, match="made to fail"):
        generate(fake_spec(), out=tmp_path / "a", count=4, shard_size=2, device="cpu", _open_maker=FakeChain(fails_at=2))  # fmt: skip
    with pytest.raises(SimengineError, match="is not finished"):
        verify(tmp_path / "a")
