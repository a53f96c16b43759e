"""The scene as a whole: what a scene file may say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Fraction, Part, Variable
from simengine.scene.schema.camera import Camera
from simengine.scene.schema.light import Constant, Environment, Light
from simengine.scene.schema.machine import Machine
from simengine.scene.schema.object import Object
from simengine.scene.schema.sensor import Recording, Sensor

__all__ = ["OUTPUTS", "SceneModel"]

Seconds = Annotated[float, Leaf(unit="s", low=0)]
OutputName = Literal["rgb", "depth", "instances", "classes", "normals", "coordinates"]
OUTPUTS: tuple[OutputName, ...] = ("rgb", "depth", "instances", "classes", "normals", "coordinates")
"""The picture-like outputs that a camera can write."""


class Settle(Part):
    """When things count as lying still."""

    timeout: Seconds = Field(6.0, description="Simulated time after which the draw is given up.")
    speed: Annotated[float, Leaf(unit="m/s", low=0, positive=True)] = Field(
        0.005, description="Root-mean-square speed of every body's surface below which it rests."
    )
    penetration: Annotated[float, Leaf(unit="m", low=0, positive=True)] = Field(
        0.001, description="Deepest overlap of two bodies that is accepted at rest."
    )


class World(Part):
    """Gravity and time."""

    gravity: Annotated[float, Leaf(unit="m/s^2", low=0, high=100)] = Field(
        9.80665, description="Downward acceleration."
    )
    time_step: Annotated[float, Leaf(unit="s", low=0.00001, high=0.02)] = Field(
        1 / 240, description="Physics step; halved automatically where an object is small or thin."
    )
    settle: Settle = Field(default_factory=Settle, description="When things count as lying still.")
    bounds: Annotated[float, Leaf(unit="m", low=0, positive=True)] = Field(
        20.0, description="Distance from the origin beyond which a body has escaped; the draw is then rejected."
    )


class Timeline(Part):
    """When pictures are taken."""

    start: Annotated[Literal["settled"], Leaf()] | Seconds = Field(
        "settled", description="Time of the first picture: once everything rests, or seconds after release."
    )
    frames: Annotated[int, Leaf(low=1, high=100_000)] = Field(1, description="Pictures a camera takes of one sample.")
    rate: Annotated[float, Leaf(unit="Hz", low=0, positive=True)] = Field(
        30.0, description="Pictures per second of simulated time."
    )


class LabelPolicy(Part):
    """Which objects get a label; the others are kept in the record with the reason, and counted."""

    min_pixels: Annotated[int, Leaf(low=1)] = Field(16, description="Fewest visible pixels.")
    min_visible_fraction: Fraction = Field(
        0.1, description="Smallest share of the object's whole outline (also outside the picture) that is seen."
    )
    min_box_edge: Annotated[float, Leaf(low=0)] = Field(2.0, description="Shortest edge of the tight box, pixels.")
    box_padding: Annotated[float, Leaf(low=0, high=4)] = Field(
        1.0,
        description="Factor on the edges of exported boxes about their centre, for data sets labelled loosely; masks stay exact.",
    )


class Labels(Part):
    """Classes and the label policy."""

    classes: list[str] | None = Field(
        None,
        description="Class names in the order of their ids (from 1); all that occur, in order of appearance in the file, if absent.",
    )
    policy: LabelPolicy = Field(default_factory=LabelPolicy, description="Which objects get a label.")


class Render(Part):
    """How pictures are drawn."""

    renderer: Literal["warp", "bullet", "bullet_egl"] = Field(
        "warp", description="The ray tracer, or PyBullet's TinyRenderer or EGL rasterizer."
    )
    preset: Literal["draft", "standard", "high"] = Field(
        "standard",
        description="`draft`: 1 sample, direct light, simple reflections; `standard`: 8 samples, 2 bounces; `high`: 32 samples, 4 bounces, denoised.",
    )
    samples: Annotated[int, Leaf(low=1, high=65536)] | None = Field(
        None, description="Samples per pixel, instead of the preset's."
    )
    bounces: Annotated[int, Leaf(low=0, high=16)] | None = Field(
        None, description="Bounces of indirect light, instead of the preset's."
    )
    denoise: bool | Literal["auto"] = Field(
        "auto",
        description="Intel Open Image Denoise (`pip install 'simengine[denoise]'`): true, false (no filter at all) or auto: the preset's own filter, which is Open Image Denoise in `high` alone.",
    )


class SceneModel(Part):
    """A scene file."""

    simengine: Literal[1] = Field(1, description="Version of the file format.")
    name: str = Field("scene", pattern=r"^[a-z0-9][a-z0-9_\-]*$", description="Short name, lower case.")
    description: str = Field("", description="One line for the catalogue.")
    variables: dict[str, Variable] = Field(
        default_factory=dict,
        description="Named values, drawn once a sample in this order; expressions (`= 2 * size`) use them.",
    )
    plan: Any = Field(
        "independent",
        description="Sampling plan over `variables`: independent, sobol, latin_hypercube, grid or stratified.",
    )
    constraints: list[str] = Field(
        default_factory=list,
        description="Expressions that every sample meets, else it is drawn again; they may use variables, count('NAME') and labelled.",
    )
    attempts: Annotated[int, Leaf(low=1, high=1000)] = Field(
        20, description="Draws of one sample before generation stops with an error."
    )
    world: World = Field(default_factory=World, description="Gravity and time.")
    objects: dict[str, Object] = Field(default_factory=dict, description="What there is, by name.")
    lights: dict[str, Light] = Field(default_factory=dict, description="Lights, by name.")
    environment: Environment = Field(
        default_factory=lambda: Environment(constant=Constant()),
        description="Surroundings, seen where nothing else is and shining on everything.",
    )
    cameras: dict[str, Camera] = Field(default_factory=lambda: {"camera": Camera()}, description="Cameras, by name.")
    machines: dict[str, Machine] = Field(default_factory=dict, description="Rotating machines, by name.")
    sensors: dict[str, Sensor] = Field(default_factory=dict, description="Sensors that write signals, by name.")
    recording: Recording = Field(default_factory=Recording, description="How long these write, and what.")
    timeline: Timeline = Field(default_factory=Timeline, description="When pictures are taken.")
    labels: Labels = Field(default_factory=Labels, description="Classes and the label policy.")
    render: Render = Field(default_factory=Render, description="How pictures are drawn.")
    outputs: list[OutputName] = Field(
        default=["rgb", "depth", "instances"],
        description="Pictures written: rgb, depth, instances, classes (needs labels.classes), normals, coordinates.",
    )

    @property
    def pictured(self) -> bool:
        """Whether a sample has pictures: not if there are machines, but neither objects nor cameras."""
        return bool(self.objects) or "cameras" in self.model_fields_set or not self.machines
