import json
import subprocess
import sys

import numpy as np
import pytest
from oracles.fake_chain import HEIGHT, WIDTH, FakeChain, fake_spec

from simengine.dataset.reader import Dataset
from simengine.dataset.record import SampleRecord
from simengine.engine.generate import generate
from simengine.errors import SimengineError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    generate(fake_spec(), out=root, count=8, seed=3, shard_size=3, device="cpu", _open_maker=FakeChain(seed=3))
    return root


def test_records_and_pictures_come_back(folder):
    data = Dataset.open(folder)
    assert len(data) == 8 and data.name == "fake" and data.classes == {"cube": 1, "ball": 2}
    records = list(data)
    assert [record.index for record in records] == list(range(8))
    assert all(isinstance(record, SampleRecord) for record in records)
    assert data[5] == records[5]
    view = data[5].views[1]
    assert data.picture(view, "rgb").shape == (HEIGHT, WIDTH, 3)
    ids, depth = data.picture(view, "instances"), data.picture(view, "depth")
    assert ((depth > 0) == (ids > 0)).all() and 0.4 < depth[depth > 0].min() < depth.max() < 2.1
    assert {o.id: o.pixels for o in view.objects if o.pixels} == {
        int(i): int(n) for i, n in zip(*np.unique(ids, return_counts=True), strict=True) if i > 1
    }


def test_errors_say_what_is_wrong(folder, tmp_path):
    data = Dataset.open(folder)
    with pytest.raises(IndexError, match="samples 0 to 7"):
        data[8]
    with pytest.raises(SimengineError, match="has no 'normals' pictures; it has"):
        data.picture(data[0].views[0], "normals")
    with pytest.raises(SimengineError, match="is no data set"):
        Dataset.open(tmp_path)
    (tmp_path / "dataset.partial.json").write_text("{}")
    with pytest.raises(SimengineError, match="is not finished"):
        Dataset.open(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(SimengineError, match="is damaged"):
        Dataset.open(tmp_path)
    manifest = json.loads((folder / "dataset.json").read_bytes())
    (tmp_path / "dataset.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(SimengineError, match="has format 99"):
        Dataset.open(tmp_path)


def test_reading_needs_neither_physics_nor_renderer(folder):
    code = (
        "import sys; from simengine.dataset.reader import Dataset; data = Dataset.open(sys.argv[1]);"
        "[data.picture(view, 'rgb') for sample in data for view in sample.views];"
        "print([m for m in sys.modules if m.split('.')[0] in ('warp', 'pybullet', 'trimesh', 'pydantic')"
        " or m.startswith(('simengine.physics', 'simengine.render', 'simengine.scene'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
