"""Light transport against closed forms: lights, surroundings, bounces, energy."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import trimesh
from oracles.radiometry import irradiance_from_polygon
from oracles.render_scenes import camera_at, clutter, light, pose, sheet, to_mesh

from simengine.render.environment import ambient_light
from simengine.render.model import Instance, RenderScene, RenderSettings, SurfaceMaterial

LAMBERT = SurfaceMaterial(base_color=(0.5, 0.5, 0.5), specular=0.0)
RAW = RenderSettings(samples=16, bounces=0, amodal=(), denoise=False)


def floor(material=LAMBERT, lights=(), environment=None, more=()):
    instances = (Instance(sheet((2, 2)), np.eye(4), (0,), 1), *more)
    return RenderScene(instances, (material, *[LAMBERT] * len(more)), lights=tuple(lights), environment=environment)


def lit_floor(tracer, source, **settings):
    """Points of the floor seen by pixel centres, and their mean radiance; blocks of 4 x 4 pixels."""
    camera = camera_at(eye=(0.3, -0.4, 0.9), width=80, height=60)
    frame = tracer.render(floor(lights=[source]), camera, replace(RAW, **settings))
    assert (frame.instances == 1).all()
    blocks = lambda a: a.reshape(15, 4, 20, 4, 3).mean(axis=(1, 3), dtype=float).reshape(-1, 3)  # noqa: E731
    return blocks(frame.coordinates), blocks(frame.linear)[:, 1]


def test_area_light_equals_lamberts_polygon_formula(tracer):
    direction = np.array([-0.3, 0.2, -1.0])
    direction /= np.linalg.norm(direction)
    source = light("area", position=(0.1, -0.1, 1.0), direction=tuple(direction), size=(0.6, 0.3), power=5.0)
    points, radiance = lit_floor(tracer, source)
    v = np.array(source.up) - direction * (np.array(source.up) @ direction)
    v /= np.linalg.norm(v)
    u = np.cross(v, direction)
    corners = np.array(source.position) + np.array([[a * 0.3 * u + b * 0.15 * v] for a, b in
                                                    ((-1, -1), (1, -1), (1, 1), (-1, 1))]).reshape(4, 3)  # fmt: skip
    expected = 0.5 / np.pi * irradiance_from_polygon(points, [0, 0, 1.0], corners, 5.0 / (np.pi * 0.6 * 0.3))
    assert np.allclose(radiance, expected, rtol=0.03)
    assert abs(radiance.mean() / expected.mean() - 1) < 2e-3


@pytest.mark.parametrize("radius", [0.0, 0.15])
def test_point_light_falls_off_with_the_square(tracer, radius):
    source = light("point", position=(0.2, 0.1, 0.7), size=(radius, 0.0), power=8.0)
    points, radiance = lit_floor(tracer, source)
    to = np.array(source.position) - points
    d2 = (to**2).sum(axis=1)
    expected = 0.5 / np.pi * 8.0 / (4 * np.pi * d2) * to[:, 2] / np.sqrt(d2)
    assert np.allclose(radiance, expected, rtol=0.03)
    assert abs(radiance.mean() / expected.mean() - 1) < 2e-3


def test_disk_equals_the_closed_form(tracer):
    """Irradiance by a disk on a parallel plane, h below and a aside (J. R. Howell, configuration factor B-13)."""
    radius, h = 0.25, 0.8
    points, radiance = lit_floor(
        tracer, light("disk", position=(0.1, -0.2, h), size=(2 * radius, 2 * radius), power=5.0)
    )
    a2 = ((points[:, :2] - (0.1, -0.2)) ** 2).sum(axis=1)
    root = np.sqrt((a2 + h * h + radius**2) ** 2 - 4 * a2 * radius**2)
    glow = 5.0 / (np.pi * np.pi * radius**2)
    expected = 0.5 / np.pi * np.pi * glow / 2 * (1 - (a2 + h * h - radius**2) / root)
    assert np.allclose(radiance, expected, rtol=0.03)
    assert abs(radiance.mean() / expected.mean() - 1) < 2e-3


def test_tilted_ellipse_equals_lamberts_polygon_formula(tracer):
    direction = np.array([-0.3, 0.2, -1.0]) / np.linalg.norm([-0.3, 0.2, -1.0])
    source = light("disk", position=(0.1, -0.1, 0.9), direction=tuple(direction), size=(0.6, 0.3), power=5.0)
    points, radiance = lit_floor(tracer, source)
    v = np.array(source.up) - direction * (np.array(source.up) @ direction)
    v /= np.linalg.norm(v)
    turn = 2 * np.pi * (np.arange(400) + 0.5) / 400
    corners = np.array(source.position) + np.outer(0.3 * np.cos(turn), np.cross(v, direction))
    corners += np.outer(0.15 * np.sin(turn), v)
    expected = 0.5 / np.pi * irradiance_from_polygon(points, [0, 0, 1.0], corners, 5.0 / (np.pi**2 * 0.3 * 0.15))
    assert np.allclose(radiance, expected, rtol=0.03)
    assert abs(radiance.mean() / expected.mean() - 1) < 2e-3


@pytest.mark.parametrize("radius", [0.0, 0.03])
@pytest.mark.parametrize("soft", [0.0, 0.4, 1.0])
def test_spot_is_inverse_square_times_its_cone(tracer, radius, soft):
    axis = np.array([-0.2, 0.1, -1.0]) / np.linalg.norm([-0.2, 0.1, -1.0])
    cone = 0.9, 0.9 * (1 - soft)
    source = light("spot", position=(0.2, -0.1, 0.7), direction=tuple(axis), size=(radius, 0.0), power=8.0)
    points, radiance = lit_floor(tracer, replace(source, cone=cone))
    to = np.array(source.position) - points
    d2 = (to**2).sum(axis=1)
    cosine = -(to @ axis) / np.sqrt(d2)

    def fall(c):
        outer, inner = np.cos(cone[0] / 2), max(np.cos(cone[1] / 2), np.cos(cone[0] / 2) + 1e-4)
        t = np.clip((c - outer) / (inner - outer), 0, 1)
        return t * t * (3 - 2 * t)

    angles = (np.arange(20000) + 0.5) / 20000 * np.pi / 2
    solid = (fall(np.cos(angles)) * 2 * np.pi * np.sin(angles)).sum() * np.pi / 2 / 20000
    expected = 0.5 / np.pi * 8.0 / solid * fall(cosine) * to[:, 2] / d2**1.5
    inside = np.abs(cosine - np.cos(0.45)) > 0.02 + radius  # blocks of pixels straddle a sharp edge
    peak = expected.max()
    assert np.allclose(radiance[inside], expected[inside], rtol=0.03 + 2 * radius, atol=0.01 * peak)
    assert abs(radiance.mean() / expected.mean() - 1) < 0.01
    outside = cosine < np.cos(0.45) - 0.02 - radius
    assert (radiance[outside] == 0).all() and outside.sum() > 20


def test_sphere_under_a_uniform_sky(tracer):
    """Where a facet leans by its normal's z it sees (1 + z) / 2 of the sky."""
    sky = np.zeros((256, 512, 3), np.float32)
    sky[:128] = 1.0
    ball = to_mesh(trimesh.creation.icosphere(5, radius=0.2), smooth=True)
    scene = RenderScene((Instance(ball, np.eye(4), (0,), 1),), (LAMBERT,), environment=sky)
    camera = camera_at(eye=(0.8, -0.6, 0.2), width=64, height=64, fov=0.5)
    frame = tracer.render(scene, camera, replace(RAW, samples=256))
    z = (frame.normals @ camera.world_from_camera[:3, :3].T)[..., 2]
    here = cv2.erode((frame.instances == 1).astype(np.uint8), np.ones((3, 3))) > 0
    error = frame.linear[..., 0] - 0.5 * (1 + z) / 2
    assert here.sum() > 800
    assert abs(error[here].mean(dtype=float)) < 1e-3
    for low in np.arange(-0.9, 0.9, 0.3):
        band = here & (z >= low) & (z < low + 0.3)
        assert abs(error[band].mean(dtype=float)) < 3e-3


