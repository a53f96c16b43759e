"""What a camera makes of the light that reaches it, as a scene file names it.

`Film` picks a preset; every value of the preset can be overridden or drawn::

    film: {phone: {photons: {loguniform: [600, 8000]}, jpeg: 80}}

The noise follows the linear model of EMVA Standard 1288, release 4.0; the numbers of `industrial` are typical of
data sheets of 3.45 um global-shutter CMOS sensors, those of `phone` and `webcam` of 1.4 um mobile sensors.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Fraction, OneOf, Part

__all__ = ["Clean", "Film", "Industrial", "Phone", "Webcam"]

NaturalVignetting = Annotated[
    Fraction,
    Field(description="Share of the natural falloff cos^4 of the angle to the axis that is left; 0 none, 1 all."),
]
Vignetting = Annotated[
    tuple[float, float, float],
    Leaf(low=-2, high=2),
    Field(description="Coefficients a, b, c of the factor 1 + a r^2 + b r^4 + c r^6; r is 1 at the corner."),
]
ChromaticAberration = Annotated[
    tuple[float, float],
    Leaf(low=-0.02, high=0.02),
    Field(description="How much larger red and blue are drawn than green; 0.001 is 0.4 pixels at 400 from the middle."),
]
Blur = Annotated[
    Annotated[float, Leaf(low=0, high=100)],
    Field(description="Standard deviation of the blur of a lens out of focus, pixels."),
]
Photons = Annotated[
    Annotated[float, Leaf(low=0, high=1e7, positive=True)] | None,
    Field(
        description="Photons on a pixel at brightness 1 (white); fewer are noisier. An ideal sensor without noise if "
        "absent: the seven values from `quantum_efficiency` to `black_level` then have no effect."
    ),
]
QuantumEfficiency = Annotated[
    float, Leaf(low=0, high=1, positive=True), Field(description="Electrons a photon releases.")
]
FullWell = Annotated[
    float, Leaf(low=0, high=1e7, positive=True), Field(description="Electrons that a pixel holds at most.")
]
DarkCurrent = Annotated[
    float, Leaf(low=0, high=1e7), Field(description="Electrons a second without light; their mean is subtracted.")
]
ExposureTime = Annotated[
    float, Leaf(unit="s", low=0, high=3600), Field(description="Time in which the dark current gathers.")
]
ReadNoise = Annotated[
    float, Leaf(low=0, high=1e6), Field(description="Standard deviation of the noise of reading a pixel, electrons.")
]
Gain = Annotated[
    Annotated[float, Leaf(low=0, high=1e6, positive=True)] | None,
    Field(description="Digital steps an electron; if absent, a full well is the largest number."),
]
Bits = Annotated[int, Leaf(low=4, high=16), Field(description="Bits of a raw value.")]
BlackLevel = Annotated[
    float,
    Leaf(low=0, high=65535),
    Field(description="Raw value of black, which keeps noise below it; subtracted later."),
]
Bayer = Annotated[
    Annotated[Literal["none", "rggb", "bggr", "grbg", "gbrg"], Leaf()],
    Field(description="Colours of the filter mosaic, first two rows; `none` for three sensors."),
]
WhiteBalance = Annotated[
    Annotated[float, Leaf(unit="K", low=2000, high=20000)] | None,
    Field(description="Colour temperature of the light that is made neutral; if absent, the white of sRGB (D65)."),
]
Sharpening = Annotated[float, Leaf(low=0, high=10), Field(description="Strength of the unsharp mask; 0 for none.")]
SharpeningRadius = Annotated[
    float, Leaf(low=0.2, high=20), Field(description="Standard deviation of its Gaussian, pixels.")
]
Tone = Annotated[
    Annotated[Literal["neutral", "srgb"], Leaf()],
    Field(description="`neutral`: highlights roll off, as in pictures without film; `srgb`: cut at white."),
]
Jpeg = Annotated[
    Annotated[int, Leaf(low=1, high=100)] | None,
    Field(description="Quality of the JPEG that the picture goes through; none if absent."),
]


class Clean(Part):
    """An ideal camera: exactly the picture without film; a start for effects of your own."""

    natural_vignetting: NaturalVignetting = 0.0
    vignetting: Vignetting = (0.0, 0.0, 0.0)
    chromatic_aberration: ChromaticAberration = (0.0, 0.0)
    blur: Blur = 0.0
    photons: Photons = None
    quantum_efficiency: QuantumEfficiency = 0.6
    full_well: FullWell = 10_000.0
    dark_current: DarkCurrent = 0.0
    exposure_time: ExposureTime = 0.01
    read_noise: ReadNoise = 0.0
    gain: Gain = None
    bits: Bits = 12
    black_level: BlackLevel = 0.0
    bayer: Bayer = "none"
    white_balance: WhiteBalance = None
    sharpening: Sharpening = 0.0
    sharpening_radius: SharpeningRadius = 1.0
    tone: Tone = "neutral"
    jpeg: Jpeg = None


class Phone(Clean):
    """A phone's main camera: small pixels, corrected lens, sharpened, highlights kept, good JPEG."""

    vignetting: Vignetting = (-0.08, -0.04, 0.0)
    chromatic_aberration: ChromaticAberration = (0.0004, -0.0004)
    photons: Photons = 3_500.0
    quantum_efficiency: QuantumEfficiency = 0.7
    full_well: FullWell = 6_000.0
    dark_current: DarkCurrent = 5.0
    exposure_time: ExposureTime = 1 / 60
    read_noise: ReadNoise = 1.8
    bits: Bits = 10
    black_level: BlackLevel = 64.0
    bayer: Bayer = "rggb"
    sharpening: Sharpening = 0.7
    jpeg: Jpeg = 92


class Industrial(Clean):
    """A machine vision camera: large pixels, low noise, nothing corrected, nothing sharpened or compressed."""

    natural_vignetting: NaturalVignetting = 0.8
    vignetting: Vignetting = (-0.05, -0.05, 0.0)
    chromatic_aberration: ChromaticAberration = (0.0003, -0.0005)
    photons: Photons = 12_000.0
    quantum_efficiency: QuantumEfficiency = 0.65
    full_well: FullWell = 10_500.0
    dark_current: DarkCurrent = 2.0
    read_noise: ReadNoise = 2.4
    black_level: BlackLevel = 64.0
    bayer: Bayer = "rggb"
    tone: Tone = "srgb"


class Webcam(Clean):
    """A cheap webcam: little light, a dark rim, colour fringes, oversharpened, small JPEGs."""

    natural_vignetting: NaturalVignetting = 0.7
    vignetting: Vignetting = (-0.1, -0.12, 0.0)
    chromatic_aberration: ChromaticAberration = (0.0015, -0.001)
    photons: Photons = 2_400.0
    quantum_efficiency: QuantumEfficiency = 0.5
    full_well: FullWell = 2_000.0
    dark_current: DarkCurrent = 60.0
    exposure_time: ExposureTime = 1 / 30
    read_noise: ReadNoise = 5.0
    bits: Bits = 10
    black_level: BlackLevel = 16.0
    bayer: Bayer = "grbg"
    sharpening: Sharpening = 1.3
    sharpening_radius: SharpeningRadius = 1.2
    tone: Tone = "srgb"
    jpeg: Jpeg = 65


class Film(OneOf):
    """Exactly one preset and what differs from it; only the colour picture changes, never a label."""

    clean: Clean | None = None
    phone: Phone | None = None
    industrial: Industrial | None = None
    webcam: Webcam | None = None
