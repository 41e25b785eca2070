"""One-line Python functions from a short specification, judged by running them on hidden inputs."""

from __future__ import annotations

from random import Random

from data.models.generators.items import Item, split_of

COMPARISONS = [(">", "greater than"), ("<", "less than"), (">", "above"), ("<", "below"), ("!=", "not equal to")]
BRANCH_COMPARISONS = [(">", "more than"), ("<", "less than"), (">", "above"), ("<", "below")]
ARITHMETIC = [("+", "plus"), ("-", "minus"), ("*", "times")]
TEXT_STEPS = [
    ("reverse it", "[::-1]"),
    ("upper case", ".upper()"),
    ("lower case", ".lower()"),
    ("repeat it {n} times", " * {n}"),
    ("take the first {n} letters", "[:{n}]"),
    ("take the last {n} letters", "[-{n}:]"),
    ("drop the first {n} letters", "[{n}:]"),
    ("drop the last {n} letters", "[:-{n}]"),
    ("replace {p} by {q}", ".replace('{p}', '{q}')"),
]
INPUTS: dict[str, list[object]] = {
    "int": [-7, 0, *range(1, 60), 99],
    "str": ["Hello World", "abcdefghij", "dEcAbX", "a", "bedazzled Cab"],
    "list": [[], [1, 2, 3, 4, 5], [40, 39, 10, 2, 0, -3], list(range(60)), [20, 20, 7, 31]],
}

CARRY = 0.35

Draft = tuple[str, str, str]  # specification, expression, kind of input


def constant(random: Random, n: int) -> str:
    """``n`` as a sum or a difference to be worked out, ``CARRY`` of them with a carry."""
    carries, plus = random.random() < CARRY, random.random() < 0.5
    steps = [step for step in range(2, 10) if ((n % 10 < step) if plus else (n % 10 + step > 9)) == carries]
    step = random.choice(steps or range(2, 10))
    return f"{n - step} plus {step}" if plus else f"{n + step} minus {step}"


def _constant(random: Random, low: int, high: int) -> tuple[str, int]:
    """A number, half the time given as a sum or a difference."""
    n = random.randint(low, high)
    return (str(n) if random.random() < 0.5 else constant(random, n)), n


def _formula(random: Random) -> Draft:
    a = random.randint(2, 9)
    said, b = _constant(random, 11, 40)
    op, word = random.choice([("+", "plus"), ("-", "minus")])
    verb, preposition = ("add", "to") if op == "+" else ("subtract", "from")
    drafts = [
        (f"return x times {a} {word} k, k is {said}", f"x * {a} {op} {b}"),
        (f"multiply x by {a}, then {verb} k, k is {said}", f"x * {a} {op} {b}"),
        (f"{verb} k {preposition} x, then multiply by {a}, k is {said}", f"(x {op} {b}) * {a}"),
        (f"return k {word} {a} times x, k is {said}", f"{b} {op} {a} * x"),
    ]
    return (*random.choice(drafts), "int")


def _condition(random: Random) -> tuple[str, str]:
    if random.random() < 0.3:
        even = random.random() < 0.5
        return f"that are {'even' if even else 'odd'}", f"v % 2 == {0 if even else 1}"
    op, word = random.choice(COMPARISONS)
    said, n = _constant(random, 11, 49)
    return f"{word} {said}", f"v {op} {n}"


def _over_list(random: Random) -> Draft:
    text, condition = _condition(random)
    if random.random() < 0.35:
        other_text, other = _condition(random)
        text, condition = f"{text} and {other_text}", f"{condition} and {other}"
    z = random.randint(2, 20)
    drafts = [
        (f"keep the values of x {text}", f"[v for v in x if {condition}]"),
        (f"add {z} to the values of x {text}", f"[v + {z} for v in x if {condition}]"),
        (f"multiply by {z} the values of x {text}", f"[v * {z} for v in x if {condition}]"),
        (f"sum the values of x {text}", f"sum(v for v in x if {condition})"),
        (f"count the values of x {text}", f"len([v for v in x if {condition}])"),
    ]
    which = random.randrange(len(drafts))
    spec, expression = drafts[which]
    if which in (1, 2) and random.random() < 0.4:
        spec, expression = f"{spec} and sort them", f"sorted({expression})"
    return spec, expression, "list"


def _over_text(random: Random) -> Draft:
    steps = random.sample(TEXT_STEPS, random.randint(3, 5))
    steps.sort(key=lambda step: "repeat" in step[0])  # "x * 3[:2]" would bind wrongly
    words, expression = [], "x"
    for text, code in steps:
        values = {"n": random.randint(2, 7), "p": random.choice("abcde"), "q": random.choice("mnopq")}
        words.append(text.format(**values))
        expression += code.format(**values)
    return "text x: " + ", ".join(words), expression, "str"


def _branch(random: Random) -> Draft:
    said, n = _constant(random, 11, 49)
    op, word = random.choice(BRANCH_COMPARISONS)

    def arm() -> tuple[str, str]:
        sign, name = random.choice(ARITHMETIC)
        z = random.randint(2, 20)
        return f"x {name} {z}", f"x {sign} {z}"

    (yes_text, yes), (no_text, no) = arm(), arm()
    if random.random() < 0.7:
        spec = f"if x is {word} {said} return {yes_text}, otherwise {no_text}"
    else:
        spec = f"return {no_text} unless x is {word} {said}, then {yes_text}"
    return spec, f"{yes} if x {op} {n} else {no}", "int"


def generate(random: Random) -> Item:
    """One specification; its split follows the expected expression."""
    draft = random.choices([_formula, _over_list, _over_text, _branch], weights=[0.15, 0.35, 0.3, 0.2])[0]
    spec, expression, kind = draft(random)
    return Item(
        prompt=f"Spec: {spec}\ndef f(x): return",
        answer=f" {expression}",
        split=split_of(expression),
        facts={"inputs": INPUTS[kind]},
    )
