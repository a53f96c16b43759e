"""Clear bodies against closed forms: energy, Snell, Fresnel, Beer, shadows."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from oracles.render_scenes import camera_at, light, pose, sheet, to_mesh

from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

RAW = RenderSettings(samples=16, bounces=0, amodal=(), denoise=False)
LAMBERT = SurfaceMaterial(base_color=(0.5, 0.5, 0.5), specular=0.0)
GLASS = SurfaceMaterial((1, 1, 1), roughness=0.0, transmission=1.0)
WHITE_SKY = np.ones((1, 2, 3), np.float32)
BALL = to_mesh(trimesh.creation.icosphere(4, radius=0.15), smooth=True)


def slab(thickness, size=0.6):
    return to_mesh(trimesh.creation.box((size, size, thickness)))


@pytest.mark.parametrize("roughness", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("transmission, coat", [(1.0, 0.0), (0.5, 0.0), (1.0, 1.0)])
def test_white_furnace(tracer, roughness, transmission, coat):
    """White clear bodies in even light can't be told from it, however often light is reflected within."""
    white = replace(GLASS, roughness=roughness, transmission=transmission, clear_coat=coat)
    for mesh in (BALL, slab(0.2, 0.2)):
        scene = RenderScene((Instance(mesh, np.eye(4), (0,), 1),), (white,), environment=WHITE_SKY)
        camera = camera_at(eye=(0.5, -0.4, 0.3), target=(0, 0, 0), width=32, height=32, fov=0.3)
        frame = tracer.render(scene, camera, replace(RAW, bounces=60))
        assert frame.linear[frame.instances == 1].mean(dtype=float) == pytest.approx(1.0, abs=0.005)


def test_slab_shows_what_is_behind_by_fresnel_and_beer(tracer):
    """Seen at right angles through a slab without caustics: sum over the inner reflections, each way faded."""
    sigma, thickness, n = np.array([2.0, 10.0, 40.0]), 0.05, 1.6
    glass = replace(GLASS, specular=((n - 1) / (n + 1)) ** 2 / 0.08, index=n, absorption=tuple(sigma))
    sky = np.zeros((64, 128, 3), np.float32)
    sky[32:] = 1.0  # light from below only
    scene = RenderScene((Instance(slab(thickness, 4.0), np.eye(4), (0,), 1),), (glass,), environment=sky)
    camera = camera_at(eye=(0.001, 0, 0.5), target=(0, 0, 0), width=16, height=16, fov=0.02)
    got = tracer.render(scene, camera, replace(RAW, samples=1024, bounces=4)).linear.mean(axis=(0, 1), dtype=float)
    f, t = ((n - 1) / (n + 1)) ** 2, np.exp(-sigma * thickness)
    assert got == pytest.approx((1 - f) ** 2 * t / (1 - (f * t) ** 2), rel=0.01)


@pytest.mark.parametrize("inner", [0.03, 0.06])
def test_where_bodies_overlap_both_absorb(tracer, inner):
    """A slab within another, and one that reaches out of it: what is left is the product, seen and in the shadow."""
    first, second = (replace(GLASS, specular=0.0, index=1.0, absorption=(s, 2 * s, 0.0)) for s in (10.0, 25.0))
    offset = 0.0 if inner < 0.05 else 0.02
    slabs = (
        Instance(slab(0.05, 4.0), pose((0, 0, 0.5)), (1,), 2),
        Instance(slab(inner, 4.0), pose((0, 0, 0.5 + offset)), (2,), 3),
    )
    lamp = light("sun", direction=(0, 0, -1), size=(0.0, 0.0), power=3.0)
    floor = Instance(sheet((2, 2)), np.eye(4), (0,), 1)
    left = np.exp(-0.05 * np.array(first.absorption) - inner * np.array(second.absorption))
    for eye, ways in (((0.001, 0, 0.3), 1), ((0.001, 0, 0.9), 2)):
        camera = camera_at(eye=eye, target=(0, 0, 0), width=8, height=8, fov=0.02)
        bare, behind = (
            tracer.render(RenderScene((floor, *more), (LAMBERT, first, second), lights=(lamp,)), camera, RAW).linear
            for more in ((), slabs)
        )
        assert behind.mean(axis=(0, 1)) / bare.mean(axis=(0, 1)) == pytest.approx(left**ways, rel=0.01)


