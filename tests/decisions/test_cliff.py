from __future__ import annotations

import pytest

from decisions.cliff import breaking_bits, cliff, cliff_sentence, group_sentences, zone_of
from tests.decisions.conftest import measured

BITS = {"bf16": 16.0, "q8": 8.5, "q4": 4.5, "q3": 3.4, "q2": 2.6}


def curve(
    scores: dict[str, float], *, n: int | None = 2000, task: str = "quiz", group: str = "math", model: str = "big"
):  # type: ignore[no-untyped-def]
    return [
        measured(
            model, q, s, n, task=task, task_group=group, bits_per_weight=BITS[q], baseline="bf16", origin="measured"
        )
        for q, s in scores.items()
    ]


def test_unpaired_loss_has_newcombes_interval_and_says_so() -> None:
    rows = {r.quantization: r for r in cliff(curve({"bf16": 0.9, "q8": 0.9, "q4": 0.89, "q3": 0.88, "q2": 0.6}))}
    assert list(rows) == ["bf16", "q8", "q4", "q3", "q2"]
    assert rows["q2"].lost == pytest.approx(0.3) and not rows["q2"].paired
    # two scores of 2,000 items: ± about 1.96·√(0.09/2000 + 0.24/2000) = 2.5 points
    assert (rows["q2"].low, rows["q2"].high) == (pytest.approx(0.275, abs=0.003), pytest.approx(0.325, abs=0.003))
    assert {q: r.zone for q, r in rows.items()} == {
        "bf16": "safe",
        "q8": "safe",
        "q4": "unproven",
        "q3": "unproven",
        "q2": "cliff",
    }
    assert rows["bf16"].is_baseline and rows["q3"].reason == "unpaired: no item scores"


def test_pairs_make_the_interval_narrow_enough_to_prove() -> None:
    right = {"bf16": 1800, "q4": 1790}  # ten flips of 2,000, all one way: 0.5 points lost
    scores = {q: {str(i): float(i < k) for i in range(2000)} for q, k in right.items()}
    row = cliff(curve({"bf16": 0.9, "q4": 0.895}), lambda m, q, t: scores[q])[1]
    assert row.paired and row.lost == pytest.approx(0.005) and row.zone == "safe"
    assert row.low is not None and row.high is not None and 0 < row.low < 0.005 < row.high < 0.01


def test_a_baseline_that_fails_already_has_nothing_to_lose() -> None:
    rows = cliff(curve({"bf16": 0.08, "q4": 0.02}))
    assert {r.zone for r in rows} == {"n/a"} and rows[1].lost is None and "fails already" in rows[1].reason


def test_unknown_counts_and_lone_variants_prove_nothing() -> None:
    assert cliff(curve({"bf16": 0.9, "q2": 0.3}, n=None))[1].zone == "unproven"
    assert cliff([measured("hosted", "api", 0.9)]) == ()
    alone = cliff([measured("big", "q4", 0.9), measured("big", "q3", 0.5)])
    assert {r.zone for r in alone} == {"n/a"}


def test_zones_need_the_whole_interval() -> None:
    assert zone_of(0.0, 0.02, 0.02) == "safe"
    assert zone_of(0.01, 0.03, 0.02) == "unproven"
    assert zone_of(0.021, 0.03, 0.02) == "cliff"
    assert zone_of(None, None, 0.02) == "unproven"


def test_the_sentence_of_each_group() -> None:
    rows = cliff(
        [
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.9, "q2": 0.6}, n=20_000),
            *curve({"bf16": 0.9, "q4": 0.9, "q2": 0.9}, n=20_000, task="intents", group="classification"),
        ]
    )
    assert group_sentences(rows) == {
        "math": "Math breaks between 3.4 and 2.6 bits.",
        "classification": "Classification has not broken down to 2.6 bits.",
    }
    assert cliff_sentence(rows) == (
        "Math breaks between 3.4 and 2.6 bits; classification has not broken down to 2.6 bits."
    )
    assert cliff_sentence([]).startswith("Nothing is measured yet")


def test_models_that_break_at_different_bits_are_told_apart() -> None:
    rows = cliff(
        [
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.6, "q2": 0.3}, n=20_000, model="small"),
            *curve({"bf16": 0.9, "q4": 0.9, "q3": 0.9, "q2": 0.6}, n=20_000, model="big"),
        ]
    )
    sentence = group_sentences(rows, titles={"small": "1M"})["math"]
    assert sentence == "Math breaks between 4.5 and 3.4 bits for 1M and between 3.4 and 2.6 bits for big."


def test_a_width_where_formats_disagree_lies_inside_the_range() -> None:
    rows = cliff(curve({"bf16": 0.9, "q8": 0.9, "q4": 0.8, "q3": 0.9, "q2": 0.5}, n=20_000))
    # q4 is broken, q3 is not: above 4.5 none is broken, from 2.6 down all are
    assert breaking_bits(rows) == (8.5, 2.6, 2.6)


def test_broken_everywhere() -> None:
    rows = cliff(curve({"bf16": 0.9, "q4": 0.3, "q2": 0.2}))
    assert group_sentences(rows)["math"] == "Math breaks already at 4.5 bits."


def test_groups_of_which_the_same_is_said_share_a_clause() -> None:
    rows = cliff(
        [
            *curve({"bf16": 0.9, "q3": 0.3}),
            *curve({"bf16": 0.9, "q3": 0.3}, task="steps", group="agent"),
            *curve({"bf16": 0.9, "q3": 0.88}, n=100, task="intents", group="classification"),
            *curve({"bf16": 0.9, "q3": 0.88}, n=100, task="sums", group="code"),
        ]
    )
    assert cliff_sentence(rows) == (
        "Math and agent break already at 3.4 bits; classification and code are unproven down to 3.4 bits."
    )
