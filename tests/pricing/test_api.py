"""API prices: one request, multiplied."""

from __future__ import annotations

from datetime import date

import pytest

from pricing import api, api_prices, images
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
        ("input_usd_per_mtok", -1, "from 0 to 10,000"),
        ("input_usd_per_mtok", "1,5", "with a decimal point, not a comma"),
        ("output_usd_per_mtok", "€2", "US dollars"),
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
    rows = api_prices.prices(AS_OF)
    assert len(rows) > 1500
    assert all(row["input_usd_per_mtok"] is not None or row["output_usd_per_mtok"] is not None for row in rows)
    (gpt,) = [row for row in rows if (row["provider"], row["model"]) == ("openai", "gpt-4o")]
    assert (gpt["input_usd_per_mtok"], gpt["output_usd_per_mtok"], gpt["cached_usd_per_mtok"]) == (2.5, 10.0, 1.25)


def test_a_long_prompt_pays_the_dearer_tier_on_every_token() -> None:
    # gpt-5.4 above 272 k tokens a request: (300,000 × $5 + 1,000 × $22.5) / 1e6 = $1.5225
    load = Workload(requests_per_month=1000, prompt_tokens=300_000, output_tokens=1000)
    quote = quote_api(BOOK, provider="openai", model="gpt-5.4", workload=load)
    assert quote.usd_per_query is not None and quote.usd_per_query.value == pytest.approx(1.5225)
    assert any(fact.name == "Tiers" and "above 272,000 prompt tokens $5/22.5" in fact.value for fact in quote.facts)


def test_a_batch_rate_is_the_sellers_or_none() -> None:
    # gpt-4o in batches: 1,200 × $1.25 + 300 × $5 = $3,000 a million; Bedrock lists no batch rate
    batch = quote_api(BOOK, provider="openai", model="gpt-4o", workload=Workload(), batch=True)
    assert batch.usd_per_month is not None and batch.usd_per_month.value == pytest.approx(3000.0)
    none = quote_api(
        BOOK, provider="aws", model="meta.llama3-3-70b-instruct-v1:0", workload=Workload(), batch=True
    )
    assert none.usd_per_month is None and "without a batch rate" in none.reason


def test_images_are_prompt_tokens() -> None:
    # GPT-4o: 1024×1024 → 768×768 → 2 × 2 tiles: 85 + 4 × 170 = 765; 2048×4096 → 1024×2048 → 768×1536: 2 × 3 tiles
    assert images.tokens("gpt-4o", 1024, 1024) == (765, images.tokens("gpt-4o", 1024, 1024)[1])  # type: ignore[index]
    assert images.tokens("gpt-4o", 2048, 4096)[0] == 85 + 6 * 170  # type: ignore[index]
    quote = quote_api(BOOK, provider="openai", model="gpt-4o", workload=Workload(), images_per_request=2)
    assert quote.usd_per_query is not None
    assert quote.usd_per_query.value == pytest.approx(((1200 + 2 * 765) * 2.5 + 300 * 10) / 1e6)


def test_an_image_of_unknown_size_is_unpriced_until_its_tokens_are_given() -> None:
    asked = {"provider": "anthropic", "model": "claude-sonnet-4-5", "workload": Workload(), "images_per_request": 1}
    unknown = quote_api(BOOK, **asked, image_size="640x480")  # type: ignore[arg-type]
    assert unknown.usd_per_month is None and "known: 1024x1024, 4000x3000" in unknown.reason
    given = quote_api(BOOK, **asked, image_tokens=400)  # type: ignore[arg-type]
    assert given.usd_per_query is not None
    assert given.usd_per_query.value == pytest.approx((1600 * 3 + 300 * 15) / 1e6)
    with pytest.raises(ValueError, match="the image size is 'big'; give width and height"):
        quote_api(BOOK, **asked, image_size="big")  # type: ignore[arg-type]


def test_history_tells_when_a_price_changed() -> None:
    first, second = api_prices.history("openai", "o3")
    assert (first.start, first.input_usd_per_mtok, first.output_usd_per_mtok) == (None, 10, 40)
    assert (second.start, second.input_usd_per_mtok, second.output_usd_per_mtok) == (date(2025, 6, 10), 2, 8)
    assert any(period.hours for period in api_prices.history("deepseek", "deepseek-v4-pro"))


def test_a_model_that_is_turned_off_says_so() -> None:
    off = quote_api(
        BOOK, provider="together", model="meta-llama/Llama-3.3-70B-Instruct-Turbo", workload=Workload()
    )
    assert any(fact.value == "the seller turned it off on 2026-10-22" for fact in off.facts)


def test_the_resolved_id_is_shown() -> None:
    quote = quote_api(BOOK, provider="openai", model="gpt-4o-2024-08-06", workload=Workload())
    assert quote.offer == "gpt-4o"
    assert quote.facts[0].value == "openai / gpt-4o (asked for gpt-4o-2024-08-06)"


def test_nothing_costs_nothing() -> None:
    with pytest.raises(ValueError, match="both prices of gpt-4o at openai are 0"):
        load_price_book([{"kind": "api", "provider": "openai", "model": "gpt-4o", "input_usd_per_mtok": 0,
                          "output_usd_per_mtok": 0, "date": "2026-11-01"}], AS_OF)  # fmt: skip
    for row in api_prices.prices(AS_OF):
        assert row["input_usd_per_mtok"] or row["output_usd_per_mtok"], row
