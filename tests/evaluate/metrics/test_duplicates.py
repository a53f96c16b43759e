import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.diversity import effective_number
from simengine.evaluate.metrics.duplicates import (
    duplicate_groups,
    feature_groups,
    hash_distances,
    near_duplicate_rate,
    perceptual_hash,
)


def picture(seed, size=96):
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, size=(9, 9, 3)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def by_hand(image):
    """Block means, cosines and the median, term by term (sides must be multiples of 32)."""
    grey = (image / 255.0) @ [0.299, 0.587, 0.114]
    step = len(grey) // 32
    small = np.array(
        [[grey[i * step : (i + 1) * step, j * step : (j + 1) * step].mean() for j in range(32)] for i in range(32)]
    )
    wave = np.array([[np.cos(np.pi * k * (2 * i + 1) / 64) for i in range(32)] for k in range(8)])
    low = (wave @ small @ wave.T).ravel()
    return int("".join("1" if value > np.median(low) else "0" for value in low), 2)


def test_hash_equals_one_by_hand():
    for seed in range(5):
        assert perceptual_hash(picture(seed)) == by_hand(picture(seed))


def test_half_of_the_bits_are_set():
    assert all(perceptual_hash(picture(seed)).bit_count() == 32 for seed in range(10))


def test_copies_stay_close_and_others_far():
    originals = [picture(seed) for seed in range(20)]
    rng = np.random.default_rng(0)
    changed = []
    for image in originals:
        smaller = cv2.resize(image, (61, 70), interpolation=cv2.INTER_AREA)
        packed = cv2.imdecode(cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
        changed.append(np.clip(0.8 * packed + 20 + rng.normal(size=packed.shape), 0, 255).astype(np.uint8))
    distances = hash_distances(map(perceptual_hash, originals), map(perceptual_hash, changed))
    assert np.diag(distances).max() <= 4
    assert distances[~np.eye(20, dtype=bool)].min() > 10
    assert distances[~np.eye(20, dtype=bool)].mean() == pytest.approx(32, abs=1.5)


def test_kinds_of_pixels_agree():
    image = picture(3)
    assert perceptual_hash(image) == perceptual_hash(image / 255.0)
    grey = np.rint(image @ [0.299, 0.587, 0.114]).astype(np.uint8)
    assert hash_distances([perceptual_hash(image)], [perceptual_hash(grey)])[0, 0] <= 2
    assert perceptual_hash(np.zeros((50, 40), np.uint8)) == perceptual_hash(np.zeros((64, 64)))


def test_distances_equal_python_bits():
    rng = np.random.default_rng(1)
    first, second = ([int(x) for x in rng.integers(0, 2**64, size=n, dtype=np.uint64)] for n in (30, 20))
    expected = [[(a ^ b).bit_count() for b in second] for a in first]
    assert hash_distances(first, second).tolist() == expected


def test_rate_counts_items_with_a_copy():
    hashes = [0, 1, 3, 2**64 - 1, 0xFFFF0000FFFF0000]
    assert near_duplicate_rate(hashes, within=1) == 3 / 5
    assert near_duplicate_rate(hashes, within=0) == 0.0
    assert near_duplicate_rate([5, 5, 7], within=0) == 2 / 3
    assert near_duplicate_rate([5, 6], [5, 5, 5], within=0) == 0.5


def test_groups_are_chains(monkeypatch):
    hashes = [0b0, 0b1, 0b11, 2**64 - 1, 0b111]
    assert duplicate_groups(hashes, within=1).tolist() == [0, 0, 0, 1, 0]
    assert duplicate_groups(hashes, within=0).tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr("simengine.evaluate.metrics.duplicates._BLOCK", 2)
    assert duplicate_groups(hashes, within=1).tolist() == [0, 0, 0, 1, 0]
    assert near_duplicate_rate(hashes, within=1) == 4 / 5
    assert feature_groups([[0.0], [1.0], [9.0], [1.9], [9.5]], within=1.0).tolist() == [0, 0, 1, 0, 1]


def test_effective_number_of_scenes():
    """Four scenes photographed 1, 1, 1 and 17 times are far fewer than four in effect."""
    rng = np.random.default_rng(2)
    images = [picture(seed) for seed in range(3)]
    images += [np.clip(picture(3) + rng.normal(0, 2, size=(96, 96, 3)), 0, 255).astype(np.uint8) for _ in range(17)]
    groups = duplicate_groups(perceptual_hash(image) for image in images)
    p = np.array([0.05, 0.05, 0.05, 0.85])
    assert len(set(groups.tolist())) == 4
    assert effective_number(groups) == pytest.approx(np.exp(-(p * np.log(p)).sum()))


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match="no hashes"):
        near_duplicate_rate([])
    with pytest.raises(SimengineError, match="4 channels"):
        perceptual_hash(np.zeros((8, 8, 4)))
    with pytest.raises(SimengineError, match="shape"):
        perceptual_hash(np.zeros(8))
