"""A chart is drawn once for what it shows; a layout is added to, never lost."""

from __future__ import annotations

import plotly.graph_objects as go

from decisions.charts.kept import drawn
from decisions.charts.palette import DARK, LIGHT, Palette, annotate, dressed, lay_out


def bars(heights: list[float], *, colours: Palette, narrow: bool = False) -> go.Figure:
    return go.Figure(go.Bar(y=heights, marker={"color": colours.meets}, width=1 if narrow else 2))


def test_the_same_data_in_the_same_look_is_one_figure() -> None:
    heights = [1.0, 2.0]
    first = drawn(bars, heights, colours=LIGHT)
    assert drawn(bars, heights, colours=LIGHT) is first
    assert list(first.data[0].y) == [1.0, 2.0]
    assert drawn(bars, heights, colours=DARK).data[0].marker.color == DARK.meets
    assert drawn(bars, heights, colours=LIGHT, narrow=True).data[0].width == 1
    assert list(drawn(bars, [3.0], colours=LIGHT).data[0].y) == [3.0]


def test_dressing_reaches_every_axis_and_keeps_what_was_set() -> None:
    figure = go.Figure(layout={"xaxis2": {"domain": [0, 0.5]}, "xaxis": {"range": [1, 2]}})
    dressed(figure, LIGHT, height=50, xaxis={"title": {"text": "bits"}}, yaxis={"zeroline": True}, margin={"l": 3})
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis.title.font.color) == ("bits", LIGHT.quiet)
    assert (figure.layout.xaxis2.title.text, figure.layout.xaxis2.domain) == ("bits", (0, 0.5))
    assert (figure.layout.xaxis.range, figure.layout.yaxis.zeroline) == ((1, 2), True)
    assert (figure.layout.height, figure.layout.margin.l, figure.layout.font.color) == (50, 3, LIGHT.text)


def test_parts_of_a_layout_are_merged() -> None:
    figure = go.Figure()
    lay_out(figure, {"margin": {"l": 1, "r": 2}, "height": 10})
    lay_out(figure, {"margin": {"r": 3}})
    assert (figure.layout.margin.l, figure.layout.margin.r, figure.layout.height) == (1, 3, 10)


def test_annotations_are_added_to_those_there() -> None:
    figure = go.Figure()
    for texts in (["a"], ["b", "c"]):
        annotate(figure, [{"text": text} for text in texts])
    assert [note.text for note in figure.layout.annotations] == ["a", "b", "c"]
