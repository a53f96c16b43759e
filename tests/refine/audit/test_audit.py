"""The label audit against closed forms and against planted harm."""

import math

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.refine.audit.boundary import boundary_scores, depth_edge_points, outline_points
from simengine.refine.audit.calibrate import calibrate
from simengine.refine.audit.correlation import normalized_correlation, phase_shift
from simengine.refine.audit.corruption import HARMFUL, harm, harmless
from simengine.refine.audit.gradient import color_gradient_magnitude, gradient_magnitude
from simengine.refine.audit.keypoints import keypoint_scores
from simengine.refine.audit.picture import audit_picture
from simengine.refine.audit.rule import Thresholds, failures
from simengine.refine.audit.scores import ObjectScores, score_objects

SIZE = 160


def disc(x, y, radius, size=SIZE):
    rows, columns = np.mgrid[:size, :size]
    return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)


def picture(seed=0, moved=(0.0, 0.0)):
    """A textured ground with four discs, each with two dark spots; the first is moved."""
    import cv2

    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.uniform(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), 4)
    value = np.repeat((0.6 + 0.8 * (ground - 0.5))[..., None], 3, axis=2)
    ids = np.zeros((SIZE, SIZE), np.int32)
    for number, (x, y) in enumerate([(42.0, 45.0), (110.0, 40.0), (45.0, 112.0), (112.0, 115.0)], start=1):
        dx, dy = moved if number == 1 else (0.0, 0.0)
        ids[disc(x, y, 17) > 0.5] = number
        cover = disc(x + dx, y + dy, 17)[..., None]
        value = value * (1 - cover) + cover * rng.uniform(0.7, 1.0, 3)
        for sx, sy in ((-6, -5), (6, 4)):
            value *= 1 - 0.8 * disc(x + dx + sx, y + dy + sy, 3)[..., None]
    return (value.clip(0, 1) * 255).round().astype(np.uint8), ids


def test_correlation_is_pearsons():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 20, 30)).astype(np.float32)
    b += a
    assert normalized_correlation(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-6)
    weight = rng.integers(0, 3, a.shape).astype(np.float32)
    repeated = np.repeat(a.ravel(), weight.ravel().astype(int)), np.repeat(b.ravel(), weight.ravel().astype(int))
    assert normalized_correlation(a, b, weight) == pytest.approx(np.corrcoef(*repeated)[0, 1], abs=1e-6)
    assert normalized_correlation(a, -3 * a) == pytest.approx(-1)
    assert math.isnan(normalized_correlation(np.ones_like(a), a)) and normalized_correlation(a, np.ones_like(a)) == 0


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, 0.0), (1.45, -2.2), (-4.0, 3.1), (7.5, 0.25)])
def test_phase_shift_finds_a_translation_of_a_fraction_of_a_pixel(shift):
    rows, columns = np.mgrid[:64, :64]
    rng = np.random.default_rng(3)
    blobs = rng.uniform(12, 52, (14, 2))

    def field(dx, dy):
        return sum(np.exp(-((columns - x - dx) ** 2 + (rows - y - dy) ** 2) / 8) for x, y in blobs).astype(np.float32)

    window = np.outer(np.hanning(64), np.hanning(64)).astype(np.float32)
    found = phase_shift(field(0, 0), field(*shift), window)
    assert found == pytest.approx(shift, abs=0.1 + 0.02 * max(map(abs, shift)))  # the window pulls long shifts in
    assert math.isnan(phase_shift(np.zeros((64, 64), np.float32), field(0, 0), window)[0])


def test_gradient_of_a_ramp_is_its_slope_and_ignores_brightness():
    ramp = np.repeat(np.arange(100, 200, dtype=np.uint8)[None, :, None], 50, axis=0).repeat(3, axis=2)
    inside = gradient_magnitude(ramp)[10:-10, 10:-10]
    np.testing.assert_allclose(inside, 1 / 255, rtol=1e-3)
    np.testing.assert_allclose(gradient_magnitude(ramp + 20)[10:-10, 10:-10], inside, rtol=1e-3)


def test_an_edge_between_colours_that_are_equally_bright_is_seen():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, :20], picture[:, 20:] = (200, 60, 60), (60, 132, 60)  # luma 102 on both sides
    assert gradient_magnitude(picture).max() < 0.01 < 0.1 < color_gradient_magnitude(picture)[20, 19:21].max()
    plain = np.arange(40, dtype=np.uint8)[None, :, None].repeat(40, axis=0).repeat(3, axis=2)
    np.testing.assert_allclose(color_gradient_magnitude(plain), gradient_magnitude(plain), atol=1e-6)


@pytest.mark.parametrize("distance", [0.0, 0.75, 1.5, 3.0])
def test_outline_of_a_disc_grows_by_what_it_grew(distance):
    def smooth(radius):
        return (255 * disc(80, 80, radius)[..., None].repeat(3, axis=2)).astype(np.uint8)

    points, normals = outline_points(disc(80, 80, 40) > 0.5)
    radial = (points - 80) / np.linalg.norm(points - 80, axis=1, keepdims=True)
    assert (radial * normals).sum(axis=1).min() > 0.98
    np.testing.assert_allclose(np.linalg.norm(points - 80, axis=1), 40, atol=0.8)
    scores = boundary_scores(gradient_magnitude(smooth(40)), gradient_magnitude(smooth(40 + distance)), points, normals)
    assert scores.displacement == pytest.approx(distance, abs=0.15)
    assert scores.agreement == 1.0 if distance < 1 else scores.agreement < 0.1  # the mask's pixels are not the disc


