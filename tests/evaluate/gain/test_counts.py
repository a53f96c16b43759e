"""Amounts of real data, and subsets that are nested for one seed."""

import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.counts import nested_order, parse_counts


def items(text, available=200):
    return [count.items for count in parse_counts(text, available=available)]


def test_percentages_and_numbers():
    assert items("0,5,10,25,50,100%") == [0, 10, 20, 50, 100, 200]
    assert items("5%, 2.5%") == [5, 10]
    assert items("20,10,all,200") == [10, 20, 200]
    assert [count.label for count in parse_counts("1,5", available=None, item="window")] == [
        "1 window a class",
        "5 windows a class",
    ]
    assert parse_counts("0", available=200)[0].label == "0 images"


@pytest.mark.parametrize(
    ("text", "available", "words"),
    [
        ("ten", 200, "can't read the amount 'ten'"),
        ("", 200, "can't read the amount ''"),
        ("-1", 200, "out of range"),
        ("1.5", 200, "can't read"),
        ("300", 200, "asks for 300 real images, and there are 200"),
        ("120%", 200, "more than everything"),
        ("1%", 20, "1% of 20 real images is none"),
        ("nan%", 20, "out of range"),
        ("10%", None, "percentages need a pool"),
        ("all", None, "`all` needs a pool"),
    ],
)
def test_amounts_that_mean_nothing_are_refused(text, available, words):
    with pytest.raises(SimengineError, match=words):
        parse_counts(text, available=available)


def test_subsets_are_nested_and_differ_between_seeds():
    names = [f"{k:03d}" for k in range(50)]
    one, other = nested_order(names, seed=0), nested_order(names, seed=1)
    assert sorted(one) == list(range(50)) and one == nested_order(names, seed=0)
    assert set(one[:10]) < set(one[:20])
    assert set(one[:10]) != set(other[:10])


def test_subsets_go_by_names_and_not_by_their_order():
    names = [f"{k:03d}" for k in range(30)]
    backwards = names[::-1]
    assert [names[k] for k in nested_order(names, seed=3)] == [backwards[k] for k in nested_order(backwards, seed=3)]


def test_every_item_is_equally_likely():
    drawn = [0] * 20
    for seed in range(600):
        for index in nested_order([str(k) for k in range(20)], seed=seed)[:5]:
            drawn[index] += 1
    assert min(drawn) > 150 - 4 * 10.6 and max(drawn) < 150 + 4 * 10.6  # binomial, four standard deviations
