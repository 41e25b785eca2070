"""Two precisions on the same cards: memory of both, time shared, the cheapest card that holds them."""

from __future__ import annotations

import math
from datetime import date

import pytest

from pricing import capacity
from pricing.catalogue import load_price_book
from pricing.deployment import replica, variant
from pricing.quote import quote_rental
from pricing.shared_card import quote_shared
from pricing.slices import find
from pricing.workload import Workload

LOAD = Workload(requests_per_month=3_000_000, prompt_tokens=400, output_tokens=100)
BOOK = load_price_book((), date(2026, 11, 21))


def shared(passed: float, **more: object):  # type: ignore[no-untyped-def]
    first, second = (variant(model="Llama-3.1-8B", quantization=q) for q in ("AWQ-INT4", "BF16"))
    known = {"accelerators": ["L40S"], "max_count": 1, "keeps": lambda *_: True, "workload": LOAD}
    return quote_shared(BOOK, first=first, second=second, passed_fraction=passed, **(known | more))  # type: ignore[arg-type]


def test_memory_counts_both_and_replicas_share_their_time() -> None:
    found = shared(0.3)
    assert found is not None
    parts = [
        replica(variant(model="Llama-3.1-8B", quantization=q), find("L40S"), 1, LOAD) for q in ("AWQ-INT4", "BF16")
    ]
    assert found.whole.memory_gib == pytest.approx(sum(one.memory.needed_bytes for one in parts) / 2**30)
    # With more slots than these the ceilings would be higher: both alone need no more cards than both together.
    ceilings = [
        capacity.requests_per_s(one.pace(batch=8), one.memory.max_sequences, LOAD.output_tokens) for one in parts
    ]
    least = math.ceil(LOAD.peak_requests_per_s * (1 / ceilings[0] + 0.3 / ceilings[1]) / 0.7)
    assert found.whole.replicas >= least
    assert sum(found.whole.parts.values()) == pytest.approx(found.whole.usd_per_month.value)


def test_passing_on_more_costs_more_and_waits_longer() -> None:
    few, many = shared(0.1), shared(0.9)
    assert few.whole.replicas <= many.whole.replicas
    assert few.whole.usd_per_month.value <= many.whole.usd_per_month.value


def test_cards_that_hold_one_but_not_both_are_passed_over() -> None:
    alone = quote_rental(BOOK, model="Llama-3.1-70B", quantization="AWQ-INT4", accelerator="L40S", workload=LOAD)
    assert alone.fits
    first, second = (variant(model="Llama-3.1-70B", quantization=q) for q in ("AWQ-INT4", "FP8"))
    found = quote_shared(
        BOOK, first=first, second=second, passed_fraction=0.3, workload=LOAD, keeps=lambda *_: True,
        accelerators=["L40S"], max_count=1,
    )  # fmt: skip
    assert found is None


def test_a_swap_takes_the_bytes_over_the_link() -> None:
    found = shared(0.3)
    weights = variant(model="Llama-3.1-8B", quantization="BF16").weight_bytes
    link = find("L40S").link_gb_s if find("L40S").link == "pcie" and find("L40S").link_gb_s else 31.5
    assert found.swap_s == pytest.approx(weights / (link * 1e9))


def test_two_models_are_refused() -> None:
    first, second = (variant(model=m, quantization="BF16") for m in ("Llama-3.1-8B", "Llama-3.2-3B"))
    with pytest.raises(ValueError, match="are two models"):
        quote_shared(BOOK, first=first, second=second, passed_fraction=0.1, workload=LOAD, keeps=lambda *_: True)


def test_a_first_precision_asked_five_times_takes_the_time_of_five() -> None:
    many, five_times = (
        Workload(requests_per_month=n, prompt_tokens=400, output_tokens=100) for n in (60_000_000, 300_000_000)
    )
    once, often = shared(0.0, workload=many), shared(0.0, workload=many, first_calls=5.0)
    assert once.whole.replicas < often.whole.replicas == shared(0.0, workload=five_times).whole.replicas
