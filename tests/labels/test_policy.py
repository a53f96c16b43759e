import pytest

from simengine.dataset.record import REASONS
from simengine.labels.policy import drop_reason, padded_box
from simengine.scene.schema.scene import Labels

LABELS = Labels.model_validate(
    {"policy": {"min_pixels": 20, "min_visible_fraction": 0.3, "min_box_edge": 3}, "classes": ["a", "b"]},
    context={"concrete": True},
)
GOOD = {"category": "a", "pixels": 50, "visible_fraction": 0.9, "box": [0, 0, 10, 5]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"category": None}, "no_class"),
        ({"category": "other"}, "no_class"),
        ({"pixels": 0, "box": None, "visible_fraction": 0.0}, "unseen"),
        ({"pixels": 19}, "min_pixels"),
        ({"pixels": 20}, None),
        ({"visible_fraction": 0.299}, "min_visible_fraction"),
        ({"visible_fraction": 0.3}, None),
        ({"box": [0, 0, 2, 50]}, "min_box_edge"),
        ({"box": [0, 0, 3, 50]}, None),
        ({"pixels": 5, "visible_fraction": 0.1, "box": [0, 0, 1, 5]}, "min_pixels"),  # the first that applies
    ],
)
def test_reasons(change, reason):
    assert reason is None or reason in REASONS
    assert drop_reason(LABELS, **{**GOOD, **change}) == reason


def test_padding_in_numbers():
    assert padded_box([10, 20, 40, 10], factor=1.0, width=100, height=100) == [10, 20, 40, 10]
    assert padded_box([10, 20, 40, 10], factor=1.5, width=100, height=100) == [0, 17.5, 60, 15]
    assert padded_box([10, 20, 40, 10], factor=0.5, width=100, height=100) == [20, 22.5, 20, 5]


def test_padding_is_clipped_to_the_picture():
    assert padded_box([0, 90, 20, 10], factor=2.0, width=25, height=100) == [0, 85, 25, 15]
