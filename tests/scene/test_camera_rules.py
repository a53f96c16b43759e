"""What a scene file may say of lenses and shutters, and how it is told what it may not."""

import pytest

from simengine.scene.catalogue import randomizer_names
from simengine.scene.explain import explain

SCENE = """\
objects:
  die: {shape: {die: {}}, label: {name: die}}
cameras:
  top:
"""


@pytest.mark.parametrize(
    ("camera", "line", "column", "path", "words"),
    [
        ("intrinsics: {fov: 190 deg}", 5, 23, "cameras.top.intrinsics.fov", "needs a fisheye"),
        ("intrinsics: {fov: 190 deg}\n    distortion: {brown_conrady: {}}", 5, 23, "cameras.top.intrinsics.fov", "kannala_brandt"),
        ("focus: {distance: 1}", 5, 5, "cameras.top.focus", "Add `aperture: {diameter: 5 mm}`"),
        ("aperture: {diameter: 4 mm}\n    focus: {on: dei}", 6, 17, "cameras.top.focus.on", "Did you mean 'die'"),
        ("aperture: {diameter: 4 mm}\n    pose: {fixed: {}}", 5, 5, "cameras.top.aperture", "Add `focus: {distance: ...}`"),
        ("shake: {velocity: [1, 0, 0]}", 5, 5, "cameras.top.shake", "Add `shutter: {exposure_time: 10 ms}`"),
        ("crop: {left: 600, width: 64, height: 48}", 5, 5, "cameras.top.crop", "out of a picture 640 pixels wide"),
        ("resolution: [99, 50]\n    crop: {top: 9, width: 64, height: 48}", 6, 5, "cameras.top.crop", "50 pixels high"),
        ("distortion: {brown_conrady: {k7: 1}}", 5, 34, "cameras.top.distortion.brown_conrady.k7", "unknown"),
        ("distortion: {brown_conrady: {}, kannala_brandt: {}}", 5, 17, "cameras.top.distortion", "exactly one"),
        ("shutter: {exposure_time: 5 m}", 5, 30, "cameras.top.shutter.exposure_time", "use s, ms"),
        ("shutter: {direction: sideways}", 5, 26, "cameras.top.shutter.direction", "none of down, up, right, left"),
    ],
)  # fmt: skip
def test_problems_have_a_place_and_a_remedy(complaints, camera, line, column, path, words):
    found = [each for each in complaints(SCENE + f"    {camera}\n") if words in each[3]]
    assert found, complaints(SCENE + f"    {camera}\n")
    assert found[0][:3] == (line, column, path)


@pytest.mark.parametrize(
    "key", ["distortion: {kannala_brandt: {}}", "aperture: {diameter: 4 mm}", "shutter: {readout_time: 9 ms}"]
)
def test_pybullets_renderers_are_told_apart_from_the_start(complaints, key):
    (problem,) = complaints(SCENE + f"    {key}\nrender: {{renderer: bullet}}\n")
    assert problem[:2] == (5, 5) and "Use `render.renderer: warp`" in problem[3]


def test_a_fisheye_may_see_all_around_and_every_value_may_vary(load):
    spec = load(
        SCENE
        + """\
    intrinsics: {fov: {uniform: [190 deg, 220 deg]}}
    distortion: {kannala_brandt: {k1: {normal: [0, 0.01]}, image_circle: {uniform: [225 deg, 240 deg]}}}
    aperture: {lens: {focal_length: {uniform: [8 mm, 12 mm]}, f_number: {choose: [1.4, 2, 2.8]}}}
    focus: {choose: [{on: die}, {distance: {uniform: [0.3, 0.6]}}]}
    shutter: {exposure_time: {loguniform: [1 ms, 30 ms]}, readout_time: {uniform: [0, 20 ms]}, direction: {choose: [down, up]}}
    shake: {angular_velocity: [{normal: [0, 0.1]}, 0, 10 deg/s]}
    crop: {left: {integer: [0, 99]}, width: 64, height: 48}
"""
    )
    first, second = (spec.sample(0, index) for index in (0, 1))
    assert len([path for path in first.draws if path.startswith("cameras.top")]) >= 9
    assert first.draws != second.draws
    camera = first.cameras[0].spec
    assert camera.shake.angular_velocity[2] == pytest.approx(0.1745329)
    assert camera.aperture.tag == "lens" and 0.008 <= camera.aperture.lens.focal_length <= 0.012


def test_a_choice_of_lenses_may_hold_a_fisheye(load):
    load(SCENE + "    intrinsics: {fov: 190 deg}\n    distortion: {choose: [{kannala_brandt: {}}]}\n").sample(0, 0)


@pytest.mark.parametrize("name", ["lens", "fisheye", "shallow_focus", "handheld"])
def test_the_shipped_randomizers_of_lenses_fit_any_camera(load, name):
    assert f"camera/{name}" in randomizer_names()
    spec = load(SCENE + "    pose: {look_at: {eye: [0.3, 0, 0.3]}}\n", randomizers=[f"camera/{name}"])
    drawn = [path for path in spec.sample(3, 0).draws if path.startswith("cameras.top")]
    assert drawn and spec.sample(3, 0).draws != spec.sample(3, 1).draws


def test_explain_says_what_the_keys_mean(load):
    told = explain(load(SCENE + "    shutter: {exposure_time: 5 ms}\n"), "cameras.top.shutter")
    rows = {name: (now, meaning) for name, now, meaning in told.children}
    assert rows["exposure_time"][0] == '"5 ms"' and "blurred" in rows["exposure_time"][1]
    assert "rolling shutter" in rows["readout_time"][1]
