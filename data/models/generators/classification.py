"""Support tickets with one of eight intents.

Many tickets hold more than one intent and say which counts; half only follow up on what the writer, or somebody the
writer stands in for, wanted before; some carry typos; five in a hundred are truly ambiguous and labelled at random, so
that no model can reach 100 %.
"""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of
from data.models.generators.standins import stand_ins
from data.models.generators.world import CITIES, DAYS, ITEMS, NAMES

PHRASES: dict[str, list[str]] = {
    "refund": [
        "I want my money back for the {item}",
        "please return what I paid for the {item}",
        "how do I get reimbursed for the {item}",
        "send me back the payment for the {item}",
        "the {item} came broken so I expect my money back",
    ],
    "shipping": [
        "where is my {item}",
        "the {item} has not arrived in {city} yet",
        "my parcel with the {item} is late",
        "tracking says the {item} is stuck in {city}",
        "when will the {item} be delivered to {city}",
    ],
    "login": [
        "I cannot sign in since {day}",
        "my password is rejected",
        "the reset mail never comes",
        "my account is locked since {day}",
        "the code for sign in does not work",
    ],
    "billing": [
        "I was charged twice for the {item}",
        "the invoice from {day} is wrong",
        "why is there an extra fee on my card",
        "the amount on the bill for the {item} is too high",
        "I need a corrected invoice",
    ],
    "cancel": [
        "please stop my order for the {item}",
        "I do not want the {item} any more",
        "end my plan on {day}",
        "close my subscription",
        "call off the delivery of the {item}",
    ],
    "bug": [
        "the app crashes when I open the {item} page",
        "the button on the {item} page does nothing",
        "the screen stays white since {day}",
        "an error shows up when I save",
        "the app freezes on {day}",
    ],
    "feature": [
        "could you add a dark mode",
        "it would be great to sort by {item}",
        "please support export to a file",
        "I wish I could share my {item} list",
        "can you build a calendar view",
    ],
    "upgrade": [
        "I want to move to the bigger plan",
        "how do I get more seats",
        "switch me to the pro plan on {day}",
        "we need the larger package",
        "what does the next plan cost",
    ],
}
LABELS = list(PHRASES)
AMBIGUOUS = [
    ("the {item} payment page fails", "bug", "billing"),
    ("I paid but nothing came for the {item}", "shipping", "refund"),
    ("my plan is wrong since {day}", "billing", "upgrade"),
    ("I cannot use the account any more", "login", "cancel"),
    ("the {item} page needs a fix and a new view", "bug", "feature"),
]
# {0} is the intent that counts, {1} the one that does not.
TWO_INTENTS = [
    "{1}, but the main problem is: {0}",
    "{0}. that comes first. also {1}",
    "{1} is solved by now, however {0}",
    "my friend says {1}, as for me {0}",
    "not about {1}, rather {0}",
    "{0}, and forget that {1}",
]
# Nothing but who writes tells what a follow-up is about.
AGAIN = [
    "it happened again in {city}.",
    "still the same as on {day}!",
    "any news since {day}?",
    "no answer yet, please help.",
    "this is the second time I write.",
]
FOLLOW_UPS = 0.5
ASKED_BY_STAND_IN = 0.75
OPENINGS = ["", "", "Hi, ", "Hello, ", "Good day, ", "Dear team, ", "Urgent: ", "Hey, "]
CLOSINGS = [".", " thanks.", " please help.", " - {name}.", "!", " this is the third time."]
TYPO_RATE = 0.02
AMBIGUOUS_FRACTION = 0.05


def _with_typos(random: Random, text: str) -> str:
    letters = []
    for letter in text:
        if letter.isalpha() and random.random() < TYPO_RATE:
            kind = random.random()
            if kind < 0.4:
                continue
            if kind < 0.7:
                letters.append(letter)
        letters.append(letter)
    return "".join(letters)


def _single(random: Random) -> tuple[str, str]:
    kind = random.random()
    if kind < AMBIGUOUS_FRACTION / (1 - FOLLOW_UPS):
        body, *labels = random.choice(AMBIGUOUS)
        return body, random.choices(labels, weights=[0.65, 0.35])[0]
    if kind < 0.45:
        label = random.choice(LABELS)
        return random.choice(PHRASES[label]), label
    label, other = random.sample(LABELS, 2)
    form = random.choice(TWO_INTENTS)
    return form.format(random.choice(PHRASES[label]), random.choice(PHRASES[other])), label


def _filled(random: Random, template: str) -> str:
    return template.format(
        item=random.choice(ITEMS), city=random.choice(CITIES), day=random.choice(DAYS), name=random.choice(NAMES)
    )


def generate(random: Random) -> Item:
    """One ticket; its split follows the text before typos."""
    if random.random() < FOLLOW_UPS:
        return _follow_up(random)
    body, label = _single(random)
    text = _filled(random, random.choice(OPENINGS) + body + random.choice(CLOSINGS))
    return Item(
        prompt=f"Ticket: {_with_typos(random, text)}\nIntent:",
        answer=f" {label}",
        split=split_of(text),
        facts={"labels": LABELS},
    )


def _follow_up(random: Random) -> Item:
    """A ticket that says no more than who writes again, over a list of who wanted what; three write for another one."""
    people = random.sample(NAMES, 6)
    known, others = people[:3], people[3:]
    intents = dict(zip(known, random.sample(LABELS, 3), strict=True))
    listed = ", ".join(f"{name} {label}" for name, label in intents.items())
    behind, sentence = stand_ins(random, others, known)
    asked = random.choice(others if random.random() < ASKED_BY_STAND_IN else known)
    text = _filled(random, random.choice(OPENINGS) + random.choice(AGAIN))
    # A misspelt name would be another name: typos stay in what is said.
    return Item(
        prompt=f"Ticket: {_with_typos(random, text)} Before: {listed}; same: {sentence}.\nIntent of {asked}",
        answer=f" {intents[behind.get(asked, asked)]}",
        split=split_of((text, listed, sentence, asked)),
        facts={"labels": LABELS},
    )
