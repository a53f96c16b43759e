"""What reaches objects, what reaches the background, and how photos are emptied."""

import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.refine.composite import Composite
from simengine.refine.empty import empty_photo, fill, find_things, typical_side
from simengine.refine.frame import Frame
from simengine.refine.photos import Photos
from simengine.refine.regions import Regional
from simengine.refine.shadows import shading
from simengine.refine.statistics import fit_statistics
from simengine.refine.transport import sliced_transport, swap_amplitude

SIDE = 24


def frame(rgb=None, size=160):
    """Two squares on a plain ground."""
    ids = np.zeros((size, size), np.int32)
    ids[30:54, 30:54], ids[90:114, 100:124] = 1, 2
    if rgb is None:
        rgb = np.where((ids > 0)[..., None], (200, 40, 30), 90).astype(np.uint8)
    return Frame("0", rgb, ids, None, None, {1: "box", 2: "box"}, (1, 2))


class White:
    name = "white"

    def refine(self, frame, rng):
        return np.full_like(frame.rgb, 255)

    def to_dict(self):
        return {"method": "white"}


def test_shares_reach_their_regions():
    scene = frame()
    out = Regional(White(), objects=0.25, background=1.0).refine(scene, np.random.default_rng(0))
    assert out[10, 10].tolist() == [255] * 3
    assert out[40, 40] == pytest.approx(scene.rgb[40, 40] + 0.25 * (255 - scene.rgb[40, 40].astype(float)), abs=1)
    same = Regional(White(), objects=0.0, background=0.0).refine(scene, np.random.default_rng(0))
    np.testing.assert_array_equal(same, scene.rgb)
    assert Regional(White(), objects=0.5).to_dict()["regions"]["objects"] == 0.5
    with pytest.raises(SimengineError, match="background is 2"):
        Regional(White(), background=2)


def test_things_are_taken_out_of_a_photo_and_the_rest_is_left():
    rows, columns = np.mgrid[:200, :240]
    ground = np.stack([120 + 0.3 * columns, 130 + 0.2 * rows, 140 - 0.1 * columns], axis=-1)
    photo = ground + np.random.default_rng(0).normal(0, 1, ground.shape)
    for x, y, color in ((40, 50, (30, 30, 30)), (150, 120, (250, 250, 250)), (200, 40, (200, 20, 20))):
        photo[y : y + SIDE, x : x + SIDE] = color
    photo = photo.clip(0, 255).astype(np.uint8)
    emptied = empty_photo(photo, SIDE)
    assert np.abs(emptied - ground).max() < 8
    untouched = ~find_things(photo, SIDE)
    assert untouched.mean() > 0.8
    np.testing.assert_array_equal(emptied[untouched], photo[untouched])


def test_a_hole_in_a_ramp_is_filled_with_the_ramp():
    ramp = np.repeat(np.linspace(0, 100, 128, dtype=np.float32)[None, :, None], 96, axis=0).repeat(3, axis=2)
    hole = np.zeros((96, 128), bool)
    hole[30:60, 50:80] = True
    found = fill(np.where(hole[..., None], -1e3, ramp).astype(np.float32), hole)
    assert np.abs(found - ramp)[hole].max() < 8 and (found[~hole] == ramp[~hole]).all()


def test_typical_side_is_the_median_box():
    assert typical_side([frame()]) == pytest.approx(24 / 160)
    assert typical_side([]) == 1 / 16


