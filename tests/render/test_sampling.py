"""Samplers against their densities, and the point sets that feed them."""

import numpy as np
import pytest
import warp as wp
from scipy import stats

from simengine.render.environment import environment_distribution
from simengine.render.kernels.bsdf import bsdf_at, evaluate, sample_direction
from simengine.render.kernels.light import EnvironmentData, environment_pdf, sample_environment
from simengine.render.microfacet import albedo_table
from simengine.render.points import point_sets

COUNT = 200_000


@wp.kernel
def draw_environment(env: EnvironmentData, u: wp.array(dtype=wp.vec2), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    out[i] = sample_environment(env, u[i])


@wp.kernel
def density_environment(env: EnvironmentData, d: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    out[i] = environment_pdf(env, d[i])


@wp.kernel
def draw_material(
    table: wp.array2d(dtype=wp.vec2), p: wp.vec4, wo: wp.vec3,
    u: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec3),
):  # fmt: skip
    i = wp.tid()
    m = bsdf_at(table, wp.vec3(0.8, 0.5, 0.2), p[0], p[1], p[2], p[3], wo[2])
    out[i] = sample_direction(m, wo, u[i][2], wp.vec2(u[i][0], u[i][1]))


@wp.kernel
def density_material(
    table: wp.array2d(dtype=wp.vec2), p: wp.vec4, wo: wp.vec3,
    d: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.float32),
):  # fmt: skip
    i = wp.tid()
    m = bsdf_at(table, wp.vec3(0.8, 0.5, 0.2), p[0], p[1], p[2], p[3], wo[2])
    out[i] = evaluate(m, wo, d[i]).pdf


def launch(kernel, inputs, count, dtype):
    out = wp.zeros(count, dtype=dtype, device="cpu")
    wp.launch(kernel, dim=count, inputs=[*inputs, out], device="cpu")
    return out.numpy()


def grid(bins, top=-1.0, fine=8):
    """Directions on a fine grid over equal-area cells of the sphere above z = `top`, and each one's solid angle."""
    rows, columns = bins
    z = 1 - (1 - top) * (np.arange(rows * fine) + 0.5) / (rows * fine)
    phi = 2 * np.pi * (np.arange(columns * fine) + 0.5) / (columns * fine)
    z, phi = np.meshgrid(z, phi, indexing="ij")
    s = np.sqrt(1 - z**2)
    directions = np.stack([s * np.cos(phi), s * np.sin(phi), z], axis=-1).reshape(-1, 3)
    return directions.astype(np.float32), 2 * np.pi * (1 - top) / z.size


def chi_square(samples, probability, bins, top=-1.0):
    """p-value of samples against a probability per equal-area cell; rare cells are joined."""
    rows, columns = bins
    i = np.clip(((1 - samples[:, 2]) / (1 - top) * rows).astype(int), 0, rows - 1)
    j = np.clip((np.arctan2(samples[:, 1], samples[:, 0]) / (2 * np.pi) % 1 * columns).astype(int), 0, columns - 1)
    observed = np.bincount(i * columns + j, minlength=rows * columns).astype(float)
    expected = probability.ravel() * len(samples)
    keep = expected > 20
    o, e = np.append(observed[keep], observed[~keep].sum()), np.append(expected[keep], expected[~keep].sum())
    if e[-1] < 5:
        o, e = o[:-1], e[:-1]
    return stats.chi2.sf(((o - e) ** 2 / e).sum(), len(o) - 1)


def per_cell(density, solid_angle, bins, fine=8):
    rows, columns = bins
    return density.reshape(rows, fine, columns, fine).sum(axis=(1, 3)) * solid_angle


def test_surroundings_are_drawn_by_their_density():
    rng = np.random.default_rng(0)
    panorama = rng.uniform(0, 1, (16, 32, 3)).astype(np.float32) ** 4
    panorama[3, 5] = 30
    rows, columns, share = environment_distribution(panorama)
    assert share == 0.5
    env = EnvironmentData()
    env.rows, env.columns = wp.array(rows, device="cpu"), wp.array(columns, device="cpu")
    u = wp.array(rng.random((COUNT, 2), np.float32), dtype=wp.vec2, device="cpu")
    drawn = launch(draw_environment, [env, u], COUNT, wp.vec3)
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    bins = (20, 24)
    directions, solid_angle = grid(bins, fine=16)
    pdf = launch(
        density_environment, [env, wp.array(directions, dtype=wp.vec3, device="cpu")], len(directions), wp.float32
    )
    assert abs(pdf.sum(dtype=float) * solid_angle - 1) < 5e-3
    # the density is a staircase: compare in the staircase's own cells
    cells = np.diff(rows)[:, None] * np.diff(columns, axis=1)
    i = np.clip((np.arccos(np.clip(drawn[:, 2], -1, 1)) / np.pi * 16).astype(int), 0, 15)
    j = np.clip((np.arctan2(drawn[:, 1], drawn[:, 0]) / (2 * np.pi) % 1 * 32).astype(int), 0, 31)
    observed = np.bincount(i * 32 + j, minlength=512)
    expected = cells.ravel() * COUNT / cells.sum()
    keep = expected > 10
    assert stats.chi2.sf(((observed - expected)[keep] ** 2 / expected[keep]).sum(), keep.sum() - 1) > 1e-3
    brightest = environment_distribution(panorama)[1][3]
    assert np.diff(brightest).argmax() == 5


