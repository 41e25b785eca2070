"""Every option at once: the numbers of a single quote, ranked, with the frontier."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pytest

from pricing import accelerators, candidates, formats, models
from pricing.candidates import Candidates
from pricing.capacity import Limits
from pricing.catalogue import PriceBook, load_price_book
from pricing.enumeration import Options, options
from pricing.names import UnknownName
from pricing.quote import cheapest_rental, cheapest_rentals
from pricing.workload import Workload

AS_OF = date(2026, 11, 21)
BOOK = load_price_book(as_of=AS_OF)
OWN = {"provider": "Acme", "accelerator": "L40S", "usd_per_hour": 1.0, "date": "2026-11-01"}
SOME = candidates.of(BOOK, candidates.variants(["8B", "Qwen2.5-32B"], ["fp16", "Q4_K_M"]))


def acme(*rows: dict[str, object]) -> PriceBook:
    return load_price_book([OWN, *rows], AS_OF)


def test_a_bill_by_hand() -> None:
    # One L40S: 730 h × $1; 2 copies × 16.0605 GB × $0.023 = 0.73878; 1e6 × 300 × 5 B × $0.09/GB = 0.135.
    book = acme()
    known = candidates.of(book, candidates.variants(["8B"], ["fp16"]), provider="acme", max_count=1)
    found = options(known, Workload())
    assert len(known) == 1 and found.deployments.replicas.tolist() == [[1]]
    assert found.usd_per_month[0, 0] == pytest.approx(730 + 0.73878 + 0.135, rel=1e-6)
    assert found.columns()["usd_per_query"][0] == pytest.approx(730.87378e-6, rel=1e-6)


def test_options_are_variants_by_offers_by_counts() -> None:
    # A price that scales is offered for 1, 2, 4 and 8 cards: 4 options for each of two variants.
    known = candidates.of(acme(), candidates.variants(["8B"], ["fp16", "Q4_K_M"]), provider="acme")
    assert len(known) == 8
    columns = options(known, Workload()).columns()
    assert columns["count"].tolist() == [1, 2, 4, 8] * 2
    assert columns["usd_per_hour"].tolist() == [1, 2, 4, 8] * 2
    assert columns["quantization"].tolist() == ["fp16"] * 4 + ["Q4_K_M"] * 4


def test_each_engine_named_is_an_option_of_its_own() -> None:
    found = candidates.variants(["8B"], ["fp16"], ["vllm", "llama.cpp"])
    assert [one.engine.name for one in found] == ["vllm", "llama.cpp"]


def sampled() -> Candidates:
    """Variants drawn from all models × formats, with every kind of offer and a card of unknown speed."""
    pairs = [(model, label) for model in models.load() for label in formats.load()]
    drawn = random.Random(5).sample(pairs, 60)
    rows = [one for model, label in drawn for one in candidates.variants([model], [label])]
    rows += candidates.variants(["mixtral-8x7b", "8B"], ["fp16", "Q4_K_M"], ["vllm", "llama.cpp"])
    assert accelerators.find("A30").fp16_tflops is None
    return candidates.of(acme(OWN | {"accelerator": "A30"}), rows)


WORKLOADS = [
    (Workload(), Limits(e2e_p95_s=8.0), "pilot"),
    (Workload(requests_per_month=5e3), Limits(), "pilot"),
    (
        Workload(requests_per_month=3e7, prompt_tokens=100, output_tokens=50, cached_fraction=0.3, peak_to_mean=2),
        Limits(ttft_p95_s=1.0, tpot_p95_s=0.05),
        "regulated",
    ),
    (Workload(requests_per_month=2e9, hours_per_month=300), Limits(), "production"),
    (Workload(requests_per_month=3e3, prompt_tokens=6000, output_tokens=900), Limits(ttft_p95_s=20.0), "pilot"),
]


@pytest.mark.parametrize(("workload", "limits", "preset"), WORKLOADS)
def test_every_number_is_that_of_the_single_quote(workload: Workload, limits: Limits, preset: str) -> None:
    known = sampled()
    found = options(known, workload, limits, preset=preset)
    draw = random.Random(workload.requests_per_month)
    serverless = np.flatnonzero(known.market.tier == "serverless")
    chosen = draw.sample(range(len(known)), 80) + [
        draw.randrange(len(known.variants)) * len(known.offers) + int(draw.choice(serverless)) for _ in range(20)
    ]
    columns = found.columns(chosen)
    for i, option in enumerate(chosen):
        quote, row = found.quote(option), {name: values[i] for name, values in columns.items()}
        assert (row["fits"], row["replicas"]) == (quote.fits, quote.replicas), row
        for name, band in (
            ("usd_per_month", quote.usd_per_month),
            ("ttft_p95_s", quote.ttft_p95_s),
            ("tpot_p95_s", quote.tpot_p95_s),
            ("e2e_p95_s", quote.e2e_p95_s),
        ):
            assert (np.isnan(row[name])) == (band is None), (name, row)
            assert band is None or row[name] == pytest.approx(band.value, rel=1e-6), (name, row)
        if quote.utilisation_fraction is not None:
            assert row["utilisation_fraction"] == pytest.approx(quote.utilisation_fraction, rel=1e-6)
        proven = quote.e2e_p95_s is not None or not limits.asked
        assert row["meets"] == (quote.usd_per_month is not None and not quote.reason and proven), (quote.reason, row)


@pytest.mark.parametrize("tier", ["on-demand", "spot", "reserved", "serverless"])
def test_no_option_quoted_alone_keeps_the_limit_for_less(tier: str) -> None:
    workload, limit = Workload(requests_per_month=2e6), {"e2e_p95_s": 9.0}
    best = cheapest_rental(
        BOOK, model="8B", quantization="awq-int4-g128", workload=workload, tier=tier, max_count=2, **limit
    )
    known = candidates.of(BOOK, candidates.variants(["8B"], ["awq-int4-g128"]), tiers=[tier], max_count=2)
    found = options(known, workload, Limits(**limit))
    quotes = [found.quote(option) for option in range(len(known))]
    bills = [one.usd_per_month.value for one in quotes if one.usd_per_month and one.e2e_p95_s and not one.reason]
    assert best.usd_per_month is not None and not best.reason
    assert best.usd_per_month.value == min(bills)


@pytest.mark.parametrize("limit", [None, 9.0, 0.01])
def test_variants_asked_together_are_answered_as_alone(limit: float | None) -> None:
    known = candidates.variants(["8B", "mixtral-8x7b", "llama-3.1-405b"], ["fp16", "Q4_K_M"])
    workload, cards = Workload(requests_per_month=2e6), ["L4", "A100-80GB"]
    together = cheapest_rentals(
        BOOK, known, workload=workload, limits=Limits(e2e_p95_s=limit), accelerators=cards, max_count=2
    )
    alone = [
        cheapest_rental(
            BOOK,
            model=one.model.name,
            quantization=one.format.label,
            workload=workload,
            accelerators=cards,
            max_count=2,
            e2e_p95_s=limit,
        )
        for one in known
    ]
    assert together == alone
    assert {one.fits for one in together} == {True, False}  # some are served, 405B fits on no two of them


def test_cheapest_first_and_the_cheapest_of_each() -> None:
    found = options(SOME, Workload(), Limits(e2e_p95_s=10.0))
    usd = found.usd_per_month.ravel()[found.ranked]
    assert len(usd) == found.meets.sum() and (np.diff(usd) >= 0).all()
    for row, best in enumerate(found.cheapest_of_each()):
        assert best is not None and best // len(SOME.offers) == row
        assert found.usd_per_month.ravel()[best] == found.usd_per_month[row][found.meets[row]].min()


def test_nothing_beats_the_frontier_and_it_beats_the_rest() -> None:
    found = options(SOME, Workload(), Limits(e2e_p95_s=10.0))
    front, every = found.frontier(), found.ranked

    def points(chosen: np.ndarray) -> list[tuple[float, float]]:
        return list(zip(found.usd_per_month.ravel()[chosen], found.seconds("e2e_p95_s", chosen), strict=True))

    assert len(front) > 2
    for usd, seconds in points(front):
        assert not any(u <= usd and s <= seconds and (u, s) != (usd, seconds) for u, s in points(every))
    for usd, seconds in points(every):
        assert any(u <= usd and s <= seconds for u, s in points(front))


def test_where_nothing_keeps_the_limit_the_nearest_is_named() -> None:
    found = options(SOME, Workload(), Limits(e2e_p95_s=0.01))
    assert found.cheapest is None and not found.cheapest_of_each()[0] and not len(found.frontier())
    near = found.nearest()
    seconds = found.columns()["e2e_p95_s"]
    assert seconds[near] == np.nanmin(seconds)
    assert "is above 0.01 s" in found.quote(near).reason


def test_where_nothing_fits_the_least_memory_missing_is_named() -> None:
    known = candidates.of(BOOK, candidates.variants(["llama-3.1-405b"], ["fp16"]), allowed=["T4", "L4"])
    found = options(known, Workload())
    columns = found.columns([found.nearest()])
    assert (columns["accelerator"][0], columns["count"][0], columns["fits"][0]) == ("L4", 8, False)
    assert "needs" in found.quote(found.nearest()).reason
    assert np.isnan(columns["usd_per_month"][0]) and columns["replicas"][0] == 0


def test_candidates_serve_one_workload_after_another() -> None:
    first = options(SOME, Workload())
    options(SOME, Workload(requests_per_month=5e7, prompt_tokens=300), Limits(e2e_p95_s=3.0), preset="regulated")
    again = options(SOME, Workload())
    assert np.array_equal(first.usd_per_month, again.usd_per_month, equal_nan=True)


def test_filters() -> None:
    known = candidates.of(BOOK, candidates.variants(["8B"], ["fp16"]), allowed=["L4"], tiers=["spot"], max_count=2)
    assert {(one.accelerator, one.tier) for one in known.offers} == {("L4", "spot")}
    assert {one.count for one in known.offers} == {1, 2}


def test_bad_input_is_named() -> None:
    rows = candidates.variants(["8B"], ["fp16"])
    with pytest.raises(UnknownName, match="tier 'sopt'; nearest: spot"):
        candidates.of(BOOK, rows, tiers=["sopt"])
    with pytest.raises(UnknownName, match="accelerator"):
        candidates.of(BOOK, rows, allowed=["H1000"])
    with pytest.raises(ValueError, match="no offer of at most 0 cards"):
        candidates.of(BOOK, rows, max_count=0)
    with pytest.raises(ValueError, match="no variant was given"):
        candidates.of(BOOK, [])
    with pytest.raises(ValueError, match="option is 99999999; give a number from 0 to"):
        Options.parts(options(SOME, Workload()), 99999999)
