"""Light found by lamps' samples, by materials' samples and by both agree; samplers of lamps follow their densities."""

from dataclasses import replace

import numpy as np
import pytest
import warp as wp
from oracles.render_scenes import camera_at, light, sheet
from scipy import stats

from simengine.render.finish import add_glow
from simengine.render.kernels.bsdf import bsdf_at, evaluate, ggx, sample_direction, smith
from simengine.render.kernels.fuzz import dimmed, evaluate_rich, fuzz_at, sample_rich, sheen_value
from simengine.render.kernels.light import GlowData, Light, light_along, sample_glow, sample_light
from simengine.render.look import _light_row
from simengine.render.microfacet import albedo_table, sheen_table
from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

COUNT = 100_000
HERE = np.array([0.1, -0.05, 0.0])
LAMPS = {
    "rectangle": light("area", position=(0.2, 0.1, 0.5), direction=(-0.3, 0.0, -0.954), size=(0.5, 0.4), power=3.0),
    "disk": light("disk", position=(-0.3, 0.2, 0.6), direction=(0.4, 0.0, -0.917), size=(0.6, 0.4), power=3.0),
    "sphere": light("point", position=(-0.2, 0.3, 0.4), size=(0.2, 0.0), power=3.0),
    "spot": replace(
        light("spot", position=(0.3, 0.2, 0.6), direction=(-0.3, -0.35, -0.887), size=(0.15, 0.0), power=3.0),
        cone=(0.9, 0.3),
    ),
    "sun": light("sun", direction=(0.3, 0.2, -0.933), size=(0.5, 0.0), power=3.0),
}


@wp.struct
class Setting:
    table: wp.array2d(dtype=wp.vec2)
    sheen_table: wp.array2d(dtype=wp.float32)
    surface: wp.vec4  # roughness, metallic, specular, clear coat
    sheen: wp.float32
    plane: wp.vec3
    here: wp.vec3
    wo: wp.vec3


@wp.kernel
def estimate(s: Setting, lamps: wp.array(dtype=Light), u: wp.array2d(dtype=wp.vec2), out: wp.array(dtype=wp.vec3)):
    """Light that a point sends to the viewer, by samples of the lamp, of the material, and of both."""
    i = wp.tid()
    base = wp.vec3(0.8, 0.5, 0.2)
    m = bsdf_at(s.table, base, s.surface[0], s.surface[1], s.surface[2], s.surface[3], s.wo[2])
    m = dimmed(s.sheen_table, m, wp.vec3(s.sheen), 0.4, s.wo[2])
    f = fuzz_at(wp.vec3(s.sheen), 0.4, s.plane)
    by_lamp = wp.float32(0.0)
    by_both = wp.float32(0.0)
    a = sample_light(lamps[0], s.here, u[i, 0])
    r = evaluate_rich(m, f, s.wo, a.direction)
    if a.pdf > 0.0 and r.pdf > 0.0:
        by_lamp = a.radiance[1] * (r.diffuse * base[1] + r.specular[1])
        by_both = by_lamp * a.pdf / (a.pdf + r.pdf)
    by_material = wp.float32(0.0)
    wi = sample_rich(m, f, s.wo, u[i, 1][0], u[i, 2])
    r = evaluate_rich(m, f, s.wo, wi)
    if r.pdf > 0.0:
        b = light_along(lamps[0], s.here, wi)
        if b.pdf > 0.0:
            by_material = b.radiance[1] * (r.diffuse * base[1] + r.specular[1]) / r.pdf
            by_both += by_material * r.pdf / (r.pdf + b.pdf)
    out[i] = wp.vec3(by_lamp, by_material, by_both)


