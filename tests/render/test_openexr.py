"""OpenEXR files that Blender 5.0 wrote (tests/render/exr), and broken ones."""

from pathlib import Path

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.render.environment import read_environment
from simengine.render.openexr import decode_exr

FILES = Path(__file__).parent / "exr"
Y, X = np.mgrid[:20, :6]
WRITTEN = np.stack([X * 0.5 + 0.25, Y * 2.0, 0.125 + (X + Y) * 4.0], axis=-1)  # exact in 16 bits


@pytest.mark.parametrize("codec", ["NONE", "RLE", "ZIPS", "ZIP"])  # RLE and ZIPS with 32 bits, the others with 16
def test_pictures_are_read_exactly(codec):
    assert np.array_equal(decode_exr((FILES / f"{codec}.exr").read_bytes(), name=codec), WRITTEN)


def test_panoramas_may_be_openexr():
    assert np.allclose(read_environment(FILES / "ZIP.exr", scale=0.5), 0.5 * WRITTEN)


def test_what_is_not_read_is_named():
    data = (FILES / "ZIP.exr").read_bytes()
    with pytest.raises(SimengineError, match=r"compression PIZ is not read.*ZIP, or as Radiance"):
        read_environment(FILES / "PIZ.exr")
    with pytest.raises(SimengineError, match="hall: tiled"):
        decode_exr(data[:5] + b"\x02" + data[6:], name="hall")
    with pytest.raises(SimengineError, match=r"channels .* not R, G and B"):
        decode_exr(data.replace(b"R\0", b"Q\0", 1), name="hall")


def test_broken_files_are_named_wherever_they_end():
    data = (FILES / "ZIP.exr").read_bytes()
    for end in (0, 3, 8, 60, 300, len(data) // 2, len(data) - 3):
        with pytest.raises(SimengineError, match=r"hall: .*broken"):
            decode_exr(data[:end], name="hall")
    rng = np.random.default_rng(0)
    for _ in range(300):
        spoilt = np.frombuffer(data, np.uint8).copy()
        spoilt[rng.integers(len(data), size=4)] = rng.integers(256, size=4)
        try:
            assert decode_exr(spoilt.tobytes(), name="hall").shape[2] == 3
        except SimengineError as error:
            assert str(error).startswith("hall: ")
