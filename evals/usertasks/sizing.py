"""How many items a margin needs, and what margin the items at hand can show."""

from __future__ import annotations

from dataclasses import dataclass

from evals.statistics.power import MOST_ITEMS, items_for_margin

FLIP_FRACTION = 0.10  # of answers that change at 4 bits: a cautious guess before anything is measured


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """``needed`` items show that no more than ``margin`` is lost; ``have`` items show no less than ``shows``."""

    have: int
    needed: int
    margin: float
    shows: float | None
    flip_fraction: float

    @property
    def sentence(self) -> str:
        """In words."""
        if self.needed <= self.have:
            need = f"{self.have:,} items are enough to show that no more than {_points(self.margin)} are lost"
            return f"{need} (about {self.needed:,} needed, if {self.flip_fraction:.0%} of the answers change)."
        shows = "" if self.shows is None else f" {self.have:,} can show a loss of no more than {_points(self.shows)}."
        return (
            f"About {self.needed:,} items would show that no more than {_points(self.margin)} are lost, "
            f"if {self.flip_fraction:.0%} of the answers change.{shows}"
        )


def sizing(have: int, margin: float, flip_fraction: float = FLIP_FRACTION) -> Sizing:
    """For a paired test of a variant against its baseline, 95 % sure, with a chance of 80 % to succeed."""
    needed = items_for_margin(flip_fraction, margin)
    if needed > MOST_ITEMS:
        raise ValueError(f"margin is {margin:g}; that takes more than a million items: give a wider one, such as 0.02")
    tenths = (step / 1000 for step in range(1, 1001))
    shows = next((m for m in tenths if items_for_margin(flip_fraction, m) <= have), None)
    return Sizing(have=have, needed=needed, margin=margin, shows=shows, flip_fraction=flip_fraction)


def _points(fraction: float) -> str:
    value = f"{100 * fraction:.3g}"
    return f"{value} point" if value == "1" else f"{value} points"
