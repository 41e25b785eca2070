"""A cascade of two published scores: bounds by arithmetic, and what cannot be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from decisions.candidates import build_options
from decisions.fields import BadInput
from decisions.patterns.asking import patterns_of
from decisions.patterns.bracket import bracket, bracket_plain, bracket_rows, bracket_sentences
from decisions.scenarios import scenario as shipped
from decisions.sla import QualityLine, Sla
from pricing.quotes import Quote
from tests.decisions.conftest import measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
BOOK: Any = None


def options(priced: Priced, strong: float = 0.9) -> dict[str, Any]:
    priced({"big q4": quote(400.0, 0.8), "small bf16": quote(100.0, 0.3)})
    found = build_options(scenario(), (measured("big", "q4", strong), measured("small", "bf16", 0.7)), BOOK)
    return {option.model: option for option in found}


def test_knowledge_and_luck_bound_what_must_be_passed_on(priced: Priced) -> None:
    # 70 % and 90 % against 80 %: at least 10 points more, by lot 10 of 20 points
    by = options(priced)
    found = bracket(scenario(), by["small"], by["big"], BOOK)
    assert [end.passed_fraction for end in found.ends] == pytest.approx([0.1, 0.5])
    sentence, detail = bracket_sentences(found)
    # the fakes price a stage the same at any load: $100 + $400
    assert sentence == "A cascade of Small bf16 then Big q4 would cost $500 a month; Big q4 alone costs $400."
    assert detail.startswith("It must pass on 10 % to 50 % of the requests to reach 80 % on Quiz")
    assert found.problems == ("Even at its best it costs no less than Big q4 alone: a cascade does not pay here.",)
    assert [row["Passed on"] for row in bracket_rows(found)] == ["10 %", "50 %", "", ""]
    assert bracket_plain(found)["ends"][1]["usd_per_month"] == pytest.approx(500.0)


def test_a_second_stage_under_the_line_cannot_be_reached_by_lot(priced: Priced) -> None:
    by = options(priced, strong=0.78)
    found = bracket(scenario(), by["small"], by["big"], BOOK)
    assert len(found.ends) == 1 and "by lot it would not get there" in bracket_sentences(found)[1]


def test_a_first_stage_over_the_line_needs_no_second(priced: Priced) -> None:
    by = options(priced)
    low = scenario(sla=Sla(quality={"quiz": QualityLine(minimum=0.6)}))
    sentence, _ = bracket_sentences(bracket(low, by["small"], by["big"], BOOK))
    assert sentence == "Small bf16 scores 70 % on Quiz alone, over your line of 60 %: nothing needs a second stage."


def test_without_an_absolute_line_or_with_one_stage_twice_it_says_what_to_do(priced: Priced) -> None:
    by = options(priced)
    relative = scenario(sla=Sla(quality={"quiz": QualityLine(minimum_of_baseline=0.98)}))
    with pytest.raises(BadInput, match="Measure both stages"):
        bracket(relative, by["small"], by["big"], BOOK)
    with pytest.raises(BadInput, match="choose another second stage"):
        bracket(scenario(), by["big"], by["big"], BOOK)


def test_each_scenario_opens_on_a_pattern_that_can_be_worked_out() -> None:
    opening = {name: next(iter(patterns_of(shipped(name)))) for name in ("seventy-or-eight", "support-desk",
               "contract-summarization", "image-catalogue")}  # fmt: skip
    assert opening == {
        "seventy-or-eight": "cascade",
        "support-desk": "cascade",
        "contract-summarization": "edge",
        "image-catalogue": "example",
    }
