"""The sentences of the Cliff page say what its table of edges says."""

from __future__ import annotations

from decisions.cliff import cliff
from decisions.cliff_words import cliff_sentences
from decisions.edges import edges
from tests.decisions.test_cliff import curve

MANY = 20_000  # items: ± 0.6 points


def test_tasks_that_break_come_first() -> None:
    rows = cliff(
        [
            *curve({"bf16": 0.9, "q4": 0.9, "q2": 0.9}, n=MANY, task="intents"),
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.9, "q2": 0.6}, n=MANY, task="math"),
        ]
    )
    assert cliff_sentences(rows) == ("Math breaks between 3.4 and 2.6 bits; intents has not broken down to 2.6 bits.",)
    assert cliff_sentences(()) == ("Nothing is measured yet, so no cliff can be shown.",)


def test_models_that_break_at_different_bits_are_told_apart() -> None:
    rows = cliff(
        [
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.6, "q2": 0.3}, n=MANY, model="small"),
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.9, "q2": 0.6}, n=MANY, model="big"),
            *curve({"bf16": 0.9, "q4": 0.9}, n=MANY, model="new"),
        ]
    )
    assert cliff_sentences(rows, {"small": "1M", "quiz": "Quiz"}) == (
        "Quiz breaks between 4.5 and 3.4 bits for 1M and between 3.4 and 2.6 bits for big, "
        "and has not broken down to 4.5 bits for new.",
    )


def test_the_sentence_names_the_first_break_as_the_table_does() -> None:
    # q4 is broken, q3 is unproven, q2 broken: the first break is q4, not q2
    rows = cliff(curve({"bf16": 0.9, "q8": 0.9, "q4": 0.8, "q3": 0.88, "q2": 0.5}, n=2000 * 10))
    (edge,) = edges(rows)
    assert edge.cliff is not None and edge.cliff.quantization == "q4"
    assert cliff_sentences(rows) == ("Quiz breaks between 8.5 and 4.5 bits.",)


def test_methods_that_differ_are_said_to() -> None:
    rows = cliff(curve({"bf16": 0.9, "q8": 0.9, "q4": 0.8, "q3": 0.9, "q2": 0.5}, n=MANY))
    assert cliff_sentences(rows) == ("Quiz breaks from 4.5 bits with one method, while another holds to 3.4.",)


def test_broken_everywhere_and_nothing_safe_above() -> None:
    assert cliff_sentences(cliff(curve({"bf16": 0.9, "q4": 0.3, "q2": 0.2}))) == ("Quiz breaks already at 4.5 bits.",)
    # 200 items: ± 6 points, so that q4 is neither safe nor broken
    rows = cliff(curve({"bf16": 0.9, "q4": 0.89, "q2": 0.3}, n=200))
    assert cliff_sentences(rows) == ("Quiz breaks at 2.6 bits or before.",)


def test_tasks_of_which_the_same_is_said_share_a_clause_and_models_have_a_sentence_each() -> None:
    def four(model: str):  # type: ignore[no-untyped-def]
        return [
            *curve({"bf16": 0.9, "q3": 0.3}, task="math", model=model),
            *curve({"bf16": 0.9, "q3": 0.3}, task="agent", model=model),
            *curve({"bf16": 0.9, "q3": 0.88}, n=100, task="topics", model=model),
            *curve({"bf16": 0.9, "q3": 0.88}, n=100, task="code", model=model),
        ]

    said = "Math and agent break already at 3.4 bits; topics and code are unproven down to 3.4 bits."
    assert cliff_sentences(cliff(four("big"))) == (said,)
    both = cliff([*four("big"), *four("small")])
    assert cliff_sentences(both, {"small": "1M"}, first="small") == (f"1M: {said}", f"big: {said}")
