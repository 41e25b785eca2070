"""Direct labels that neither overlap each other nor sit on a mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CHARACTER_PX = 6.4
LINE_PX = 15.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point in pixels from the plot's left and bottom, with the text wanted beside it ("" for none)."""

    x_px: float
    y_px: float
    text: str = ""
    radius_px: float = 6.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where the label of mark ``index`` goes: the offset of the text's anchor from the mark."""

    index: int
    dx_px: float
    dy_px: float
    anchor: str  # "left", "right" or "center" edge of the text at the offset


Box = tuple[float, float, float, float]  # left, bottom, right, top


def place_labels(
    marks: Sequence[Mark], *, width_px: float, height_px: float, most: int = 12, walls: Iterable[Box] = ()
) -> list[Placed]:
    """Labels for the first ``most`` marks (in order of importance) that find a free place; the others go without."""
    taken: list[Box] = [_around(mark) for mark in marks] + list(walls)
    placed: list[Placed] = []
    for index, mark in enumerate(marks):
        if not mark.text or len(placed) == most:
            continue
        for offset in _offsets(mark):
            box = _text_box(mark, *offset)
            inside = box[0] >= 0 and box[2] <= width_px and box[1] >= 0 and box[3] <= height_px
            own = _around(mark)
            if inside and not any(overlap(box, other) for other in taken if other != own):
                taken.append(box)
                placed.append(Placed(index=index, dx_px=offset[0], dy_px=offset[1], anchor=offset[2]))
                break
    return placed


def _offsets(mark: Mark) -> list[tuple[float, float, str]]:
    gap = mark.radius_px + 4
    near = [
        (gap, 10.0, "left"),
        (-gap, 10.0, "right"),
        (gap, -10.0, "left"),
        (-gap, -10.0, "right"),
        (gap, 17.0, "left"),
        (-gap, 17.0, "right"),
        (gap, -17.0, "left"),
        (-gap, -17.0, "right"),
        (0.0, gap + 9, "center"),
        (0.0, -gap - 9, "center"),
        (gap, 26.0, "left"),
        (gap, -26.0, "left"),
        (-gap, 26.0, "right"),
        (-gap, -26.0, "right"),
    ]
    return near


def _text_box(mark: Mark, dx: float, dy: float, anchor: str) -> Box:
    width = len(mark.text) * CHARACTER_PX + 4
    left = mark.x_px + dx - {"left": 0.0, "center": width / 2, "right": width}[anchor]
    middle = mark.y_px + dy
    return (left, middle - LINE_PX / 2, left + width, middle + LINE_PX / 2)


def _around(mark: Mark) -> Box:
    return (
        mark.x_px - mark.radius_px,
        mark.y_px - mark.radius_px,
        mark.x_px + mark.radius_px,
        mark.y_px + mark.radius_px,
    )


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share any area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
