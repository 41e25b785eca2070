from __future__ import annotations

from typing import Any

import pytest

from decisions import quoting
from pricing.quotes import Quote
from tests.decisions.conftest import API, measured, quote, scenario

SEEN = measured("big", "q4", 0.9)


class Book:
    """A key for the memory of quotes; ``rentables`` names two cards."""

    def rentables(self, **_: Any) -> list[Any]:
        card = type("Card", (), {})
        return [type("One", (), {"accelerator": type("A", (card,), {"name": name})()})() for name in ("slow", "fast")]


def cheapest(answers: dict[tuple[str, ...] | None, Quote], asked: list[dict[str, Any]]):  # type: ignore[no-untyped-def]
    def answer(book: Any, **terms: Any) -> Quote:
        asked.append(terms)
        return answers[terms["accelerators"]]

    return answer


def test_a_quote_that_is_proven_is_asked_for_once_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    book: Any = Book()
    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", cheapest({None: quote(400.0, 1.0)}, asked))
    place = scenario()
    assert quoting.rental(place, SEEN, book) is quoting.rental(place, SEEN, book)
    assert len(asked) == 1 and asked[0]["e2e_p95_s"] == 2.0
    assert quoting.rental(place, SEEN, Book()) is not None  # type: ignore[arg-type]
    assert len(asked) == 2  # another price book is another memory


def test_a_band_over_the_line_is_tightened_then_other_cards_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    wide = quote(400.0, 1.9, spread=0.2, accelerator="slow")  # 1.52–2.28 s reaches over 2 s
    firm = quote(500.0, 1.0, accelerator="fast")
    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", cheapest({None: wide, ("fast",): firm}, asked))
    book: Any = Book()
    assert quoting.rental(scenario(), SEEN, book) is firm
    # first as asked, then tightened by 1.9/2.28 to 1.667 s, then without the slow card
    assert [a["e2e_p95_s"] for a in asked] == [2.0, pytest.approx(2.0 / 1.2), 2.0]
    assert [a["accelerators"] for a in asked] == [None, None, ("fast",)]
    asked.clear()
    assert quoting.rental(scenario(), SEEN, Book(), thorough=False) is wide  # type: ignore[arg-type]
    assert len(asked) == 1


def test_what_nothing_proves_stays_at_the_cheapest(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = quote(400.0, 1.9, spread=0.2, accelerator="slow")
    dear = quote(2000.0, 1.0, accelerator="fast")  # over the budget: a miss
    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", cheapest({None: wide, ("fast",): dear}, []))
    book: Any = Book()
    assert quoting.rental(scenario(), SEEN, book) is wide


def test_over_the_budget_the_latency_is_still_made_firm(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def answer(book: Any, **terms: Any) -> Quote:
        asked.append(terms["e2e_p95_s"])
        return quote(5000.0, 1.9, spread=0.2) if terms["e2e_p95_s"] == 2.0 else quote(6000.0, 1.5, spread=0.2)

    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", answer)
    book: Any = Book()
    found = quoting.rental(scenario(), SEEN, book)  # both miss $1,000; only the second says what meeting 2 s costs
    assert found.usd_per_month and found.usd_per_month.value == 6000.0 and len(asked) == 2


def test_what_pricing_does_not_know_is_unpriced_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(book: Any, **_: Any) -> Quote:
        raise ValueError("unknown model 'big'; nearest: pig")

    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", refuse)
    monkeypatch.setattr(quoting.pricing_quote, "quote_api", refuse)
    book: Any = Book()
    found = quoting.rental(scenario(), SEEN, book)
    assert found.usd_per_month is None and found.reason == "unpriced: unknown model 'big'; nearest: pig"
    assert quoting.api(scenario(), API, book).kind == "api"