@pytest.mark.parametrize("angle", [0.0, 0.0093, 0.5])
def test_sun_gives_its_irradiance_times_the_cosine(tracer, angle):
    direction = np.array([0.5, 0.3, -1.0]) / np.linalg.norm([0.5, 0.3, -1.0])
    _, radiance = lit_floor(tracer, light("sun", direction=tuple(direction), size=(angle, 0.0), power=3.0))
    expected = 0.5 / np.pi * 3.0 * -direction[2]
    assert np.allclose(radiance, expected, rtol=0.03)
    assert abs(radiance.mean() / expected - 1) < 2e-3


def test_lights_that_face_away_or_lie_below_give_nothing(tracer):
    for source in (
        light("area", direction=(0, 0, 1)),
        light("area", position=(0, 0, -1), direction=(0, 0, -1)),
        light("point", position=(0, 0, -0.5), size=(0.1, 0)),
        light("disk", direction=(0, 0, 1)),
        light("spot", direction=(0, 0, 1)),
        light("sun", direction=(0.1, 0, 1)),
    ):
        assert (lit_floor(tracer, source)[1] == 0).all()


def test_many_lights_add_up(tracer):
    """Ten lights with four shadow rays give, on average, the sum of each alone."""
    sources = [light("point", position=(0.2 * k - 0.9, 0.1, 0.8), size=(0.05, 0), power=1.0 + k) for k in range(10)]
    camera = camera_at(eye=(0.3, -0.4, 0.9), width=80, height=60)
    alone = sum(tracer.render(floor(lights=[s]), camera, RAW).linear.mean(dtype=float) for s in sources)
    together = tracer.render(floor(lights=sources), camera, RAW).linear.mean(dtype=float)
    assert abs(together / alone - 1) < 0.01


