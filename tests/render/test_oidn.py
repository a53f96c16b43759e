"""Open Image Denoise: less error, labels untouched, a clear word where it is missing."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter

from simengine.errors import SimengineError
from simengine.render.model import RenderSettings
from simengine.render.tone import encode_tone
from simengine.render.warp_renderer import WarpRenderer

NOISY = RenderSettings(samples=8, bounces=2, denoise=False)
DENOISED = replace(NOISY, oidn=True)
LABELS = ("depth", "instances", "links", "normals", "coordinates")


def test_without_the_package_an_error_names_the_remedy(tracer, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyoidn", None)
    with pytest.raises(SimengineError, match=r"pip install 'simengine\[denoise\]'.*render\.denoise: false"):
        tracer.render(clutter(), camera_at(), DENOISED)
    assert tracer.render(clutter(count=1), camera_at(), replace(DENOISED, color=False)).linear is None


def test_it_is_nearer_to_the_truth_and_touches_no_label(tracer):
    pytest.importorskip("pyoidn")
    scene, camera = clutter(), camera_at()
    raw, joined, clean = (tracer.render(scene, camera, s) for s in (NOISY, replace(NOISY, denoise=True), DENOISED))
    truth = tracer.render(scene, camera, RenderSettings(samples=512, bounces=2, denoise=False, seed=1)).rgb.astype(
        float
    )
    error = [np.sqrt(((frame.rgb - truth) ** 2).mean()) for frame in (raw, joined, clean)]
    assert error[2] < 0.6 * error[0] and error[2] < error[1]
    for name in LABELS:
        assert getattr(clean, name).tobytes() == getattr(raw, name).tobytes()
    np.testing.assert_array_equal(clean.rgb, encode_tone(clean.linear, curve="neutral"))


def test_equal_bytes_on_any_number_of_threads(tracer):
    pytest.importorskip("pyoidn")
    scene, camera = clutter(count=5), camera_at(width=101, height=67)
    once, again = (r.render(scene, camera, DENOISED) for r in (tracer, WarpRenderer(threads=3)))
    assert once.linear.tobytes() == again.linear.tobytes() and once.rgb.tobytes() == again.rgb.tobytes()
