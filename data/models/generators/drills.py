"""Look-up exercises, for training only: without them look-ups are learned late or never."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from data.models.generators.classification import LABELS
from data.models.generators.code import constant
from data.models.generators.standins import stand_ins
from data.models.generators.world import CITIES, COUNTS, ITEMS, NAMES, PROBLEMS, WISHES

KINDS = (NAMES, ITEMS, CITIES, COUNTS, PROBLEMS, WISHES, LABELS)
ASIDES = 4


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Tables of one of the sizes ``held``, with ``stand_ins`` more names, of which each stands for a held one.

    With ``asides`` up to four more words follow each value, as in a case note. With ``sums`` the table gives a value as
    a sum or a difference, as the constants of some specifications are given. At every ``tasks_every``-th step a grown
    member meets a batch of all tasks instead of drills, so that it forgets nothing.
    """

    held: tuple[int, ...]
    stand_ins: int = 0
    asides: bool = False
    sums: bool = False
    tasks_every: int = 2


class Drill(NamedTuple):
    """A table and its reading in another order, in pieces: every second piece is a value, the rest is any order's."""

    prompt: str
    pieces: list[str]


def drill(random: Random, lesson: Lesson) -> Drill:
    """A table to be read out in another order. Keys are words of one kind, values words of another kind or numbers.

    Of tables with stand-ins half have the one they stand for written out before the value.
    """
    held = random.choice(lesson.held)
    keys = random.choice([kind for kind in KINDS if len(kind) >= held + lesson.stand_ins])
    names = random.sample(keys, held + lesson.stand_ins)
    table = dict(zip(names, _numbers(random, held) if lesson.sums else _values(random, keys, held), strict=False))
    behind, sentence = stand_ins(random, names[held:], names[:held])
    told = {name: f" {constant(random, int(n))}" for name, n in table.items()} if lesson.sums else table
    rows = [f"{name}{value}{_aside(random, keys) if lesson.asides else ''}" for name, value in told.items()]
    listed = ", ".join(rows) + (f"; same: {sentence}" if behind else "")
    verb = random.choice(["get", "via"]) if behind else "get"
    pieces: list[str] = []
    for name in random.sample(names, len(names)):
        through = f" {behind[name]}" if verb == "via" and name in behind else ""
        pieces += [f"{';' if pieces else ''} {verb} {name}", through + table[behind.get(name, name)]]
    return Drill(f"Stock: {listed}. List {len(names)}.\nTrace:", pieces)


def _values(random: Random, keys: list[str], count: int) -> list[str]:
    if random.random() < 0.4:
        return _numbers(random, count)
    pools = [kind for kind in KINDS if kind is not keys and len(kind) >= count]
    return [f" {word}" for word in random.sample(random.choice(pools), count)]


def _numbers(random: Random, count: int) -> list[str]:
    return [f"{10 * tens + random.randrange(10)}" for tens in random.sample(range(1, 10), count)]


def _aside(random: Random, keys: list[str]) -> str:
    words = [word for kind in KINDS if kind is not keys for word in kind]
    return "".join(f" {word}" for word in random.sample(words, random.randint(0, ASIDES)))
