"""What ControlNets and text encoders are told of a picture."""

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.refine.frame import Frame
from simengine.refine.learned.hub.ade20k import COLORS, color_of
from simengine.refine.learned.hub.canvas import canvas_for
from simengine.refine.learned.hub.captions import caption, check_template, scene_words, theme
from simengine.refine.learned.hub.conditions import CONDITIONS, condition


def frame(**changes):
    ids = np.zeros((40, 60), np.int32)
    ids[5:15, 5:15], ids[20:30, 20:30], ids[5:15, 40:50] = 1, 2, 3
    depth = np.full((40, 60), 2.0, np.float32)
    depth[ids == 1], depth[-1] = 0.5, 0
    rgb = np.full((40, 60, 3), 200, np.uint8)
    rgb[ids > 0] = 30
    given = {
        "key": "0", "rgb": rgb, "ids": ids, "depth": depth, "normals": None,
        "categories": {1: "die_six", 2: "glass_bottle", 3: None}, "labelled": (1, 2),
    }  # fmt: skip
    return Frame(**{**given, **changes})


def test_depth_is_inverse_near_is_white_and_nothing_black():
    shown = condition("depth", frame())
    assert shown.shape == (40, 60, 3) and shown.dtype == np.uint8 and (shown[..., 0] == shown[..., 2]).all()
    values = shown[..., 0]
    assert (values[5:15, 5:15] == 255).all() and (values[-1] == 0).all()
    assert values[0, 0] == round(255 * (1 / 2) / (1 / 0.5))  # MiDaS: affine in inverse depth, the least value 0
    with pytest.raises(SimengineError, match="add depth to `outputs`"):
        condition("depth", frame(depth=None))


def test_segmentation_wears_ade20ks_colours():
    assert len(COLORS) == 150 and COLORS["wall"] == (120, 120, 120) and COLORS["flag"] == (92, 0, 255)
    assert (
        color_of("Glass-Bottle") == color_of("bottles") == COLORS["bottle"]
        and color_of("pool_table") == COLORS["pool table"]
    )
    assert color_of("washer") == color_of("m3 screw") == COLORS["plaything"]
    shown = condition("segmentation", frame())
    assert tuple(shown[25, 25]) == COLORS["bottle"] and tuple(shown[10, 10]) == COLORS["plaything"]
    assert tuple(shown[0, 0]) == tuple(shown[10, 45]) == COLORS["floor"]


def test_instances_and_edges():
    shown = condition("instances", frame())
    colours = {tuple(shown[10, 10]), tuple(shown[25, 25]), tuple(shown[0, 0])}
    assert len(colours) == 3 and tuple(shown[10, 45]) == (0, 0, 0)
    edges = condition("edges", frame())[..., 0]
    assert set(np.unique(edges)) == {0, 255} and edges[8:12, 3:7].any() and not edges[33:, :].any()
    with pytest.raises(SimengineError, match="depth, segmentation, edges, instances"):
        condition("pose", frame())
    assert set(CONDITIONS) == {"depth", "segmentation", "edges", "instances"}


def test_prompts_count_what_is_seen():
    many = frame(categories={1: "die", 2: "die", 3: "toy_box", 4: "die"}, labelled=(1, 2, 3, 4))
    assert caption(many, "a photo of {objects}") == "a photo of three dies and a toy box"
    assert caption(many, "{scene}: {objects}", scene="a desk") == "a desk: three dies and a toy box"
    assert caption(frame(), "{objects}") == "a die six and a glass bottle"
    assert (
        caption(frame(labelled=()), "a photo of {objects}. {scene}", scene="An empty tray")
        == "a photo of things. An empty tray"
    )
    classes = {n: f"c{n // 20}" for n in range(1, 21)}
    assert caption(frame(categories=classes, labelled=tuple(range(1, 21))), "{objects}") == "many c0s and a c1"
    assert theme(["box", "berry", "screw_m3"], "a photo of {objects}") == "a photo of boxes, berries and screw m3s"
    assert scene_words("Dice on a cloth; classes one to six.") == "Dice on a cloth"
    with pytest.raises(SimengineError, match=r"only \{objects\} and \{scene\}"):
        check_template("a {thing}")


@pytest.mark.parametrize(("height", "width", "scale"), [(96, 130, 4), (480, 640, 1), (200, 200, 2)])
def test_a_canvas_gives_back_what_it_took(height, width, scale):
    canvas = canvas_for(height, width, side=512, factor=8)
    assert canvas.scale == scale
    picture = np.random.default_rng(0).integers(0, 255, (height // 4, width // 4, 3)).repeat(4, 0).repeat(4, 1)
    picture = np.pad(picture, ((0, height % 4), (0, width % 4), (0, 0)), mode="edge").astype(np.uint8)
    large = canvas.fit(picture)
    assert large.shape[:2] == tuple(8 * n for n in canvas.latents) and large.shape[0] >= scale * height
    assert canvas.back(large).shape == picture.shape
    np.testing.assert_array_equal(canvas.back(canvas.fit(picture, exact=True)), picture)
