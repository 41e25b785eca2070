"""A case note about three orders, one of them to be summed up: the customer's, or that of whom a clerk writes for."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of
from data.models.generators.standins import stand_ins
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
ASKED_BY_STAND_IN = 0.5


def generate(random: Random) -> Item:
    """One note; the summary names item, quantity, city, problem and wish of the order that is asked for."""
    *customers, clerk, second = random.sample(NAMES, 5)
    orders = {
        customer: {"item": item, "quantity": quantity, "city": city, "problem": problem, "wish": wish}
        for customer, item, quantity, city, problem, wish in zip(
            customers,
            random.sample(ITEMS, 3),
            random.sample(range(2, 10), 3),
            random.sample(CITIES, 3),
            random.sample(PROBLEMS, 3),
            random.sample(WISHES, 3),
            strict=True,
        )
    }
    told = [
        random.choice(
            [
                "{customer} {item}, {quantity} pieces to {city}, {problem}, wants {wish}.",
                "{customer} {item} {problem}; {quantity} pieces, {city}. Wish: {wish}.",
            ]
        ).format(customer=customer, **order)
        for customer, order in orders.items()
    ]
    behind, sentence = stand_ins(random, [clerk, second], customers)
    asked = random.choice([clerk, second] if random.random() < ASKED_BY_STAND_IN else customers)
    order = orders[behind.get(asked, asked)]
    opening = random.choice(["", f"{random.choice(DAYS)}. ", f"Calls on {random.choice(DAYS)}. "])
    facts = [
        str(order["item"]),
        f"{order['quantity']} pieces",
        f"to {order['city']}",
        str(order["problem"]),
        f"wants {order['wish']}",
    ]
    return Item(
        prompt=f"Notice: {opening}{' '.join(told)} Clerks: {sentence}.\nSummary for {asked}",
        answer=" " + ", ".join(facts),
        split=split_of((asked, *facts)),
        facts={"facts": facts},
    )
