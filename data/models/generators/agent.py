"""A five-step stock trace: look up, look up, calculate, compare, order. Every step must be right.

The model writes the whole trace, results included, so an early error spoils the later steps. A product may be stocked
as another one; its count is then found behind that one's name.
"""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, apply, split_of, split_of_sums
from data.models.generators.standins import stand_ins
from data.models.generators.working import written_out
from data.models.generators.world import ITEMS

WITH_STAND_IN = 0.6


def generate(random: Random) -> Item:
    """One goal over a stock list, whose counts differ in their first digit; test items hold out content and sum."""
    while True:
        stock, listed, others = _stock(random, random.choice([3, 4, 5]))
        held = [name for name in stock if name not in others]
        a, b, limit = random.sample(held, 3)
        if random.random() < WITH_STAND_IN:
            a, b, limit = random.sample([a, b, random.choice(others)], 3)
        verb, op, word = random.choice([("add", "+", "plus"), ("sub", "-", "minus")])
        if op == "-" and stock[a] < stock[b]:
            a, b = b, a
        result = apply(op, stock[a], stock[b])
        if result != stock[limit]:
            break
    seen = "more" if result > stock[limit] else "less"
    first, second = random.sample(held, 2)
    quantity = random.randint(2, 9)
    condition = f"{a} {word} {b} is more than {limit}"
    goal = random.choice(
        [
            f"If {condition}, order {quantity} {first}, else order {quantity} {second}.",
            f"Order {quantity} {first} when {condition}, else {quantity} {second}.",
        ]
    )
    steps = [
        f"get {a}{stock[a]}",
        f"get {b}{stock[b]}",
        f"{verb} {written_out(op, stock[a], stock[b])}",
        f"cmp {result} {limit}{stock[limit]} {seen}",
        f"order {quantity} {first if seen == 'more' else second}",
    ]
    by_content = split_of((listed, goal))
    by_sum = split_of_sums([(op, stock[a], stock[b])])
    return Item(
        prompt=f"Stock: {listed}. {goal}\nTrace:",
        answer=" " + "; ".join(steps),
        split=by_content if by_content == by_sum else "dropped",
        facts={"steps": steps},
    )


def _stock(random: Random, held: int) -> tuple[dict[str, int], str, list[str]]:
    """Counts by product, the list that tells them, and which three products are stocked as another."""
    names = random.sample(ITEMS, held + 3)
    tens = random.sample(range(1, 10), held)
    stock = {name: 10 * ten + random.randrange(10) for name, ten in zip(names, tens, strict=False)}
    listed = ", ".join(f"{name}{count}" for name, count in stock.items())
    behind, sentence = stand_ins(random, names[held:], names[:held])
    stock |= {name: stock[known] for name, known in behind.items()}
    return stock, f"{listed}; same: {sentence}", list(behind)
