import math
from dataclasses import replace

import numpy as np
import pytest

from simengine.assets.picture import PictureSet
from simengine.errors import SimengineError
from simengine.sensors import appearance as module
from simengine.sensors.color import linear_from_srgb

FILE = {"shape": {"mesh": {"file": "thing.obj"}}}
OWN = np.full((4, 4, 3), 77, np.uint8)
SET = PictureSet(OWN)


@pytest.fixture
def look(made, monkeypatch):
    """Shapes every object as given and returns its appearance."""

    def make(
        *objects,
        slots=("body",),
        uv=False,
        colors=None,
        textures=None,
        finishes=None,
        seed=0,
        links=1,
        unwrapped=False,
    ):
        mesh = made.mesh(slots, uv=uv)
        parts = [
            replace(
                made.link(f"link{i}", mesh, colors or {}, textures or {}), unwrapped=unwrapped, finishes=finishes or {}
            )
            for i in range(links)
        ]
        monkeypatch.setattr(module, "build", lambda shape, *, base: made.asset(*parts))
        scene = made.scene(objects, seed=seed)
        return module.appearance(scene, made.trajectory(scene, links=links))

    return make


def first(result, slot=0):
    return result.materials[result.parts[0].materials[slot]]


def linear(*color):
    return pytest.approx(tuple(linear_from_srgb(color)))


def test_default_then_own_color_then_the_users(look):
    assert first(look({})).base_color == linear(0.7, 0.7, 0.7)
    own = {"body": (0.1, 0.2, 0.3)}
    assert first(look({}, colors=own)).base_color == linear(0.1, 0.2, 0.3)
    painted = {"material": {"base_color": [1, 0, 0]}}
    assert first(look({**FILE, **painted}, colors=own)).base_color == linear(1, 0, 0)


def test_parts_that_a_shape_colours_itself_keep_their_colour_unless_named(look):
    own = {"pips": (0.1, 0.2, 0.3)}
    painted = {"material": {"base_color": [1, 0, 0], "roughness": 0.2}}
    result = look(painted, slots=("body", "pips"), colors=own)
    assert first(result, 0).base_color == linear(1, 0, 0)
    assert first(result, 1).base_color == linear(0.1, 0.2, 0.3)
    assert first(result, 1).roughness == 0.2
    named = {**painted, "materials": {"pips": {"base_color": [0, 1, 0]}}}
    assert first(look(named, slots=("body", "pips"), colors=own), 1).base_color == linear(0, 1, 0)


def test_users_roughness_leaves_the_assets_picture(look):
    result = look({**FILE, "material": {"roughness": 0.1}}, uv=True, textures={"body": SET}, colors={"body": (0, 0, 1)})
    material = first(result)
    assert (material.texture, material.triplanar, material.roughness) == (0, False, 0.1)
    assert material.base_color == linear(1, 1, 1)
    np.testing.assert_array_equal(result.textures[0], OWN)


def test_users_color_or_texture_replaces_the_assets_picture(look):
    painted = look({**FILE, "material": {"base_color": [1, 0, 0]}}, uv=True, textures={"body": SET})
    assert first(painted).texture == -1
    assert painted.textures == ()
    patterned = look({"material": {"texture": {"checker": {}}}}, uv=True, textures={"body": SET})
    assert not np.array_equal(patterned.textures[0], OWN)
    bare = look({"material": {"texture": None}}, uv=True, textures={"body": SET}, colors={"body": (0, 0, 1)})
    assert first(bare).texture == -1
    assert first(bare).base_color == linear(0, 0, 1)


def test_texture_alone_is_shown_as_it_is_and_a_color_multiplies_it(look):
    assert first(look({"material": {"texture": {"checker": {}}}})).base_color == linear(1, 1, 1)
    tinted = {"texture": {"checker": {}}, "base_color": [0.5, 1, 1]}
    assert first(look({"material": tinted})).base_color == linear(0.5, 1, 1)


def test_slot_material_stands_instead_of_the_material(look):
    spec = {"material": {"base_color": [1, 0, 0], "roughness": 0.1}, "materials": {"pips": {"base_color": [1, 1, 1]}}}
    result = look(spec, slots=("body", "pips"))
    assert first(result, 0).base_color == linear(1, 0, 0)
    assert first(result, 0).roughness == 0.1
    assert first(result, 1).base_color == linear(1, 1, 1)
    assert first(result, 1).roughness == 0.5


def test_slot_material_without_colour_falls_back_to_the_assets(look):
    spec = {"material": {"base_color": [1, 0, 0]}, "materials": {"pips": {"roughness": 0.9}}}
    result = look(spec, slots=("body", "pips"), colors={"pips": (0, 1, 0)})
    assert first(result, 1).base_color == linear(0, 1, 0)


def test_unknown_slot_is_an_error_with_the_nearest_name(look):
    with pytest.raises(SimengineError, match=r"materials\.pipz.*body, pips.*Did you mean pips"):
        look({"materials": {"pipz": {}}}, slots=("body", "pips"))


