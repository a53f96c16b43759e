# mypy: ignore-errors
"""What surfaces and lights look like, and how they are sampled."""

import warp as wp

from simengine.render.kernels.finish import Finish
from simengine.render.kernels.light import EnvironmentData, GlowData, Light
from simengine.render.kernels.texture import Material, TextureData
from simengine.render.kernels.weathering import WeatheringData

wp.set_module_options({"enable_backward": False})

__all__ = ["LookData"]


@wp.struct
class LookData:
    materials: wp.array(dtype=Material)
    textures: TextureData
    lights: wp.array(dtype=Light)
    light_count: wp.int32
    light_rays: wp.int32  # shadow rays at the first surface
    environment: EnvironmentData
    albedo_table: wp.array2d(dtype=wp.vec2)
    points: wp.array2d(dtype=wp.vec2ui)  # (dimension pair, cell * block + sample)
    samples: wp.int32
    block: wp.int32  # samples rounded up to a power of two
    bounces: wp.int32
    surfaces: wp.int32  # most surfaces a path meets: bounces + 1, and more where it goes through clear ones
    seed: wp.uint32
    stride: wp.int32  # 0 for the same point set in all blocks
    ambient: wp.mat33  # light of the surroundings on a Lambertian surface: rows are terms in its normal's x, y, z
    ambient_mean: wp.vec3
    clamp: wp.float32
    # of rich looks only
    finishes: wp.array(dtype=Finish)  # by number of the material
    weathering: WeatheringData
    glow: GlowData
    sheen_table: wp.array2d(dtype=wp.float32)
    pixel_angle: wp.float32
