"""Textures against a reference look-up: sRGB decoding, bilinear filtering, averaging of far ones."""

import cv2
import numpy as np
import pytest
import warp as wp
from oracles.render_scenes import camera_at, pose, sheet, to_mesh

from simengine.render.camera import make_camera
from simengine.render.device import DeviceCache, encode_texture
from simengine.render.kernels.texture import TextureData, look_up
from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

ONE = np.ones((1, 2, 3), np.float32)
RAW = RenderSettings(samples=1, bounces=0, amodal=(), denoise=False)


def linear(picture):
    s = picture / 255.0
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def textured(picture, mesh, **material):
    surface = SurfaceMaterial((1, 1, 1), texture=0, specular=0.0, **material)
    return RenderScene((Instance(mesh, np.eye(4), (0,), 1),), (surface,), textures=(picture,), environment=ONE)


def overhead(width, height, focal, distance):
    """Looks straight down, picture's right along +x, its top along +y."""
    matrix = np.diag([1.0, -1.0, -1.0, 1.0])
    matrix[2, 3] = distance
    camera = make_camera(matrix, width=width, height=height)
    from dataclasses import replace

    return replace(camera, fx=focal, fy=focal)


@pytest.mark.parametrize("shape", [(16, 16), (7, 12)])
def test_uv_look_up_is_bilinear_in_linear_light(tracer, shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    scene = textured(picture, sheet((1.0, 1.0), uv=True), triplanar=False)
    frame = tracer.render(scene, overhead(200, 200, 240, 1.0), RAW)
    seen = frame.instances == 1
    uv = frame.coordinates[..., :2].astype(float) + 0.5
    x, y = uv[..., 0] * shape[1] - 0.5, (1 - uv[..., 1]) * shape[0] - 0.5
    wrapped = np.pad(linear(picture), ((2, 2), (2, 2), (0, 0)), mode="wrap")
    expected = cv2.remap(wrapped.astype(np.float32), (x + 2).astype(np.float32), (y + 2).astype(np.float32), 1)
    # OpenCV rounds positions to 1/32 pixel
    assert np.abs(frame.linear - expected)[seen].max() < 0.04
    assert np.abs(frame.linear - expected)[seen].mean() < 0.006


def test_triplanar_tile_has_its_size_and_orientation(tracer):
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32, :32] = 255  # upper left quarter of the tile
    scene = textured(picture, sheet((1.0, 1.0)), texture_size=0.5)
    frame = tracer.render(scene, overhead(200, 200, 240, 1.0), RAW)
    p = frame.coordinates[..., :2] / 0.5 % 1.0
    inside = (np.abs(p - 0.5) > 0.05).all(-1) & (np.abs(p) > 0.05).all(-1) & (np.abs(p - 1) > 0.05).all(-1)
    white = (p[..., 0] < 0.5) & (p[..., 1] > 0.5)
    here = (frame.instances == 1) & inside
    assert np.allclose(frame.linear[here & white], 1, atol=0.01)
    assert np.allclose(frame.linear[here & ~white], 0, atol=0.01)


def test_triplanar_sides_of_a_box_stand_upright(tracer):
    import trimesh

    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32] = (255, 0, 0)  # upper half
    box = to_mesh(trimesh.creation.box((0.4, 0.4, 0.4)))
    scene = textured(picture, box, texture_size=0.4)
    for eye in ((2, 0, 0), (-2, 0, 0), (0, 2, 0), (0, -2, 0)):
        frame = tracer.render(scene, camera_at(eye=eye, fov=0.2), RAW)
        z = frame.coordinates[..., 2]
        here = (frame.instances == 1) & (np.abs(z) < 0.18)
        # the tile's middle lies at z = 0.2 and -0.2: below 0 is the upper half
        assert np.allclose(frame.linear[here & (z < -0.02)][:, 0], 1, atol=0.02)
        assert np.allclose(frame.linear[here & (z > 0.02)][:, 0], 0, atol=0.02)


def test_far_patterns_fade_to_their_mean(tracer):
    """A fine checker seen from afar is grey (in linear light), without stripes of aliasing."""
    checker = np.kron(np.indices((128, 128)).sum(0) % 2, np.ones((2, 2)))[..., None].repeat(3, 2)
    scene = textured((checker * 255).astype(np.uint8), sheet((2.0, 2.0)), texture_size=0.05)
    frame = tracer.render(scene, camera_at(eye=(0.4, -0.4, 0.8)), RAW)
    values = frame.linear[frame.instances == 1]
    assert abs(values.mean() - 0.5) < 0.005
    assert values.std() < 0.05


