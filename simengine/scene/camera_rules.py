"""Rules that tie the parts of a camera together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simengine.errors import Problem
from simengine.scene.expression import nearest
from simengine.scene.node import Node
from simengine.scene.paths import alternatives
from simengine.scene.recipe import is_recipe
from simengine.scene.units import parse_quantity

__all__ = ["camera_rules"]

_WIDEST = 3.0  # field of view of a lens that is no fisheye [rad]
_TRACED = ("distortion", "aperture", "shutter", "shake")


def camera_rules(root: Node) -> Iterator[Problem]:
    """Every broken rule; parts that are malformed are left to the schema to report."""
    objects = _entries(root.child("objects"))
    render = root.child("render")
    renderer = _value(render.child("renderer")) if render is not None else None
    for name, entry in _entries(root.child("cameras")).items():
        for camera in alternatives(entry, None):
            if isinstance(camera.value, dict):
                yield from _field_of_view(camera, f"cameras.{name}")
                yield from _focus(camera, f"cameras.{name}", objects)
                yield from _crop(camera, f"cameras.{name}")
                yield from _shake(camera, f"cameras.{name}")
                if isinstance(renderer, str) and renderer.startswith("bullet"):
                    yield from _bullet(camera, f"cameras.{name}", renderer)


def _entries(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _child(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.child(key) if node is not None and isinstance(node.value, dict) else None
    return node if node is not None and node.value is not None else None


def _value(node: Node | None) -> Any:
    """A plain value; None for a recipe, which is judged when it is drawn."""
    return None if node is None or is_recipe(node.value) else node.value


def _field_of_view(camera: Node, path: str) -> Iterator[Problem]:
    fov, distortion = _child(camera, "intrinsics", "fov"), _child(camera, "distortion")
    if fov is None or (
        distortion is not None and (is_recipe(distortion.value) or _child(distortion, "kannala_brandt"))
    ):
        return
    try:
        angle = parse_quantity(_value(fov), unit="rad")
    except ValueError:
        return  # the schema reports it
    if isinstance(angle, int | float) and angle > _WIDEST:
        yield Problem(
            "a field of view of more than 170 deg needs a fisheye.", fov.mark, f"{path}.intrinsics.fov",
            "Give the camera `distortion: {kannala_brandt: {}}`, or a smaller field of view.",
        )  # fmt: skip


def _focus(camera: Node, path: str, objects: dict[str, Node]) -> Iterator[Problem]:
    focus, aperture = _child(camera, "focus"), _child(camera, "aperture")
    if focus is not None and aperture is None:
        yield Problem(
            "without an aperture everything is sharp.", focus.key_mark or focus.mark, f"{path}.focus",
            "Add `aperture: {diameter: 5 mm}`, or remove `focus`.",
        )  # fmt: skip
    if aperture is not None and focus is None and _child(camera, "pose", "fixed") is not None:
        yield Problem(
            "a camera with a `fixed` pose looks at nothing that could be in focus.", aperture.key_mark or aperture.mark,
            f"{path}.aperture", "Add `focus: {distance: ...}` or `focus: {on: NAME}`.",
        )  # fmt: skip
    on = _child(focus, "on")
    if on is not None and isinstance(on.value, str) and not is_recipe(on.value):
        name = on.value.partition("[")[0]
        if name not in objects:
            yield Problem(f"there is no object '{name}'.", on.mark, f"{path}.focus.on", nearest(name, objects))


def _crop(camera: Node, path: str) -> Iterator[Problem]:
    crop, resolution = _child(camera, "crop"), _child(camera, "resolution")
    size = (
        [_value(part) for part in resolution.value] if resolution and isinstance(resolution.value, list) else [640, 480]
    )
    for start, length, whole, word in (("left", "width", size[:1], "wide"), ("top", "height", size[1:], "high")):
        first, count = _value(_child(crop, start)) or 0, _value(_child(crop, length))
        if all(isinstance(number, int) for number in (first, count, *whole)) and whole and first + count > whole[0]:
            assert crop is not None
            yield Problem(
                f"{start} {first} and {length} {count} reach out of a picture {whole[0]} pixels {word}.",
                crop.key_mark or crop.mark, f"{path}.crop", "Make the window smaller, or the resolution larger.",
            )  # fmt: skip


def _shake(camera: Node, path: str) -> Iterator[Problem]:
    shake = _child(camera, "shake")
    if shake is not None and _child(camera, "shutter") is None:
        yield Problem(
            "a picture of an instant shows no motion.", shake.key_mark or shake.mark, f"{path}.shake",
            "Add `shutter: {exposure_time: 10 ms}`, or remove `shake`.",
        )  # fmt: skip


def _bullet(camera: Node, path: str, renderer: str) -> Iterator[Problem]:
    for key in _TRACED:
        part = _child(camera, key)
        if part is not None:
            yield Problem(
                f"PyBullet's renderers ({renderer}) draw sharp pinhole pictures of an instant only.",
                part.key_mark or part.mark, f"{path}.{key}", f"Use `render.renderer: warp`, or remove `{key}`.",
            )  # fmt: skip
