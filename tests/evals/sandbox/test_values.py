"""Plain data cross the wall type for type; nothing else does."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.sandbox.inside.values import Opaque, decode, encode

HASHABLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
PLAIN = st.recursive(
    HASHABLE,
    lambda inner: st.lists(inner)
    | st.lists(inner).map(tuple)
    | st.sets(HASHABLE)
    | st.frozensets(HASHABLE)
    | st.dictionaries(HASHABLE, inner),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_plain_data_come_back_the_same(value: object) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, set | frozenset | dict | list | tuple)


def test_types_stay_apart() -> None:
    back = decode(json.loads(json.dumps(encode([True, 1, 1.0, (1,), [1], {1: "a"}, math.inf]))))
    assert isinstance(back, list)
    assert [type(each) for each in back] == [bool, int, float, tuple, list, dict, float]


def test_an_object_that_equals_everything_arrives_as_its_name() -> None:
    class Always:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    class Number(int):
        pass

    assert decode(encode(Always())) == Opaque("Always")
    assert decode(encode(Always())) != 5
    assert decode(encode(Number(5))) != 5


@pytest.mark.parametrize("data", [{}, {"a": 1, "b": 2}, {"what": 1}, {"tuple": 1}, {"set": [[]]}, {"bytes": "zz"}])
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(data)
