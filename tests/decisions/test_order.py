from __future__ import annotations

from dataclasses import replace

from decisions.order import race_lines, race_order, weights
from decisions.scenarios import scenario
from decisions.sla import QualityLine, Sla
from pricing.catalogue import load_price_book

HERE = scenario("support-desk")
BOOK = load_price_book(as_of=HERE.as_of)
FREE = replace(HERE, sla=replace(HERE.sla, e2e_p95_s=None, usd_per_month=None))


def test_variants_are_raced_by_their_monthly_bill_and_equals_keep_their_order() -> None:
    found = race_order(FREE, ["tiny-13m@bf16", "tiny-1m@nf4"], BOOK)
    bills = [entry.usd_per_month for entry in found]
    assert all(bill is not None for bill in bills) and bills == sorted(bills, key=lambda bill: bill or 0.0)
    assert not any(entry.ruled_out for entry in found)
    cost = weights(found)
    assert [cost[entry.id] for entry in found] == bills


def test_what_money_rules_out_says_so() -> None:
    poor = replace(FREE, sla=replace(FREE.sla, usd_per_month=0.01))
    (entry,) = race_order(poor, ["tiny-1m@nf4"], BOOK)
    assert "monthly cost" in entry.ruled_out


def test_an_unpriced_variant_goes_last_and_weighs_like_the_dearest() -> None:
    found = race_order(FREE, ["nobody@nf4", "tiny-1m@nf4"], BOOK)
    assert [entry.id for entry in found] == ["tiny-1m@nf4", "nobody@nf4"]
    assert found[1].usd_per_month is None and weights(found)["nobody@nf4"] == found[0].usd_per_month


def test_lines_come_from_tasks_measured_here() -> None:
    line = QualityLine(minimum=0.3, max_drop_from_baseline=0.02)
    found = race_lines(replace(HERE, sla=Sla(quality={"shop_math": line})))
    assert [(line.kind, line.value) for line in found] == [("minimum", 0.3), ("max_drop_from_baseline", 0.02)]
    assert race_lines(scenario("seventy-or-eight")) == ()
