from __future__ import annotations

from decisions.charts.reference_lines import named_lines

BOUNDS, SIZE = (-0.05, 0.45), (400.0, 200.0)  # half the score in 200 px: 2.5 px a point


def test_levels_that_nearly_coincide_share_one_name() -> None:
    placed = named_lines({"8B": 0.150, "7B": 0.155, "1B": 0.30}, bounds=BOUNDS, size_px=SIZE)
    assert [p.text for p in placed] == ["8B, 7B at full precision", "1B at full precision"]


def test_no_two_names_overlap_and_none_leaves_the_panel() -> None:
    levels = {f"model {i}": 0.02 * i for i in range(1, 21)}
    placed = named_lines(levels, bounds=BOUNDS, size_px=SIZE, taken=[(0, 150, 200, 165)])
    boxes = [p.box for p in placed] + [(0, 150, 200, 165)]
    for i, a in enumerate(boxes):
        assert a[1] >= 0 and a[3] <= SIZE[1]
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_a_name_moves_where_its_place_is_taken() -> None:
    line_px = (0.45 - 0.15) / 0.5 * 200
    free = named_lines({"8B": 0.15}, bounds=BOUNDS, size_px=SIZE)[0]
    moved = named_lines({"8B": 0.15}, bounds=BOUNDS, size_px=SIZE, taken=[(0, line_px, 200, line_px + 15)])[0]
    assert (free.side, free.rise_px) == ("left", 0) and (moved.side, moved.rise_px) == ("right", 0)


def test_a_name_that_finds_no_place_at_its_line_is_left_out() -> None:
    # The line is at 160 px; a line of text right above and right below it is taken, further away there is room.
    assert named_lines({"8B": 0.05}, bounds=BOUNDS, size_px=SIZE, taken=[(0.0, 145.0, 400.0, 175.0)]) == []


def test_a_name_that_would_lie_by_another_line_is_left_out() -> None:
    # 3B's line is at 160 px, 1B's at 125 px: all from 145 px up is taken, and 130 px is nearer to 1B.
    taken = [(0.0, 145.0, 400.0, 200.0)]
    placed = named_lines({"3B": 0.05, "1B": 0.1375}, bounds=BOUNDS, size_px=SIZE, taken=taken)
    assert [p.text for p in placed] == ["1B at full precision"]
