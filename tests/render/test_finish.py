"""Rich materials: energy of sheen and bent normals, maps against what they stand for, light from glowing surfaces."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from oracles.radiometry import irradiance_from_polygon
from oracles.render_scenes import camera_at, light, pose, sheet, to_mesh

from simengine.assets.textures.noise import lattice
from simengine.render.environment import constant_environment
from simengine.render.model import Instance, Picture, RenderScene, RenderSettings, SurfaceMaterial, Weathering

RAW = RenderSettings(samples=16, bounces=0, amodal=(), denoise=False)
LAMBERT = SurfaceMaterial(base_color=(0.5, 0.5, 0.5), specular=0.0)
WHITE_SKY = constant_environment((1.0, 1.0, 1.0))
BUMPS = np.random.default_rng(3)


def normal_picture(size=64, slope=0.6):
    """Normals of waves whose slope reaches `slope`; returns the picture and its slopes (right, up)."""
    x, y = np.meshgrid((np.arange(size) + 0.5) / size, 1 - (np.arange(size) + 0.5) / size)
    right, up = slope * np.cos(2 * np.pi * x), 0.7 * slope * np.cos(4 * np.pi * y)
    normal = np.stack([-right, -up, np.ones_like(x)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.rint(128 + 127 * normal).astype(np.uint8)


def floor(material, *, lights=(), environment=None, maps=(), uv=False, textures=()):
    instance = Instance(sheet((2, 2), uv=uv), np.eye(4), (0,), 1)
    return RenderScene((instance,), (material,), textures, tuple(lights), environment, maps)


@pytest.mark.parametrize(
    "values",
    [
        {"sheen": (1.0, 1.0, 1.0), "sheen_roughness": 0.0},
        {"sheen": (1.0, 1.0, 1.0), "sheen_roughness": 0.5, "metallic": 1.0, "roughness": 0.6},
        {"sheen": (0.5, 0.5, 0.5), "sheen_roughness": 1.0, "clear_coat": 1.0, "roughness": 0.3},
        {"normal_map": 0, "specular": 0.0},
        {"normal_map": 0, "roughness": 0.4},
        {"normal_map": 0, "metallic": 1.0, "roughness": 0.3, "clear_coat": 0.5},
        {"normal_map": 0, "sheen": (0.8, 0.8, 0.8), "roughness": 1.0},
        {"surface_map": 1, "metallic": 1.0, "roughness": 1.0},
    ],
)
def test_white_furnace(tracer, values):
    """White rich materials in even light can't be told from it: neither bumps nor fuzz lose or make light."""
    surface = BUMPS.integers(60, 256, (16, 16, 3), np.uint8)
    white = SurfaceMaterial((1, 1, 1), texture_size=0.1, **values)
    scene = floor(white, environment=WHITE_SKY, maps=(normal_picture(), surface))
    for eye in ((0.001, 0, 0.5), (0.7, 0, 0.5)):
        camera = camera_at(eye=eye, width=48, height=48, fov=0.25)
        mean = tracer.render(scene, camera, replace(RAW, samples=64)).linear.mean(dtype=float)
        assert mean == pytest.approx(1.0, abs=0.005), eye


