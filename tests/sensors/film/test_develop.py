import dataclasses

import numpy as np
import pytest

import simengine
from simengine.errors import Rejected, SimengineError, SpecError
from simengine.render.model import RenderCamera
from simengine.render.select import make_renderer
from simengine.sampling.streams import stream
from simengine.scene.explain import explain
from simengine.scene.schema.film import Film
from simengine.sensors.film.develop import develop

PRESETS = ("clean", "phone", "industrial", "webcam")
SMALL = ["cameras[*].resolution=[160, 120]", "render.preset=draft"]
CAMERA = RenderCamera(160, 120, 140.0, 140.0, 80.0, 60.0, np.eye(4))


def film(**presets):
    return Film.model_validate(presets, context={"concrete": True})


def taken(linear, *, camera=CAMERA, key="film", **presets):
    return develop(film(**presets), linear, camera=camera, rng=stream(0, 0, key))


@pytest.fixture(scope="module")
def renderer():
    return make_renderer("warp", device="cpu", threads=2)


@pytest.fixture(scope="module")
def views(renderer):
    def make(overrides=(), name="dice", index=0, randomizers=()):
        spec = simengine.load_scene(name, overrides=[*SMALL, *overrides], randomizers=randomizers)
        for attempt in range(spec.model.attempts):
            try:
                scene = spec.sample(2, index, attempt=attempt)
                return list(simengine.observe(scene, simengine.simulate(scene), renderer=renderer))
            except Rejected:
                continue
        raise AssertionError("every try was rejected")

    return make


@pytest.fixture(scope="module")
def plain(views):
    return views()[0]


@pytest.mark.parametrize("preset", PRESETS)
def test_film_changes_colour_and_nothing_else(views, plain, preset):
    filmed = views([f"cameras.top.film={{{preset}: {{}}}}"])[0]
    for name in (field.name for field in dataclasses.fields(plain.frame_data)):
        ours, theirs = getattr(plain.frame_data, name), getattr(filmed.frame_data, name)
        if name == "amodal":
            assert ours.keys() == theirs.keys()
            for id_ in ours:
                np.testing.assert_array_equal(ours[id_].mask, theirs[id_].mask)
        elif name != "rgb":
            assert ours.tobytes() == theirs.tobytes(), name
    assert filmed.state == plain.state
    assert (filmed.frame_data.rgb == plain.frame_data.rgb).all() == (preset == "clean")
    assert (
        views([f"cameras.top.film={{{preset}: {{}}}}"])[0].frame_data.rgb.tobytes() == filmed.frame_data.rgb.tobytes()
    )


def test_a_clean_film_is_the_renderer_s_picture_also_when_overexposed(views):
    bright = ["cameras.top.exposure=2"]
    there = views([*bright, "cameras.top.film={clean: {}}"])[0].frame_data.rgb
    assert there.max() > 245
    np.testing.assert_array_equal(there, views(bright)[0].frame_data.rgb)


@pytest.mark.parametrize("preset", PRESETS[1:])
def test_presets_show_the_scene_at_its_brightness(plain, preset):
    linear = plain.frame_data.linear
    rgb = taken(linear, camera=plain.render_camera, **{preset: {}}).astype(float)
    clean = plain.frame_data.rgb.astype(float)
    middle = np.s_[40:80, 50:110]
    np.testing.assert_allclose(rgb[middle].mean(axis=(0, 1)), clean[middle].mean(axis=(0, 1)), atol=14)
    assert np.corrcoef(rgb.ravel(), clean.ravel())[0, 1] > 0.9


def test_every_value_has_an_effect(plain):
    """Each value off its preset changes the picture; a value that nothing reads would be a lie."""
    linear = plain.frame_data.linear
    start = {"bayer": "rggb", "photons": 300.0, "full_well": 250.0, "dark_current": 50.0, "sharpening": 0.5}
    changes = {
        "natural_vignetting": 1.0, "vignetting": (-0.3, 0.0, 0.0), "chromatic_aberration": (0.005, 0.0),
        "photons": 500.0, "quantum_efficiency": 0.3, "full_well": 60.0, "dark_current": 900.0, "exposure_time": 1.0,
        "read_noise": 20.0, "gain": 0.1, "bits": 5, "black_level": 60.0, "bayer": "gbrg", "white_balance": 3000.0,
        "sharpening": 2.0, "sharpening_radius": 2.0, "tone": "srgb", "jpeg": 40, "blur": 1.0,
    }  # fmt: skip
    assert set(changes) == set(type(film(clean={}).value).model_fields)
    before = taken(linear, clean=start)
    for name, value in changes.items():
        assert (taken(linear, clean={**start, name: value}) != before).any(), name


def test_noise_grows_in_dim_light_and_leaves_the_mean(plain):
    flat = np.full((120, 160, 3), 0.4, np.float32)
    bright, dim = (taken(flat, clean={"photons": n, "full_well": 2 * n}).astype(float) for n in (20_000.0, 500.0))
    assert dim.std() > 4 * bright.std()
    assert dim.mean() == pytest.approx(bright.mean(), abs=1.0)


