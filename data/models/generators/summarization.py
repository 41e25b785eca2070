"""A case note about three orders, two of them settled, to be summed up in one line about the one still open."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of
from data.models.generators.world import CITIES, DAYS, ITEMS, NAMES

PROBLEMS = [
    "arrived broken",
    "never arrived",
    "has the wrong color",
    "is too small",
    "stopped working",
    "misses a part",
]
WISHES = ["a refund", "a new one", "a call", "a discount", "a repair"]
SETTLED = ["The {item} is settled.", "The {item} was closed on {day}.", "No more to do for the {item}."]


def generate(random: Random) -> Item:
    """One note; the summary names customer, item, reference, quantity and problem, and wish of the open order."""
    name, clerk = random.sample(NAMES, 2)
    items = random.sample(ITEMS, 3)
    problems = random.sample(PROBLEMS, 3)
    wishes = random.sample(WISHES, 3)
    quantities = random.sample(range(2, 10), 3)
    references = random.sample(range(100, 1000), 3)
    opening = random.choice(
        [
            f"{name} from {random.choice(CITIES)} wrote on {random.choice(DAYS)} about three orders.",
            f"On {random.choice(DAYS)} {name} in {random.choice(CITIES)} called about three orders.",
            f"Three orders by {name}, {random.choice(CITIES)}, {random.choice(DAYS)}.",
        ]
    )
    orders = [
        random.choice(
            [
                f"The {item}, ref {reference}, {quantity} pieces, {problem}; wish: {wish}.",
                f"{item} (ref {reference}, {quantity} pieces) {problem}, wants {wish}.",
            ]
        )
        for item, reference, quantity, problem, wish in zip(
            items, references, quantities, problems, wishes, strict=True
        )
    ]
    asides = [f"{clerk} took the call.", f"The parcel passed {random.choice(CITIES)}.", ""]
    closing = [
        *(random.choice(SETTLED).format(item=item, day=random.choice(DAYS)) for item in items[1:]),
        random.choice(asides),
    ]
    random.shuffle(orders)
    random.shuffle(closing)
    text = " ".join(sentence for sentence in [opening, *orders, *closing] if sentence)
    item, reference, quantity, problem, wish = items[0], references[0], quantities[0], problems[0], wishes[0]
    return Item(
        prompt=f"Notice: {text}\nSummary:",
        answer=f" {name}, {item} #{reference}: {quantity} pieces, {problem}, wants {wish}",
        split=split_of((name, item, quantity, reference, problem, wish)),
        facts={"facts": [name, f"{item} #{reference}", f"{quantity} pieces", problem, wish]},
    )
