"""Lenses and shutters with what else the renderers do: many pictures in one launch, PyBullet's renderers."""

from dataclasses import replace

import pytest
from oracles.render_scenes import camera_at, clutter
from oracles.shutters import moving

from simengine.errors import SimengineError
from simengine.render.crop import crop_camera
from simengine.render.model import Distortion, RenderSettings
from simengine.render.select import make_renderer
from simengine.render.warp_renderer import Picture

MAPS = ("rgb", "linear", "depth", "instances", "links", "normals", "coordinates")


@pytest.mark.parametrize("settings", [RenderSettings(1, 0), RenderSettings(3, 1)])
def test_pictures_drawn_together_are_what_each_is_alone(tracer, settings):
    scene, camera = clutter(count=6), camera_at(width=48, height=36)
    bent = Distortion("brown_conrady", (-0.2, 0.05))
    cameras = [
        camera,
        replace(camera, distortion=bent),
        replace(camera, distortion=replace(bent, coefficients=(0.1, 0.0, 0.01))),
        replace(camera, distortion=Distortion("kannala_brandt", (0.05,))),
        replace(camera, aperture=0.03, focus=0.6),
        crop_camera(camera_at(width=96, height=72), left=20, top=16, width=48, height=36),
    ]
    pictures = [Picture(scene, each, settings) for each in cameras]
    shutters = [moving(scene, camera, 7, exposure=0.01), moving(scene, camera, 7, exposure=0.0, readout=0.01)]
    pictures += [Picture(scene, camera, settings, shutter) for shutter in shutters]
    for together, picture in zip(tracer.render_many(pictures), pictures, strict=True):
        alone = tracer.render(*picture)
        for name in MAPS:
            assert getattr(together, name).tobytes() == getattr(alone, name).tobytes()
        for id_, outline in alone.amodal.items():
            assert outline.mask.tobytes() == together.amodal[id_].mask.tobytes()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"distortion": Distortion("brown_conrady", (0.1,))}, "distortion"),
        ({"aperture": 0.01}, "aperture"),
        ({}, "shutter"),
    ],
)
def test_pybullets_renderers_refuse_what_they_cannot_draw(changes, word):
    scene, camera = clutter(count=1), replace(camera_at(), **changes)
    shutter = None if changes else moving(scene, camera, 3, exposure=0.01)
    with pytest.raises(SimengineError, match=rf"{word}: PyBullet's renderers draw sharp pinhole.*'warp'"):
        make_renderer("bullet").render(scene, camera, RenderSettings(), shutter)