def test_a_card_lit_by_a_lamp_is_grey_with_its_white_balance():
    from simengine.sensors.color import black_body_color

    card = np.full((120, 160, 3), 0.3 * np.array(black_body_color(3200)), np.float32)
    values = {"natural_vignetting": 0.0, "vignetting": (0.0, 0.0, 0.0), "tone": "srgb"}
    for preset in PRESETS[1:]:
        grey = taken(card, **{preset: {**values, "white_balance": 3200.0}}).astype(float).mean(axis=(0, 1))
        warm = taken(card, **{preset: values}).astype(float).mean(axis=(0, 1))
        assert np.ptp(grey) < 4
        assert np.ptp(warm) > 60


def test_pictures_differ_by_stream_and_repeat_by_key(plain):
    linear = plain.frame_data.linear
    first = taken(linear, phone={}, key="cameras.top[0].film[0]")
    assert (first != taken(linear, phone={}, key="cameras.top[0].film[1]")).mean() > 0.1
    np.testing.assert_array_equal(first, taken(linear, phone={}, key="cameras.top[0].film[0]"))


def test_noise_differs_by_frame_and_view(views):
    made = views(["cameras.top.count=2", "timeline.frames=2", "cameras.top.pose={look_at: {eye: [0, 0.1, 0.3]}}",
                  "cameras.top.film={webcam: {}}", "timeline.rate=1000"])  # fmt: skip
    residues = [(v.camera, v.frame, v.frame_data.rgb.astype(int)) for v in made]
    assert [(camera, frame) for camera, frame, _ in residues] == [
        ("top[0]", 0), ("top[1]", 0), ("top[0]", 1), ("top[1]", 1)
    ]  # fmt: skip
    assert all((residues[0][2] != rgb).mean() > 0.2 for _, _, rgb in residues[1:])


def test_values_are_reached_by_path_and_drawn(views):
    spec = simengine.load_scene(
        "dice",
        overrides=["cameras.top.film={phone: {jpeg: 80}}", "cameras.top.film.phone.photons={uniform: [900, 950]}"],
    )
    values = spec.sample(0, 0).cameras[0].spec.film.value
    assert values.jpeg == 80
    assert 900 <= values.photons <= 950
    assert "cameras.top[0].film.phone.photons" in spec.sample(0, 0).draws
    assert values.read_noise == 1.8
    assert explain(spec, "cameras.top.film.phone.read_noise").default == "1.8"
    assert explain(spec, "cameras.top.film.phone.exposure_time").unit == "s"


def test_a_randomizer_varies_a_preset_s_own_value(tmp_path):
    (tmp_path / "phone.yaml").write_text("simengine: 1\nset: {'cameras[*].film': {phone: {}}}\n")
    (tmp_path / "noise.yaml").write_text("simengine: 1\nvary: {'cameras[*].film.phone.read_noise': 50%}\n")
    spec = simengine.load_scene("dice", randomizers=[str(tmp_path / name) for name in ("phone.yaml", "noise.yaml")])
    drawn = [spec.sample(0, index).cameras[0].spec.film.value.read_noise for index in range(5)]
    assert len(set(drawn)) == 5
    assert all(0.9 <= value <= 2.7 for value in drawn)


def test_mistakes_are_named():
    with pytest.raises(SpecError, match="phone"):
        simengine.load_scene("dice", overrides=["cameras.top.film={fone: {}}"])
    with pytest.raises(SpecError, match="read_noise"):
        simengine.load_scene("dice", overrides=["cameras.top.film={phone: {read_nose: 1}}"])
    with pytest.raises(SimengineError, match=r"cameras\.top\[0\]\.film\.webcam: black_level 400 leaves no room"):
        develop(
            film(webcam={"bits": 8, "black_level": 400.0}), np.ones((120, 160, 3), np.float32),
            camera=CAMERA, rng=stream(0, 0, "x"), name="top[0]",
        )  # fmt: skip


def test_a_renderer_without_linear_light_is_refused(made):
    from simengine.sensors.observe import observe

    class Flat:
        def render(self, scene, camera, settings):
            return made.paint(camera.width, camera.height, {})

    for outputs in (["rgb"], ["depth"]):
        scene = made.scene(
            [], cameras={"left": {"resolution": [16, 12], "film": {"phone": {}}}}, model={"outputs": outputs}
        )
        stream_of_views = observe(scene, made.trajectory(scene), renderer=Flat())
        if outputs == ["rgb"]:
            with pytest.raises(SimengineError, match=r"cameras\.left\.film.*linear light.*warp"):
                next(stream_of_views)
        else:
            assert next(stream_of_views).camera == "left"  # no colour is drawn, so no film is needed


@pytest.mark.parametrize("strength", ["light", "strong"])
def test_shipped_randomizers_draw_cameras_of_every_kind(strength):
    spec = simengine.load_scene("dice", randomizers=[f"sensor/{strength}"])
    drawn = [spec.sample(0, index).cameras[0].spec.film for index in range(24)]
    assert {each.tag for each in drawn} == ({"phone", "industrial"} if strength == "light" else set(PRESETS))
    noisy = np.random.default_rng(0).random((120, 160, 3), np.float32)
    for number, each in enumerate(drawn[:8]):
        rgb = develop(each, noisy, camera=CAMERA, rng=stream(0, number, "film"))
        assert rgb.std() > 20
