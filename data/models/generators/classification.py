"""Support tickets with one of eight intents.

Most tickets mention more than one intent and say which one counts; some carry typos; five in a hundred
are truly ambiguous and labelled at random, so that no model can reach 100 %.
"""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of
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
ORDINALS = ["first", "second", "third", "fourth", "fifth"]
NUMBERS = {3: "three", 4: "four", 5: "five"}
OPENINGS = ["", "", "Hi, ", "Hello, ", "Good day, ", "Dear team, ", "Urgent: ", "Hey, "]
CLOSINGS = [".", " thanks.", " please help.", " - {name}.", "!", " this is the third time."]
TYPO_RATE = 0.02


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


def _body(random: Random) -> tuple[str, str]:
    kind = random.random()
    if kind < 0.05:
        body, *labels = random.choice(AMBIGUOUS)
        return body, random.choices(labels, weights=[0.65, 0.35])[0]
    if kind < 0.20:
        label = random.choice(LABELS)
        return random.choice(PHRASES[label]), label
    if kind < 0.45:
        label, other = random.sample(LABELS, 2)
        form = random.choice(TWO_INTENTS)
        return form.format(random.choice(PHRASES[label]), random.choice(PHRASES[other])), label
    return _list(random)


def _list(random: Random) -> tuple[str, str]:
    """Three to five things, of which one counts: named by its place, by a neighbour, or as the one left over."""
    labels = random.sample(LABELS, random.randint(3, 5))
    which = random.randrange(len(labels))
    listed = f"{NUMBERS[len(labels)]} things: {'; '.join(random.choice(PHRASES[label]) for label in labels)}."
    kind = random.random()
    if kind < 0.35:
        return f"{listed} only the {ORDINALS[which]} is still open", labels[which]
    if kind < 0.7:
        side, near = random.choice([("after", which - 1), ("before", which + 1)])
        if 0 <= near < len(labels):
            return f"{listed} it is about the one {side} the {labels[near]} one", labels[which]
    done = [label for label in labels if label != labels[which]]
    random.shuffle(done)
    return f"{listed} the {', the '.join(done)} ones are done", labels[which]


def generate(random: Random) -> Item:
    """One ticket; its split follows the text before typos."""
    body, label = _body(random)
    template = random.choice(OPENINGS) + body + random.choice(CLOSINGS)
    text = template.format(
        item=random.choice(ITEMS), city=random.choice(CITIES), day=random.choice(DAYS), name=random.choice(NAMES)
    )
    return Item(
        prompt=f"Ticket: {_with_typos(random, text)}\nIntent:",
        answer=f" {label}",
        split=split_of(text),
        facts={"labels": LABELS},
    )
