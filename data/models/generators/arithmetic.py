"""Word problems of one to three steps, each step worked out column by column."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, apply, split_of_sums
from data.models.generators.working import written_out
from data.models.generators.world import DAYS, ITEMS, NAMES

Sum = tuple[str, int, int]
MORE = ["{} come in", "buys {}", "finds {}", "gets {} more"]
LESS = ["{} go out", "sells {}", "loses {}", "gives away {}"]


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
    a, b = random.randint(2, 9), random.randint(11, 99)
    texts = [f"{name} buys {a} boxes with {b} {item}s each. How many {item}s?", f"What is {a} times {b}?"]
    return random.choice(texts), [("*", a, b)]


def _events(random: Random, name: str, item: str, count: int) -> tuple[str, list[Sum]]:
    """A stock that changes ``count`` times, or boxes that are bought and then change ``count - 1`` times."""
    if random.random() < 0.3:
        a, b = random.randint(2, 9), random.randint(11, 49)
        text, now = f"{name} buys {a} boxes with {b} {item}s each", a * b
        sums: list[Sum] = [("*", a, b)]
    else:
        now = _number(random, 2 if random.random() < 0.6 else 3)
        text = random.choice([f"{name} has {now} {item}s", f"Stock is {now} {item}s"])
        sums = []
    while len(sums) < count:
        change = _number(random, 2)
        op = random.choice("+-") if now > change else "+"
        text += f", {random.choice(MORE if op == '+' else LESS).format(change)}"
        sums.append((op, now, change))
        now = apply(op, now, change)
    return f"{text}. {random.choice(['How many now?', 'What is left?'])}", sums


def _two_people(random: Random, item: str) -> tuple[str, list[Sum]]:
    """Two stocks that change, one of them asked for: the events of the other must be left out."""
    names = random.sample(NAMES, 2)
    stock = {name: _number(random, 2) for name in names}
    text = [f"{names[0]} has {stock[names[0]]} {item}s, {names[1]} has {stock[names[1]]}"]
    sums: dict[str, list[Sum]] = {name: [] for name in names}

    def change(name: str, op: str, count: int) -> None:
        sums[name].append((op, stock[name], count))
        stock[name] = apply(op, stock[name], count)

    for _ in range(random.choice([2, 3])):
        name, other = random.sample(names, 2)
        count = _number(random, 2)
        kind = random.random()
        if stock[name] > count and kind < 0.4:
            text.append(f"{name} gives {other} {count}")
            change(name, "-", count)
            change(other, "+", count)
        elif stock[name] > count and kind < 0.7:
            text.append(f"{name} {random.choice(LESS[1:]).format(count)}")
            change(name, "-", count)
        else:
            text.append(f"{name} {random.choice(MORE[1:]).format(count)}")
            change(name, "+", count)
    asked = random.choice([name for name in names if sums[name]])
    return f"{'. '.join(text)}. How many does {asked} have now?", sums[asked]


def generate(random: Random, two_people_fraction: float = 0.3) -> Item:
    """One problem; the operand pairs of dev and test never occur in training."""
    if two_people_fraction and random.random() < two_people_fraction:
        return _item(*_two_people(random, random.choice(ITEMS)))
    name, item = random.choice(NAMES), random.choice(ITEMS)
    steps = random.choices([1, 2, 3], weights=[0.4, 0.35, 0.25])[0]
    return _item(*(_one_step(random, name, item) if steps == 1 else _events(random, name, item, steps)))


def _item(text: str, sums: list[Sum]) -> Item:
    return Item(
        prompt=f"Problem: {text}\nAnswer:",
        answer=" " + "; ".join(written_out(*one) for one in sums),
        split=split_of_sums(sums),
        facts={"final": apply(*sums[-1]), "steps": len(sums)},
    )