def test_contact_shadows_are_kept_and_patterns_are_none():
    scene = frame()
    distance = cv2.distanceTransform((scene.ids == 0).astype(np.uint8), cv2.DIST_L2, 5)
    light = 1 - 0.4 * np.exp(-((distance / 5) ** 2))
    plain = np.where((scene.ids > 0)[..., None], scene.rgb, 160 * light[..., None]).astype(np.uint8)
    shade = shading(plain, scene.ids > 0, SIDE)
    assert shade[42, 57] < 0.88 and shade[5, 80] == pytest.approx(1, abs=0.03)
    stripes = np.where(np.arange(160) // 8 % 2, 60, 160)[None, :, None].repeat(160, axis=0).repeat(3, axis=2)
    striped = np.where((scene.ids > 0)[..., None], scene.rgb, stripes).astype(np.uint8)
    assert shading(striped, scene.ids > 0, SIDE).min() > 0.85


def test_sliced_transport_carries_one_cloud_onto_another():
    rng = np.random.default_rng(0)
    source = rng.normal(size=(4000, 3)).astype(np.float32)
    target = np.concatenate([rng.normal(-3, 0.3, (2000, 3)), rng.normal(2, 0.6, (2000, 3))]).astype(np.float32)
    moved = sliced_transport(source, source, target, rng)
    assert np.abs(np.sort(moved[:, 0]) - np.sort(target[:, 0])).mean() < 0.1  # 1-Wasserstein distance
    assert np.abs(moved.mean(0) - target.mean(0)).max() < 0.1
    assert np.abs(np.cov(moved.T) - np.cov(target.T)).max() < 0.5
    shape = sliced_transport(source.reshape(40, 100, 3), source, source, rng)
    assert shape.shape == (40, 100, 3) and np.abs(shape - source.reshape(40, 100, 3)).max() < 0.5


def test_swapped_amplitudes_are_the_photos_and_phases_stay():
    rng = np.random.default_rng(0)
    picture, photo = rng.uniform(size=(2, 48, 64, 3)).astype(np.float32)
    out = swap_amplitude(picture, photo, 0.1)
    a, b, c = (np.fft.fft2(p, axes=(0, 1)) for p in (picture, photo, out))
    np.testing.assert_allclose(np.abs(c[1:4, 1:4]), np.abs(b[1:4, 1:4]), rtol=1e-3)
    np.testing.assert_allclose(c[10:20, 10:20], a[10:20, 10:20], atol=1e-2)
    np.testing.assert_allclose(out.mean((0, 1)), photo.mean((0, 1)), rtol=1e-4)


@pytest.mark.parametrize("colors", ["monge", "sliced", "amplitude", "none"])
@pytest.mark.parametrize("field", [0.0, 0.2])
def test_statistics_give_the_background_the_photos_colours_and_leave_objects(photos, colors, field):
    method = fit_statistics(Photos(photos), side=SIDE / 160, colors=colors, field=field, camera=False, nearest=1.0)
    scene = frame()
    out = method.refine(scene, np.random.default_rng(0)).astype(int)
    assert np.abs(out[40:46, 40:46] - scene.rgb[40:46, 40:46]).max() <= 1
    ground = out[scene.ids == 0].mean(0)
    if field or colors != "none":
        assert ground[0] > ground[2] + 20  # the photos are warm, the render is gray
    else:
        assert np.abs(ground - 90).max() < 3
    assert method.to_dict()["colors"] == colors
    again = method.refine(scene, np.random.default_rng(0))
    np.testing.assert_array_equal(again, out)


def test_settings_out_of_range_are_refused(photos):
    with pytest.raises(SimengineError, match="colors is 'x'"):
        fit_statistics(Photos(photos), colors="x")
    with pytest.raises(SimengineError, match="objects is 3"):
        fit_statistics(Photos(photos), objects=3)
    with pytest.raises(SimengineError, match="field is -1"):
        fit_statistics(Photos(photos), field=-1)


def test_composite_takes_things_out_of_photos_only_where_asked(photos):
    scene = frame()
    rng = np.random.default_rng(0)
    full = Composite(Photos(photos), 0.27, emptied=False, shadows=0.0).refine(scene, np.random.default_rng(0))
    bare = Composite(Photos(photos), 0.27, shadows=0.0).refine(scene, rng)
    np.testing.assert_array_equal(full[40:46, 40:46], scene.rgb[40:46, 40:46])
    assert bare[scene.ids == 0].std(0).mean() < 0.8 * full[scene.ids == 0].std(0).mean()