@wp.kernel
def draw_rich(s: Setting, u: wp.array2d(dtype=wp.vec2), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    m = bsdf_at(s.table, wp.vec3(0.8), s.surface[0], s.surface[1], s.surface[2], s.surface[3], s.wo[2])
    m = dimmed(s.sheen_table, m, wp.vec3(s.sheen), 0.4, s.wo[2])
    out[i] = sample_rich(m, fuzz_at(wp.vec3(s.sheen), 0.4, s.plane), s.wo, u[i, 0][0], u[i, 1])


@wp.kernel
def density_rich(s: Setting, d: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    m = bsdf_at(s.table, wp.vec3(0.8), s.surface[0], s.surface[1], s.surface[2], s.surface[3], s.wo[2])
    m = dimmed(s.sheen_table, m, wp.vec3(s.sheen), 0.4, s.wo[2])
    out[i] = evaluate_rich(m, fuzz_at(wp.vec3(s.sheen), 0.4, s.plane), s.wo, d[i]).pdf


@wp.kernel
def draw_lamp(lamps: wp.array(dtype=Light), p: wp.vec3, u: wp.array2d(dtype=wp.vec2), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    s = sample_light(lamps[0], p, u[i, 0])
    out[i] = wp.vec4(s.direction[0], s.direction[1], s.direction[2], s.pdf)


@wp.kernel
def density_lamp(lamps: wp.array(dtype=Light), p: wp.vec3, d: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    out[i] = light_along(lamps[0], p, d[i]).pdf


@wp.kernel
def draw_glow(glow: GlowData, p: wp.vec3, u: wp.array2d(dtype=wp.vec2), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    s = sample_glow(glow, p, u[i, 0])
    out[i] = p + s.direction * s.distance


@wp.kernel
def lobes(alpha: wp.float32, power: wp.float32, a: wp.array(dtype=wp.vec3), b: wp.array(dtype=wp.vec3),
          out: wp.array(dtype=wp.vec2)):  # fmt: skip
    """Values, without the cosine, of a microfacet lobe and of sheen."""
    i = wp.tid()
    wo = a[i]
    wi = b[i]
    facets = ggx(alpha, smith(alpha, wo[2]), wo, wi, wp.normalize(wo + wi))[0] / wi[2]
    out[i] = wp.vec2(facets, sheen_value(power, wo, wi))


def launch(kernel, inputs, count, dtype):
    out = wp.zeros(count, dtype=dtype, device="cpu")
    wp.launch(kernel, dim=count, inputs=[*inputs, out], device="cpu")
    return out.numpy()


def table_of(source):
    rows = np.array([_light_row(source, np.zeros(3))], Light.numpy_dtype())
    return wp.array(rows, dtype=Light, device="cpu")


def setting(surface, *, sheen=0.0, lean=0.0, wo=(0.6, 0.0, 0.8)):
    s = Setting()
    s.table = wp.array(albedo_table(), dtype=wp.vec2, device="cpu")
    s.sheen_table = wp.array(sheen_table(), dtype=wp.float32, device="cpu")
    s.surface, s.sheen = wp.vec4(*surface), sheen
    s.plane = wp.vec3(np.sin(lean), 0.0, np.cos(lean))
    s.here, s.wo = wp.vec3(*HERE), wp.vec3(*wo)
    return s


def numbers(rng, pairs, count=COUNT):
    return wp.array(rng.random((count, pairs, 2), np.float32), dtype=wp.vec2, device="cpu")


def z_score(a, b):
    return (a.mean() - b.mean()) / np.hypot(a.std() / len(a) ** 0.5, b.std() / len(b) ** 0.5)


@pytest.mark.parametrize("lamp", LAMPS)
@pytest.mark.parametrize(
    "surface, sheen, lean",
    [((0.8, 0, 0.5, 0), 0, 0), ((0.35, 1, 0.5, 0), 0, 0), ((0.5, 0.3, 0.5, 0.5), 0.7, 0), ((0.5, 0, 0.5, 0), 0, 0.4)],
)
def test_all_strategies_have_one_expectation(lamp, surface, sheen, lean):
    rng = np.random.default_rng(4)
    drawn = launch(
        estimate,
        [setting(surface, sheen=sheen, lean=lean), table_of(LAMPS[lamp]), numbers(rng, 3)],
        COUNT,
        wp.vec3,
    ).astype(float)
    by_lamp, by_material, by_both = drawn.T
    assert by_both.mean() > 0
    assert abs(z_score(by_lamp, by_material)) < 4
    assert abs(z_score(by_both, by_lamp)) < 4
    assert abs(z_score(by_both, by_material)) < 4
    assert by_both.std() < max(by_lamp.std(), by_material.std())


@pytest.mark.parametrize("lamp", ["rectangle", "disk", "sphere", "spot"])
def test_pictures_show_that_expectation(tracer, lamp):
    """The renderer's mean over a small patch is what the estimators above say of its middle."""
    surface = SurfaceMaterial((0.8, 0.5, 0.2), roughness=0.5, metallic=0.3)
    eye = HERE + 0.001 * np.array([0.6, 0.0, 0.8]) * 800
    camera = camera_at(eye=tuple(eye), target=tuple(HERE), width=16, height=16, fov=0.02)
    scene = RenderScene((Instance(sheet((2, 2)), np.eye(4), (0,), 1),), (surface,), lights=(LAMPS[lamp],))
    seen = tracer.render(scene, camera, RenderSettings(samples=64, bounces=0, amodal=(), denoise=False)).linear
    drawn = launch(
        estimate,
        [setting((0.5, 0.3, 0.5, 0.0)), table_of(LAMPS[lamp]), numbers(np.random.default_rng(5), 3)],
        COUNT,
        wp.vec3,
    )
    expected = drawn[:, 2].astype(float)
    slack = 4 * expected.std() / COUNT**0.5 + 0.003 * expected.mean()
    assert seen[..., 1].mean(dtype=float) == pytest.approx(expected.mean(), abs=slack)


def grid(rows, columns, fine, top):
    z = 1 - (1 - top) * (np.arange(rows * fine) + 0.5) / (rows * fine)
    phi = 2 * np.pi * (np.arange(columns * fine) + 0.5) / (columns * fine)
    z, phi = np.meshgrid(z, phi, indexing="ij")
    s = np.sqrt(1 - z**2)
    directions = np.stack([s * np.cos(phi), s * np.sin(phi), z], axis=-1).reshape(-1, 3).astype(np.float32)
    return directions, 2 * np.pi * (1 - top) / z.size


def chi_square(samples, density, rows, columns, fine, top):
    """p-value of directions against a density on `grid`, in equal-area cells; rare cells are joined."""
    solid = 2 * np.pi * (1 - top) / density.size
    probability = density.reshape(rows, fine, columns, fine).sum(axis=(1, 3)) * solid
    i = np.clip(((1 - samples[:, 2]) / (1 - top) * rows).astype(int), 0, rows - 1)
    j = np.clip((np.arctan2(samples[:, 1], samples[:, 0]) / (2 * np.pi) % 1 * columns).astype(int), 0, columns - 1)
    observed = np.bincount(i * columns + j, minlength=rows * columns).astype(float)
    expected = probability.ravel() / probability.sum() * len(samples)
    keep = expected > 20
    o, e = np.append(observed[keep], observed[~keep].sum()), np.append(expected[keep], expected[~keep].sum())
    if e[-1] < 5:
        o, e = o[:-1], e[:-1]
    return probability.sum(), stats.chi2.sf(((o - e) ** 2 / e).sum(), len(o) - 1)


@pytest.mark.parametrize("lamp", LAMPS)
def test_lamps_are_drawn_by_their_density(lamp):
    """Samples fall as the density of what a ray sees says, which integrates to 1."""
    table, p = table_of(LAMPS[lamp]), wp.vec3(*HERE)
    drawn = launch(draw_lamp, [table, p, numbers(np.random.default_rng(6), 1)], COUNT, wp.vec4)
    rows, columns, fine, top = 16, 24, 24, 0.0
    directions, _ = grid(rows, columns, fine, top)
    d = wp.array(directions, dtype=wp.vec3, device="cpu")
    density = launch(density_lamp, [table, p, d], len(directions), wp.float32).astype(float)
    total, p_value = chi_square(drawn[:, :3], density, rows, columns, fine, top)
    assert total == pytest.approx(1.0, abs=0.01)
    # cells at the lamp's outline are known to a fine cell only
    assert p_value > 1e-4 or abs(np.linalg.norm(drawn[:, :3].mean(axis=0) - _mean(directions, density))) < 2e-3
    own = launch(
        density_lamp, [table, p, wp.array(drawn[:, :3].copy(), dtype=wp.vec3, device="cpu")], COUNT, wp.float32
    )
    agree = np.isclose(own, drawn[:, 3], rtol=1e-2)
    assert agree.mean() > 0.995  # but for rounding at the outline


def _mean(directions, density):
    return (directions * density[:, None]).sum(axis=0) / density.sum()


@pytest.mark.parametrize("surface, sheen, lean", [((0.6, 0, 0.5, 0), 0.8, 0), ((0.5, 1, 0.5, 0), 0, 0.5), ((1, 0, 0.5, 0), 0.5, 0.3)])  # fmt: skip
@pytest.mark.parametrize("cosine", [0.95, 0.4])
def test_rich_materials_are_drawn_by_their_density(surface, sheen, lean, cosine):
    s = setting(surface, sheen=sheen, lean=lean, wo=(float(np.sqrt(1 - cosine**2)), 0.0, cosine))
    drawn = launch(draw_rich, [s, numbers(np.random.default_rng(7), 2)], COUNT, wp.vec3)
    rows, columns, fine, top = 24, 20, 12, -1.0
    directions, _ = grid(rows, columns, fine, top)
    density = launch(
        density_rich, [s, wp.array(directions, dtype=wp.vec3, device="cpu")], len(directions), wp.float32
    ).astype(float)
    kept = launch(density_rich, [s, wp.array(drawn, dtype=wp.vec3, device="cpu")], COUNT, wp.float32) > 0
    total, p_value = chi_square(drawn[kept], density, rows, columns, fine, top)
    assert total == pytest.approx(kept.mean(), abs=5e-3)  # what falls below both surfaces carries nothing
    assert p_value > 1e-4 or (lean > 0 and np.abs(drawn[kept].mean(axis=0) - _mean(directions, density)).max() < 4e-3)


def test_glow_is_drawn_by_power():
    """Of two sheets, one twice as large and thrice as bright as the other, it gets six times the samples, evenly."""
    turn = np.eye(4)
    turn[:3, 3] = (0.0, 0.0, 0.5)
    other = turn.copy()
    other[0, 3] = 1.0
    instances = (Instance(sheet((0.4, 0.4)), turn, (0,), 1), Instance(sheet((0.4, 0.2)), other, (1,), 2))
    scene = RenderScene(instances, (SurfaceMaterial(emission=(3, 3, 3)), SurfaceMaterial(emission=(1, 1, 1))))

    class Look:
        glow = GlowData()

    assert add_glow(Look, scene, instances, np.zeros(3), "cpu")
    at = launch(draw_glow, [Look.glow, wp.vec3(*HERE), numbers(np.random.default_rng(8), 1)], COUNT, wp.vec3)
    assert np.allclose(at[:, 2], 0.5, atol=1e-5)
    large = at[:, 0] < 0.5
    assert large.mean() == pytest.approx(6 / 7, abs=4 * (6 / 49 / COUNT) ** 0.5)
    cells = np.floor((at[large, :2] + 0.2) / 0.4 * 8).clip(0, 7).astype(int)
    counts = np.bincount(cells[:, 0] * 8 + cells[:, 1], minlength=64)
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("alpha, power", [(0.01, 6.25), (0.09, 4.0), (0.36, 2.0), (1.0, 1.0)])
def test_every_lobe_is_reciprocal(alpha, power):
    """f(wi, wo) = f(wo, wi) of microfacets, of the coat (which is narrow ones) and of sheen.

    Their weights in a layered material go by the viewer's direction, see `simengine.render.kernels.bsdf`.
    """
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=(2, 20_000, 3))
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) * np.sign(v[:, 2:]) for v in (a, b))
    keep = (a[:, 2] > 0.02) & (b[:, 2] > 0.02)
    a, b = (wp.array(v[keep].astype(np.float32), dtype=wp.vec3, device="cpu") for v in (a, b))
    there, back = (launch(lobes, [alpha, power, *pair], int(keep.sum()), wp.vec2) for pair in ((a, b), (b, a)))
    assert np.allclose(there, back, rtol=2e-3, atol=1e-6)
    assert there.min() >= 0 and there[:, 0].max() > 0.05


def test_narrow_samplers_are_used_by_rich_ones():
    """Without sheen and with a plain normal the rich functions are the plain ones."""
    rng = np.random.default_rng(10)
    s = setting((0.4, 0.5, 0.5, 0.3))
    u = numbers(rng, 2, 2000)
    rich = launch(draw_rich, [s, u], 2000, wp.vec3)
    plain = launch(_draw_plain, [s, u], 2000, wp.vec4)
    above = plain[:, 2] > 0
    assert np.array_equal(rich[above], plain[above, :3])
    density = launch(density_rich, [s, wp.array(rich, dtype=wp.vec3, device="cpu")], 2000, wp.float32)
    assert np.allclose(density[above], plain[above, 3], rtol=1e-5)


@wp.kernel
def _draw_plain(s: Setting, u: wp.array2d(dtype=wp.vec2), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    m = bsdf_at(s.table, wp.vec3(0.8), s.surface[0], s.surface[1], s.surface[2], s.surface[3], s.wo[2])
    wi = sample_direction(m, s.wo, u[i, 0][0], u[i, 1])
    out[i] = wp.vec4(wi[0], wi[1], wi[2], evaluate(m, s.wo, wi).pdf)
