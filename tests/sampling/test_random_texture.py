import json
from collections import Counter

import numpy as np
import pytest

from simengine.sampling.distribution import DistributionError, from_dict
from simengine.sampling.random_texture import TEXTURES, RandomTexture
from simengine.sampling.streams import stream


def draws(texture, count=400):
    return [texture.sample(stream(0, index, "objects.box.material.texture")) for index in range(count)]


def colors(tree):
    return [tuple(value) for value in next(iter(tree.values())).values() if isinstance(value, list)]


def test_every_draw_is_a_texture_of_the_scene_language():
    from simengine.scene.schema.material import Texture

    kinds = Counter()
    for options in ({}, {"colors": "any"}, {"colors": ["#102030", "#ffffff"]}):
        for tree in draws(RandomTexture(**options)):
            model = Texture.model_validate(json.loads(json.dumps(tree)), context={"concrete": True})
            kinds[model.tag] += 1
            assert set(tree[model.tag]) == set(type(model.value).model_fields)  # no key is left to its default
    chosen = {"image", "printed"}  # nobody meets these by chance
    assert set(kinds) == set(TEXTURES) == set(Texture.model_fields) - chosen


def test_kinds_follow_the_weights(chi_square):
    texture = RandomTexture(["wood", "fabric", "marble"], [1, 2, 1])
    seen = Counter(next(iter(tree)) for tree in texture.sample(stream(0, 0, "t"), 4000))
    assert chi_square([seen["wood"], seen["fabric"], seen["marble"]], [1000, 2000, 1000]) > 1e-3


def test_colours_of_a_palette_differ_within_one_texture():
    palette = [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0)]
    for tree in draws(RandomTexture(colors=palette)):
        assert set(colors(tree)) <= set(palette)
        assert len(set(colors(tree))) == len(colors(tree))
    assert all(
        colors(tree) == [(1.0, 1.0, 1.0)] * len(colors(tree)) for tree in draws(RandomTexture(colors=["#ffffff"]), 20)
    )


def test_natural_colours_look_their_part():
    for tree in draws(RandomTexture(["wood"])):
        red, green, blue = tree["wood"]["light"]
        assert red > green > blue  # brown
        assert all(dark < light for dark, light in zip(tree["wood"]["dark"], tree["wood"]["light"], strict=True))
    spread = np.ptp([np.ptp(color) for tree in draws(RandomTexture(["brushed"])) for color in colors(tree)])
    assert spread < 0.1  # grey


def test_pictures_of_a_folder_in_the_order_of_their_names(tmp_path, chi_square):
    for name in ("b.PNG", "a.jpg", "c.jpeg", "notes.txt", ".hidden"):
        (tmp_path / name).write_bytes(b"")
    texture = from_dict({"random_texture": {"folder": "."}}, base=str(tmp_path))
    order = [
        texture.sample(type("Fixed", (), {"random": lambda self, u=u: u})())["image"]["file"] for u in (0.1, 0.5, 0.9)
    ]
    assert order == ["a.jpg", "b.PNG", "c.jpeg"]
    seen = Counter(tree["image"]["file"] for tree in texture.sample(stream(0, 0, "t"), 3000))
    assert chi_square([seen["a.jpg"], seen["b.PNG"], seen["c.jpeg"]], [1000] * 3) > 1e-3
    assert texture.log_prob({"image": {"file": "a.jpg"}}) == pytest.approx(-np.log(3))
    assert texture.log_prob({"image": {"file": "z.jpg"}}) == -np.inf
    nested = from_dict({"random_texture": {"folder": tmp_path.name}}, base=str(tmp_path.parent))
    assert nested.sample(stream(0, 0, "t"))["image"]["file"].startswith(f"{tmp_path.name}/")
    assert nested.to_dict() == {"random_texture": {"folder": tmp_path.name}}


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DistributionError, match="holds no picture"):
        from_dict({"random_texture": {"folder": "."}}, base=str(tmp_path))
