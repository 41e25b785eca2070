from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from decisions.verdicts import Check, judge, overall

OPPOSITE = {"meets": "misses", "misses": "meets", "unproven": "unproven"}
numbers = st.floats(-1e6, 1e6)


def check(status: str) -> Check:
    return Check(
        name="x",
        unit="s",
        direction="at most",
        target=1,
        seen=1,
        low=1,
        high=1,
        status=status,  # type: ignore[arg-type]
    )


def test_only_a_whole_interval_decides() -> None:
    assert judge("at least", 0.75, 0.75, 0.9) == "meets"
    assert judge("at least", 0.75, 0.70, 0.80) == "unproven"
    assert judge("at least", 0.75, 0.60, 0.74) == "misses"
    assert judge("at most", 4.0, 2.0, 4.0) == "meets"
    assert judge("at most", 4.0, 4.1, 5.0) == "misses"
    assert judge("at most", 4.0, None, None) == "unproven"


@given(numbers, numbers, numbers)
def test_judging_a_mirrored_interval_gives_the_mirrored_verdict(target: float, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert judge("at least", target, low, high) == judge("at most", -target, -high, -low)


@given(numbers, numbers, numbers)
def test_at_least_and_at_most_disagree_unless_unproven_or_on_the_line(target: float, one: float, two: float) -> None:
    low, high = sorted((one, two))
    if low != target and high != target:
        assert judge("at most", target, low, high) == OPPOSITE[judge("at least", target, low, high)]


def test_one_miss_is_a_miss_and_nothing_checked_proves_nothing() -> None:
    assert overall([check("meets"), check("unproven"), check("misses")]) == "misses"
    assert overall([check("meets"), check("unproven")]) == "unproven"
    assert overall([check("meets"), check("meets")]) == "meets"
    assert overall([]) == "unproven"
