"""Materials and textures, as a scene file names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Color, Flag, Fraction, Length, OneOf, Part, Text

__all__ = ["Material", "Texture"]


class ImageTexture(Part):
    """A picture from a file, or one drawn from a folder of pictures.

    Maps that lie beside it come with it, told by their names as sites for materials write them: NAME_roughness,
    NAME_metallic, NAME_normal (and _rough, _metalness, _nor_gl, _NormalDX, _arm ...).
    """

    exclusive = ("file", "folder")

    file: Text | None = Field(None, description="Path of a picture, relative to the scene file.")
    folder: Text | None = Field(None, description="Folder of pictures (PNG, JPEG) of which one is drawn per object.")


class Checker(Part):
    """Two colours in squares, eight by eight a tile."""

    dark: Color = Field((0.1, 0.1, 0.1), description="Colour of the dark squares.")
    light: Color = Field((0.9, 0.9, 0.9), description="Colour of the light squares.")


class Stripes(Part):
    """Parallel stripes of two colours."""

    first: Color = Field((0.9, 0.8, 0.1), description="Colour of the first stripe.")
    second: Color = Field((0.1, 0.1, 0.1), description="Colour of the second stripe.")
    count: Annotated[int, Leaf(low=1, high=64)] = Field(8, description="Pairs of stripes a tile.")
    diagonal: Flag = Field(False, description="Whether the stripes run at 45 degrees (hazard marking).")


class Noise(Part):
    """Fractal noise between two colours."""

    low: Color = Field((0.3, 0.3, 0.3), description="Colour of the valleys.")
    high: Color = Field((0.7, 0.7, 0.7), description="Colour of the peaks.")
    frequency: Annotated[float, Leaf(low=1, high=64)] = Field(4.0, description="Blobs a tile at the coarsest octave.")
    octaves: Annotated[int, Leaf(low=1, high=8)] = Field(
        5, description="Number of octaves, each at twice the frequency and half the amplitude."
    )


class Wood(Part):
    """Planks with year rings, fibres and joints."""

    light: Color = Field((0.72, 0.53, 0.34), description="Colour of early wood.")
    dark: Color = Field((0.48, 0.31, 0.17), description="Colour of late wood.")
    planks: Annotated[int, Leaf(low=1, high=16)] = Field(4, description="Planks a tile; 1 for a continuous board.")


class Marble(Part):
    """Veined stone or swirled plastic."""

    base: Color = Field((0.92, 0.91, 0.89), description="Ground colour.")
    vein: Color = Field((0.35, 0.34, 0.36), description="Colour of the veins.")
    turbulence: Annotated[float, Leaf(low=0, high=20)] = Field(5.0, description="How far the veins are stirred.")


class Brushed(Part):
    """Brushed metal: fine lines along one direction."""

    color: Color = Field((0.75, 0.75, 0.77), description="Mean colour.")
    contrast: Fraction = Field(0.15, description="Strength of the lines.")


class Cardboard(Part):
    """Kraft cardboard: fibres, flutes and stains."""

    color: Color = Field((0.66, 0.5, 0.34), description="Mean colour.")


class Fabric(Part):
    """A plain weave of two threads."""

    warp: Color = Field((0.3, 0.35, 0.45), description="Colour of the warp threads.")
    weft: Color = Field((0.4, 0.45, 0.55), description="Colour of the weft threads.")
    threads: Annotated[int, Leaf(low=4, high=256)] = Field(48, description="Threads a tile.")


class Speckle(Part):
    """A ground colour with grains of others: granite, terrazzo, dirt."""

    base: Color = Field((0.6, 0.6, 0.58), description="Ground colour.")
    grain: Color = Field((0.2, 0.2, 0.2), description="Colour of the grains.")
    density: Fraction = Field(0.3, description="Share of the area that grains cover.")


class Concrete(Part):
    """A cast floor: clouds, pores and faint cracks."""

    color: Color = Field((0.55, 0.54, 0.52), description="Mean colour.")
    wear: Fraction = Field(0.3, description="Strength of stains and cracks.")


class Printed(Part):
    """The print on a package: a name, a motif, small print and a bar code, laid out by a number.

    A tile is one side of the package: give `mapping: uv`.
    """

    design: Annotated[int, Leaf(low=0, high=2**31 - 1)] = Field(
        0, description="Number of the design; equal numbers give equal layouts, so that copies of a product are alike."
    )
    ground: Color = Field((0.75, 0.1, 0.12), description="Colour of the ground.")
    accent: Color = Field((0.95, 0.75, 0.2), description="Colour of the motif.")
    paper: Color = Field((0.96, 0.95, 0.92), description="Colour of what stays unprinted.")
    ink: Color = Field((0.1, 0.1, 0.12), description="Colour of the small print.")


class Weathering(Part):
    """What years of use leave: edges rubbed down to the metal, rust, dirt in corners; each object its own."""

    wear: Fraction = Field(0.0, description="How far edges are rubbed down to the bare metal.")
    bare_color: Color = Field((0.7, 0.69, 0.67), description="Colour of that metal.")
    rust: Fraction = Field(0.0, description="About the share of the surface that rust has taken.")
    dirt: Fraction = Field(0.0, description="How much dirt lies in corners and on what faces up.")
    dirt_color: Color = Field((0.25, 0.21, 0.17), description="Colour of the dirt.")
    grain: Length = Field(0.1, description="Size of the patches: edge of the tile of noise that shapes them.")
    edge_width: Length | None = Field(
        None, description="Width of what counts as an edge or a corner; 4 % of the mesh's diagonal if absent."
    )


class Texture(OneOf):
    """Exactly one source of the base colour's pattern."""

    image: ImageTexture | None = None
    checker: Checker | None = None
    stripes: Stripes | None = None
    noise: Noise | None = None
    wood: Wood | None = None
    marble: Marble | None = None
    brushed: Brushed | None = None
    cardboard: Cardboard | None = None
    fabric: Fabric | None = None
    speckle: Speckle | None = None
    concrete: Concrete | None = None
    printed: Printed | None = None


