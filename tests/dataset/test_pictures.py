import io
import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simengine.dataset.pictures import (
    ENCODINGS,
    decode_coordinates,
    decode_depth,
    decode_normals,
    decode_picture,
    depth_scale,
    encode_coordinates,
    encode_depth,
    encode_ids,
    encode_normals,
    encode_picture,
)
from simengine.errors import SimengineError
from simengine.scene.schema.scene import OUTPUTS


def test_every_output_of_a_scene_has_an_encoding():
    assert tuple(ENCODINGS) == OUTPUTS


@pytest.mark.parametrize(
    ("far", "step"),
    [(0.01, 5e-5), (1, 5e-5), (3.27, 5e-5), (3.28, 1e-4), (10, 2e-4), (13.2, 5e-4), (40, 1e-3), (100, 2e-3), (200, 5e-3), (600, 0.01)],
)  # fmt: skip
def test_depth_steps_are_the_finest_of_the_series_that_reaches_far(far, step):
    assert depth_scale(far) == step


@given(st.floats(1e-3, 1e6))
def test_depth_steps_reach_far(far):
    step = depth_scale(far)
    assert step * 65535 >= far
    digits = f"{step:e}"
    assert digits[0] in "125" and set(digits[1:].split("e")[0]) <= set(".0")


depths = hnp.arrays(np.float32, (4, 5), elements=st.floats(0, 12, width=32))


@given(depths)
def test_depth_comes_back_within_half_a_step(depth):
    scale = depth_scale(10.0)
    back = decode_depth(encode_depth(depth, scale=scale, far=10.0), scale=scale)
    seen = (depth > scale / 2) & (depth <= 10.0)
    excess = np.abs(back - depth) - np.spacing(depth)  # float32 rounds what it reads back
    assert excess[seen].max(initial=0) <= scale / 2 * 1.001
    assert (back[depth == 0] == 0).all() and (back[depth > 10.0] == 0).all()
    assert (back[(depth > 0) & (depth <= 10.0)] > 0).all()  # what is hit never becomes "nothing"


def test_depth_beyond_16_bits_is_nothing_not_a_wrapped_number():
    assert encode_depth(np.array([[3.9, 400.0]], np.float32), scale=5e-5).tolist() == [[0, 0]]


@given(hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(-1, 1, width=32)))
def test_normals_come_back_within_half_a_step(normals):
    back = decode_normals(encode_normals(normals))
    assert np.abs(back - normals).max() <= 0.5 / 32767 * 1.01
    assert (decode_normals(encode_normals(np.zeros_like(normals))) == 0).all()


@given(hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(-60000, 60000, width=32)))
def test_coordinates_come_back_within_their_relative_step(points):
    back = decode_coordinates(encode_coordinates(points))
    assert (np.abs(back - points) <= np.maximum(np.abs(points) * 2.0**-11, 3e-8)).all()


def test_coordinates_of_a_die_are_resolved_to_micrometres():
    points = np.random.default_rng(0).uniform(-0.008, 0.008, (64, 64, 3)).astype(np.float32)
    assert np.abs(decode_coordinates(encode_coordinates(points)) - points).max() < 4e-6


@pytest.mark.parametrize("ids", [[[70000]], [[-1]]])
def test_ids_that_do_not_fit_are_refused(ids):
    with pytest.raises(SimengineError, match="16-bit picture"):
        encode_ids(np.array(ids, np.int32))


def frame(shape=(37, 53)):
    rng = np.random.default_rng(1)
    normals = rng.normal(size=(*shape, 3)).astype(np.float32)
    return {
        "rgb": rng.integers(0, 256, (*shape, 3)).astype(np.uint8),
        "depth": rng.uniform(0.2, 9, shape).astype(np.float32),
        "instances": rng.integers(0, 65536, shape).astype(np.int32),
        "classes": rng.integers(0, 90, shape).astype(np.int32),
        "normals": normals / np.linalg.norm(normals, axis=-1, keepdims=True),
        "coordinates": rng.normal(size=(*shape, 3)).astype(np.float32),
    }


@pytest.mark.parametrize("output", OUTPUTS)
def test_files_hold_what_the_table_says(output):
    """Read by a PNG reader of our own, written from the standard, not by OpenCV."""
    values = frame()[output]
    data = encode_picture(output, values, scale=2e-4, far=10.0)
    raw, depth = read_png(data)
    assert depth == (8 if output == "rgb" else 16)
    expected = {
        "rgb": lambda: values,
        "depth": lambda: np.rint(values.astype(np.float64) / 2e-4),
        "instances": lambda: values,
        "classes": lambda: values,
        "normals": lambda: np.rint(values * np.float32(32767)) + 32768,
        "coordinates": lambda: values.astype(np.float16).view(np.uint16),
    }[output]()
    assert (raw == expected).all()
    assert data == encode_picture(output, np.asfortranarray(values), scale=2e-4, far=10.0)
    back = decode_picture(output, data, scale=2e-4)
    assert back.shape == values.shape and back.dtype == values.dtype
    assert np.abs(back.astype(np.float64) - values).max() <= {"depth": 1.01e-4, "normals": 1.6e-5, "coordinates": 2e-3}.get(output, 0)  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_broken_pictures_are_named(data):
    with pytest.raises(SimengineError, match="can't be read"):
        decode_picture("rgb", data)


def read_png(data):
    """A minimal reader of non-interlaced grey and RGB files (ISO/IEC 15948)."""
    stream = io.BytesIO(data)
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    packed = b""
    while True:
        (size,) = struct.unpack(">I", stream.read(4))
        kind, body, _ = stream.read(4), stream.read(size), stream.read(4)
        if kind == b"IHDR":
            width, height, bits, color, *rest = struct.unpack(">IIBBBBB", body)
            assert rest == [0, 0, 0] and color in (0, 2)
        elif kind == b"IDAT":
            packed += body
        elif kind == b"IEND":
            break
    channels = 3 if color == 2 else 1
    pixel, row = channels * bits // 8, width * channels * bits // 8
    plain = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, row + 1)
    above = np.zeros(row, np.uint8)
    out = np.zeros((height, row), np.uint8)
    for y in range(height):
        kind, line = plain[y, 0], plain[y, 1:].copy()
        for x in range(row):
            left = int(line[x - pixel]) if x >= pixel else 0
            up, corner = int(above[x]), int(above[x - pixel]) if x >= pixel else 0
            line[x] = (int(line[x]) + predicted(kind, left, up, corner)) & 255
        out[y] = above = line
    values = out.view(">u2").astype(np.uint16) if bits == 16 else out
    return values.reshape((height, width, 3) if channels == 3 else (height, width)), bits


def predicted(kind, left, up, corner):
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]


def test_far_is_no_part_of_the_step_when_unbounded():
    assert encode_depth(np.array([[9.9]], np.float32), scale=2e-4, far=math.inf).tolist() == [[49500]]