def test_even_surroundings_need_no_drawing():
    assert environment_distribution(np.ones((8, 16, 3), np.float32))[2] == 0
    assert environment_distribution(np.zeros((1, 2, 3), np.float32))[2] == 0


@pytest.mark.parametrize("roughness", [0.35, 0.6, 1.0])
@pytest.mark.parametrize("metallic, specular", [(0.0, 0.0), (0.0, 0.5), (1.0, 0.5), (0.5, 1.0)])
@pytest.mark.parametrize("cosine", [0.95, 0.3])
def test_materials_are_drawn_by_their_density(roughness, metallic, specular, cosine):
    rng = np.random.default_rng(1)
    table = wp.array(albedo_table(), dtype=wp.vec2, device="cpu")
    wo = wp.vec3(float(np.sqrt(1 - cosine**2)), 0.0, cosine)
    parameters = wp.vec4(roughness, metallic, specular, 0.0)
    u = wp.array(rng.random((COUNT, 3), np.float32), dtype=wp.vec3, device="cpu")
    drawn = launch(draw_material, [table, parameters, wo, u], COUNT, wp.vec3)
    bins = (16, 24)
    directions, solid_angle = grid(bins, top=0.0, fine=16)
    d = wp.array(directions, dtype=wp.vec3, device="cpu")
    pdf = launch(density_material, [table, parameters, wo, d], len(directions), wp.float32)
    above = drawn[drawn[:, 2] > 0]
    probability = per_cell(pdf, solid_angle, bins, fine=16)
    assert abs(probability.sum() - len(above) / COUNT) < 5e-3  # what falls below the surface carries nothing
    assert chi_square(above, probability / probability.sum(), bins, top=0.0) > 1e-4


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_points_are_nets_in_base_two(seed):
    """Every aligned block of 2^k points has one in each elementary interval (H. Niederreiter, 1987)."""
    points = point_sets(3, 256, [seed])[0].astype(float) / 2**32
    for pair in points:
        for block in (16, 64, 256):
            for start in range(0, 256, block):
                part = pair[start : start + block]
                m = block.bit_length() - 1
                for a in range(m + 1):
                    cells = np.floor(part[:, 0] * 2**a) * 2 ** (m - a) + np.floor(part[:, 1] * 2 ** (m - a))
                    assert len(np.unique(cells)) == block
    assert not np.array_equal(points[0], points[1])


def test_points_depend_on_every_bit_of_the_seed():
    drawn = {point_sets(1, 16, [seed]).tobytes() for seed in (0, 1, 2**32, 2**63, 2**64, 2**65)}
    assert len(drawn) == 6


def test_directional_albedo_is_a_share():
    table = albedo_table()
    total = table.sum(axis=-1)
    assert (table >= 0).all() and (total <= 1.0001).all()
    assert np.allclose(total[0, 1:], 1, atol=0.02)  # mirrors lose nothing
    # the same integral by quadrature over half vectors, D G / (4 cos_o) with the Jacobian of reflection
    for j, i in ((10, 20), (20, 10), (31, 25), (15, 5)):
        alpha, mu = (j / 31) ** 2, i / 31
        z, phi = np.meshgrid((np.arange(2000) + 0.5) / 2000, np.pi * (np.arange(720) + 0.5) / 360, indexing="ij")
        s = np.sqrt(1 - z**2)
        dot = s * np.cos(phi) * np.sqrt(1 - mu**2) + z * mu
        wi = 2 * dot * z - mu
        d = alpha**2 / (np.pi * (z**2 * (alpha**2 - 1) + 1) ** 2)
        smith = [np.sqrt(alpha**2 + (1 - alpha**2) * c**2) for c in (mu, np.maximum(wi, 0))]
        g = 2 * mu * np.maximum(wi, 0) / np.maximum(mu * smith[1] + wi * smith[0], 1e-9)
        value = np.where((wi > 0) & (dot > 0), d * g * dot / mu, 0).mean() * 2 * np.pi
        assert abs(total[j, i] - value) < 0.01
