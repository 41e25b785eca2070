"""Plotly figures as SVG: marks where the data say, text as text, and nothing dropped in silence."""

from __future__ import annotations

from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from decisions.charts.decide import decide_chart
from decisions.charts.palette import LIGHT, METHOD_SYMBOLS
from decisions.report.drawing.axes import Axis, NotDrawable, axis_of, ticks_of
from decisions.report.drawing.figure import svg
from evals.quantizations import QUANTIZATIONS
from tests.pages.examples import example_decision

SVG = "{http://www.w3.org/2000/svg}"


def drawn(figure: go.Figure) -> ElementTree.Element:
    return ElementTree.fromstring(svg(figure, width=400, height=300, title="A & B"))


def test_linear_and_logarithmic_places() -> None:
    linear = Axis(kind="linear", first=0, last=10, start=100, end=200)
    assert (linear.at(0), linear.at(5), linear.at(10)) == (100, 150, 200)
    log = Axis(kind="log", first=0, last=2, start=0, end=100)  # 1 to 100
    assert (log.at(1), log.at(10), log.at(100)) == (0, 50, 100)


def test_a_reversed_axis_counts_down() -> None:
    axis = axis_of({"range": [4, 1]}, [], 0, 300)
    assert (axis.at(4), axis.at(1)) == (0, 300)


def test_an_axis_without_a_range_holds_its_data_and_category_places_are_even() -> None:
    axis = axis_of({}, [0.0, 10.0], 0, 110)
    assert axis.at(0) == pytest.approx(5) and axis.at(10) == pytest.approx(105)
    names = axis_of({}, ["a", "b"], 0, 100)
    assert (names.at("a"), names.at("b")) == (25, 75)


def test_ticks_are_those_given_or_round() -> None:
    axis = axis_of({"range": [0, 1]}, [], 0, 100)
    given = ticks_of({"tickvals": [0.5, 2], "ticktext": ["half", "outside"]}, axis)
    assert given == [(50, "half")]
    texts = [text for _, text in ticks_of({"tickformat": ".0%", "nticks": 5}, axis)]
    assert texts == ["0%", "20%", "40%", "60%", "80%", "100%"]


def test_a_mark_stands_where_its_data_say() -> None:
    figure = go.Figure(go.Scatter(x=[0, 5, 10], y=[0, 5, None], mode="markers"))
    figure.update_layout(xaxis={"range": [0, 10]}, yaxis={"range": [0, 10]})
    circles = list(drawn(figure).iter(f"{SVG}circle"))
    assert len(circles) == 2  # a missing value is no mark
    first, second = ((float(c.get("cx", 0)), float(c.get("cy", 0))) for c in circles)
    assert second[0] > first[0] and second[1] < first[1]  # y grows upwards


def test_text_is_text_whatever_a_model_is_called() -> None:
    figure = go.Figure(go.Scatter(x=[1], y=[1], mode="text", text=["<script>alert(1)</script> & co"]))
    texts = [t.text for t in drawn(figure).iter(f"{SVG}text")]
    assert "<script>alert(1)</script> & co" in texts
    assert not list(drawn(figure).iter(f"{SVG}script"))


def test_bars_have_their_lengths() -> None:
    figure = go.Figure(go.Bar(x=[10, 5], y=["a", "b"], orientation="h", base=[0, 5]))
    figure.update_layout(xaxis={"range": [0, 10]})
    bars = [r for r in drawn(figure).iter(f"{SVG}rect") if r.get("fill") == "#0072B2"]
    first, second = (float(r.get("width", 0)) for r in bars)
    assert first == pytest.approx(2 * second, abs=0.02)
    assert float(bars[1].get("x", 0)) == pytest.approx(float(bars[0].get("x", 0)) + second, abs=0.02)


def test_what_cannot_be_drawn_is_refused_by_name() -> None:
    with pytest.raises(NotDrawable, match="'pie'"):
        svg(go.Figure(go.Pie(values=[1, 2])), width=400)
    with pytest.raises(NotDrawable, match="'bowtie'"):
        svg(go.Figure(go.Scatter(x=[1], y=[1], mode="markers", marker={"symbol": "bowtie"})), width=400)


def test_every_method_has_a_mark_of_its_own_that_can_be_drawn() -> None:
    methods = {how.method for how in QUANTIZATIONS.values()}
    assert len(methods) <= len(METHOD_SYMBOLS) == len(set(METHOD_SYMBOLS))
    outlines = set()
    for symbol in METHOD_SYMBOLS:
        figure = go.Figure(go.Scatter(x=[1], y=[1], mode="markers", marker={"symbol": symbol}))
        outlines.add(svg(figure, width=400))
    assert len(outlines) == len(METHOD_SYMBOLS)


def test_the_chart_of_the_app_keeps_its_marks_and_labels() -> None:
    decision = example_decision()
    figure = decide_chart(decision, LIGHT, line=0.75, budget_usd=2000, task_title="MMLU")
    texts = {t.text for t in drawn(figure).iter(f"{SVG}text")}
    asked = {a.text.replace("<b>", "").replace("</b>", "") for a in figure.layout.annotations}
    assert asked <= texts
    assert drawn(figure).find(f"{SVG}title").text == "A & B"  # type: ignore[union-attr]
