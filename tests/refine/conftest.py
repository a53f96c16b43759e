"""A small rendered data set without a renderer, and photos that were never taken."""

import cv2
import numpy as np
import pytest

from simengine.dataset.build import build
from simengine.dataset.manifest import finished_manifest
from simengine.dataset.pictures import encode_picture
from simengine.dataset.record import ObjectRecord, PoseRecord, SampleRecord, ViewRecord
from simengine.dataset.shard import read_shard
from simengine.dataset.tally import Tally
from simengine.dataset.units import work_units

SIDE = 96
SPOTS = [(26.0, 28.0), (68.0, 30.0), (30.0, 68.0), (70.0, 66.0)]


def disc(x, y, radius):
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)


def render(seed):
    """Four spotted discs on a plain ground: picture and ids."""
    rng = np.random.default_rng(seed)
    value = np.full((SIDE, SIDE, 3), rng.uniform(0.45, 0.65))
    ids = np.zeros((SIDE, SIDE), np.int32)
    for number, (x, y) in enumerate(SPOTS, start=1):
        x, y = np.array([x, y]) + rng.uniform(-3, 3, 2)
        cover = disc(x, y, 13)
        ids[cover > 0.5] = number
        value = value * (1 - cover[..., None]) + cover[..., None] * rng.uniform(0.1, 1.0, 3)
        for sx, sy in ((-5, -4), (5, 3)):
            value = value * (1 - 0.85 * disc(x + sx, y + sy, 3)[..., None])
    return (value * 255).round().clip(0, 255).astype(np.uint8), ids


def thing(number, ids):
    rows, columns = np.nonzero(ids == number)
    from pycocotools import mask as coco

    run = coco.encode(np.asfortranarray((ids == number).astype(np.uint8)))
    pose = PoseRecord([0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0])
    box = [int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
    return ObjectRecord(
        number, number, f"disc[{number}]", "disc", "disc", True, None, box, [float(b) for b in box], box,
        {"size": list(run["size"]), "counts": run["counts"].decode()}, None, len(rows), len(rows), len(rows), 1.0, 1.0, 1.0,
        False, False, pose, pose, {}, None, 1.0, [0.0] * 3, [0.0] * 3,
    )  # fmt: skip


class Maker:
    def __init__(self, outputs):
        self.outputs = outputs

    def __call__(self):
        def make(index, sink, folder):
            rgb, ids = render(index)
            depth = np.where(ids > 0, 0.9, np.linspace(1.2, 1.3, SIDE)).astype(np.float32)
            pictures = {"rgb": rgb, "instances": ids, "depth": depth}
            files = {}
            for output in self.outputs:
                name = f"{index:06d}.top.0.{output}.png"
                sink.write(name, encode_picture(output, pictures[output], scale=0.001))
                files[output] = f"{folder}/{name}"
            eye = np.eye(4).tolist()
            view = ViewRecord(
                "top", 0, 0.0, SIDE, SIDE, np.eye(3).tolist(), None, eye, 0.0, 0.001, "s", files,
                [thing(n, ids) for n in range(1, 5)],
            )  # fmt: skip
            return SampleRecord(index, 0, 0, {}, {}, [], None, [view])

        return make


@pytest.fixture
def renders(tmp_path):
    """Makes a data set of discs."""

    def make(count=6, outputs=("rgb", "instances"), name="renders"):
        plan = {
            "scene": {"name": "discs", "tree": {}}, "seed": 0, "count": count, "shard_size": 2,
            "outputs": dict.fromkeys(outputs, ""), "versions": {}, "platform": {}, "spec_hash": "x",
        }  # fmt: skip

        def finish(root, plan):
            tally, hashes = Tally(), []
            for unit in work_units(plan):
                index, seal = read_shard(root, unit.shard)
                tally.merge(Tally.from_dict(index["counts"]))
                hashes.append(seal)
            return finished_manifest(plan, classes=["disc"], shards=hashes, tally=tally)

        build(tmp_path / name, plan, open_maker=Maker(outputs), finish=finish)
        return tmp_path / name

    return make


@pytest.fixture
def photos(tmp_path):
    """A folder of warm, soft, noisy JPEGs."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(8):
        rng = np.random.default_rng(100 + seed)
        value = render(seed + 50)[0].astype(np.float32) * [1.15, 1.0, 0.7] + rng.uniform(10, 30)
        value = cv2.GaussianBlur(value, (0, 0), 1.2) + rng.normal(0, 4, value.shape)
        bgr = value.clip(0, 255).astype(np.uint8)[..., ::-1]
        cv2.imwrite(str(folder / f"{seed}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return folder
