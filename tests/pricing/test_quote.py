"""Rental quotes: bill, bands, fit, and the cheapest of all."""

from __future__ import annotations

from datetime import date

import pytest

from pricing import bill
from pricing.catalogue import load_price_book
from pricing.quote import cheapest_rental, quote_rental
from pricing.workload import Workload

AS_OF = date(2026, 11, 21)
BOOK = load_price_book(as_of=AS_OF)
LOAD = Workload()
OWN = {"provider": "Acme", "accelerator": "L40S", "usd_per_hour": 1.0, "date": "2026-11-01"}


def test_a_bill_by_hand() -> None:
    # 8B at 16 bits needs one L40S here: 730 h × $1; 2 copies × 16.0605 GB × $0.023; 1e6 × 300 × 5 B × $0.09/GB
    book = load_price_book([OWN], AS_OF)
    quote = quote_rental(
        book, model="8B", quantization="fp16", accelerator="L40S", workload=LOAD, provider="acme"
    )
    assert quote.replicas == 1
    assert quote.parts == pytest.approx(
        {"accelerators": 730.0, "spare_replicas": 0.0, "storage": 0.73878, "egress": 0.135, "people": 0.0}, rel=1e-4
    )
    assert quote.usd_per_month is not None and quote.usd_per_query is not None
    assert quote.usd_per_month.value == pytest.approx(sum(quote.parts.values()))
    assert quote.usd_per_query.value == pytest.approx(quote.usd_per_month.value / 1e6)
    assert (quote.provider, quote.price_is_override, quote.price_age_days) == ("Acme", True, 20)


def test_production_pays_a_spare_and_people() -> None:
    book = load_price_book([OWN], AS_OF)
    quote = quote_rental(
        book, model="8B", quantization="fp16", accelerator="L40S", workload=LOAD, provider="Acme", preset="production"
    )
    assert (quote.replicas, quote.parts["spare_replicas"], quote.parts["people"]) == (2, 730.0, 1000.0)


def test_what_does_not_fit_says_why_and_costs_nothing_known() -> None:
    quote = quote_rental(BOOK, model="70B", quantization="fp16", accelerator="A6000", workload=LOAD)
    assert not quote.fits
    assert quote.usd_per_month is None and quote.usd_per_query is None and quote.e2e_p95_s is None
    assert quote.reason.startswith("fp16 of Meta-Llama-3-70B needs 133.") and "1× A6000 has 48.0 GiB" in quote.reason


def test_a_context_too_long_does_not_fit() -> None:
    quote = quote_rental(BOOK, model="tiny-13m", quantization="fp16", accelerator="T4", workload=LOAD)
    assert quote.reason == "tiny-13m holds 256 tokens of context; a request here needs 1,500"


def test_tiny_models_are_marked_outside_calibration() -> None:
    small = Workload(prompt_tokens=120, output_tokens=40)
    quote = quote_rental(BOOK, model="tiny-13m", quantization="fp16", accelerator="T4", workload=small)
    assert quote.fits and quote.outside_calibration
    assert any(fact.name == "Outside calibration" for fact in quote.facts)


def test_unpriced_is_not_free() -> None:
    quote = quote_rental(BOOK, model="8B", quantization="Q4_K_M", accelerator="Apple-M4-Max", workload=LOAD)
    assert quote.fits and quote.e2e_p95_s is not None
    assert quote.usd_per_month is None and quote.parts == {}
    assert quote.reason.startswith("unpriced: no on-demand offer of 1× Apple-M4-Max")


def test_a_slice_is_unpriced_until_someone_names_its_price() -> None:
    ask = {"model": "8B", "quantization": "fp8", "accelerator": "A100-80GB-SXM:3g.40gb", "workload": LOAD}
    quote = quote_rental(BOOK, **ask)  # type: ignore[arg-type]
    assert quote.fits and quote.replicas == 1 and quote.memory_available_gib == 40.0 and quote.outside_calibration
    assert quote.usd_per_month is None and "price whole cards only" in quote.reason
    own = OWN | {"accelerator": "a100-80gb-sxm:3g", "usd_per_hour": 0.5}
    book = load_price_book([own], AS_OF)
    priced = quote_rental(book, **ask)  # type: ignore[arg-type]
    assert priced.parts["accelerators"] == 0.5 * 730 and priced.provider == "Acme"
    found = cheapest_rental(book, model="8B", quantization="fp8", workload=LOAD, accelerators=[ask["accelerator"]])
    assert (found.accelerator, found.count, found.usd_per_month) == (priced.accelerator, 1, priced.usd_per_month)
    for refused in (lambda: quote_rental(BOOK, **ask, count=2), lambda: load_price_book([own | {"count": 2}], AS_OF)):
        with pytest.raises(ValueError, match="slices have no link to each other, nearest: 1"):
            refused()


def test_measured_bytes_win_over_the_formats_table() -> None:
    shared = {"model": "8B", "quantization": "Q4_K_M", "accelerator": "L40S", "workload": LOAD}
    table = quote_rental(BOOK, **shared)  # type: ignore[arg-type]
    measured = quote_rental(BOOK, **shared, weight_bytes=8 * 2**30)  # type: ignore[arg-type]
    bits = quote_rental(BOOK, **shared, bits_per_weight=8 * 2**33 / 8_030_261_248)  # type: ignore[arg-type]
    assert measured.memory_gib is not None and table.memory_gib is not None
    assert measured.memory_gib > table.memory_gib + 2  # 8 − 4.58 GiB of weights, less KV cache in flight
    assert bits.memory_gib == pytest.approx(measured.memory_gib)
    assert measured.tpot_p95_s and table.tpot_p95_s and measured.tpot_p95_s.value > table.tpot_p95_s.value


