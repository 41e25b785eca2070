"""Latency under load and the number of replicas."""

from __future__ import annotations

import math

import pytest

from pricing import capacity
from pricing.capacity import Limits
from pricing.speed import Pace

# A step takes 20 ms + 1 ms a request, a prompt 100 ms.
PACE = Pace(
    read_s=0.02, read_per_request_s=0.001, compute_per_request_s=0, fixed_s=0, fixed_per_request_s=0, prompt_s=0.1
)


def test_ceiling_of_a_replica() -> None:
    # 32 slots, 100 tokens: 0.1 s of prompt + 100 × 52 ms / 32 slots = 0.2625 s a request
    assert capacity.requests_per_s(PACE, 32, 100) == pytest.approx(1 / 0.2625)


def test_alone_a_request_waits_for_nobody() -> None:
    seen = capacity.latency(PACE, 32, 100, 0.0)
    assert seen is not None
    assert seen.tpot_p95_s == pytest.approx(0.021)
    assert seen.ttft_p95_s == pytest.approx(0.1 + 0.021)
    assert seen.e2e_p95_s == pytest.approx(0.121 + 99 * 0.021)


def test_the_fixed_point_holds() -> None:
    # T = (0.020 + 0.001 × (B + 1)) / (1 − 0.1 λ) with B = λ × 100 × T; at λ = 1: T = 0.021 / (0.9 − 0.1) = 26.25 ms
    seen = capacity.latency(PACE, 1000, 100, 1.0)
    assert seen is not None
    assert seen.batch == pytest.approx(100 * 0.02625)
    assert (0.02 + 0.001 * (seen.batch + 1)) / 0.9 == pytest.approx(0.02625)
    assert seen.tpot_p95_s > 0.02625


def test_many_requests_take_the_cheaper_of_two_kernels() -> None:
    # few: 20 ms + 10 ms a request; many: 60 ms + 1 ms a request; they meet between 4 and 5 requests
    pace = Pace(
        read_s=0.02, read_per_request_s=0.01, compute_per_request_s=0, fixed_s=0, fixed_per_request_s=0, prompt_s=0.0,
        many_read_s=0.06, many_read_per_request_s=0.001,
    )
    assert [pace.step_s(n) for n in (1, 4, 5, 20)] == pytest.approx([0.03, 0.06, 0.065, 0.08])
    # λ × o = 50 tokens/s: few T = 0.03 / (1 − 0.5) = 60 ms, many T = 0.061 / (1 − 0.05) = 64.2 ms
    seen = capacity.latency(pace, 64, 100, 0.5)
    assert seen is not None and seen.batch == pytest.approx(50 * 0.06)
    # 90 tokens/s: few 0.03 / 0.1 = 300 ms, many 0.061 / 0.91 = 67.0 ms
    seen = capacity.latency(pace, 64, 100, 0.9)
    assert seen is not None and seen.batch == pytest.approx(90 * 0.061 / 0.91)


def test_half_of_the_requests_wait_less_than_the_slowest() -> None:
    # λ = 2, prompts take 0.2 of the time: T = 0.021 / (0.8 − 2 × 100 × 0.001) = 35 ms, 7 others in flight;
    # a share of 0.2 finds a prompt before it, so the median waits for none and one in twenty 0.1 / 1.6 × ln 4 s.
    seen = capacity.latency(PACE, 1000, 100, 2.0)
    assert seen is not None
    assert seen.tpot_p50_s == pytest.approx(0.035)
    assert seen.ttft_p50_s == pytest.approx(0.1 + 0.02 + 0.001 * 8)
    assert seen.ttft_p95_s == pytest.approx(seen.ttft_p50_s + 0.1 / 1.6 * math.log(4))
    assert seen.e2e_p50_s == pytest.approx(seen.ttft_p50_s + 99 * 0.035)


def test_the_knee_stands_where_the_slots_end() -> None:
    # 32 slots: up to 0.7 of the ceiling half the requests find a slot free; near it the first token waits seconds.
    ceiling = capacity.requests_per_s(PACE, 32, 100)
    calm, busy = (capacity.latency(PACE, 32, 100, share * ceiling) for share in (0.7, 0.99))
    assert calm and busy
    assert calm.ttft_p50_s < 0.2 < 3 < busy.ttft_p50_s


def test_latency_rises_with_load_and_ends_in_a_refusal() -> None:
    ceiling = capacity.requests_per_s(PACE, 32, 100)
    seen = [capacity.latency(PACE, 32, 100, share * ceiling) for share in (0.0, 0.3, 0.6, 0.9, 0.99)]
    times = [one.e2e_p95_s for one in seen if one]
    assert len(times) == 5
    assert times == sorted(times)
    assert times[-1] > 3 * times[0]
    assert capacity.latency(PACE, 32, 100, 1.01 * ceiling) is None


def test_replicas_by_load_alone() -> None:
    # one replica: 3.81 requests/s, of which 70 % are planned: 2.67; ten need four
    assert capacity.replicas(PACE, 32, 100, 10.0, Limits()) == (4, "")


def test_a_tighter_limit_needs_more_replicas_until_none_helps() -> None:
    few, _ = capacity.replicas(PACE, 32, 100, 10.0, Limits(e2e_p95_s=10))
    more, _ = capacity.replicas(PACE, 32, 100, 10.0, Limits(e2e_p95_s=2.6))
    assert few == 4
    assert more is not None and more > few
    below = capacity.latency(PACE, 32, 100, 10.0 / (more - 1))
    at = capacity.latency(PACE, 32, 100, 10.0 / more)
    assert below and at and at.e2e_p95_s <= 2.6 < below.e2e_p95_s
    none, why = capacity.replicas(PACE, 32, 100, 10.0, Limits(e2e_p95_s=2.0))
    assert none is None
    assert why == "p95 end to end 2.2 s is above 2 s even with nothing else to do"


def test_unknown_prompt_speed_leaves_latency_unknown() -> None:
    unknown = Pace(
        read_s=0.02, read_per_request_s=0, compute_per_request_s=0, fixed_s=0, fixed_per_request_s=0, prompt_s=None
    )
    assert capacity.latency(unknown, 1, 100, 0.1) is None
