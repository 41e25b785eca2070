"""Latency and replicas of many deployments at once are those of each alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import capacity
from pricing.capacity import Limits
from pricing.fleet import Fleet
from pricing.speed import Pace

# A step takes 20 ms + 1 ms a request, a prompt 100 ms; the second prompt takes an unknown time.
TWO = Pace(
    read_s=np.array([0.02, 0.02]),
    read_per_request_s=np.array([0.001, 0.001]),
    compute_per_request_s=np.array([0.0, np.nan]),
    fixed_s=np.array([0.0, 0.0]),
    fixed_per_request_s=np.array([0.0, 0.0]),
    prompt_s=np.array([0.1, np.nan]),
)


def test_ceilings_and_replicas_by_hand() -> None:
    # 32 slots, 100 tokens: 0.1 s of prompt + 100 × 52 ms / 32 = 0.2625 s a request; without a prompt 0.1625 s.
    fleet = Fleet.of(TWO, np.array([32.0, 32.0]), 100)
    assert fleet.requests_per_s == pytest.approx([1 / 0.2625, 1 / 0.1625])
    # at 70 %, 10 requests a second need 10 × 0.2625 / 0.7 = 3.75 and 2.32 replicas
    needed, keeps = fleet.replicas(10.0, Limits())
    assert needed.tolist() == [4, 3] and keeps.all()


def test_an_unknown_prompt_has_no_latency() -> None:
    seen = Fleet.of(TWO, np.array([32.0, 32.0]), 100).latencies(0.0)
    assert seen.ttft_p95_s[0] == pytest.approx(0.121) and np.isnan(seen.ttft_p95_s[1])


def test_more_replicas_than_allowed_are_none() -> None:
    needed, keeps = Fleet.of(TWO, np.array([32.0, 32.0]), 100).replicas(10.0, Limits(), most=3)
    assert needed.tolist() == [0, 3] and keeps.tolist() == [False, True]


def test_a_limit_that_no_number_keeps_leaves_what_the_load_needs() -> None:
    # Alone a token takes 21 ms: 20 ms cannot be kept.
    needed, keeps = Fleet.of(TWO, np.array([32.0, 32.0]), 100).replicas(10.0, Limits(tpot_p95_s=0.02))
    assert needed.tolist() == [4, 3] and keeps.tolist() == [False, True]


seconds = st.floats(1e-6, 0.05)
paces = st.builds(
    Pace,
    read_s=seconds,
    read_per_request_s=st.floats(0, 0.01),
    compute_per_request_s=st.floats(0, 0.01),
    fixed_s=st.floats(0, 0.02),
    fixed_per_request_s=st.floats(0, 1e-4),
    prompt_s=st.floats(1e-4, 5),
    first_fixed_s=st.floats(0, 0.5),
    first_steps=st.floats(0, 3),
    first_share=st.floats(0, 1),
    many_read_s=st.one_of(st.just(float("inf")), st.floats(1e-3, 0.1)),
    many_read_per_request_s=st.floats(0, 0.01),
)
limits = st.builds(
    Limits,
    ttft_p95_s=st.none() | st.floats(0.01, 20),
    tpot_p95_s=st.none() | st.floats(0.001, 0.5),
    e2e_p95_s=st.none() | st.floats(0.1, 200),
)


@settings(max_examples=60, deadline=None)
@given(
    some=st.lists(st.tuples(paces, st.integers(1, 256)), min_size=1, max_size=6),
    tokens=st.integers(1, 2000),
    peak=st.floats(1e-4, 3000),
    asked=limits,
)
def test_many_at_once_equal_one_by_one(some: list[tuple[Pace, int]], tokens: int, peak: float, asked: Limits) -> None:
    joined = Pace(**{name: np.array([getattr(pace, name) for pace, _ in some]) for name in Pace.__dataclass_fields__})
    fleet = Fleet.of(joined, np.array([float(slots) for _, slots in some]), tokens)
    needed, keeps = fleet.replicas(peak, asked)
    loaded = fleet.latencies(peak / np.maximum(needed, 1))
    for i, (pace, slots) in enumerate(some):
        count, _ = capacity.replicas(pace, slots, tokens, peak, asked)
        plain, _ = capacity.replicas(pace, slots, tokens, peak, Limits())
        assert (needed[i], keeps[i]) == (count or plain or 0, count is not None)
        if needed[i]:
            seen = capacity.latency(pace, slots, tokens, peak / int(needed[i]))
            assert seen is not None
            for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s", "batch"):
                assert getattr(loaded, name)[i] == pytest.approx(getattr(seen, name), rel=1e-9)
