"""Charts show each option once, by its verdict, with labels that do not collide."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from decisions.charts.decide import decide_chart, round_money_ticks
from decisions.charts.labels import CHARACTER_PX, LINE_PX, Mark, place_labels
from decisions.charts.palette import DARK, LIGHT
from pages.ui.options_table import options_frame
from tests.pages.examples import example_decision


def test_every_mark_carries_its_option_and_verdict() -> None:
    decision = example_decision()
    figure = decide_chart(decision, LIGHT, line=0.75, budget_usd=2000, task_title="MMLU")
    shown = {data[0]: trace.name for trace in figure.data if trace.customdata is not None for data in trace.customdata}
    assert shown == {option.id: option.verdict for option in decision.options}


def test_frontier_joins_only_undominated_options() -> None:
    figure = decide_chart(example_decision(), LIGHT, line=0.75, budget_usd=2000, task_title="MMLU")
    steps = next(trace for trace in figure.data if trace.line.shape == "hv")
    assert list(steps.y)[:-1] == [0.652, 0.805, 0.809]


def test_the_answer_is_the_largest_mark() -> None:
    decision = example_decision()
    assert decision.choice is not None
    figure = decide_chart(decision, DARK, line=0.75, budget_usd=2000, task_title="MMLU")
    sizes = {
        data[0]: size
        for trace in figure.data
        if trace.customdata is not None
        for data, size in zip(trace.customdata, trace.marker.size, strict=True)
    }
    assert max(sizes, key=lambda option: sizes[option]) == decision.choice.id


def test_an_option_far_under_the_line_is_counted_not_dropped_silently() -> None:
    decision = example_decision(accuracy=0.88)
    figure = decide_chart(decision, LIGHT, line=0.88, budget_usd=2000, task_title="MMLU")
    shown = sum(len(trace.customdata) for trace in figure.data if trace.customdata is not None)
    hidden = len(decision.options) - shown
    notes = [note.text for note in figure.layout.annotations]
    assert hidden == 0 or any(note.startswith(f"{hidden} more below") for note in notes)


@pytest.mark.parametrize(("low", "high"), [(100, 10_000), (900, 1100), (0.5, 3e6)])
def test_ticks_are_round_money_and_few(low: float, high: float) -> None:
    ticks = round_money_ticks(low, high, most=9)
    assert 1 <= len(ticks) <= 9
    assert all(low <= tick <= high and f"{tick:e}"[0] in "12357" for tick in ticks)


def test_labels_never_overlap() -> None:
    marks = [Mark(x_px=20 + 37 * (i % 8), y_px=30 + 11 * (i % 5), text=f"70B Q{i}_K_M") for i in range(16)]
    placed = place_labels(marks, width_px=400, height_px=300, most=12)
    assert placed
    boxes = []
    for one in placed:
        mark = marks[one.index]
        width = len(mark.text) * CHARACTER_PX
        left = mark.x_px + one.dx_px - {"left": 0.0, "center": width / 2, "right": width}[one.anchor]
        middle = mark.y_px + one.dy_px
        boxes.append((left, middle - LINE_PX / 2, left + width, middle + LINE_PX / 2))
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_table_lists_every_option_once_the_meeting_ones_first() -> None:
    decision = example_decision()
    frame = options_frame(decision, {"MMLU": "MMLU"})
    assert Counter(frame.index) == Counter(option.id for option in decision.options)
    verdicts = [verdict.split()[-1] for verdict in frame["Verdict"]]
    assert verdicts == sorted(verdicts, key=["meets", "unproven", "misses"].index)


def test_without_a_score_the_chart_says_so_and_draws_no_axes() -> None:
    decision = replace(example_decision(), task="never measured")
    figure = decide_chart(decision, LIGHT, line=0.75, budget_usd=2000, task_title="MMLU")
    assert (figure.layout.xaxis.visible, figure.layout.yaxis.visible, len(figure.data)) == (False, False, 0)
    assert "No priced option has a score" in figure.layout.annotations[0].text