def test_mapping(look):
    checker = {"texture": {"checker": {}}, "texture_size": 0.1}
    assert first(look({"material": checker}, uv=True, unwrapped=True)).triplanar is False
    assert first(look({"material": checker}, uv=True)).triplanar is True
    assert first(look({"material": {**checker, "mapping": "uv"}}, uv=True)).triplanar is False
    assert first(look({"material": checker}, uv=False)).triplanar is True
    assert first(look({"material": {**checker, "mapping": "triplanar"}}, uv=True)).triplanar is True
    assert first(look({"material": checker})).texture_size == 0.1
    with pytest.raises(SimengineError, match="no texture coordinates"):
        look({"material": {**checker, "mapping": "uv"}}, uv=False)


def test_equal_materials_and_pictures_are_kept_once(look):
    checker = {"material": {"texture": {"checker": {}}}}
    result = look(checker, checker, {"material": {"texture": {"checker": {"dark": [0, 0, 0]}}}})
    assert len(result.textures) == 2
    assert len(result.materials) == 2
    assert [part.materials for part in result.parts] == [(0,), (0,), (1,)]


def test_random_textures_go_by_seed_and_copy_also_with_seed_0(look):
    noise = {"material": {"texture": {"noise": {}}}}
    first_try, again, other = (look(noise, noise, seed=seed) for seed in (0, 0, 1))
    assert len(first_try.textures) == 2  # each copy has its own
    np.testing.assert_array_equal(first_try.textures[0], again.textures[0])
    assert not np.array_equal(first_try.textures[0], other.textures[0])


def test_emission_is_the_radiance_of_a_lambertian_emitter(look):
    material = first(look({"material": {"emission": [1, 1, 0], "emission_strength": 10}}))
    assert material.emission == pytest.approx((10 / math.pi, 10 / math.pi, 0))


def test_parts_follow_links_and_skip_what_is_not_visible(look):
    result = look({}, {"visible": False}, {}, links=2)
    assert [(part.body, part.id, part.link) for part in result.parts] == [(0, 1, 0), (1, 1, 1), (4, 3, 0), (5, 3, 1)]


def test_copies_share_eight_tiles_but_every_copy_draws_its_own_photo(look, tmp_path):
    import cv2

    noise = {"material": {"texture": {"noise": {}}}}
    result = look(*[noise] * 20)
    assert len(result.textures) == module.TILES
    assert result.parts[0].materials == result.parts[module.TILES].materials
    for number in range(40):
        cv2.imwrite(str(tmp_path / f"{number:02}.png"), np.full((4, 4, 3), number, np.uint8))
    photo = {"material": {"texture": {"image": {"folder": str(tmp_path)}}}}
    assert len(look(*[photo] * 40).textures) > module.TILES


def test_index_of_refraction_sets_reflectance_and_absorption_is_beers(look):
    plain = first(look({"material": {"specular": 0.5}}))
    assert (plain.specular, plain.transmission, plain.absorption) == (0.5, 0.0, (0.0, 0.0, 0.0))
    acrylic = {"transmission": 0.8, "ior": 1.49, "absorption_color": [0.9, 0.5, 0.1], "absorption_distance": 0.02}
    clear = first(look({"material": acrylic}))
    assert clear.specular * 0.08 == pytest.approx((0.49 / 2.49) ** 2)
    assert clear.index == pytest.approx(1.49)
    assert np.exp(-0.02 * np.array(clear.absorption)) == pytest.approx(linear_from_srgb((0.9, 0.5, 0.1)))
    by_specular = first(look({"material": {"transmission": 1.0, "specular": 0.5}}))
    assert by_specular.index == pytest.approx(1.5)


def test_roughness_and_metal_are_the_scenes_else_the_files_else_one_on_a_map(look):
    mapped = PictureSet(OWN, OWN, OWN)
    plain = look({**FILE, "material": {"metallic": 0.3}}, finishes={"body": (0.2, 1.0)})
    assert (first(plain).roughness, first(plain).metallic) == (0.2, 0.3)
    own = first(look(FILE, uv=True, textures={"body": mapped}))
    assert (own.roughness, own.metallic, own.texture, own.surface_map, own.normal_map) == (1.0, 1.0, 0, 0, 0)
    factor = first(look({**FILE, "material": {"roughness": 0.5}}, uv=True, textures={"body": mapped}))
    assert (factor.roughness, factor.metallic) == (0.5, 1.0)
    assert first(look({})).surface_map == -1


def test_relief_sheen_and_weathering_reach_the_renderer(look):
    spec = {
        "texture": {"noise": {}}, "relief": 0.001, "sheen": 0.5, "sheen_color": [1, 0, 0],
        "weathering": {"rust": 0.4, "edge_width": 0.003, "dirt_color": [1, 1, 1]},
    }  # fmt: skip
    result = look({"material": spec})
    material = first(result)
    assert len(result.maps) == 1 and material.normal_map == 0
    assert result.maps[0].shape == result.textures[0].shape and result.maps[0][..., 2].min() > 128
    assert material.sheen == pytest.approx((0.5, 0, 0))
    use = material.weathering
    assert (use.rust, use.wear, use.edge, use.soil) == (0.4, 0.0, 0.003, (1.0, 1.0, 1.0))
    assert first(look({"material": {"weathering": {}}})).weathering is None
