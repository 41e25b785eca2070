"""A case note about three orders, one of them to be summed up: the customer's, or that of whom a clerk writes for."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of
from data.models.generators.standins import stand_ins
from data.models.generators.world import CITIES, COUNTS, DAYS, ITEMS, NAMES, PROBLEMS, WISHES

ASKED_BY_STAND_IN = 0.5
FACTS = (CITIES, ITEMS, COUNTS, PROBLEMS, WISHES)


def generate(random: Random) -> Item:
    """One note; the summary names city, item, quantity, problem and wish of the order that is asked for."""
    people = random.sample(NAMES, 6)
    customers, clerks = people[:3], people[3:]
    columns = [random.sample(words, len(customers)) for words in FACTS]
    orders = dict(zip(customers, map(list, zip(*columns, strict=True)), strict=True))
    told = ", ".join(" ".join([customer, *order]) for customer, order in orders.items())
    behind, sentence = stand_ins(random, clerks, customers)
    asked = random.choice(clerks if random.random() < ASKED_BY_STAND_IN else customers)
    facts = orders[behind.get(asked, asked)]
    opening = random.choice(["", f"{random.choice(DAYS)}. ", f"Calls on {random.choice(DAYS)}. "])
    return Item(
        prompt=f"Notice: {opening}{told}; same: {sentence}.\nSummary for {asked}",
        answer=" " + " ".join(facts),
        split=split_of((asked, *facts)),
        facts={"facts": facts},
    )