def test_levels_keep_the_mean_and_end_in_one_texel():
    picture = np.random.default_rng(1).integers(0, 256, (64, 32, 3), np.uint8)
    levels = encode_texture(picture)
    assert [level.shape for level in levels] == [(64 >> k or 1, 32 >> k or 1) for k in range(7)]
    last = levels[-1][0, 0]
    decoded = (np.array([last & 1023, last >> 10 & 1023, last >> 20]) / 1023) ** 2
    assert np.allclose(decoded, linear(picture).mean(axis=(0, 1)), atol=2e-3)
    assert encode_texture(np.zeros((1, 1, 3), np.uint8))[0].shape == (1, 1)
    assert encode_texture(np.full((5, 3, 3), 200, np.uint8))[-1].shape == (1, 1)


def test_same_texture_again_is_not_encoded_again(tracer):
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 3), np.uint8)
    scene = textured(picture, sheet())
    before = tracer.render(scene, camera_at(), RAW)
    again = tracer.render(textured(picture.copy(), sheet()), camera_at(), RAW)
    changed = tracer.render(textured(255 - picture, sheet()), camera_at(), RAW)
    assert before.rgb.tobytes() == again.rgb.tobytes() != changed.rgb.tobytes()


def test_pose_does_not_move_the_texture(tracer):
    """Textures stick to objects: they are laid on in the object's frame."""
    picture = np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8)
    scene = textured(picture, sheet((1.0, 1.0)), texture_size=0.4)
    from dataclasses import replace

    turn = pose((0.3, -0.2, 0.1), rng=np.random.default_rng(4))
    camera = overhead(64, 64, 80, 1.0)
    moved = replace(scene, instances=(replace(scene.instances[0], transform=turn),))
    there = replace(camera, world_from_camera=turn @ camera.world_from_camera)
    a, b = tracer.render(scene, camera, RAW), tracer.render(moved, there, RAW)
    assert np.abs(a.linear - b.linear).max() < 1e-3


@wp.kernel
def look_up_many(
    textures: TextureData, texture: wp.int32, uv: wp.array(dtype=wp.vec2), footprint: wp.array(dtype=wp.float32),
    out: wp.array(dtype=wp.vec3),
):  # fmt: skip
    i = wp.tid()
    out[i] = look_up(textures, texture, uv[i], footprint[i])


@pytest.mark.parametrize("number", [0, 1])
def test_look_up_is_trilinear(number):
    """Against numpy: bilinear in the levels above and below, for a picture (sRGB) and a map (linear)."""
    rng = np.random.default_rng(5)
    picture, plain = rng.integers(0, 256, (2, 64, 32, 3), np.uint8)
    texels, starts, sizes, first_levels = DeviceCache(device="cpu").textures((picture,), (plain,))
    data = TextureData()
    data.texels, data.starts, data.sizes, data.first_levels = texels, starts, sizes, first_levels
    uv = rng.uniform(-1, 2, (500, 2)).astype(np.float32)
    footprint = (2 ** rng.uniform(-7, 1, 500)).astype(np.float32)
    out = wp.zeros(500, dtype=wp.vec3, device="cpu")
    points, areas = (wp.array(v, dtype=t, device="cpu") for v, t in ((uv, wp.vec2), (footprint, wp.float32)))
    wp.launch(look_up_many, dim=500, inputs=[data, number, points, areas, out], device="cpu")

    levels = [linear(picture) if number == 0 else plain / 255.0]
    while levels[-1].shape[:2] != (1, 1):
        last = levels[-1]
        pairs = last.reshape(last.shape[0] // 2, 2, -1, 2, 3) if last.shape[1] > 1 else last.reshape(-1, 2, 1, 1, 3)
        levels.append(pairs.mean(axis=(1, 3)))

    def bilinear(level, at):
        h, w = level.shape[:2]
        x, y = at[0] % 1 * w - 0.5, (1 - at[1] % 1) * h - 0.5
        i, j = int(np.floor(x)), int(np.floor(y))
        a, b = x - i, y - j
        rows = [level[k % h, i % w] * (1 - a) + level[k % h, (i + 1) % w] * a for k in (j, j + 1)]
        return rows[0] * (1 - b) + rows[1] * b

    for at, area, got in zip(uv.astype(float), footprint, out.numpy(), strict=True):
        level = min(np.log2(max(area * 64, 1.0)), len(levels) - 1)
        whole, part = int(level), level - int(level)
        expected = bilinear(levels[whole], at) * (1 - part)
        expected += bilinear(levels[min(whole + 1, len(levels) - 1)], at) * part
        assert got == pytest.approx(expected, abs=0.012)  # a share below 0.02 of the coarser level is left out
