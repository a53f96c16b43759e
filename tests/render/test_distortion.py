"""Lenses against OpenCV: points to pixels, pixels to rays, and what the kernels' rays meet."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import trimesh
from oracles.render_scenes import camera_at, clutter, embree, pose, sheet, to_mesh

from simengine.errors import SimengineError
from simengine.render.camera import focal_from_fov, intrinsic_matrix, look_at, make_camera, pixel_rays, project_points
from simengine.render.distortion import distort, limit, undistort
from simengine.render.model import Distortion, Instance, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.outline import outline_window

BROWN = {
    "phone": (0.08, -0.15, 0.0008, -0.0006, 0.06),
    "barrel": (-0.28, 0.09, 0.0004, 0.0002, -0.012),
    "tangential": (0.0, 0.0, 0.01, -0.02),
    "rational": (2.1, 0.8, 0.0003, -0.0002, 0.03, 2.4, 1.3, 0.15),
}
FISHEYE = {
    "equidistant": (),
    "gopro": (0.05, 0.01, -0.004, 0.0005),
    "compressed": (-0.03, 0.002, 0.0, 0.0),
}
LABELS = RenderSettings(color=False)


def lens_of(name):
    if name in BROWN:
        return Distortion("brown_conrady", BROWN[name])
    return Distortion("kannala_brandt", FISHEYE[name])


def camera_with(name, *, width=320, height=240, fov=1.1, at=None):
    lens = lens_of(name)
    camera = camera_at(width=width, height=height) if at is None else make_camera(at, width=width, height=height)
    focal = focal_from_fov(fov, width, distortion=lens)
    return replace(camera, fx=focal, fy=1.02 * focal, cx=163.3, cy=118.1, distortion=lens)


def opencv(camera, points):
    """Pixels by OpenCV, shape (n, 2)."""
    inverse = np.linalg.inv(camera.world_from_camera)
    turn, shift = cv2.Rodrigues(np.ascontiguousarray(inverse[:3, :3]))[0], inverse[:3, 3].copy()
    k = np.array([*camera.distortion.coefficients, *[0.0] * 8])
    if camera.distortion.model == "kannala_brandt":
        found = cv2.fisheye.projectPoints(points[:, None], turn, shift, intrinsic_matrix(camera), k[:4])[0]
    else:
        found = cv2.projectPoints(points, turn, shift, intrinsic_matrix(camera), k[:8])[0]
    return found.reshape(-1, 2)


def grid(camera, step=7):
    x, y = np.meshgrid(np.arange(0.5, camera.width, step), np.arange(0.5, camera.height, step))
    return np.stack([x, y], axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("name", [*BROWN, *FISHEYE])
def test_points_fall_where_opencv_has_them(name):
    camera = camera_with(name, fov=1.1 if name in BROWN else 2.8)
    pixels = grid(camera)
    rays = pixel_rays(camera, pixels)
    assert not np.isnan(rays).any()
    depth = np.random.default_rng(0).uniform(0.3, 4, len(rays))
    world = (rays * depth[:, None]) @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
    mine, z = project_points(camera, world)
    np.testing.assert_allclose(mine, pixels, atol=1e-6)  # there and back
    np.testing.assert_allclose(z, (rays * depth[:, None])[:, 2])
    ahead = z > 0.01 * depth  # OpenCV's fisheye ends at 90 degrees
    assert ahead.mean() > 0.9
    np.testing.assert_allclose(opencv(camera, world)[ahead], pixels[ahead], atol=1e-4)  # OpenCV's way there


@pytest.mark.parametrize("name", BROWN)
def test_rays_are_those_of_opencv(name):
    camera = camera_with(name)
    pixels = grid(camera)
    k = np.array([*camera.distortion.coefficients, *[0.0] * 8])[:8]
    many = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-12)
    if hasattr(cv2, "undistortPointsIter"):
        theirs = cv2.undistortPointsIter(pixels[:, None], intrinsic_matrix(camera), k, None, None, many)
    else:  # OpenCV 5
        theirs = cv2.undistortPoints(pixels[:, None], intrinsic_matrix(camera), k, criteria=many)
    theirs = theirs.reshape(-1, 2)
    np.testing.assert_allclose(pixel_rays(camera, pixels)[:, :2] * camera.fx, theirs * camera.fx, atol=1e-3)


@pytest.mark.parametrize("name", [*BROWN, *FISHEYE])
def test_the_kernels_rays_meet_what_projects_there(tracer, name):
    """Every pixel's recorded point, projected by OpenCV, falls on the centre of the pixel: under 0.01 px."""
    camera = camera_with(name, width=320, height=240, fov=1.1 if name in BROWN else 2.6)
    ball = to_mesh(trimesh.creation.icosphere(3, radius=4.0))  # around camera and things
    scene = clutter()
    scene = replace(scene, instances=(*scene.instances[1:], Instance(ball, np.eye(4), (0,), 99)))
    frame = tracer.render(scene, camera, replace(LABELS, amodal=()))
    assert (frame.instances > 0).all() and len(np.unique(frame.instances)) > 5
    world = np.zeros((*frame.instances.shape, 3))
    for instance in scene.instances:
        here = (frame.instances == instance.id) & (frame.links == instance.link)
        own = frame.coordinates[here].astype(float)
        world[here] = own @ instance.transform[:3, :3].T + instance.transform[:3, 3]
    centres = np.stack(np.meshgrid(np.arange(320) + 0.5, np.arange(240) + 0.5), axis=-1)
    mine, z = project_points(camera, world)
    off = np.linalg.norm(opencv(camera, world.reshape(-1, 3)) - centres.reshape(-1, 2), axis=-1)
    assert off[z.ravel() > 0.01].max() < 0.01  # OpenCV's fisheye ends at 90 degrees
    assert (z > 0.01).mean() > 0.9
    np.testing.assert_allclose(mine, centres, atol=0.01)
    eye = camera.world_from_camera[:3, 3]
    depth = np.linalg.norm(world - eye, axis=-1) if name in FISHEYE else z
    np.testing.assert_allclose(frame.depth, depth, rtol=1e-5)
    np.testing.assert_allclose(frame.depth[..., None] * pixel_rays(camera, centres), _local(camera, world), atol=1e-4)


