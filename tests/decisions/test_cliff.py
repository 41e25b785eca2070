from __future__ import annotations

import pytest

from decisions.cliff import cliff, zone_of
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
