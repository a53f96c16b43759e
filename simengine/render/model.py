"""What the renderers take and give: plain arrays, no knowledge of scenes or physics."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh

__all__ = [
    "Amodal",
    "Crop",
    "Distortion",
    "Frame",
    "Instance",
    "LightSource",
    "Picture",
    "RenderCamera",
    "RenderScene",
    "RenderSettings",
    "Shutter",
    "SurfaceMaterial",
    "Weathering",
]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Weathering:
    """What years of use leave on a surface; colours are linear RGB.

    Attributes:
        wear: How far edges are rubbed down to the bare metal, 0 to 1.
        bare: Colour of that metal.
        rust: About the share of the surface that rust has taken, 0 to 1.
        dirt: How much dirt lies in corners and on what faces up, 0 to 1.
        soil: Colour of the dirt.
        grain: Edge of a tile of the noise that shapes the patches [m].
        edge: Width of what counts as an edge [m]; 0 for 4 % of the mesh's diagonal.
    """

    wear: float = 0.0
    bare: tuple[float, float, float] = (0.45, 0.44, 0.42)
    rust: float = 0.0
    dirt: float = 0.0
    soil: tuple[float, float, float] = (0.05, 0.04, 0.03)
    grain: float = 0.1
    edge: float = 0.0


@dataclass(frozen=True, eq=False)
class SurfaceMaterial:
    """A principled material; colours are linear RGB (Rec. 709 primaries), shape (3,).

    Attributes:
        base_color: Diffuse or metallic reflectance; multiplies the texture.
        texture: Number of its picture in `RenderScene.textures`, -1 for none.
        texture_size: Edge of a tile [m]; with `triplanar` False the mesh's own coordinates are used as they are.
        triplanar: Whether the texture is laid on from three sides in the object's frame.
        transmission: Share of the light that isn't reflected which goes through instead of being scattered.
        index: Index of refraction of what goes through; `specular` holds the reflectance.
        absorption: Absorption within the body [1/m], RGB.
        surface_map: Number of a picture in `RenderScene.maps` whose second and third channels are factors on
            `roughness` and `metallic` (as in glTF), -1 for none.
        normal_map: Number of a picture in `RenderScene.maps` of normals: red to the right, green up, blue away from
            the surface, 128 for 0; -1 for none.
        sheen: Strength and colour of a fuzz of fibres on top.
        sheen_roughness: How far the fibres stand apart, 0 to 1.
        weathering: What years of use have left on it, or None.
    """

    base_color: tuple[float, float, float] = (0.7, 0.7, 0.7)
    texture: int = -1
    texture_size: float = 0.25
    triplanar: bool = True
    roughness: float = 0.5
    metallic: float = 0.0
    specular: float = 0.5
    clear_coat: float = 0.0
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)
    transmission: float = 0.0
    index: float = 1.5
    absorption: tuple[float, float, float] = (0.0, 0.0, 0.0)
    surface_map: int = -1
    normal_map: int = -1
    sheen: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.3
    weathering: Weathering | None = None


@dataclass(frozen=True, eq=False)
class Instance:
    """A mesh placed in the world.

    Attributes:
        mesh: The mesh; instances that share it (by `key`) share one acceleration structure.
        transform: World from mesh, rigid, shape (4, 4).
        materials: Number in `RenderScene.materials` for each of the mesh's slots.
        id: Instance id written to the id buffer, from 1; several instances (links) may share it.
        link: Number of the link within the object.
        skin: Id of the object whose surface it continues without a seam; None where it has a surface of its own.
    """

    mesh: Mesh
    transform: NDArray[np.float64]
    materials: tuple[int, ...]
    id: int
    link: int = 0
    skin: int | None = None


@dataclass(frozen=True)
class LightSource:
    """A light in the world; `color` is linear RGB, scaled so that its luminance is 1.

    Attributes:
        kind: ``area`` (a rectangle), ``disk`` (an ellipse), ``point`` (a sphere), ``spot`` or ``sun``.
        position: Centre [m] (all but the sun).
        direction: Unit vector the light travels along (area, disk: the shining normal; spot: the axis; sun: from it).
        up: Unit vector along the second edge or axis of an area light or a disk.
        size: Edges of an area light, axes of a disk [m]; (radius, 0) of a point light or a spot, 0 for hard shadows;
            (angular diameter [rad], 0) of a sun.
        power: Radiant power given off [W]; irradiance [W/m^2] of a sun.
        cone: Of a spot: full angles [rad] at whose edges the light ends and begins to fade; between them it falls
            with the cosine of the angle as ``t * t * (3 - 2 * t)``.
    """

    kind: Literal["area", "disk", "sun", "point", "spot"]
    position: tuple[float, float, float]
    direction: tuple[float, float, float]
    up: tuple[float, float, float]
    size: tuple[float, float]
    power: float
    color: tuple[float, float, float]
    cone: tuple[float, float] = (0.7, 0.5)


@dataclass(frozen=True, eq=False)
class RenderScene:
    """Everything that can be seen at one instant.

    Attributes:
        textures: sRGB pictures, uint8, shape (H, W, 3) each.
        environment: Radiance panorama, linear RGB, equirectangular, shape (H, W, 3) float32: row 0 is
            straight up (+z), column 0 looks along +x, columns run towards +y.
        maps: Pictures whose values are meant as they are (roughness, normals), uint8, shape (H, W, 3) each.
    """

    instances: tuple[Instance, ...]
    materials: tuple[SurfaceMaterial, ...]
    textures: tuple[NDArray[np.uint8], ...] = ()
    lights: tuple[LightSource, ...] = ()
    environment: Floats | None = None
    maps: tuple[NDArray[np.uint8], ...] = ()


@dataclass(frozen=True)
class Distortion:
    """How a lens departs from the pinhole; coefficients as OpenCV writes them.

    Attributes:
        model: ``brown_conrady`` (of `cv2.projectPoints`; D. C. Brown, 1966) or ``kannala_brandt`` (of `cv2.fisheye`;
            J. Kannala and S. Brandt, 2006).
        coefficients: k1, k2, p1, p2, k3, k4, k5, k6 or k1, k2, k3, k4; those that are left out are 0.
        widest: Angle to the axis [rad] beyond which nothing is drawn: the edge of the image circle.
    """

    model: Literal["brown_conrady", "kannala_brandt"]
    coefficients: tuple[float, ...]
    widest: float = math.pi


@dataclass(frozen=True)
class Crop:
    """Where a picture lies in the larger one that it is a part of.

    Attributes:
        left, top: Its first pixel in the whole.
        width, height: Size of the whole, pixels.
    """

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Shutter:
    """A picture that takes time: rows begin one after the other, and each sees for a while.

    A picture of time t is read from ``t - (exposure + readout) / 2`` on. S states share that span in equal parts,
    each as it is in the middle of its part.

    Attributes:
        exposure: Time that a row sees [s].
        readout: Time from row to row, times their number in the whole picture [s]; 0 for all rows at once.
        direction: Where reading goes; ``right`` and ``left`` read columns.
        transforms: World from mesh of every instance of the scene, shape (S, N, 4, 4).
        world_from_camera: The camera's poses, shape (S, 4, 4).
    """

    exposure: float
    readout: float
    direction: Literal["down", "up", "right", "left"]
    transforms: NDArray[np.float64]
    world_from_camera: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RenderCamera:
    """A camera, frame as OpenCV (x right, y down, z forward).

    Attributes:
        width: Pixels.
        height: Pixels.
        fx, fy, cx, cy: Intrinsics in pixels; the centre of the first pixel is at (0.5, 0.5).
        world_from_camera: Rigid transform, shape (4, 4).
        exposure: Brightening in stops.
        distortion: How its lens bends straight lines; None for a pinhole.
        aperture: Diameter of its pupil [m]; 0 for a picture that is sharp everywhere.
        focus: Distance of what is sharp [m], along the axis (of fisheye lenses: in space).
        crop: Where the picture lies in the whole, if it is a part; `cx` and `cy` are those of the part.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    world_from_camera: NDArray[np.float64]
    exposure: float = 0.0
    distortion: Distortion | None = None
    aperture: float = 0.0
    focus: float = 1.0
    crop: Crop | None = None

    @property
    def whole(self) -> Crop:
        """Where the picture lies in the whole; at (0, 0) in itself where it is no part."""
        return self.crop or Crop(0, 0, self.width, self.height)


