# mypy: ignore-errors
"""Rays of a camera: through a pinhole or a distorting lens, from its whole aperture, at any time of an exposure."""

import warp as wp

from simengine.render.kernels.angles import circle_point, frame_of

wp.set_module_options({"enable_backward": False, "fast_math": False})

__all__ = [
    "BROWN_CONRADY",
    "KANNALA_BRANDT",
    "CameraData",
    "Coefficients",
    "Ray",
    "camera_ray",
    "is_dark",
    "sharp_ray",
]

BROWN_CONRADY = wp.constant(1)
KANNALA_BRANDT = wp.constant(2)
STEPS = wp.constant(16)

Coefficients = wp.types.vector(length=8, dtype=wp.float32)


@wp.struct
class CameraData:
    width: wp.int32
    height: wp.int32
    left: wp.int32  # where the picture lies in the whole that it is a part of
    top: wp.int32
    stride: wp.int32  # width of the whole
    scale: wp.vec2  # 1 / focal length
    center: wp.vec2  # of the whole
    rotation: wp.mat33  # world from camera
    exposure: wp.float32  # factor
    lens: wp.int32  # 0: a pinhole
    distortion: Coefficients
    limit: wp.float32  # radius (tangent) or angle up to which the lens draws
    aperture: wp.float32  # radius of the pupil
    focus: wp.float32  # distance of what is sharp
    # of a picture that takes time; the state of a row begins at base + row . step, and it lasts
    states: wp.int32  # 0: of one instant
    rolling: wp.int32  # whether rows have times of their own
    base: wp.float32
    step: wp.vec2
    span: wp.float32
    instances: wp.int32  # in one state
    origins: wp.array(dtype=wp.vec3)
    rotations: wp.array(dtype=wp.mat33)


@wp.struct
class Ray:
    origin: wp.vec3
    direction: wp.vec3  # t along it is the recorded depth; zero where the lens draws nothing
    rotation: wp.mat33  # world from camera
    first: wp.int32  # number of the first instance of its state


@wp.func
def without_brown_conrady(camera: CameraData, x: wp.float32, y: wp.float32):
    """The pinhole's direction of a point in the distorted picture plane, by Newton's method."""
    k = camera.distortion
    u = x
    v = y
    error = float(1.0)
    for _step in range(STEPS):
        r2 = u * u + v * v
        below = 1.0 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
        g = (1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))) / below
        slope = k[0] + r2 * (2.0 * k[1] + 3.0 * r2 * k[4]) - g * (k[5] + r2 * (2.0 * k[6] + 3.0 * r2 * k[7]))
        slope = 2.0 * slope / below
        ex = u * g + 2.0 * k[2] * u * v + k[3] * (r2 + 2.0 * u * u) - x
        ey = v * g + k[2] * (r2 + 2.0 * v * v) + 2.0 * k[3] * u * v - y
        error = ex * ex + ey * ey
        a = g + u * u * slope + 2.0 * k[2] * v + 6.0 * k[3] * u
        b = u * v * slope + 2.0 * k[2] * u + 2.0 * k[3] * v
        c = g + v * v * slope + 6.0 * k[2] * v + 2.0 * k[3] * u
        determinant = a * c - b * b
        if determinant <= 0.0:
            error = float(1.0)
            break
        u = u - (c * ex - b * ey) / determinant
        v = v - (a * ey - b * ex) / determinant
        if error < 1.0e-13:
            break
    local = wp.vec3(u, v, 1.0)
    if error > 1.0e-4 * camera.scale[0] * camera.scale[0] or u * u + v * v > camera.limit * camera.limit:
        local = wp.vec3(0.0)
    return local


@wp.func
def without_kannala_brandt(camera: CameraData, x: wp.float32, y: wp.float32):
    """The unit direction of a point in a fisheye's picture plane, by Newton's method."""
    k = camera.distortion
    r = wp.sqrt(x * x + y * y)
    angle = wp.min(r, camera.limit)
    error = float(1.0)
    for _step in range(STEPS):
        s = angle * angle
        error = angle * (1.0 + s * (k[0] + s * (k[1] + s * (k[2] + s * k[3])))) - r
        slope = 1.0 + s * (3.0 * k[0] + s * (5.0 * k[1] + s * (7.0 * k[2] + s * 9.0 * k[3])))
        angle = wp.clamp(angle - error / wp.max(slope, 1.0e-3), 0.0, camera.limit)
        if wp.abs(error) < 1.0e-7:
            break
    local = wp.vec3(0.0)
    if wp.abs(error) < 1.0e-2 * camera.scale[0]:
        sine = wp.sin(angle) / wp.max(r, 1.0e-20)
        local = wp.vec3(x * sine, y * sine, wp.cos(angle))
    return local


@wp.func
def local_ray(camera: CameraData, x: wp.float32, y: wp.float32):
    """Direction in the camera's frame: of unit length along the optical axis, or in space for a fisheye."""
    u = (x - camera.center[0]) * camera.scale[0]
    v = (y - camera.center[1]) * camera.scale[1]
    local = wp.vec3(u, v, 1.0)
    if camera.lens == BROWN_CONRADY:
        local = without_brown_conrady(camera, u, v)
    if camera.lens == KANNALA_BRANDT:
        local = without_kannala_brandt(camera, u, v)
    return local


@wp.func
def camera_ray(camera: CameraData, x: wp.float32, y: wp.float32, pupil: wp.vec2, moment: wp.float32):
    """The ray of a point of the picture, in pixels of the whole.

    `pupil` picks the place in the aperture that it starts from, (0, 0) the middle; `moment` the time within the
    exposure, 0 to 1, or below 0 the state that labels describe.
    """
    ray = Ray()
    ray.rotation = camera.rotation
    local = local_ray(camera, x, y)
    start = wp.vec3(0.0)
    if camera.aperture > 0.0 and pupil[0] > 0.0:
        side = circle_point(pupil[1]) * (camera.aperture * wp.sqrt(pupil[0]))
        start = wp.vec3(side[0], side[1], 0.0)
        if camera.lens == KANNALA_BRANDT:
            start = frame_of(local) * start  # the pupils of fisheye lenses turn towards what they see
        local = local - start / camera.focus
    if camera.states > 0 and moment >= 0.0:
        at = int(wp.floor(camera.base + x * camera.step[0] + y * camera.step[1] + moment * camera.span))
        at = wp.clamp(at, 0, camera.states - 1)
        ray.first = (at + 1) * camera.instances
        ray.rotation = camera.rotations[at]
        start = ray.rotation * start + camera.origins[at]
    else:
        start = camera.rotation * start
    ray.origin = start
    ray.direction = ray.rotation * local
    return ray


@wp.func
def sharp_ray(camera: CameraData, column: wp.int32, row: wp.int32):
    """The ray of a pixel's centre through the middle of the lens at mid-exposure; labels come from it alone."""
    x = float(column + camera.left) + 0.5
    y = float(row + camera.top) + 0.5
    return camera_ray(camera, x, y, wp.vec2(0.0), wp.where(camera.rolling == 1, 0.5, -1.0))


@wp.func
def is_dark(ray: Ray):
    """Whether the lens draws nothing there."""
    return ray.direction[0] == 0.0 and ray.direction[1] == 0.0 and ray.direction[2] == 0.0