def _local(camera, world):
    return (world - camera.world_from_camera[:3, 3]) @ camera.world_from_camera[:3, :3]


def test_a_fisheye_sees_beyond_90_degrees_to_the_axis(tracer):
    """Balls all around, at known directions; 220 deg of view reach behind the camera."""
    lens = Distortion("kannala_brandt", (0.02, -0.003), widest=np.radians(110))
    at = np.eye(4)
    camera = replace(make_camera(at, width=400, height=400), distortion=lens)
    focal = focal_from_fov(np.radians(220), 400, distortion=lens)
    camera = replace(camera, fx=focal, fy=focal)
    ball = to_mesh(trimesh.creation.icosphere(3, radius=0.05))
    angles, turns = np.radians([0, 60, 85, 95, 105, 130]), np.arange(6.0)
    places = np.column_stack([np.sin(angles) * np.cos(turns), np.sin(angles) * np.sin(turns), np.cos(angles)])
    instances = tuple(Instance(ball, pose(place), (0,), k + 1) for k, place in enumerate(places))
    frame = tracer.render(RenderScene(instances, (SurfaceMaterial(),)), camera, LABELS)
    pixels, z = project_points(camera, places)
    for k in range(5):
        rows, columns = np.nonzero(frame.instances == k + 1)
        assert np.abs(pixels[k] - [columns.mean() + 0.5, rows.mean() + 0.5]).max() < 0.6
        assert 0.94 < frame.depth[rows, columns].min() < 0.951  # range, though z is below 0 for two of them
    assert (z[3:5] < 0).all()
    assert np.isnan(pixels[5]).all() and not (frame.instances == 6).any()
    x, y = np.meshgrid(np.arange(400) + 0.5 - 200, np.arange(400) + 0.5 - 200)
    outside = np.hypot(x, y) > 200.5
    sky = replace(RenderScene((), ()), environment=np.ones((2, 4, 3), np.float32))
    picture = tracer.render(sky, camera, RenderSettings(samples=1, bounces=0))
    assert not picture.rgb[outside].any()  # beyond the image circle it is dark
    assert (picture.linear[np.hypot(x, y) < 199.5] == 1).all()


