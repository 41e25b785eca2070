"""What the draws say in words: of the options proven to meet, and apart from that of cheaper ones not proven yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from decisions.view.values import Chance
from decisions.wording import chance, listed, money, price

LEAST_SHARE = 0.01
WORTH_SAYING = 0.01  # of the bill
SAID = 2  # how many options a sentence names


def proven_sentence(
    found: Sequence[Chance], none: float, answer: str | None, extra: float | None, draws: int
) -> str:
    """How the answer stands among those proven; without one, what is likeliest."""
    if not found:
        return "No option has a price and a chance to meet every line."
    mine = next((one for one in found if one.option == answer), None)
    if mine is None or mine.probability_among_proven is None or mine.meets is None:
        likely = [one for one in found if one.probability >= LEAST_SHARE][:SAID]
        words = f"In {chance(none)} of {draws:,} draws nothing is known to meet every line"
        shares = listed([f"{_named(one)} in {chance(one.probability)}" for one in likely])
        return words + (f"; the cheapest that truly meets is {shares}." if likely else ".")
    start = f"{mine.label} is proven, and truly meets in {chance(mine.meets)} of {draws:,} draws."
    proven = sorted(
        (one for one in found if one.probability_among_proven is not None and one.option != answer),
        key=lambda one: -(one.probability_among_proven or 0.0),
    )
    if not proven:
        return f"{start} Nothing else here is proven to meet."
    others = [
        f"{one.label} in {chance(one.probability_among_proven)}"
        for one in proven
        if (one.probability_among_proven or 0.0) >= LEAST_SHARE
    ][:SAID]
    words = f"Of the {1 + len(proven)} options proven to meet it is the best buy in "
    words += listed([chance(mine.probability_among_proven), *others])
    if extra is not None and others and extra >= WORTH_SAYING * (mine.usd_per_month or 0.0):
        words += f"; not knowing which costs {money(extra)} a month on average"
    return f"{start} {words}."


def unproven_sentence(found: Sequence[Chance], answer: str | None, items: Mapping[str, int | None]) -> str:
    """What cheaper options promise that are not proven yet, and what would settle them; "" where there are none.

    ``items`` says by option how many more items would settle it.
    """
    mine = next((one for one in found if one.option == answer), None)
    if mine is None or mine.verdict != "meets":
        return ""
    open_ones = cheaper_unproven(found, mine)
    said = []
    for one in sorted((o for o in open_ones if o.meets is not None), key=lambda o: -(o.meets or 0.0))[:1]:
        settle = items.get(one.option)
        words = f"{one.label}{_saving(one, mine)}, and truly meets in {chance(one.meets)} of the draws"
        said.append(words + (f": about {settle:,} more items would settle it" if settle else ""))
    unknown = [o for o in open_ones if o.meets is None and (o.probability_if_open_lines_meet or 0.0) > 0.5]
    for one in sorted(unknown, key=lambda o: (len(o.open_lines), price(o.usd_per_month or 0.0)))[:1]:
        lines = listed(list(one.open_lines))
        said.append(f"{one.label}{_saving(one, mine)}, if it kept the line on {lines}, of which nothing is known")
    return f"Cheaper, but not proven: {'; '.join(said)}." if said else ""


def cheaper_unproven(found: Sequence[Chance], mine: Chance) -> list[Chance]:
    """Those of lower bill than the answer, to three figures, that are not proven and not ruled out."""
    if mine.usd_per_month is None:
        return []
    bill = price(mine.usd_per_month)
    return [
        one
        for one in found
        if one.verdict == "unproven" and one.usd_per_month is not None and price(one.usd_per_month) < bill
    ]


def _saving(one: Chance, mine: Chance) -> str:
    return f" would save about {money((mine.usd_per_month or 0.0) - (one.usd_per_month or 0.0))} a month"


def _named(one: Chance) -> str:
    return f"{one.label} (not proven yet)" if one.verdict == "unproven" else one.label
