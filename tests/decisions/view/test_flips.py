"""Flip points: hand-worked crossings, and every point of every shipped scenario decided anew on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from decisions import quoting
from decisions.decision import decide
from decisions.evidence import item_scorer, scenario_measurements
from decisions.scenarios import Scenario, scenario_from_inputs, scenarios
from decisions.sla import QualityLine, Sla
from decisions.view.flips import flip_points
from decisions.view.knobs import Basis, knobs
from decisions.view.outcomes import SAME, holds, redecided, still_right
from decisions.view.values import FlipPoint
from evals.measurements import Measurement
from evals.tasks import tasks
from pricing.catalogue import load_price_book
from tests.decisions.conftest import API, measured, quote, scenario

USD_A_REQUEST = 0.001
RENT = 400.0
BOOK: Any = None  # the fakes never look at it


@pytest.fixture
def rent_or_buy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card at $400 a month that carries any load, and an API at a tenth of a cent a request."""
    monkeypatch.setattr(quoting, "rental", lambda s, m, book, thorough=True: quote(RENT, spread=0.0))
    monkeypatch.setattr(
        quoting,
        "api",
        lambda s, c, book: quote(USD_A_REQUEST * s.workload.requests_per_month, spread=0.0, kind="api"),
    )


def found(base: Scenario, evidence: Sequence[Measurement]) -> dict[tuple[str, str], FlipPoint]:
    basis = Basis(scenario=base, measurements=evidence, book=BOOK, scores=None)
    decision = decide(base, evidence, BOOK)
    answer = decision.choice or decision.nearest
    flips = flip_points(knobs(basis, answer), decision.options, decision.choice.id if decision.choice else None)
    return {(flip.input, flip.direction): flip for flip in flips}


def test_the_api_takes_over_below_400_thousand_requests(rent_or_buy: None) -> None:
    evidence = [measured("big", "q4", 0.9), measured("hosted", "", 0.9)]
    base = scenario_from_inputs(scenario(api=(API,)), usd_per_month=2000.0)  # 1 M requests: $1,000 by the token
    flips = found(base, evidence)
    fewer = flips["volume", "below"]
    # bills within a hundredth are one answer: the API is the answer below $400 / 1.01 / $0.001 = 396 k requests
    assert fewer.becomes_at == pytest.approx(RENT / (1 + SAME) / USD_A_REQUEST, rel=0.011)
    assert fewer.becomes_at < RENT / (1 + SAME) / USD_A_REQUEST <= fewer.stays_at
    assert fewer.condition.startswith("Fewer than 39") and fewer.condition.endswith("k requests a month")
    assert (fewer.stays.label, fewer.becomes.option) == ("Big q4", "hosted")
    assert ("volume", "above") not in flips  # the card carries any load at one price
    assert flips["usd_per_month", "below"].becomes_at == pytest.approx(399, abs=4.1)
    assert flips["usd_per_month", "below"].becomes.option is None


def test_accuracy_flips_where_the_interval_touches_the_line(rent_or_buy: None) -> None:
    evidence = [measured("big", "q4", 0.9)]  # Wilson, 900 of 1000: from 87.98 %
    flips = found(scenario(), evidence)
    line = flips["minimum", "above"]
    assert (line.stays_at, line.becomes_at) == (pytest.approx(0.879), pytest.approx(0.88))
    assert line.becomes.option is None and line.sentence.endswith("nothing here is proven to meet.")
    # its lower end is 2.02 points below the score: under 80 + 2.02 % it no longer clears the line
    seen = flips["accuracy", "below"]
    assert (seen.stays_at, seen.becomes_at) == (pytest.approx(0.821), pytest.approx(0.82))
    assert ("accuracy", "above") not in flips


def test_where_nothing_meets_a_flip_is_where_something_does(rent_or_buy: None) -> None:
    base = scenario(sla=Sla(quality={"quiz": QualityLine(minimum=0.8)}, usd_per_month=250.0))
    flips = found(base, [measured("big", "q4", 0.9)])
    assert flips["usd_per_month", "above"].becomes.option == "big@q4"
    assert flips["usd_per_month", "above"].becomes_at == pytest.approx(RENT, rel=0.011)
    assert flips["usd_per_month", "above"].stays.status == "none_meets"


def stand_in(base: Scenario) -> tuple[Measurement, ...]:
    """For scenarios measured here, before anything is: bigger models and wider weights score better."""
    return tuple(
        measured(
            model,
            quantization,
            0.97 - 0.05 * size - 0.08 * width,
            500,
            task=task,
            task_group=tasks()[task].group if task in tasks() else "knowledge",
            origin="measured",
        )
        for task in base.tasks
        for size, model in enumerate(base.models)
        for width, quantization in enumerate(("bf16", "rtn-int4-g128", "rtn-int2-g128"))
    )


@pytest.mark.parametrize("name", scenarios())
def test_every_flip_point_of_the_shipped_scenarios_holds_on_both_sides(name: str) -> None:
    base = scenarios()[name]
    evidence = scenario_measurements(base) if base.evidence == "published" else stand_in(base)
    book = load_price_book((), base.as_of)
    scores = item_scorer(base) if base.evidence == "published" else None
    decision = decide(base, evidence, book, scores)
    basis = Basis(scenario=base, measurements=evidence, book=book, scores=scores)
    turned = knobs(basis, decision.choice or decision.nearest)
    by_label = {knob.label: knob for knob in turned}
    answer = decision.choice.id if decision.choice else None
    flips = flip_points(turned, decision.options, answer)
    assert flips or decision.choice is None
    for flip in flips:
        sides = []
        for value in (flip.stays_at, flip.becomes_at):
            there = by_label[flip.label].turn(value)
            sides.append(decide(there.scenario, there.measurements, there.book, there.scores))
        before, after = sides
        assert still_right(answer, before.options), flip.sentence
        assert not still_right(answer, after.options), flip.sentence
        assert flip.becomes.option == (after.choice.id if after.choice else None)
        assert flip.becomes.status == after.status
        if after.choice and after.choice.quote.usd_per_month:
            assert flip.becomes.usd_per_month == pytest.approx(after.choice.quote.usd_per_month.value)


@pytest.mark.parametrize("name", ["support-desk", "seventy-or-eight"])
def test_what_is_left_unasked_never_decides(name: str) -> None:
    base = scenarios()[name]
    book = load_price_book((), base.as_of)
    evidence = scenario_measurements(base) if base.evidence == "published" else stand_in(base)
    basis = Basis(scenario=base, measurements=evidence, book=book, scores=None)
    decision = decide(base, evidence, book)
    right = []
    for knob in knobs(basis, decision.choice or decision.nearest):
        if knob.unit != "fraction":
            for value in (max(knob.lowest, knob.now / 4), knob.now * 4):
                every = redecided(knob, value, decision.options)
                for answer in (None, *(o.id for o in decision.options[:3])):
                    right.append(holds(knob, value, decision.options, answer))
                    assert right[-1] == still_right(answer, every), (knob.label, value, answer)
    assert True in right and False in right


def test_knobs_leave_everything_else_as_it_was(rent_or_buy: None) -> None:
    base = scenario(api=(API,))
    basis = Basis(scenario=base, measurements=[measured("hosted", "", 0.9)], book=BOOK, scores=None)
    for knob in knobs(basis, None):
        there = knob.turn(knob.now)
        assert replace(there, scenario=base) == replace(basis, scenario=base)
        assert there.scenario == base
