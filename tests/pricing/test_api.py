"""API prices: one request, multiplied."""

from __future__ import annotations

from datetime import date

import pytest

from pricing import api
from pricing.catalogue import load_price_book
from pricing.names import UnknownName
from pricing.quote import quote_api
from pricing.workload import Workload

AS_OF = date(2026, 11, 21)
BOOK = load_price_book(as_of=AS_OF)


def test_gpt_4o_by_hand() -> None:
    # 1e6 × (1,200 × $2.50 + 300 × $10) / 1e6 = $6,000
    quote = quote_api(BOOK, provider="openai", model="gpt-4o", workload=Workload())
    assert quote.usd_per_month is not None and quote.usd_per_query is not None
    assert quote.usd_per_month.value == pytest.approx(6000.0)
    assert quote.usd_per_query.value == pytest.approx(0.006)
    assert quote.parts == {"api": pytest.approx(6000.0)}
    assert (quote.e2e_p95_s, quote.ttft_p95_s, quote.tpot_p95_s) == (None, None, None)
    assert any("openai.com" in fact.url for fact in quote.facts)


def test_cached_tokens_are_billed_at_their_own_rate() -> None:
    # 600 × $2.50 + 600 × $1.25 + 300 × $10 = $5.25 a thousand requests
    quote = quote_api(BOOK, provider="openai", model="gpt-4o", workload=Workload(cached_fraction=0.5))
    assert quote.usd_per_month is not None and quote.usd_per_month.value == pytest.approx(5250.0)


def test_tiers_are_by_request_not_by_month() -> None:
    # gpt-5.4 is $2.50/15 up to 272 k tokens a request: a month of 1.2 G tokens stays on the base tier
    quote = quote_api(BOOK, provider="openai", model="gpt-5.4", workload=Workload())
    assert quote.usd_per_month is not None
    assert quote.usd_per_month.value == pytest.approx(1200 * 2.5 + 300 * 15)


def test_prices_depend_on_the_date() -> None:
    # o3 fell from $10/40 to $2/8 in June 2025
    before, after = (
        api.price_request(
            provider="openai", model="o3", prompt_tokens=1200, output_tokens=300, cached_fraction=0, as_of=day
        )
        for day in (date(2025, 5, 1), date(2025, 7, 1))
    )
    assert before is not None and after is not None
    assert (float(before.usd_per_request), float(after.usd_per_request)) == pytest.approx((0.024, 0.0048))


def test_own_price_wins_and_says_so() -> None:
    own = {"kind": "api", "provider": "openai", "model": "gpt-4o", "input_usd_per_mtok": "1", "output_usd_per_mtok": 2,
           "date": "2026-11-01"}
    quote = quote_api(load_price_book([own], AS_OF), provider="openai", model="gpt-4o", workload=Workload())
    assert quote.usd_per_month is not None
    assert quote.usd_per_month.value == pytest.approx(1800.0)  # 1,200 × $1 + 300 × $2
    assert quote.price_is_override and quote.price_age_days == 20


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("input_usd_per_mtok", "free", "input_usd_per_mtok of gpt-4o is 'free'"),
        ("input_usd_per_mtok", -1, "0 to 10,000"),
        ("output_usd_per_mtok", "nan", "output_usd_per_mtok"),
        ("date", "soon", "date of the price of gpt-4o is 'soon'"),
        ("model", "", "lacks model"),
    ],
)
def test_a_bad_own_price_is_refused(field: str, value: object, message: str) -> None:
    own = {"kind": "api", "provider": "openai", "model": "gpt-4o", "input_usd_per_mtok": 1, "output_usd_per_mtok": 2,
           "date": "2026-11-01"}
    with pytest.raises(ValueError, match=message):
        load_price_book([own | {field: value}], AS_OF)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown API provider 'opanai'; nearest: openai"):
        quote_api(BOOK, provider="opanai", model="gpt-4o", workload=Workload())
    with pytest.raises(UnknownName, match="unknown model of OpenAI 'gpt-4z'; nearest: gpt-4"):
        quote_api(BOOK, provider="openai", model="gpt-4z", workload=Workload())


def test_the_list_holds_priced_models_only() -> None:
    rows = api.prices(AS_OF)
    assert len(rows) > 1500
    assert all(row["input_usd_per_mtok"] is not None or row["output_usd_per_mtok"] is not None for row in rows)
    (gpt,) = [row for row in rows if (row["provider"], row["model"]) == ("openai", "gpt-4o")]
    assert (gpt["input_usd_per_mtok"], gpt["output_usd_per_mtok"], gpt["cached_usd_per_mtok"]) == (2.5, 10.0, 1.25)