def test_nominal_bits_do_not_shrink_the_weights() -> None:
    shared = {"model": "70B", "quantization": "gptq-int4-g128", "accelerator": "A100", "workload": LOAD}
    table = quote_rental(BOOK, **shared)  # type: ignore[arg-type]
    nominal = quote_rental(BOOK, **shared, bits_per_weight=4.0)  # type: ignore[arg-type]
    assert nominal.memory_gib == table.memory_gib


def test_the_slow_end_misses_a_limit_rather_than_buying_a_fleet() -> None:
    # One MI300X meets 28 s at the predicted speed; at the slow end of its (uncalibrated) band no sane number would.
    quote = quote_rental(
        BOOK, model="70B", quantization="Q8_0", accelerator="MI300X", workload=LOAD, e2e_p95_s=28
    )
    assert quote.outside_calibration and quote.usd_per_month is not None and quote.e2e_p95_s is not None
    assert quote.e2e_p95_s.value <= 28 < quote.e2e_p95_s.high
    assert quote.usd_per_month.high < 6 * quote.usd_per_month.value


def test_more_load_needs_more_replicas_and_bits_buy_throughput() -> None:
    load = Workload(requests_per_month=2e7)
    sixteen, four = (
        quote_rental(BOOK, model="8B", quantization=label, accelerator="L40S", workload=load)
        for label in ("fp16", "gptq-int4-g128")
    )
    assert sixteen.replicas > four.replicas > 1


def test_a_limit_out_of_reach_is_named_and_the_option_still_priced() -> None:
    quote = quote_rental(BOOK, model="70B", quantization="Q4_K_M", accelerator="A6000", workload=LOAD, e2e_p95_s=4)
    assert quote.fits and quote.usd_per_month is not None
    assert "is above 4 s even with nothing else to do" in quote.reason


def test_bands_hold_their_values_and_every_fact_has_a_value() -> None:
    quote = quote_rental(
        BOOK, model="70B", quantization="fp8", accelerator="H100", count=2, workload=LOAD, e2e_p95_s=15
    )
    for band in (quote.ttft_p95_s, quote.tpot_p95_s, quote.e2e_p95_s):
        assert band is not None and band.low < band.value < band.high
    assert quote.utilisation_fraction is not None and 0 < quote.utilisation_fraction < 0.7
    names = [fact.name for fact in quote.facts]
    assert names == ["Model", "Quantization", "Engine class", "Accelerator", "Memory", "Speed of a replica",
                     "Held-out error", "Under the peak load", "Replicas", "Offer", "Besides the cards"]
    assert all(fact.value and fact.source for fact in quote.facts)


@pytest.mark.parametrize("limit", [None, 20.0, 9.0])
@pytest.mark.parametrize("variant", [("70B", "gptq-int4-g128"), ("8B", "Q4_K_M"), ("gpt-oss-20b", "mxfp4")])
def test_the_cheapest_is_the_cheapest_of_all_tried_one_by_one(variant: tuple[str, str], limit: float | None) -> None:
    model, label = variant
    found = cheapest_rental(BOOK, model=model, quantization=label, workload=LOAD, e2e_p95_s=limit)
    costs = []
    for one in BOOK.rentables():
        if one.count <= 8:
            quote = quote_rental(
                BOOK, model=model, quantization=label, accelerator=one.accelerator.name, count=one.count,
                workload=LOAD, e2e_p95_s=limit,
            )
            if quote.fits and not quote.reason and quote.usd_per_month:
                costs.append(quote.usd_per_month.value)
    assert found.usd_per_month is not None and found.reason == ""
    assert found.usd_per_month.value == pytest.approx(min(costs))


def test_when_none_can_the_nearest_is_named() -> None:
    slow = cheapest_rental(BOOK, model="70B", quantization="Q4_K_M", workload=LOAD, e2e_p95_s=0.5)
    assert slow.fits and "above 0.5 s" in slow.reason
    big = cheapest_rental(BOOK, model="405B", quantization="fp16", workload=LOAD, accelerators=["T4"])
    assert not big.fits and "needs 7" in big.reason
    none = cheapest_rental(BOOK, model="8B", quantization="fp16", workload=LOAD, accelerators=["Apple-M4"])
    assert not none.fits and none.reason.startswith("unpriced")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count": 0}, "count is 0"),
        ({"weight_bytes": -1}, "weight_bytes of 8B fp16 is -1"),
        ({"bits_per_weight": float("nan")}, "bits_per_weight"),
        ({"spare_replicas": -1}, "spare_replicas is -1"),
        ({"preset": "hobby"}, "unknown preset 'hobby'; known: pilot, production"),
        ({"provider": "RunPot"}, "unknown provider 'RunPot'; nearest: RunPod"),
        ({"engine": "tgi"}, "unknown engine 'tgi'"),
    ],
)
def test_bad_input_is_named(changed: dict[str, object], message: str) -> None:
    given = {"model": "8B", "quantization": "fp16", "accelerator": "L4", "workload": LOAD}
    with pytest.raises(ValueError, match=message):
        quote_rental(BOOK, **given | changed)  # type: ignore[arg-type]


def test_idle_hours_are_paid() -> None:
    parts = [
        bill.parts_usd_per_month(
            usd_per_hour=2.0, replicas=3, spare_replicas=1, weight_bytes=0, workload=Workload(requests_per_month=n),
            plan=bill.preset("pilot"),
        )
        for n in (1, 1_000_000)
    ]
    assert [part["accelerators"] for part in parts] == [2.0 * 3 * 730] * 2
    assert parts[0]["spare_replicas"] == 2.0 * 730