def test_an_object_before_another_background_keeps_its_label_and_a_moved_one_loses_it():
    before, ids = picture()
    dark = np.where((ids > 0)[..., None], before, 12)
    bright = {move: np.where((picture(moved=(move, 0.0))[1] > 0)[..., None], picture(moved=(move, 0.0))[0], 190) for move in (0.0, 3.0)}  # fmt: skip
    kept = score_objects(dark, bright[0.0].astype(np.uint8), ids, [1, 2])
    assert not any(failures(s, Thresholds()) for s in kept) and kept[0].ncc > 0.95
    assert failures(score_objects(before, bright[3.0].astype(np.uint8), ids, [1])[0], Thresholds())


def test_an_outline_at_the_border_of_the_picture_is_no_edge():
    mask = np.zeros((40, 40), bool)
    mask[:20, :20] = True
    points, _ = outline_points(mask)
    assert len(points) and points.min() > 0.5


def test_depth_edges_lie_where_one_thing_hides_another():
    depth = np.where(disc(80, 80, 30) > 0.5, 0.9, 1.0).astype(np.float32)
    points, normals = depth_edge_points(depth)
    np.testing.assert_allclose(np.linalg.norm(points - 80, axis=1), 30, atol=1.6)
    assert len(points) > 50 and np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    tilted = np.linspace(1.0, 1.5, SIZE, dtype=np.float32)[None].repeat(SIZE, axis=0)
    assert len(depth_edge_points(tilted)[0]) == 0


def test_keypoints_follow_what_moved():
    before, ids = picture()
    after, _ = picture(moved=(3.0, 0.0))
    a, b = gradient_magnitude(before), gradient_magnitude(after)
    assert keypoint_scores(a, b, ids == 1).shift == pytest.approx(3.0, abs=0.4)
    assert keypoint_scores(a, b, ids == 2).shift == pytest.approx(0.0, abs=0.1)
    assert keypoint_scores(np.zeros_like(a), b, ids == 1).count == 0


def test_a_moved_object_is_found_and_put_back_and_the_others_are_left_alone():
    before, ids = picture()
    after, _ = picture(moved=(2.0, 0.0))
    after = harmless(after, np.random.default_rng(0))
    fixed, audit = audit_picture(before, after, ids, [1, 2, 3, 4])
    assert [o.verdict for o in audit.objects] == ["restored", "kept", "kept", "kept"] and audit.accepted
    assert audit.objects[0].scores.shift == pytest.approx(2, abs=0.3)
    assert not failures(score_objects(before, fixed, ids, [1])[0], Thresholds())
    far = ids != 1
    far[15:80, 10:75] = False
    np.testing.assert_array_equal(fixed[far], after[far])


def test_without_restoring_what_fails_is_dropped_and_the_budget_decides():
    before, ids = picture()
    after, _ = picture(moved=(4.0, 0.0))
    same, audit = audit_picture(before, after, ids, [1, 2, 3, 4], restoring=False)
    assert same is after and not audit.accepted and audit.count("dropped") == 1
    assert audit_picture(before, after, ids, [1, 2, 3, 4], restoring=False, budget=0.25)[1].accepted
    assert audit_picture(before, after, ids, [])[1].accepted


def test_the_certificate_is_plain_json():
    import json

    before, ids = picture()
    _, audit = audit_picture(before, before, ids, [1, 2], depth=np.ones(ids.shape, np.float32))
    data = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert data["objects"][0]["ncc"] == 1.0 and data["depth_edge_agreement"] is None


def test_calibration_accepts_no_planted_harm_and_keeps_harmless_changes():
    def pictures():
        for seed in range(12):
            yield *picture(seed), [1, 2, 3, 4]

    found = calibrate(pictures(), planted=24)
    assert set(found.harmed) == set(HARMFUL) and min(found.harmed.values()) >= 24
    assert max(found.accepted.values()) <= 0.01 and found.kept >= 0.95
    assert found.bound["erased"] == pytest.approx(
        1 - 0.05 ** (1 / found.harmed["erased"]), abs=1e-6
    )  # Clopper-Pearson at 0
    assert found.auc["moved 2 px"]["shift"] > 0.99 and found.auc["erased"]["ncc"] > 0.99
    assert calibrate(pictures(), planted=4).to_dict() == calibrate(pictures(), planted=4).to_dict()
    fresh = [(*picture(seed), [1, 2, 3, 4]) for seed in range(50, 56)]  # not calibrated on
    rng = np.random.default_rng(9)
    wrong = 0
    for rgb, ids, _ in fresh:
        moved = harm("moved 2 px", rgb, ids == 2, rng)
        wrong += not failures(score_objects(rgb, harmless(moved, rng), ids, [2])[0], found.thresholds)
    assert wrong == 0


def test_errors_name_the_remedy():
    with pytest.raises(SimengineError, match="no picture has a labelled object"):
        calibrate([(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.int32), [])])
    with pytest.raises(SimengineError, match="ncc is 2"):
        Thresholds(ncc=2)


def test_what_cannot_be_measured_fails_nothing():
    nan = math.nan
    assert failures(ObjectScores(1, nan, nan, nan, nan, nan, nan, nan), Thresholds()) == []