def test_rays_bend_after_snell(tracer):
    """A stripe below a slab is displaced by what Snell's law says."""
    thickness, n, eye = 0.2, 1.5, np.array([0.8, 0.0, 0.8])
    glow = SurfaceMaterial((0, 0, 0), specular=0.0, emission=(1, 1, 1))
    camera = camera_at(eye=tuple(eye), target=(0, 0, 0), width=16, height=256, fov=0.04)
    stripe = sheet((0.01, 2.0))
    below = -thickness / 2 - 0.001

    def seen(*more):
        scene = RenderScene((Instance(stripe, pose((0, 0, below)), (0,), 1), *more), (glow, GLASS))
        columns = tracer.render(scene, camera, replace(RAW, samples=64)).linear[..., 0]
        weight = columns - columns.min()
        y, x = np.mgrid[:256, :16] + 0.5
        middle = (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()
        ray = np.array([(middle[0] - camera.cx) / camera.fx, (middle[1] - camera.cy) / camera.fy, 1.0])
        return camera.world_from_camera[:3, :3] @ ray

    def reach(direction, *, refracted):
        """Where on the plane of the stripe a ray from the eye arrives."""
        d = direction / np.linalg.norm(direction)
        tan = np.hypot(d[0], d[1]) / -d[2]
        ratio = np.hypot(d[0], d[1]) / n
        inside = ratio / np.sqrt(1 - ratio**2) if refracted else tan
        way = tan * (eye[2] - thickness / 2) + inside * thickness + tan * 0.001
        return eye[0] + d[0] / np.hypot(d[0], d[1]) * way

    assert reach(seen(), refracted=False) == pytest.approx(0.0, abs=1e-3)
    through = seen(Instance(slab(thickness, 4.0), np.eye(4), (1,), 2))
    assert reach(through, refracted=True) == pytest.approx(0.0, abs=1e-3)
    assert abs(reach(through, refracted=False)) > 0.03


def test_shadow_of_tinted_glass_is_tinted(tracer):
    """Behind a slab, light of a lamp is left that two surfaces and the way within leave."""
    glass = replace(GLASS, base_color=(0.9, 0.5, 0.2), absorption=(1.0, 5.0, 20.0))
    lamp = light("sun", direction=(0, 0, -1), size=(0.0, 0.0), power=3.0)
    pane = Instance(slab(0.03, 1.0), pose((0, 0, 0.5)), (1,), 2)
    floor = Instance(sheet((2, 2)), np.eye(4), (0,), 1)
    camera = camera_at(eye=(0.1, -0.6, 0.3), target=(0, 0, 0), width=24, height=16, fov=0.2)

    def lit(*instances, bounces):
        scene = RenderScene(instances, (LAMBERT, glass), lights=(lamp,))
        frame = tracer.render(scene, camera, replace(RAW, bounces=bounces))
        assert (frame.instances == 1).all()
        return frame.linear.mean(axis=(0, 1), dtype=float)

    bare = lit(floor, bounces=0)
    for bounces in (0, 1):
        left = 0.96**2 * np.array(glass.base_color) * np.exp(-0.03 * np.array(glass.absorption))
        assert lit(floor, pane, bounces=bounces) / bare == pytest.approx(left, rel=0.02)


def test_light_behind_glass_is_counted_once(tracer):
    """Under a clear pane of index 1 nothing changes: neither lamps nor sky are seen twice."""
    nothing = replace(GLASS, specular=0.0, index=1.0)
    pane = Instance(slab(0.02, 4.0), pose((0, 0, 0.3)), (1,), 2)
    floor = Instance(sheet((2, 2)), np.eye(4), (0,), 1)
    ball = Instance(BALL, pose((0, 0, 0.1)), (2,), 3)
    sky = np.random.default_rng(0).uniform(0.2, 1.0, (8, 16, 3)).astype(np.float32)
    lamps = (light("area", position=(0.2, 0, 0.8), size=(0.4, 0.4), power=5.0),)
    shiny = SurfaceMaterial((0.6, 0.3, 0.2), roughness=0.3)
    camera = camera_at(eye=(0.3, -0.4, 0.25), target=(0, 0, 0.1), width=48, height=32)
    for bounces in (0, 2):
        bare, under = (
            tracer.render(
                RenderScene((floor, ball, *more), (LAMBERT, nothing, shiny), lights=lamps, environment=sky),
                camera,
                replace(RAW, samples=64, bounces=bounces),
            )
            for more in ((), (pane,))
        )
        assert (under.instances != 2).all()
        assert under.linear.mean(dtype=float) == pytest.approx(bare.linear.mean(dtype=float), rel=0.01)
