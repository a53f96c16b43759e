import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, labelled_image
from simengine.learn.augment import AUGMENTATIONS, Augmentation
from simengine.learn.feed import Feed, Shares, members


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two sets of five pictures: one dark, one bright."""
    root = tmp_path_factory.mktemp("pictures")
    sets = []
    for name, value in (("dark", 20), ("bright", 220)):
        images = []
        for number in range(5):
            picture = np.full((90, 120, 3), value, np.uint8)
            picture[20:40, 30:60] = 128
            path = root / f"{name}{number}.png"
            cv2.imwrite(str(path), picture)
            images.append(labelled_image(f"{number}", path, (120, 90), [[30, 20, 60, 40]], [0]))
        sets.append(DetectionSet(name, ("thing",), tuple(images)))
    return tuple(sets)


def feed(sets, weights=(1.0, 1.0), **options):
    settings = {"seed": 3, "batch": 4, "size": 64, "scale": 1.0, "augmentation": Augmentation(), **options}
    return Feed(Shares(sets, weights), **settings)


@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (0.3, 0.7), (1, 1, 1), (5, 1e-3)])
def test_every_set_has_its_exact_share(weights):
    shares = np.array(weights) / sum(weights)
    total = np.zeros(len(weights))
    for step in range(300):
        owners = members(weights, 8, step)
        assert len(owners) == 8
        total += np.bincount(owners, minlength=len(weights))
        assert np.abs(total - shares * 8 * (step + 1)).max() <= 1 + 1e-6


def test_every_picture_is_used_as_often_as_any_other(pair):
    used = [entry for step in range(25) for entry in feed(pair, (1.0, 3.0)).pictures(step)]
    counts = {entry: used.count(entry) for entry in set(used)}
    assert len(counts) == 10
    for owner, each in ((0, 5), (1, 15)):
        assert [counts[owner, index] for index in range(5)] == [each] * 5
    rounds = [index for owner, index in used if owner == 1]
    assert all(sorted(rounds[start : start + 5]) == list(range(5)) for start in range(0, 75, 5))
    assert rounds[:5] != rounds[5:10] or rounds[5:10] != rounds[10:15]


def test_batches_are_a_function_of_seed_and_step(pair):
    how = AUGMENTATIONS["strong"]
    one = list(feed(pair, augmentation=how).batches(0, 6, threads=3))
    two = list(feed(pair, augmentation=how, cache=1).batches(3, 6, threads=1))  # nothing kept in memory
    other = feed(pair, augmentation=how, seed=4).batch(3)
    for a, b in zip(one[3:], two, strict=True):
        for crop, again in zip(a, b, strict=True):
            np.testing.assert_array_equal(crop.picture, again.picture)
            np.testing.assert_array_equal(crop.boxes, again.boxes)
    assert any((a.picture != b.picture).any() for a, b in zip(one[3], other, strict=True))


def test_the_pictures_of_a_batch_are_those_of_its_sets(pair):
    for crop in feed(pair, (1.0, 3.0)).batch(0)[1:]:
        assert np.median(crop.picture) == 220
    assert feed(pair, (1.0, 3.0)).names(0)[0].startswith("dark: ")


def test_mosaics_hold_many_objects(pair):
    crops = feed(pair, size=160, augmentation=Augmentation(mosaic=1.0)).batch(0)
    assert all(len(crop.boxes) >= 4 and crop.picture.shape == (160, 160, 3) for crop in crops)
    for crop in crops:
        for box, ignored in zip(crop.boxes.round().astype(int), crop.ignored, strict=True):
            if not ignored:
                inner = crop.picture[box[1] + 1 : box[3] - 1, box[0] + 1 : box[2] - 1]  # windows lie between pixels
                assert (inner == 128).all()
    assert all(len(crop.boxes) <= 1 for crop in feed(pair, size=64, augmentation=Augmentation(mosaic=1.0)).batch(0))


def test_useless_sets_and_weights_are_refused(pair):
    with pytest.raises(SimengineError, match="dark: no pictures"):
        Shares((pair[0].subset([]),), (1.0,))
    with pytest.raises(SimengineError, match=r"weight 0.0 is not above 0"):
        Shares(pair, (1.0, 0.0))
    with pytest.raises(SimengineError, match="at least one set"):
        Shares((), ())
