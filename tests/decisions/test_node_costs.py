"""Nodes and offers joined: expected dollars are those of the two offers below."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from decisions.node_costs import NO_OFFER, node_costs, nodes_sentence
from evals.executors.nodes import Node
from pricing import accelerators
from pricing.catalogue import PriceBook
from pricing.offers import Offer


def offer(card: str, usd: float, **more: Any) -> Offer:
    return Offer(
        **{"provider": "P", "provider_class": "neocloud", "count": 1, "date": "2026-11-01", "scales_per_card": True}
        | more, accelerator=card, usd_per_hour=usd
    )  # fmt: skip


BOOK = PriceBook(
    models={},
    accelerators=accelerators.load(),
    offers=(offer("H100-SXM", 2.0), offer("H100-SXM", 1.5, provider="Q"), offer("L4", 0.4, scales_per_card=False)),
    as_of=date(2026, 11, 21),
)


def node(host: str, gpus: float, accelerator: str, state: Any = "alive", **more: Any) -> Node:
    kept = {"reason": "", "seen": 0.0, "running": (), "done": {}}
    return Node(**{**kept, **more}, node=host, host=host, cpus=16, gpus=gpus, accelerator=accelerator, state=state)


def test_a_node_costs_what_the_cheapest_offer_asks_for_all_its_cards() -> None:
    [two, one] = node_costs([node("a", 2, "NVIDIA H100 80GB HBM3"), node("b", 1, "NVIDIA L4")], BOOK)
    assert two.usd_per_hour == pytest.approx(3.0) and two.source == "Q H100-SXM ×2, 2026-11-01"  # 2 × 1.50
    assert one.price == "$0.40 an hour"
    assert nodes_sentence([two, one]) == "2 nodes at work. At the cheapest offers on demand: $3.40 an hour."


@pytest.mark.parametrize(
    ("gpus", "name"),
    [(0, ""), (1, ""), (1, "Graphics of tomorrow"), (2, "NVIDIA L4"), (0.5, "NVIDIA L4"), (1, "NVIDIA H200")],
)
def test_a_machine_that_nobody_offers_has_no_price_and_is_not_free(gpus: float, name: str) -> None:
    [one] = node_costs([node("a", gpus, name)], BOOK)
    assert one.usd_per_hour is None and one.price == NO_OFFER
    assert "not known" in nodes_sentence([one]) and "$0" not in nodes_sentence([one])


def test_only_nodes_at_work_cost_and_the_lost_come_last() -> None:
    said = node_costs(
        [
            node("gone", 1, "NVIDIA L4", "lost"),
            node("bare", 0, ""),
            node("odd", 1, "NVIDIA L4", "left out", reason="has another store"),
            node("card", 1, "NVIDIA L4", running=("m @ nf4 on t",), done={"m @ a": 2, "m @ b": 1}),
        ],
        BOOK,
    )
    assert [one.node.host for one in said] == ["bare", "card", "odd", "gone"]
    assert nodes_sentence(said) == (
        "2 nodes at work, 1 left out, 1 lost. At the cheapest offers on demand: $0.40 an hour for 1 of them; "
        "for 1 there is no offer."
    )
    assert (said[1].running, said[1].done) == ("m @ nf4 on t", "3 cells: m @ a, m @ b")
    assert said[2].state == "– left out" and said[0].machine == "16 CPU"
    assert nodes_sentence([one for one in said if one.node.state == "lost"]) == "0 nodes at work, 1 lost."


def test_after_the_run_nothing_is_paid_any_more() -> None:
    costs = node_costs([node("a", 1, "NVIDIA L4", "last seen", done={f"m @ {n}": 1 for n in range(5)})], BOOK)
    assert nodes_sentence(costs) == "1 no longer watched."
    assert costs[0].done == "5 cells: m @ 0, m @ 1, m @ 2 and 2 more"


def test_a_price_older_than_ninety_days_says_so() -> None:
    old = offer("T4", 0.1, date="2026-08-22")  # 91 days before the book's day
    book = PriceBook(models={}, accelerators=accelerators.load(), offers=(*BOOK.offers, old), as_of=BOOK.as_of)
    said = nodes_sentence(node_costs([node("a", 1, "Tesla T4"), node("b", 1, "NVIDIA L4")], book))
    assert said.endswith("$0.50 an hour. The oldest of these prices is of 2026-08-22, more than 90 days ago.")
