"""Word problems of one or two steps, each step worked out column by column; most ask for one of six people."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, apply, split_of_sums
from data.models.generators.standins import stand_ins
from data.models.generators.working import written_out
from data.models.generators.world import DAYS, ITEMS, NAMES

Sum = tuple[str, int, int]
MORE = ["{} come in", "buys {}", "finds {}", "gets {} more"]
LESS = ["{} go out", "sells {}", "loses {}", "gives away {}"]
GROUP = 0.65
ASKED_BY_STAND_IN = 0.75


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


def _group(random: Random, item: str) -> tuple[str, list[Sum], str]:
    """Six people of whom three have as many as another; all go through the same events, one is asked for."""
    people = random.sample(NAMES, 6)
    known, others = people[:3], people[3:]
    tens = random.sample(range(2, 10), len(known))
    stock = {name: 10 * ten + random.randrange(10) for name, ten in zip(known, tens, strict=True)}
    listed = ", ".join(f"{name}{count}" for name, count in stock.items())
    behind, sentence = stand_ins(random, others, known)
    asked = random.choice(others if random.random() < ASKED_BY_STAND_IN else known)
    now = stock[behind.get(asked, asked)]
    text = f"{item}s: {listed}; same: {sentence}. Each"
    sums: list[Sum] = []
    for _ in range(random.choice([1, 1, 2])):
        change = random.randint(2, 19) if sums else _number(random, 2)
        op = random.choice("+-") if now > change else "+"
        text += f"{' and' if sums else ''} {(random.choice(MORE[1:] if op == '+' else LESS[1:])).format(change)}"
        sums.append((op, now, change))
        now = apply(op, now, change)
    return f"{text}.", sums, asked


def generate(random: Random) -> Item:
    """One problem; the operand pairs of dev and test never occur in training."""
    name, item = random.choice(NAMES), random.choice(ITEMS)
    if random.random() < GROUP:
        return _item(*_group(random, item))
    steps = random.choice([1, 2])
    return _item(*(_one_step(random, name, item) if steps == 1 else _events(random, name, item, steps)))


def _item(text: str, sums: list[Sum], asked: str | None = None) -> Item:
    return Item(
        prompt=f"Problem: {text}\nAnswer: {asked}" if asked else f"Problem: {text}\nAnswer:",
        answer=("" if asked else " ") + "; ".join(written_out(*one) for one in sums),
        split=split_of_sums(sums),
        facts={"final": apply(*sums[-1]), "steps": len(sums)},
    )
