"""Look-up exercises, for training only: without them look-ups are learned late or never."""

from __future__ import annotations

from random import Random

from data.models.generators.classification import LABELS
from data.models.generators.standins import stand_ins
from data.models.generators.world import CITIES, ITEMS, NAMES


def drill(random: Random, others: int = 0) -> tuple[str, str]:
    """A table to be read out in another order: prompt and answer. Keys are products or people, values also numbers,
    cities or intents.

    With ``others`` stand-ins, of which half the tables have the one they stand for written out before the value.
    """
    keys = random.choice([ITEMS, NAMES])
    held = random.choice([3, 4, 6] if others else [3, 5, 8])
    names = random.sample(keys, held + others)
    values = _values(random, keys, held)
    table = dict(zip(names, values, strict=False))
    behind, sentence = stand_ins(random, names[held:], names[:held])
    listed = ", ".join(name + value for name, value in table.items()) + (f"; same: {sentence}" if behind else "")
    verb = random.choice(["get", "via"]) if behind else "get"
    read = [
        f"{verb} {name}{f' {behind[name]}' if verb == 'via' and name in behind else ''}{table[behind.get(name, name)]}"
        for name in random.sample(names, len(names))
    ]
    return f"Stock: {listed}. List {len(names)}.\nTrace:", " " + "; ".join(read)


def _values(random: Random, keys: list[str], count: int) -> list[str]:
    if random.random() < 0.5:
        return [f"{10 * tens + random.randrange(10)}" for tens in random.sample(range(1, 10), count)]
    pools = [pool for pool in (ITEMS, NAMES, CITIES, LABELS) if pool is not keys]
    return [f" {word}" for word in random.sample(random.choice(pools), count)]
