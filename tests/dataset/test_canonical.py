import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.dataset.canonical import canonical_json
from simengine.errors import SimengineError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.booleans())
def test_reads_back_the_same_value(value, indent):
    assert json.loads(canonical_json(value, indent=indent)) == value


@given(st.dictionaries(st.text(), values, min_size=2, max_size=5))
def test_order_of_keys_does_not_show_unless_it_counts(value):
    turned = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(turned)
    assert canonical_json(value, ordered=True) != canonical_json(turned, ordered=True)


def test_is_one_line_of_utf8():
    assert canonical_json({"b": "ü\n", "a": 1e300}) == '{"a":1e+300,"b":"ü\\n"}'.encode()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_names_the_place_of_what_is_no_number(number):
    with pytest.raises(SimengineError, match=r"views\[1\]\.depth: the number"):
        canonical_json({"views": [{"depth": 1.0}, {"depth": number}]})


@pytest.mark.parametrize("value", [np.float32(1), np.arange(3), {1, 2}, b"x"])
def test_refuses_other_types_by_name(value):
    with pytest.raises(SimengineError, match=rf"a\.b: .* of type {type(value).__name__} can't be written"):
        canonical_json({"a": {"b": value}})


def test_refuses_lone_surrogates():
    with pytest.raises(SimengineError, match="can't be written"):
        canonical_json({"name": "\ud800"})