def test_a_map_of_one_value_is_that_value(tracer):
    """Roughness 0.6 of a map with 0.5 is roughness 0.3: the same rays, the same picture up to the map's bits."""
    lamp = light("area", position=(0.2, 0.1, 0.6), size=(0.2, 0.2), power=3.0)
    camera = camera_at(eye=(0.3, -0.4, 0.4), width=48, height=32)
    grey = np.full((4, 4, 3), (0, 128, 204), np.uint8)
    plain = SurfaceMaterial((0.8, 0.5, 0.3), roughness=0.6 * 128 / 255, metallic=0.8, normal_map=0)
    mapped = replace(plain, roughness=0.6, metallic=1.0, surface_map=1)
    flat = np.full((4, 4, 3), (128, 128, 255), np.uint8)
    a, b = (
        tracer.render(floor(m, lights=[lamp], maps=(flat, grey), environment=WHITE_SKY), camera, RAW).linear
        for m in (plain, mapped)
    )
    assert np.allclose(a, b, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("triplanar", [False, True])
def test_bent_normals_shade_like_bent_planes(tracer, triplanar):
    """A map that leans one way shades a floor as a floor turned that way: Lambert's cosine to the bent normal."""
    for lean in ((0.3, 0.0), (0.0, 0.4), (-0.2, -0.3)):
        normal = np.array([*lean, np.sqrt(1 - lean[0] ** 2 - lean[1] ** 2)])
        picture = np.full((4, 4, 3), np.rint(128 + 127 * normal), np.uint8)
        sun = np.array([0.4, -0.5, 1.0]) / np.linalg.norm([0.4, -0.5, 1.0])
        lamp = light("sun", direction=tuple(-sun), size=(0.0, 0.0), power=3.0)
        material = replace(LAMBERT, normal_map=0, triplanar=triplanar)
        scene = floor(material, lights=[lamp], maps=(picture,), uv=True)
        frame = tracer.render(scene, camera_at(width=16, height=12, fov=0.4), RAW)
        # what the bent floor would send below the plain one is folded back above it
        mirrored = sun * (1, 1, -1)
        expected = 0.5 / np.pi * 3.0 * (normal @ sun + max(normal @ mirrored, 0.0))
        assert np.allclose(frame.linear, expected, rtol=0.02), lean


def test_relief_turns_with_its_object(tracer):
    """The slopes of a map are laid on in the object's frame, from any side, and turn with it."""
    ball = to_mesh(trimesh.creation.icosphere(4, radius=0.2), smooth=True)
    material = replace(LAMBERT, normal_map=0, texture_size=0.15)
    turn = pose((0.1, 0.2, -0.1), rng=np.random.default_rng(5))
    camera = camera_at(eye=(0.5, -0.6, 0.4), width=64, height=48, fov=0.6)
    sky = WHITE_SKY * 0.1
    frames = []
    for matrix in (np.eye(4), turn):
        sun = matrix[:3, :3] @ (-0.6, 0.3, -0.7)
        lamp = light("sun", direction=tuple(sun / np.linalg.norm(sun)), size=(0.0, 0.0), power=3.0)
        scene = RenderScene((Instance(ball, matrix, (0,), 1),), (material,), (), (lamp,), sky, (normal_picture(),))
        there = replace(camera, world_from_camera=matrix @ camera.world_from_camera)
        frames.append(tracer.render(scene, there, RAW))
    assert np.abs(frames[0].linear - frames[1].linear).max() < 0.03
    assert np.abs(frames[0].linear - frames[1].linear).mean() < 5e-4
    assert frames[0].linear[frames[0].instances == 1].std() > 0.05


def test_far_bumps_become_roughness(tracer):
    """Bumps too small to be seen widen a highlight as they do when every one is seen."""
    steel = SurfaceMaterial((0.9, 0.9, 0.9), metallic=1.0, roughness=0.3, normal_map=0)
    height = lattice(np.random.default_rng(7), 256, 64, 64)
    up, right = (np.roll(height, 1, axis) - np.roll(height, -1, axis) for axis in (0, 1))
    normal = np.stack([0.25 * right, -0.25 * up, np.ones_like(up)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    bumps = np.rint(128 + 127 * normal).astype(np.uint8)
    lamp = light("area", position=(0.0, 0.8, 0.8), direction=(0, -0.7071, -0.7071), size=(0.2, 0.2), power=3.0)
    camera = camera_at(eye=(0, -0.8, 0.8), width=64, height=64, fov=0.6)

    def shown(**values):
        scene = floor(replace(steel, **values), lights=[lamp], maps=(bumps,))
        picture = tracer.render(scene, camera, replace(RAW, samples=64)).linear[..., 0]
        return picture.reshape(4, 16, 4, 16).mean(axis=(1, 3), dtype=float)

    seen, far, bare = shown(texture_size=1.0), shown(texture_size=0.01), shown(normal_map=-1)
    assert far.sum() == pytest.approx(seen.sum(), rel=0.2)
    assert np.abs(far - seen).sum() < 0.4 * np.abs(bare - seen).sum()


def test_glowing_sheet_equals_lamberts_polygon_formula(tracer):
    """Glowing geometry lights a floor as a lamp does: found by shadow rays, with little noise."""
    glow = 4.0
    corners = np.array([[-0.2, -0.1, 0.5], [0.3, -0.1, 0.6], [0.3, 0.2, 0.6], [-0.2, 0.2, 0.5]], np.float32)
    mesh = to_mesh(trimesh.Trimesh(corners, [[0, 2, 1], [0, 3, 2]], process=False))
    scene = RenderScene(
        (Instance(sheet((2, 2)), np.eye(4), (0,), 1), Instance(mesh, np.eye(4), (1,), 2)),
        (LAMBERT, SurfaceMaterial((0, 0, 0), specular=0.0, emission=(glow,) * 3)),
    )
    frame = tracer.render(scene, camera_at(eye=(0.6, -0.7, 0.4), width=80, height=60), RAW)
    here = frame.instances == 1
    points = frame.coordinates[here].astype(float)
    expected = 0.5 / np.pi * irradiance_from_polygon(points, [0, 0, 1.0], corners.astype(float), glow)
    got = frame.linear[here][:, 1]
    assert abs(got.mean(dtype=float) / expected.mean() - 1) < 3e-3
    assert np.sqrt(((got - expected) ** 2).mean()) < 0.06 * expected.mean()
    assert frame.linear[frame.instances == 2] == pytest.approx(glow)


def test_glow_is_counted_once_behind_glass(tracer):
    """Under a clear pane of index 1 a glowing body lights the floor as without it."""
    lamp = Instance(to_mesh(trimesh.creation.icosphere(2, radius=0.1)), pose((0.1, 0, 0.6)), (1,), 2)
    pane = Instance(to_mesh(trimesh.creation.box((4, 4, 0.02))), pose((0, 0, 0.3)), (2,), 3)
    nothing = SurfaceMaterial((1, 1, 1), roughness=0.0, transmission=1.0, specular=0.0, index=1.0)
    glow = SurfaceMaterial((0, 0, 0), specular=0.0, emission=(5.0, 5.0, 5.0))
    ground = Instance(sheet((2, 2)), np.eye(4), (0,), 1)
    camera = camera_at(eye=(0.3, -0.4, 0.25), target=(0, 0, 0), width=48, height=32)
    for bounces in (0, 1):
        bare, under = (
            tracer.render(
                RenderScene((ground, lamp, *more), (SurfaceMaterial((0.6, 0.3, 0.2)), glow, nothing)),
                camera,
                replace(RAW, samples=64, bounces=bounces),
            )
            for more in ((), (pane,))
        )
        assert under.linear.mean(dtype=float) == pytest.approx(bare.linear.mean(dtype=float), rel=0.01)


def test_years_of_use_take_their_share_and_stay_on_the_object(tracer):
    """More rust covers more; edges wear before faces; the marks are where the object is, not where the world is."""
    box = to_mesh(trimesh.creation.box((0.3, 0.3, 0.3)))
    camera = camera_at(eye=(0.7, -0.8, 0.6), width=96, height=72, fov=0.55)

    def shown(matrix=None, **values):
        matrix = np.eye(4) if matrix is None else matrix
        paint = SurfaceMaterial((0.05, 0.1, 0.6), specular=0.0, weathering=Weathering(**values))
        there = replace(camera, world_from_camera=matrix @ camera.world_from_camera)
        scene = RenderScene((Instance(box, matrix, (0,), 1),), (paint,), environment=WHITE_SKY)
        return tracer.render(scene, there, replace(RAW, samples=4))

    rusted = []
    for rust in (0.2, 0.5, 0.8):
        frame = shown(rust=rust)
        here = frame.instances == 1
        rusted.append(float((frame.linear[here][:, 0] > frame.linear[here][:, 2]).mean()))
    assert 0 < rusted[0] < 0.3 and 0.3 < rusted[1] < 0.75 and rusted[1] < rusted[2] <= 1
    worn = shown(wear=0.5)
    here = worn.instances == 1
    to_edge = np.sort(0.15 - np.abs(worn.coordinates), axis=-1)[..., 1]  # the second nearest face of the box
    bare = worn.linear[..., 0] > 0.2
    assert bare[here & (to_edge < 0.003)].mean() > 0.5 > 0.02 > bare[here & (to_edge > 0.05)].mean()
    turned = shown(pose((0.3, 0.1, -0.2), rng=np.random.default_rng(2)), wear=0.5)
    assert np.abs(turned.linear - worn.linear).mean() < 2e-3


def test_rich_pictures_of_a_batch_are_what_they_are_alone(tracer):
    """Glow and weathering go by instances: each picture of a batch has its own, to the byte."""
    rng = np.random.default_rng(11)
    box = to_mesh(trimesh.creation.box((0.2, 0.2, 0.2)))
    ball = to_mesh(trimesh.creation.icosphere(2, radius=0.05))
    paint = SurfaceMaterial((0.05, 0.1, 0.6), weathering=Weathering(wear=0.5, rust=0.3, dirt=0.3))
    glow = SurfaceMaterial((0, 0, 0), specular=0.0, emission=(8.0, 6.0, 4.0))
    camera = camera_at(eye=(0.5, -0.6, 0.5), width=48, height=32)
    settings = replace(RAW, samples=2, bounces=1)
    pictures = []
    for count in (1, 3):
        things = [Instance(sheet((2, 2)), np.eye(4), (2,), 1)]
        things += [Instance(box, pose(rng.uniform(-0.2, 0.2, 3), rng=rng), (0,), k + 2) for k in range(count)]
        things.append(Instance(ball, pose((0.2, -0.2, 0.2 + 0.1 * count)), (1,), 9))
        pictures.append(Picture(RenderScene(tuple(things), (paint, glow, LAMBERT)), camera, settings))
    for alone, together in zip(pictures, tracer.render_many(pictures), strict=True):
        assert np.array_equal(tracer.render(*alone).linear, together.linear)
        assert together.linear.max() > 0.1
