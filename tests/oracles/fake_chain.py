"""A stand-in for draw, physics, renderer and labels: the engine's tests are about shards, not about pictures.

Also run as a script, so that tests can kill a whole run: ``python fake_chain.py OUT COUNT SEED WORKERS DELAY``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.dataset.pictures import depth_scale, encode_picture
from simengine.dataset.record import ObjectRecord, PhysicsRecord, PoseRecord, SampleRecord, ViewRecord
from simengine.dataset.shard import picture_name
from simengine.errors import SimengineError
from simengine.sampling.streams import stream
from simengine.scene.spec import SceneSpec

WIDTH, HEIGHT = 40, 30
TREE = {
    "simengine": 1,
    "name": "fake",
    "objects": {
        "table": {"shape": {"box": {"size": [1, 1, 0.1]}}, "physics": {"static": True}},
        "cube": {"shape": {"box": {"size": [0.1, 0.1, 0.1]}}, "count": 3, "label": {"name": "cube"}},
        "ball": {"shape": {"sphere": {"radius": 0.1}}, "label": {"name": "ball"}},
    },
    "cameras": {"top": {"resolution": [WIDTH, HEIGHT], "count": 2}},
}


def fake_spec(**changes) -> SceneSpec:
    return SceneSpec.from_tree({**TREE, **changes}, ".")


@dataclass(frozen=True)
class FakeChain:
    """Opens a maker whose samples are a function of (seed, index).

    Attributes:
        delay: Seconds a sample takes.
        dies_at: Sample in which the process is killed, the first `deaths` times.
        fails_at: Sample that raises.
        marks: Folder in which deaths are counted over processes.
    """

    seed: int = 0
    delay: float = 0.0
    dies_at: int = -1
    deaths: int = 1
    fails_at: int = -1
    marks: str = ""

    def __call__(self):
        return self.make

    def make(self, index, sink, folder):
        time.sleep(self.delay)
        if index == self.fails_at:
            raise SimengineError(f"sample {index}: made to fail.")
        if index == self.dies_at and len(list(Path(self.marks).iterdir())) < self.deaths:
            (Path(self.marks) / f"{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        rng = stream(self.seed, index, "fake")
        views = [self._view(rng, index, f"top[{copy}]", sink, folder) for copy in range(2)]
        rejected = [{"attempt": 0, "stage": "physics", "reason": f"cube[{index}] fell {rng.random():.3f} m"}]
        return SampleRecord(
            index=index, seed=self.seed, attempt=index % 3 == 0, draws={"x": rng.random()}, variables={},
            rejected=rejected if index % 3 == 0 else [], physics=PhysicsRecord(0.5, 0.0, 3), views=views,
        )  # fmt: skip

    def _view(self, rng, index, camera, sink, folder):
        instances = np.zeros((HEIGHT, WIDTH), np.int32)
        instances[5:25, 5:35] = 1
        objects = [fake_object(1, "table[0]", None)]
        for number in range(2, 6):
            x, y = int(rng.integers(2, 28)), int(rng.integers(2, 18))
            instances[y : y + 8, x : x + 8] = number
        for number, name, category in ((2, "cube[0]", "cube"), (3, "cube[1]", "cube"), (4, "cube[2]", "cube"), (5, "ball[0]", "ball")):  # fmt: skip
            objects.append(fake_object(number, name, category, instances == number))
        values = {
            "rgb": rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8),
            "depth": np.where(instances > 0, rng.uniform(0.5, 2, instances.shape), 0).astype(np.float32),
            "instances": instances,
        }
        files = {}
        for output, picture in values.items():
            name = picture_name(index, camera, 0, output)
            sink.write(name, encode_picture(output, picture, scale=depth_scale(10.0), far=10.0))
            files[output] = f"{folder}/{name}"
        return ViewRecord(
            camera=camera, frame=0, time=0.5, width=WIDTH, height=HEIGHT,
            intrinsics=[[40.0, 0.0, 20.0], [0.0, 40.0, 15.0], [0.0, 0.0, 1.0]], distortion=None,
            world_from_camera=np.eye(4).tolist(), exposure=0.0, depth_scale=depth_scale(10.0), state="0",
            files=files, objects=objects,
        )  # fmt: skip


def fake_object(number, name, category, mask=None):
    from pycocotools import mask as coco_mask

    pose = PoseRecord([0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0])
    pixels = 0 if mask is None else int(mask.sum())
    rle = box = None
    if pixels:
        packed = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
        rle = {"size": list(packed["size"]), "counts": packed["counts"].decode()}
        box = [int(value) for value in coco_mask.toBbox(packed)]
    labelled = pixels >= 30
    return ObjectRecord(
        id=number, track=number, name=name, group=name.partition("[")[0], category=category, labelled=labelled,
        reason=None if labelled else "no_class" if category is None else "min_pixels" if pixels else "unseen",
        box=box, box_exported=box and [float(value) for value in box], box_amodal=box, mask=rle, mask_amodal=rle,
        pixels=pixels, pixels_in_frame=pixels, pixels_amodal=pixels, visible_fraction=1.0 if pixels else 0.0,
        in_frame_fraction=1.0, visibility_in_frame=1.0, truncated=False, outline_clipped=False,
        world_from_object=pose, camera_from_object=pose, links={}, box3d=None, distance=1.0,
        velocity=[0.0, 0.0, 0.0], angular_velocity=[0.0, 0.0, 0.0],
    )  # fmt: skip


if __name__ == "__main__":
    from simengine.engine.generate import generate

    out, count, seed, workers, delay = sys.argv[1:]
    summary = generate(
        fake_spec(), out=out, count=int(count), seed=int(seed), workers=int(workers), shard_size=3, device="cpu",
        _open_maker=FakeChain(seed=int(seed), delay=float(delay)),
    )  # fmt: skip
    print(summary)
