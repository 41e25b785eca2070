"""Keys of caches: the very object, or what it says of itself."""

from __future__ import annotations

from decisions.same import Same, told
from tests.decisions.conftest import scenario


def test_same_is_the_object_not_one_that_looks_like_it() -> None:
    one, twin = [1], [1]
    assert Same(one) == Same(one) and hash(Same(one)) == hash(Same(one))
    assert Same(one) != Same(twin)


def test_told_is_equal_where_every_field_and_its_order_is() -> None:
    assert told(scenario()) == told(scenario())
    assert told(scenario(tasks={"a": "A", "b": "B"}, sla=scenario().sla.__class__())) != told(
        scenario(tasks={"b": "B", "a": "A"}, sla=scenario().sla.__class__())
    )
    assert told(scenario(max_count=4)) != told(scenario(max_count=8))
