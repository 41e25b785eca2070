"""The Decision page: answer first, every chart with its table, inputs in the address."""

from __future__ import annotations

import pytest

from decisions.charts.chances import chances_chart
from decisions.charts.palette import palette
from decisions.charts.tornado import tornado_chart
from decisions.evidence import scenario_measurements
from decisions.scenarios import scenario
from decisions.view import DecisionView, decision_view
from pages.ui.decision_tables import alternatives_table, candidates_frame, chances_table, flips_table, swings_table
from pricing.catalogue import load_price_book
from tests.pages.conftest import opened, words


@pytest.fixture(scope="module")
def view() -> DecisionView:
    base = scenario("seventy-or-eight")
    return decision_view(base, scenario_measurements(base), load_price_book((), base.as_of))


def test_the_answer_comes_first_and_the_parts_follow() -> None:
    app = opened("Decision")
    assert not app.exception
    headings = [element.value for element in app.markdown if element.value.startswith("#")]
    assert "meets your SLA" in headings[0]
    titles = [heading.lstrip("# ") for heading in headings[1:]]
    assert titles.index("What would change our mind") < titles.index("The way back") < titles.index("Alternatives")
    assert "Questions for the engineers" in titles
    assert len(app.dataframe) >= 5  # flips, swings, chances, alternatives, candidates
    assert "nan" not in words(app).lower().split()


def test_inputs_in_the_address_change_the_page() -> None:
    app = opened("Decision", **{"min.MMLU": "99.9"})
    assert not app.exception
    assert "meets your SLA" not in next(e.value for e in app.markdown if e.value.startswith("## "))


def test_nothing_measured_says_so_and_stops() -> None:
    app = opened("Decision", scenario="support-desk")
    assert not app.exception
    assert "Nothing is measured" in next(e.value for e in app.markdown if e.value.startswith("## "))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
def test_charts_hold_what_their_tables_hold(view: DecisionView, dark: bool, narrow: bool) -> None:
    colours = palette(dark)
    bars = tornado_chart(view.swings, 1667.0, colours, narrow=narrow)
    assert len(bars.layout.yaxis.ticktext) == len(view.swings) == len(swings_table(view.swings))
    assert view.swings[0].label in bars.layout.yaxis.ticktext[-1]  # widest on top
    diamonds = [trace for trace in bars.data if trace.marker.symbol == "diamond"]
    moved = sum(bar.low_changes and bar.low.option is not None for bar in view.swings)
    moved += sum(bar.high_changes and bar.high.option is not None for bar in view.swings)
    assert len(diamonds) == moved
    shares = chances_chart(view.chances, view.answer, colours, narrow=narrow)
    answer = next(one.label for one in view.chances.options if one.option == view.answer)
    assert f"<b>{answer}</b>" in shares.layout.yaxis.ticktext
    assert len(chances_table(view.chances)) == len(view.chances.options)


def test_tables_hold_every_row(view: DecisionView) -> None:
    assert len(flips_table(view.flip_points)) == len(view.flip_points)
    assert len(candidates_frame(view.table)) == len(view.decision.options)
    others = alternatives_table(view.alternatives)
    assert others["Role"][0] == "what you use today" and len(others) >= 3
