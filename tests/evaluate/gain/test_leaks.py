"""Leak checks: each finds what is planted, names it, and stays silent on clean data."""

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.leaks import (
    CHECKS,
    check_duplicates,
    check_groups,
    check_labels,
    likeness,
    make_leak,
    settle_leaks,
)
from simengine.evaluate.metrics.duplicates import perceptual_hash

ALL = ("normal", "inner")
FULL = {"normal": 3, "inner": 2}


def labels(classes, counts=None):
    return {leak.name: leak for leak in check_labels(classes, counts or {"real": FULL})}


def test_a_group_on_both_sides_is_named():
    leak = check_groups({"real": ["r1", "r2"], "synthetic": ["s1"]}, {"test": ["r2", "r3"]}, word="recording")
    assert leak.found == ["the recording r2 is in real and in test."]
    assert "neighbours in time" in leak.message
    assert check_groups({"real": ["r1"]}, {"test": ["r2"]}, word="recording").passed


def textured(rng):
    import cv2

    return cv2.resize(rng.integers(0, 255, (9, 12, 3), np.uint8), (160, 120))


def hashed(**pictures):
    return [(name, perceptual_hash(picture), lambda picture=picture: picture) for name, picture in pictures.items()]


def test_a_copied_picture_is_found_though_it_was_saved_again():
    import cv2

    rng = np.random.default_rng(0)
    pictures = [textured(rng) for _ in range(4)]
    _, data = cv2.imencode(".jpg", pictures[2], [cv2.IMWRITE_JPEG_QUALITY, 60])
    copy = cv2.convertScaleAbs(cv2.imdecode(data, cv2.IMREAD_COLOR), alpha=1.05, beta=4)
    train = {"real": hashed(a=pictures[0], c=pictures[2])}
    clean = check_duplicates(train, {"test": hashed(b=pictures[1])})
    assert clean.passed and "within 4 of 64 bits" in clean.message
    leak = check_duplicates(train, {"test": hashed(b=pictures[1], x=copy)})
    assert leak.found == ["test: x is nearly the same picture as c in real."]


def test_other_things_on_the_same_table_are_no_copy():
    """A perceptual hash sees the table alone; the details tell what lies on it."""
    import cv2

    rng = np.random.default_rng(1)
    table = cv2.GaussianBlur(np.repeat(rng.integers(60, 200, (240, 320, 1), np.uint8), 3, axis=2), (0, 0), 40)
    first, second = table.copy(), table.copy()
    for picture in (first, second):
        for _ in range(3):
            x, y = int(rng.integers(20, 290)), int(rng.integers(20, 210))
            picture[y : y + 9, x : x + 9] = rng.integers(0, 255, 3)
    every = {"within": 64}  # all pairs are candidates: what decides are the details
    assert check_duplicates({"real": hashed(a=first)}, {"test": hashed(b=second)}, **every).passed
    assert not check_duplicates({"real": hashed(a=first)}, {"test": hashed(b=first[4:, 5:])}, **every).passed


def test_likeness_of_copies_and_of_strangers():
    import cv2

    rng = np.random.default_rng(2)
    one, other = textured(rng), textured(rng)
    for copy in (one, one[::2, ::2], cv2.convertScaleAbs(one, alpha=0.7, beta=30), np.roll(one, 4, axis=1)):
        assert likeness(one, copy) > 0.95
    assert likeness(one, other) < 0.5
    blank = np.full((40, 40, 3), 90, np.uint8)
    assert likeness(blank, blank + 20) == 1.0 and likeness(one, blank) == 0.0


def test_class_names_must_be_equal():
    leak = labels({"real": ALL, "test": ALL, "synthetic": ("Normal", "inner")})["label-names"]
    assert leak.found == [
        "real has the class 'normal', synthetic has not. It has 'Normal', which differs in letters' case or blanks only.",
        "synthetic has the class 'Normal', real has not. It has 'normal', which differs in letters' case or blanks only.",
    ]
    assert all(leak.passed for leak in labels({"real": ALL, "test": ALL}).values())


def test_class_order_is_told():
    found = labels({"real": ALL, "test": ALL[::-1]})
    assert found["label-names"].passed
    assert found["class-order"].found == ["real lists normal, inner; test lists inner, normal."]


def test_a_class_without_labels_is_told():
    found = labels({"real": ALL}, {"real": FULL, "test": {"normal": 2, "inner": 0}})
    assert found["empty-classes"].found == ["test has no label of class 'inner'."]


def test_what_is_found_stops_with_what_where_why_and_remedy():
    leaks = [make_leak("boxes", [f"{k}.jpg: the box has no area." for k in range(20)], looked="Looked at every box.")]
    with pytest.raises(SimengineError) as caught:
        settle_leaks(leaks, allow=[])
    text = str(caught.value)
    assert text.startswith("nothing was trained, because checks failed:\n  boxes: Labels are damaged.")
    assert "0.jpg: the box has no area." in text and "and 12 more" in text
    assert "Correct the labels; or, if you know better, add --allow boxes" in text


def test_what_is_allowed_is_recorded():
    leaks = [make_leak("boxes", ["x"], looked="Looked."), make_leak("label-names", [], looked="Compared.")]
    settled = settle_leaks(leaks, allow=["boxes", "label-names"])
    assert [(leak.name, leak.passed, leak.allowed) for leak in settled] == [
        ("boxes", False, True),
        ("label-names", True, False),
    ]
    with pytest.raises(SimengineError, match=f"The checks are {', '.join(CHECKS)}"):
        settle_leaks(leaks, allow=["all"])
