"""The noise filter, the tone curve and the polynomials for angles against numpy."""

import numpy as np
import pytest

from simengine.render.device import load_warp, struct_rows
from simengine.render.eye import camera_data
from simengine.render.kernels.angles import circle_point, polar_fraction, turn_fraction
from simengine.render.kernels.camera import CameraData
from simengine.render.tone import srgb_table

wp = load_warp()


@wp.kernel(module="unique")
def angles(x: wp.array(dtype=float), y: wp.array(dtype=float), out: wp.array2d(dtype=float)):
    i = wp.tid()
    turn = turn_fraction(x[i], y[i])
    point = circle_point(turn)
    out[i, 0] = turn
    out[i, 1] = point[0]
    out[i, 2] = point[1]
    out[i, 3] = polar_fraction(x[i])


def test_angles_equal_those_of_the_mathematics_library():
    phi = np.linspace(0, 2 * np.pi, 4001, endpoint=False)
    x, y = np.cos(phi).astype(np.float32), np.sin(phi).astype(np.float32)
    out = wp.empty((len(phi), 4), dtype=float, device="cpu")
    arrays = [wp.array(v, dtype=float, device="cpu") for v in (x, y)]
    wp.launch(angles, dim=len(phi), inputs=[*arrays, out], device="cpu")
    turn, c, s, polar = out.numpy().T
    assert ((turn >= 0) & (turn < 1)).all()
    error = np.abs(turn - np.arctan2(y, x) / (2 * np.pi) % 1)
    assert np.minimum(error, 1 - error).max() < 2e-7
    assert np.abs(np.stack([c, s]) - [x, y]).max() < 1e-6
    assert np.abs(polar - np.arccos(np.clip(x.astype(float), -1, 1)) / np.pi).max() < 2e-7


def joined(light, axis, weight_of, guide):
    """Weighted mean over five pixels along an axis, as the filter's formula says."""
    size = light.shape[axis]
    result, total = light.astype(float).copy(), np.ones(light.shape[:2])
    for k in (-2, -1, 1, 2):
        index = np.arange(size) + k
        inside = (index >= 0) & (index < size)
        inside = inside[:, None] if axis == 0 else inside[None]
        w = np.where(inside & (np.roll(guide, -k, axis) == guide), weight_of(k, axis), 0.0)
        result += np.roll(light, -k, axis) * w[..., None]
        total += w
    return np.where(guide[..., None] != 0, result / total[..., None], light)


@pytest.mark.parametrize("size", [(13, 37), (9, 8), (3, 5), (1, 1)])
def test_filter_and_tone_curve_equal_numpy(size):
    from simengine.render.camera import look_at, make_camera
    from simengine.render.kernels import film

    h, w = size
    rng = np.random.default_rng(h * w)
    camera = make_camera(look_at((0.5, -0.6, 0.5), (0, 0, 0)), width=w, height=h, fov=0.8, exposure=np.log2(0.7))
    eye = wp.array(struct_rows([camera_data(camera)]), dtype=CameraData, device="cpu")
    guide = rng.integers(-1, 3, size).astype(np.int32)
    depth = rng.uniform(0.5, 0.51, size).astype(np.float32)
    normals = rng.normal((0, 0, -4), 0.5, (*size, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    roughness = rng.uniform(0, 0.6, size).astype(np.float32)
    albedo, diffuse, specular, direct = rng.uniform(0, 1.2, (4, *size, 3)).astype(np.float32)

    rays = np.stack(
        [*np.meshgrid((np.arange(w) + 0.5 - camera.cx) / camera.fx, (np.arange(h) + 0.5 - camera.cy) / camera.fy),
         np.ones(size)], axis=-1,
    )  # fmt: skip
    offset = (normals * rays).sum(-1) * depth
    gloss = np.clip(roughness * 5 - 0.25, 0, 1)

    def weight(k, axis, power=8):
        turn = np.maximum((normals * np.roll(normals, -k, axis)).sum(-1), 0) ** power
        away = (normals * np.roll(rays, -k, axis)).sum(-1) * np.roll(depth, -k, axis) - offset
        away /= depth * 4 * (1 / camera.fx + 1 / camera.fy)
        share = 0.5 if abs(k) == 2 else 1.0
        return share * np.where(guide < 0, 1, turn / (1 + away**2))  # blurred pixels have no geometry

    d, s = diffuse, specular
    for axis in (1, 0):
        d = joined(d, axis, weight, guide)
        s = joined(s, axis, lambda k, axis: weight(k, axis, 16) * gloss, guide)
    linear = d * albedo + s + direct

    def array(values, dtype):
        return wp.array(values, dtype=dtype, device="cpu")

    rays = wp.empty((1, 1), dtype=wp.vec3, device="cpu")
    guides = [rays, array(guide, int), array(depth, float), array(normals, wp.vec3), array(roughness, float)]
    light = [array(diffuse, wp.vec3), array(specular, wp.vec3)]
    for lanes in (8, 1):
        across = [wp.empty_like(a) for a in light]
        out, rgb = array(direct, wp.vec3), wp.empty(size, dtype=wp.vec3ub, device="cpu")
        blocks = (h, -(-w // lanes))
        wp.launch(film.smooth_rows, dim=blocks, inputs=[eye, lanes, 0, 1.0, *guides, *light, *across], device="cpu")
        final = [*guides, array(albedo, wp.vec3), *across, srgb_table("cpu"), out, rgb]
        wp.launch(film.develop, dim=blocks, inputs=[eye, lanes, 0, 1.0, 1, *final], device="cpu")
        assert np.abs(out.numpy() - linear).max() < 1e-5
        assert np.abs(rgb.numpy().astype(int) - developed(linear * 0.7)).max() <= 1
        assert (rgb.numpy() != developed(linear * 0.7)).mean() < 0.02 or h * w < 50


def developed(color):
    """Khronos PBR Neutral (2024, github.com/KhronosGroup/ToneMapping), then sRGB bytes."""
    low = color.min(axis=-1, keepdims=True)
    color = color - np.where(low < 0.08, low - 6.25 * low * low, 0.04)
    peak = color.max(axis=-1, keepdims=True)
    start = 0.8 - 0.04
    new_peak = 1 - (1 - start) ** 2 / (peak + 1 - 2 * start)
    g = 1 - 1 / (0.15 * (peak - new_peak) + 1)
    bright = color * new_peak / peak * (1 - g) + new_peak * g
    color = np.clip(np.where(peak < start, color, bright), 0, 1)
    srgb = np.where(color <= 0.0031308, 12.92 * color, 1.055 * np.maximum(color, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(int)