def test_shadow_of_a_point_light_lies_where_geometry_says(tracer):
    block = Instance(to_mesh(trimesh.creation.box((0.2, 0.2, 0.02))), pose((0, 0, 0.3)), (1,), 2)
    scene = floor(lights=[light("point", position=(0, 0, 0.9), size=(0, 0))], more=[block])
    camera = camera_at(eye=(0.8, -0.8, 0.25), target=(0, 0, 0), width=160, height=120)
    frame = tracer.render(scene, camera, replace(RAW, samples=1))
    on_floor = frame.instances == 1
    reach = np.abs(frame.coordinates[..., :2]).max(axis=-1)
    edge = 0.1 * 0.9 / (0.9 - 0.31)  # by the upper face, which is wider as seen from the light
    assert (frame.linear[on_floor & (reach < edge - 0.001)] == 0).all()
    assert (frame.linear[on_floor & (reach > edge + 0.001)] > 0).all()


@pytest.mark.parametrize("roughness", [0.0, 0.1, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("metallic, specular, coat", [(0, 0, 0), (0, 0.5, 0), (1, 0.5, 0), (0, 0.5, 1), (0.5, 1, 0.5)])
def test_white_furnace(tracer, roughness, metallic, specular, coat):
    """A white surface in even light can't be told from its surroundings: nothing is lost or made."""
    white = SurfaceMaterial((1, 1, 1), roughness=roughness, metallic=metallic, specular=specular, clear_coat=coat)
    scene = floor(white, environment=np.ones((1, 2, 3), np.float32))
    for eye in ((0.001, 0, 0.5), (0.7, 0, 0.5), (0.9, 0, 0.2)):
        frame = tracer.render(scene, camera_at(eye=eye, width=32, height=32, fov=0.2), replace(RAW, samples=64))
        assert frame.linear.mean(dtype=float) == pytest.approx(1.0, abs=0.005)


def test_gray_furnace_darkens_by_the_albedo(tracer):
    scene = floor(environment=np.ones((1, 2, 3), np.float32))
    frame = tracer.render(scene, camera_at(width=32, height=32, fov=0.3), RAW)
    assert np.allclose(frame.linear, 0.5, rtol=1e-4)


@pytest.mark.parametrize("bounces", [0, 1, 4])
def test_light_in_a_closed_box_is_the_geometric_series(tracer, bounces):
    """Every wall glows with e and reflects rho: e (1 + rho + rho^2 + ...), a term per bounce."""
    box = to_mesh(trimesh.creation.box((1.0, 0.8, 0.6)))
    wall = SurfaceMaterial((0.7, 0.4, 0.2), specular=0.0, emission=(0.1, 0.2, 0.3))
    scene = RenderScene((Instance(box, np.eye(4), (0,), 1),), (wall,))
    camera = camera_at(eye=(0.2, 0.1, 0.05), target=(-0.3, 0, 0), width=48, height=32)
    frame = tracer.render(scene, camera, replace(RAW, samples=256, bounces=bounces))
    rho, e = np.array(wall.base_color), np.array(wall.emission)
    expected = e * (1 - rho ** (bounces + 2)) / (1 - rho)
    assert np.allclose(frame.linear.mean(axis=(0, 1), dtype=float), expected, rtol=3e-3)


def test_area_light_equals_glowing_geometry(tracer):
    """An area light equals a glowing sheet of its size, though only one of them can be hit by rays of labels."""
    for roughness, metallic in ((0.1, 1.0), (0.3, 0.0), (0.7, 0.5)):
        material = SurfaceMaterial((0.8, 0.6, 0.4), roughness=roughness, metallic=metallic)
        source = light("area", position=(0, 0.5, 0.4), direction=(0, -1, 0), size=(0.5, 0.4), power=2.0)
        source = replace(source, up=(0, 0, 1))
        camera = camera_at(eye=(0, -0.5, 0.4), target=(0, 0.0, 0), width=48, height=32, fov=0.5)
        by_light = tracer.render(floor(material, [source]), camera, replace(RAW, samples=64))
        turn = np.array([[1, 0, 0, 0], [0, 0, -1, 0.5], [0, 1, 0, 0.4], [0, 0, 0, 1.0]])
        glow = 2.0 / (np.pi * 0.5 * 0.4)
        scene = RenderScene(
            (Instance(sheet((2, 2)), np.eye(4), (0,), 1), Instance(sheet((0.5, 0.4)), turn, (1,), 2)),
            (material, SurfaceMaterial((0, 0, 0), specular=0, emission=(glow,) * 3)),
        )
        by_glow = tracer.render(scene, camera, replace(RAW, samples=64))
        seen = (by_light.instances == 1) & (by_glow.instances == 1)
        a, b = by_light.linear[seen].mean(axis=0, dtype=float), by_glow.linear[seen].mean(axis=0, dtype=float)
        assert np.allclose(a, b, rtol=0.01), (roughness, metallic)


def test_uneven_surroundings_shine_as_much_as_their_integral(tracer):
    rng = np.random.default_rng(0)
    panorama = rng.uniform(0, 0.2, (32, 64, 3)).astype(np.float32)
    panorama[5:8, 20:24] = 60.0
    frame = tracer.render(
        floor(environment=panorama), camera_at(width=96, height=64, fov=0.5), replace(RAW, samples=64)
    )
    theta = np.pi * (np.arange(3200) + 0.5) / 3200
    fine = np.stack([np.interp(np.arange(3200) / 100 - 0.495, np.arange(32), row) for row in
                     panorama.mean(axis=1).T], axis=-1)  # azimuth averages out; rows are interpolated  # fmt: skip
    weight = np.maximum(np.cos(theta), 0) * np.sin(theta) * (np.pi / 3200) * 2 * np.pi
    expected = 0.5 / np.pi * (fine * weight[:, None]).sum(axis=0)
    assert np.allclose(frame.linear.mean(axis=(0, 1), dtype=float), expected, rtol=0.01)


def test_no_light_no_surroundings_no_picture(tracer):
    scene = replace(clutter(lights=False), environment=None)
    frame = tracer.render(scene, camera_at(), RenderSettings(samples=2, bounces=1))
    assert (frame.linear == 0).all() and (frame.rgb == 0).all()
    assert (frame.instances > 0).any()


def test_empty_scene_shows_the_surroundings(tracer):
    scene = RenderScene((), (), environment=np.full((4, 8, 3), 0.25, np.float32))
    frame = tracer.render(scene, camera_at(), RenderSettings(samples=1, bounces=2))
    assert np.allclose(frame.linear, 0.25)
    assert not frame.instances.any() and frame.amodal == {}


def test_denoising_keeps_labels_and_mean(tracer):
    scene, camera = clutter(), camera_at()
    raw = tracer.render(scene, camera, RenderSettings(samples=1, bounces=0, denoise=False))
    clean = tracer.render(scene, camera, RenderSettings(samples=1, bounces=0))
    truth = tracer.render(scene, camera, RenderSettings(samples=256, bounces=0, denoise=False))
    for name in ("instances", "links", "depth", "normals", "coordinates"):
        assert (getattr(raw, name) == getattr(clean, name)).all()
    here = raw.instances == 1
    assert abs(clean.linear[here].mean() / truth.linear[here].mean() - 1) < 0.04  # 16 points serve all pixels
    error = lambda frame: np.abs(frame.linear - truth.linear)[here].mean()  # noqa: E731
    assert error(clean) < 0.3 * error(raw)


def test_light_of_linear_surroundings_is_exact():
    """For radiance a + b . d a Lambertian surface reflects a + 2/3 b . n."""
    h, w = 64, 128
    polar, azimuth = np.pi * (np.arange(h) + 0.5) / h, 2 * np.pi * (np.arange(w) + 0.5) / w
    s = np.sin(polar)[:, None]
    d = np.stack([s * np.cos(azimuth), s * np.sin(azimuth), np.cos(polar)[:, None] * np.ones(w)], axis=-1)
    b = np.array([[0.3, -0.1, 0.2], [0.0, 0.2, -0.3], [0.1, 0.1, 0.4]])
    mean, slope = ambient_light((1.0 + d @ b).astype(np.float32))
    assert np.allclose(mean, 1.0, atol=1e-3)
    assert np.allclose(slope, 2 / 3 * b, atol=1e-3)


def test_metal_shows_its_neighbours_without_bounces(tracer):
    """A steel ball within a box of walls sees no light or sky by reflection, yet isn't black in a draft."""
    wall = to_mesh(trimesh.creation.box((1.0, 1.0, 0.6)))
    inside = replace(wall, faces=wall.faces[:, ::-1].copy(), normals=-wall.normals[:, ::-1].copy(), key="inside out")
    ball = to_mesh(trimesh.creation.icosphere(4, radius=0.15), smooth=True)
    steel = SurfaceMaterial(base_color=(0.6, 0.6, 0.6), metallic=1.0, roughness=0.2)
    scene = RenderScene(
        (Instance(inside, np.eye(4), (0,), 1), Instance(ball, pose((0, 0, -0.1)), (1,), 2)),
        (LAMBERT, steel), lights=(light("area", position=(0, 0, 0.25), size=(0.3, 0.3), power=3.0),),
    )  # fmt: skip
    camera = camera_at(eye=(0.35, -0.4, 0.1), target=(0, 0, -0.1))
    settings = replace(RAW, samples=64)
    draft, full = (tracer.render(scene, camera, replace(settings, bounces=b)) for b in (0, 1))
    here = draft.instances == 2
    assert here.sum() > 500
    assert 0.6 < draft.linear[here].mean() / full.linear[here].mean() < 1.4