class Material(Part):
    """A principled material (after Burley, Physically Based Shading at Disney, 2012)."""

    base_color: Color = Field(
        (0.7, 0.7, 0.7),
        description="Colour of diffuse light, or of reflections of a metal; multiplies the texture if one is given.",
    )
    texture: Texture | None = Field(None, description="Pattern of the base colour.")
    texture_size: Length = Field(0.25, description="Edge of one texture tile on the surface.")
    mapping: Annotated[Literal["auto", "uv", "triplanar"], Leaf()] = Field(
        "auto",
        description="How the texture is laid on: by the mesh's own coordinates (`uv`), from three sides in tiles of `texture_size` (`triplanar`), or by coordinates where a mesh file brings its own (`auto`).",
    )
    relief: Annotated[float, Leaf(unit="m", low=0)] = Field(
        0.0,
        description="How far the dark parts of the texture lie below its bright ones; a normal map of its own goes before.",
    )
    roughness: Fraction = Field(
        0.5,
        description="From mirror (0) to matte (1); the microfacet width is its square. Multiplies the texture's map where one is given, which is shown as it is if this is absent; so does `metallic`.",
    )
    metallic: Fraction = Field(0.0, description="From dielectric (0) to metal (1).")
    specular: Fraction = Field(
        0.5,
        description="Reflectance of a dielectric at normal incidence divided by 8 %; 0.5 is an index of refraction of 1.5.",
    )
    clear_coat: Fraction = Field(0.0, description="Strength of a second, polished layer on top.")
    sheen: Fraction = Field(0.0, description="Strength of a fuzz of fibres on top: cloth, felt, dust.")
    sheen_color: Color = Field((1.0, 1.0, 1.0), description="Colour of the fuzz.")
    sheen_roughness: Fraction = Field(0.3, description="From a thin rim of light (0) to an even fuzz (1).")
    weathering: Weathering | None = Field(None, description="Wear, rust and dirt.")
    transmission: Fraction = Field(
        0.0,
        description="Share of the light that is not reflected which goes through the body (glass 1, cloudy plastic in between) instead of being scattered at its surface; `roughness` blurs what is seen through. The mesh must be closed.",
    )
    ior: Annotated[float, Leaf(low=1, high=4)] | None = Field(
        None,
        description="Index of refraction, which also sets the reflectance: water 1.33, acrylic 1.49, glass 1.5. By `specular` if absent.",
    )
    absorption_color: Color = Field(
        (1.0, 1.0, 1.0), description="Colour that white light has after `absorption_distance` within the body."
    )
    absorption_distance: Length = Field(0.01, description="Way within the body after which it has that colour.")
    emission: Color = Field((0.0, 0.0, 0.0), description="Colour of light given off by the surface.")
    emission_strength: Annotated[float, Leaf(unit="W/m^2", low=0)] = Field(
        0.0,
        description="Radiant exitance of emitted light, on both sides of the surface; it lights the scene like any lamp.",
    )