@dataclass(frozen=True)
class RenderSettings:
    """How to draw.

    Attributes:
        samples: Samples per pixel.
        bounces: Bounces of indirect light; 0 is direct light only, except that reflections in shiny surfaces
            show what is around in a simple light.
        seed: Key of the sampling noise.
        color: Whether to draw colour at all; labels alone are faster.
        amodal: Instance ids whose whole outline is traced; None for all, () for none.
        denoise: Whether neighbours on the same surface share their light (5 x 5 pixels, guided by ids, depth
            and normals, textures kept apart); labels are never touched.
        oidn: Whether Intel Open Image Denoise removes the noise instead, see `simengine.render.oidn`.
    """

    samples: int = 8
    bounces: int = 2
    seed: int = 0
    color: bool = True
    amodal: tuple[int, ...] | None = None
    denoise: bool = True
    oidn: bool = False


class Picture(NamedTuple):
    """A picture to draw: what there is, from where, how, and what moves meanwhile."""

    scene: RenderScene
    camera: RenderCamera
    settings: RenderSettings
    shutter: Shutter | None = None


@dataclass(frozen=True, eq=False)
class Amodal:
    """The whole outline of one object, as if alone in the world.

    Attributes:
        left, top: Pixel position of the window's corner; negative where it reaches outside the picture.
        mask: Outline within the window, bool, shape (h, w); it may reach outside the picture.
        clipped: Whether the outline goes on beyond the window (objects that are far larger than the picture,
            or reach behind the camera).
    """

    left: int
    top: int
    mask: NDArray[np.bool_]
    clipped: bool = False


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture and its exact labels; H x W of the camera. Label maps come from pixel-centre rays.

    Rays of labels go through the middle of the lens, so labels are sharp where the picture is blurred. Where a picture
    takes time, they describe the state that the scene and the camera are given in, which is that of mid-exposure;
    each row of a rolling shutter has the state of its own mid-exposure.

    Attributes:
        rgb: sRGB colour, uint8, shape (H, W, 3).
        linear: Linear radiance before exposure and tone curve, float32, shape (H, W, 3), or None.
        depth: Planar depth z [m], of fisheye lenses the distance in space, float32; 0 where nothing is hit.
        instances: Instance id, int32; 0 where nothing is hit.
        links: Link number within the object, int32; -1 where nothing is hit.
        normals: Unit shading normals in the camera's frame, float32, shape (H, W, 3); 0 for background.
        coordinates: Point in the link's own frame [m], float32, shape (H, W, 3); 0 for background.
        amodal: Whole outlines by instance id.
    """

    rgb: NDArray[np.uint8]
    linear: Floats | None
    depth: Floats
    instances: NDArray[np.int32]
    links: NDArray[np.int32]
    normals: Floats
    coordinates: Floats
    amodal: dict[int, Amodal] = field(default_factory=dict)
