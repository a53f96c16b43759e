"""Choice of renderer and device by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from simengine.errors import SimengineError
from simengine.render.model import Frame, Picture, RenderCamera, RenderScene, RenderSettings, Shutter

__all__ = ["RENDERERS", "ManyRenderer", "Renderer", "available_devices", "make_renderer", "resolve_device"]

RENDERERS = ("warp", "bullet", "bullet_egl")
"""Names of the renderers."""


@runtime_checkable
class Renderer(Protocol):
    """Draws a scene: a pure function of its arguments."""

    def render(
        self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings, shutter: Shutter | None = None
    ) -> Frame:
        """The picture and its labels; `shutter` tells what moves meanwhile, if it isn't of an instant."""
        ...


@runtime_checkable
class ManyRenderer(Renderer, Protocol):
    """Draws pictures faster together than one after the other.

    Attributes:
        batch_pixels: How many pixels to draw at once; 0 where that saves nothing.
    """

    batch_pixels: int

    def render_many(self, pictures: Sequence[Picture]) -> list[Frame]:
        """What `render` gives for each of them."""
        ...


def available_devices() -> list[str]:
    """Full names of the devices on which the ray tracer can run, ``cpu`` first."""
    from simengine.render.device import load_warp

    return ["cpu", *(f"cuda:{k}" for k in range(load_warp().get_cuda_device_count()))]


def resolve_device(name: str = "auto") -> str:
    """A device's full name.

    Args:
        name: ``auto`` (the first CUDA device if there is one, else the CPU), ``cpu``, ``cuda`` or ``cuda:K``.

    Returns:
        ``cpu`` or ``cuda:K``.

    Raises:
        SimengineError: If there is no such device; names those there are.
    """
    if name == "cpu":
        return "cpu"
    found = available_devices()
    if name == "auto":
        return found[1] if len(found) > 1 else "cpu"
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in found:
        reason = "" if len(found) > 1 else " No NVIDIA driver with a GPU was found (`nvidia-smi` should list one)."
        raise SimengineError(f"device {name!r} isn't available.{reason} Devices here: {', '.join(found)} (or auto).")
    return wanted


def make_renderer(name: str = "warp", *, device: str = "auto", threads: int = 1) -> Renderer:
    """A renderer by name.

    Args:
        name: ``warp`` (the ray tracer), ``bullet`` (PyBullet's TinyRenderer) or ``bullet_egl`` (its OpenGL plug-in).
        device: Where the ray tracer runs, see `resolve_device`; PyBullet's renderers ignore it.
        threads: Threads of the ray tracer on the CPU.

    Raises:
        SimengineError: If there is no such renderer or device, or OpenGL can't be had.
    """
    if name == "warp":
        from simengine.render.warp_renderer import WarpRenderer

        return WarpRenderer(device=resolve_device(device), threads=threads)
    if name in RENDERERS:
        from simengine.render.bullet_renderer import BulletRenderer

        return BulletRenderer(egl=name == "bullet_egl")
    raise SimengineError(f"renderer {name!r} doesn't exist. Use one of: {', '.join(RENDERERS)}.")
