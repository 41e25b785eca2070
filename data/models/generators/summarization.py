"""A case note about two orders, to be summed up in one line about the order that is still open."""

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


def generate(random: Random) -> Item:
    """One note; the summary names customer, reference, quantity and item, problem and wish."""
    name, clerk = random.sample(NAMES, 2)
    item, other_item = random.sample(ITEMS, 2)
    day, other_day = random.sample(DAYS, 2)
    city = random.choice(CITIES)
    problem, other_problem = random.sample(PROBLEMS, 2)
    wish = random.choice(WISHES)
    quantity, other_quantity = random.sample(range(2, 10), 2)
    reference, other_reference = random.randint(100, 999), random.randint(100, 999)

    opening = random.choice(
        [
            f"{name} from {city} wrote on {day} about two orders.",
            f"On {day} {name} in {city} called about two orders.",
            f"Two orders by {name}, {city}, {day}.",
        ]
    )
    open_case = [
        random.choice(
            [
                f"Order {reference}: {quantity} {item}, {problem}.",
                f"Ref {reference}, the {quantity} {item}: it {problem}.",
            ]
        ),
        random.choice([f"{name} asks for {wish}.", f"The customer wants {wish}.", f"Wish: {wish}."]),
    ]
    closed_case = random.choice(
        [
            f"Order {other_reference}: {other_quantity} {other_item}, {other_problem}, closed.",
            f"Closed on {other_day}: ref {other_reference}, {other_quantity} {other_item}, {other_problem}.",
        ]
    )
    asides = [
        f"{clerk} took the call.",
        f"{clerk} packed it on {other_day}.",
        f"The parcel passed {random.choice(CITIES)}.",
        f"{clerk} offered {random.choice([w for w in WISHES if w != wish])}, not accepted.",
    ]
    sentences = [*open_case, closed_case, *random.sample(asides, random.randint(1, 3))]
    random.shuffle(sentences)
    facts = [name, f"#{reference}", f"{quantity} {item}", problem, wish]
    return Item(
        prompt=f"Notice: {opening} {' '.join(sentences)}\nSummary:",
        answer=f" {name} #{reference}: {quantity} {item} {problem}, wants {wish}",
        split=split_of((name, item, quantity, reference, problem, wish)),
        facts={"facts": facts},
    )
