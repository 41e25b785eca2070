"""A five-step stock trace: look up, look up, calculate, compare, order. Every step must be right.

The model writes the whole trace, results included, so an early error spoils the later steps.
"""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, apply, split_of, split_of_sums
from data.models.generators.working import written_out
from data.models.generators.world import ITEMS


def generate(random: Random, distinct_tens: bool = True) -> Item:
    """One goal over a stock list, whose counts differ in their first digit; test items hold out content and sum."""
    while True:
        names = random.sample(ITEMS, random.choice([4, 5, 6]))
        if distinct_tens:
            tens = random.sample(range(1, 10), len(names))
            stock = {name: 10 * ten + random.randrange(10) for name, ten in zip(names, tens, strict=True)}
        else:
            stock = {name: random.randint(10, 99) for name in names}
        a, b, limit = random.sample(names, 3)
        verb, op, word = random.choice([("add", "+", "plus"), ("sub", "-", "minus")])
        if op == "-" and stock[a] < stock[b]:
            a, b = b, a
        result = apply(op, stock[a], stock[b])
        if result != stock[limit]:
            break
    seen = "more" if result > stock[limit] else "less"
    asked = random.choice(["more", "less"])
    first, second = random.sample(names, 2)
    quantity = random.randint(2, 9)
    condition = f"{a} {word} {b} is {asked} than {limit}"
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
        f"order {quantity} {first if asked == seen else second}",
    ]
    by_content = split_of((tuple(stock.items()), goal))
    by_sum = split_of_sums([(op, stock[a], stock[b])])
    return Item(
        prompt=f"Stock: {_listed(stock)}. {goal}\nTrace:",
        answer=" " + "; ".join(steps),
        split=by_content if by_content == by_sum else "dropped",
        facts={"steps": steps},
    )


def drill(random: Random) -> tuple[str, str]:
    """A look-up exercise for training only: repeat the whole stock list in another order."""
    names = random.sample(ITEMS, random.choice([3, 5, 8]))
    stock = {name: random.randint(10, 99) for name in names}
    order = random.sample(names, len(names))
    prompt = f"Stock: {_listed(stock)}. List {len(names)}.\nTrace:"
    return prompt, " " + "; ".join(f"get {name}{stock[name]}" for name in order)


def _listed(stock: dict[str, int]) -> str:
    return ", ".join(f"{name}{count}" for name, count in stock.items())
