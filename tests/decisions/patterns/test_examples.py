"""The shipped scenarios load, round-trip, and say of the worked examples what our tables say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from decisions.candidates import build_options
from decisions.fields import BadInput, Fields, parse_mapping
from decisions.patterns.examples import checked_claims
from decisions.patterns.sentences import claims_sentence
from decisions.scenarios import scenario, scenario_from, scenario_to_json, scenario_to_yaml, scenarios
from pricing.catalogue import load_price_book

NEW = (
    "image-catalogue", "attribute-extraction", "ticket-classification", "contract-summarization", "code-assistant"
)  # fmt: skip


@pytest.mark.parametrize("name", NEW)
def test_every_shipped_scenario_round_trips(name: str) -> None:
    assert name in scenarios()
    whole = scenario(name)
    for text in (scenario_to_yaml(whole), scenario_to_json(whole)):
        assert scenario_from(Fields(parse_mapping(text, name), name)) == whole


def test_thirty_five_gigabytes_do_not_fit_one_card_of_twenty_four() -> None:
    shown = scenario("image-catalogue")
    fits, cascade = checked_claims(shown, load_price_book((), shown.as_of))
    assert fits.says == "does not hold"
    assert "1× RTX4090 has 24 GiB. 2 of them hold it." in fits.found
    # 70.6 billion parameters at a little over 4 bits
    size = float(fits.found.split("are ")[1].split(" GB")[0])
    assert 35 < size < 45
    # 10 M × (900 × $2.50 + 100 × $10) / 1e6 = $32,500 at GPT-4o alone; saving 70 % leaves 30 % less the first stage
    assert cascade.says == "cannot be told" and "GPT-4o alone $32,500" in cascade.found
    first = float(cascade.found.split("costs $")[1].split(" ")[0].replace(",", ""))
    assert f"at most {100 * (0.3 - first / 32500):.0f} % of the requests may be passed on" in cascade.found
    assert claims_sentence((fits, cascade)) == "1 of the example's 2 claims does not survive our tables."


def test_one_card_for_two_thousand_dollars_does_not_carry_fifty_million_a_day() -> None:
    shown = scenario("attribute-extraction")
    assert shown.workload.requests_per_month == pytest.approx(50e6 * 365 / 12, abs=1)
    found = checked_claims(shown, load_price_book((), shown.as_of))
    assert [one.says for one in found] == ["does not hold", "does not hold"]
    cards = [int(one.found.split(" ×")[0].replace(",", "")) for one in found]
    assert cards[0] > 10 and cards[1] > 100
    assert claims_sentence(found) == "None of the example's 2 claims survives our tables."


def test_a_claim_that_holds_says_so() -> None:
    shown = scenario("attribute-extraction")
    [claim, _] = shown.claims
    light = replace(shown, workload=replace(shown.workload, requests_per_month=1e6), claims=(claim,))
    [one] = checked_claims(light, load_price_book((), shown.as_of))
    assert one.says == "holds" and "One is enough" in one.found
    assert claims_sentence([one]).startswith("Every one of the example's 1 claims survives")


def test_named_variants_are_listed_unmeasured_and_priced() -> None:
    shown = scenario("image-catalogue")
    options = {one.id: one for one in build_options(shown, (), load_price_book((), shown.as_of))}
    local = options["llava-1.6-34b@fp16"]
    assert not local.measurements and local.quote.usd_per_month and local.verdict == "unproven"
    assert local.checks[0].reason == "not measured on Catalogue attributes"
    assert shown.illustrative


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("variants: [LLaVA]", "'LLaVA' of scenario 'x' is not MODEL@QUANTIZATION"),
        ("traffic: {sums: 50 %}", "traffic of task 'sums'"),
        ("illustrative: maybe", "give true or false"),
        ("claims: [{text: a, source: b, asks: flies}]", "asks 'flies' is not known"),
        ("claims: [{text: a, source: b, asks: fits, model: m, quantization: q}]", "claims 1: accelerator is missing"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(line: str, complaint: str) -> None:
    text = f"id: x\ntitle: X\nevidence: published\ntasks: [quiz]\nmodels: [m]\nas_of: 2026-11-21\n{line}\n"
    with pytest.raises(BadInput, match=complaint):
        scenario_from(Fields(parse_mapping(text, "scenario"), "scenario"))