@pytest.mark.parametrize("name", ["barrel", "tangential", "gopro"])
def test_outlines_are_whole_under_distortion(tracer, name):
    """The outline of each object, traced in its window, is what a larger picture of it alone shows."""
    camera = camera_with(name, fov=0.5 if name in BROWN else 0.8)
    camera = replace(camera, width=160, height=120, cx=camera.cx - 80, cy=camera.cy - 60)
    scene = clutter(count=8)
    frame = tracer.render(scene, camera, LABELS)
    wide = replace(camera, width=480, height=360, cx=camera.cx + 160, cy=camera.cy + 120)
    tried = 0
    for id_, outline in frame.amodal.items():
        alone = replace(scene, instances=tuple(i for i in scene.instances if i.id == id_))
        truth = embree(alone, wide)["index"] >= 0
        canvas = np.zeros((360, 480), bool)
        h, w = outline.mask.shape
        canvas[outline.top + 120 : outline.top + 120 + h, outline.left + 160 : outline.left + 160 + w] = outline.mask
        assert (canvas ^ truth).sum() <= max(2, 2e-3 * truth.sum())
        assert not ((frame.instances == id_) & ~canvas[120:240, 160:320]).any()
        tried += truth[:120].any() or truth[240:].any() or truth[:, :160].any() or truth[:, 320:].any()
    assert tried >= 3


@pytest.mark.parametrize("name", [*BROWN, *FISHEYE])
def test_windows_hold_every_vertex(name):
    rng = np.random.default_rng(3)
    camera = camera_with(name, fov=1.0 if name in BROWN else 2.9)
    mesh = to_mesh(trimesh.creation.icosphere(2, radius=0.3))
    for _ in range(60):
        transform = pose(rng.uniform(-1, 1, 3), rng=rng)
        window = outline_window([(mesh, transform)], camera)
        local = mesh.vertices @ transform[:3, :3].T + transform[:3, 3]
        pixels = distort(camera.distortion, local) * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        pixels = np.clip(pixels[~np.isnan(pixels[:, 0])], [-320, -240], [640, 480])
        if len(pixels):
            assert (pixels >= [window.left, window.top]).all() and (pixels <= [window.right, window.bottom]).all()


def test_folding_lenses_are_refused_and_their_limit_is_known(tracer):
    lens = Distortion("brown_conrady", (-0.4,))
    radius = np.tan(limit(lens))
    np.testing.assert_allclose(radius, 1 / np.sqrt(3 * 0.4))
    assert np.isnan(undistort(lens, np.array([[0.7, 0.0]]))).all()  # its picture ends at 2/3 of that radius
    inside = np.array([[0.99 * radius * (1 - 0.4 * (0.99 * radius) ** 2), 0.0]])
    np.testing.assert_allclose(undistort(lens, inside)[0, 0], 0.99 * radius, rtol=1e-6)
    folding = replace(camera_at(fov=1.6), distortion=lens)
    with pytest.raises(SimengineError, match="folds back at 42"):
        tracer.render(clutter(count=1), folding, LABELS)
    with pytest.raises(SimengineError, match="at most 84"):
        focal_from_fov(1.6, 640, distortion=lens)


def test_lines_bend_as_they_should(tracer):
    """Barrel distortion: the edge of a square sheet bows outwards in the middle."""
    scene = RenderScene((Instance(sheet((0.5, 0.5)), np.eye(4), (0,), 1),), (SurfaceMaterial(),))
    camera = make_camera(look_at((0, 0, 1), (0, 0, 0)), width=200, height=200, fov=0.6)
    camera = replace(camera, distortion=Distortion("brown_conrady", (-0.9, 0.8)))
    seen = tracer.render(scene, camera, LABELS).instances == 1
    rows = seen.sum(axis=1)
    assert rows[100] > rows[np.nonzero(rows)[0][3]] + 6


def test_the_noise_filter_knows_the_plane_behind_a_fisheye(tracer):
    """On one plane the filter joins neighbours as well as through a pinhole: nearly all noise goes."""
    scene = replace(clutter(count=0), lights=())
    scene = replace(scene, environment=np.random.default_rng(0).uniform(0, 1, (8, 16, 3)).astype(np.float32))
    settings = RenderSettings(samples=4, bounces=0)
    plain = camera_at(eye=(0.0, -0.3, 0.5), fov=1.2)
    bent = replace(plain, distortion=Distortion("kannala_brandt", ()), fx=plain.fx, fy=plain.fy)
    noise = []
    for camera in (plain, bent):
        raw, smooth = (
            tracer.render(scene, camera, replace(settings, denoise=denoise)).linear[30:90, 40:120]
            for denoise in (False, True)
        )
        noise.append(np.diff(smooth, axis=1).std() / np.diff(raw, axis=1).std())
    assert max(noise) < 0.05
