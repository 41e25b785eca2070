"""Word problems of one or two steps, answered as a chain such as ``97-55=42+19=61``."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, apply, split_of_sums
from data.models.generators.world import DAYS, ITEMS, NAMES

Sum = tuple[str, int, int]


def _number(random: Random, digits: int) -> int:
    return random.randint(10 ** (digits - 1), 10**digits - 1)


def _one_step(random: Random, name: str, item: str) -> tuple[str, list[Sum]]:
    digits = 2 if random.random() < 0.6 else 3
    a, b = _number(random, digits), _number(random, 2 if random.random() < 0.6 else digits)
    kind = random.random()
    if kind < 0.42:
        texts = [
            f"{name} has {a} {item}s and gets {b} more. How many now?",
            f"What is {a} plus {b}?",
            f"A shop sells {a} {item}s on {random.choice(DAYS)} and {b} on {random.choice(DAYS)}. How many in all?",
        ]
        return random.choice(texts), [("+", a, b)]
    if kind < 0.77:
        a, b = max(a, b), min(a, b)
        texts = [
            f"{name} has {a} {item}s and gives away {b}. How many are left?",
            f"What is {a} minus {b}?",
            f"Of {a} {item}s {b} are sold. How many remain?",
        ]
        return random.choice(texts), [("-", a, b)]
    a, b = random.randint(2, 9), random.randint(3, 29)
    texts = [f"{name} buys {a} boxes with {b} {item}s each. How many {item}s?", f"What is {a} times {b}?"]
    return random.choice(texts), [("*", a, b)]


def _two_steps(random: Random, name: str, item: str) -> tuple[str, list[Sum]]:
    a, b, c = (_number(random, 2) for _ in range(3))
    kind = random.random()
    if kind < 0.4:
        c = min(c, a + b - 1)
        texts = [
            f"{name} has {a} {item}s, buys {b} and loses {c}. How many now?",
            f"Stock is {a} {item}s. {b} come in, {c} go out. What is left?",
        ]
        return random.choice(texts), [("+", a, b), ("-", a + b, c)]
    if kind < 0.7:
        a, b = max(a, b), min(a, b)
        texts = [
            f"{name} has {a} {item}s, sells {b} and then finds {c}. How many now?",
            f"Stock is {a} {item}s. {b} go out, then {c} come in. What is left?",
        ]
        return random.choice(texts), [("-", a, b), ("+", a - b, c)]
    a, b = random.randint(2, 9), random.randint(3, 19)
    text = f"{name} buys {a} boxes with {b} {item}s each and has {c} more. How many in all?"
    return text, [("*", a, b), ("+", a * b, c)]


def generate(random: Random) -> Item:
    """One problem; the operand pairs of dev and test never occur in training."""
    name, item = random.choice(NAMES), random.choice(ITEMS)
    text, sums = (_one_step if random.random() < 0.7 else _two_steps)(random, name, item)
    op, a, b = sums[0]
    chain = f"{a}{op}{b}={apply(op, a, b)}"
    for op, a, b in sums[1:]:
        chain += f"{op}{b}={apply(op, a, b)}"
    return Item(
        prompt=f"Problem: {text}\nAnswer:",
        answer=f" {chain}",
        split=split_of_sums(sums),
        facts={"final": apply(*sums[-1]), "steps": len(sums)},
    )
