"""OpenEXR files that Blender 5.0 wrote (tests/render/exr), and broken ones."""

import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.render.environment import read_environment
from simengine.render.openexr import read_exr

FILES = Path(__file__).parent / "exr"
Y, X = np.mgrid[:20, :6]
WRITTEN = np.stack([X * 0.5 + 0.25, Y * 2.0, 0.125 + (X + Y) * 4.0], axis=-1)  # exact in 16 bits


@pytest.mark.parametrize(
    "codec", ["NONE", "RLE", "ZIPS", "ZIP", "PIZ"]
)  # RLE and ZIPS with 32 bits, the others with 16
def test_pictures_are_read_exactly(codec):
    pytest.importorskip("OpenEXR", reason="needs the package OpenEXR (extra exr)")
    assert np.array_equal(read_exr(FILES / f"{codec}.exr"), WRITTEN)


def test_panoramas_may_be_openexr():
    pytest.importorskip("OpenEXR", reason="needs the package OpenEXR (extra exr)")
    assert np.allclose(read_environment(FILES / "ZIP.exr", scale=0.5), 0.5 * WRITTEN)


def test_what_is_not_read_is_named(tmp_path):
    pytest.importorskip("OpenEXR", reason="needs the package OpenEXR (extra exr)")
    data = (FILES / "ZIP.exr").read_bytes()
    file = tmp_path / "hall.exr"
    file.write_bytes(data.replace(b"R\0", b"Q\0", 1))
    with pytest.raises(SimengineError, match=r"hall\.exr: it has the channels .* not R, G and B"):
        read_exr(file)
    for end in (3, 8, 60, 300):
        file.write_bytes(data[:end])
        with pytest.raises(SimengineError, match=r"hall\.exr: .*broken"):
            read_environment(file)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(SimengineError, match=r"pip install 'simengine\[exr\]'"):
        read_exr(FILES / "ZIP.exr")
