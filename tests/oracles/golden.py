"""Small pictures that are kept: what they show, for `tools/make_golden.py` and the test that compares with them."""

from dataclasses import replace

import numpy as np
from oracles.render_scenes import camera_at, clutter, light

from simengine.render.environment import sky_environment, studio_environment
from simengine.render.model import Distortion, Picture, SurfaceMaterial
from simengine.render.presets import preset

__all__ = ["GOLDEN"]

_SIZE = {"width": 128, "height": 96}
_LABELS_OFF = {"amodal": ()}


def _dressed(change):
    """Clutter whose materials but the sheet's are changed; `change` gets their number."""
    scene = clutter()
    sheet, *others = scene.materials
    return replace(scene, materials=(sheet, *(replace(m, **change(k)) for k, m in enumerate(others))))


def _draft():
    return Picture(clutter(), camera_at(**_SIZE), replace(preset("draft"), **_LABELS_OFF))


def _standard():
    """Rough, coated and metallic things under a sun and a sky."""
    scene = _dressed(lambda k: {"roughness": 0.1 + 0.2 * (k % 5), "clear_coat": float(k % 2)})
    sun = light("sun", direction=(0.5, 0.4, -0.77), size=(0.02, 0.0), power=2.5)
    sky = sky_environment((0.3, 0.4, 0.6), (0.7, 0.7, 0.7), (0.2, 0.18, 0.15))
    scene = replace(scene, lights=(sun,), environment=sky)
    return Picture(scene, camera_at(**_SIZE), replace(preset("standard"), **_LABELS_OFF))


def _glass():
    """Clear, tinted and cloudy bodies in a studio."""
    scene = _dressed(
        lambda k: {"transmission": 1.0, "roughness": 0.02 + 0.1 * (k % 3), "absorption": (20.0 * (k % 2), 5.0, 0.0)}
    )
    scene = replace(scene, environment=studio_environment(height=64))
    return Picture(scene, camera_at(exposure=-1.2, **_SIZE), replace(preset("standard"), **_LABELS_OFF))


def _fisheye():
    """A wide lens, and a glowing thing as the only lamp."""
    scene = replace(clutter(lights=False), environment=np.full((1, 2, 3), 0.05, np.float32))
    glow = SurfaceMaterial(emission=(20.0, 14.0, 8.0))
    scene = replace(scene, materials=(*scene.materials[:2], glow, *scene.materials[3:]))
    lens = Distortion("kannala_brandt", (0.05, -0.01))
    camera = replace(camera_at(eye=(0.2, -0.3, 0.3), fov=2.0, exposure=1.0, **_SIZE), distortion=lens)
    return Picture(scene, camera, replace(preset("standard"), samples=16, **_LABELS_OFF))


GOLDEN = {"draft": _draft, "standard": _standard, "glass": _glass, "fisheye": _fisheye}
"""A `simengine.render.model.Picture` for each name."""
