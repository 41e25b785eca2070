from __future__ import annotations

import pytest

from decisions.quality import quality_checks
from decisions.sla import QualityLine
from tests.decisions.conftest import measured


def only(line: QualityLine, seen, baseline=None, scores=None, usual="5-shot"):  # type: ignore[no-untyped-def]
    (check,) = quality_checks("quiz", "Quiz", line, seen, baseline, scores, usual)
    return check


def test_unmeasured_is_unproven_and_says_so() -> None:
    check = only(QualityLine(minimum=0.8), None)
    assert (check.status, check.seen, check.reason) == ("unproven", None, "not measured on Quiz")


def test_a_score_without_item_count_proves_nothing() -> None:
    check = only(QualityLine(minimum=0.5), measured("big", "q4", 0.9, None))
    assert check.status == "unproven" and "no interval" in check.reason


def test_absolute_line_is_judged_by_the_interval_and_says_what_would_settle() -> None:
    # 0.82 of 1,000: Wilson half-width is about 1.96·√(0.82·0.18/1000) = 2.4 points, so 80 % lies inside.
    check = only(QualityLine(minimum=0.8), measured("big", "q4", 0.82))
    assert check.status == "unproven"
    # z²·0.8·0.2/0.02² = 3.8415·0.16/0.0004 = 1,536.6 → 1,537 items in all, 537 more.
    assert check.items_to_settle == 537
    assert only(QualityLine(minimum=0.75), measured("big", "q4", 0.82)).status == "meets"
    assert only(QualityLine(minimum=0.9), measured("big", "q4", 0.82)).status == "misses"


def test_another_protocol_is_named_on_an_absolute_line() -> None:
    check = only(QualityLine(minimum=0.5), measured("hosted", "api", 0.9, protocol="0-shot"))
    assert check.status == "meets" and "0-shot" in check.reason


def test_share_of_baseline_is_unpaired_without_items_and_paired_with_them() -> None:
    before, after = measured("big", "bf16", 0.8), measured("big", "q4", 0.79)
    line = QualityLine(minimum_of_baseline=0.95)
    unpaired = only(line, after, before)
    assert unpaired.seen == pytest.approx(0.79 / 0.8) and "unpaired" in unpaired.reason
    assert unpaired.status == "unproven"  # ±2.5 points on both sides is more than the 4 points of room
    items = {  # 790 right by both, 10 only by bf16: a ratio of 790/800 with ten flips
        "bf16": {str(i): float(i < 800) for i in range(1000)},
        "q4": {str(i): float(i < 790) for i in range(1000)},
    }
    paired = only(line, after, before, lambda model, quantization, task: items[quantization])
    assert paired.seen == pytest.approx(790 / 800) and "paired, item by item" in paired.reason
    assert paired.status == "meets" and paired.low is not None and paired.low > 0.97


def test_share_of_baseline_refuses_another_protocol_and_a_missing_baseline() -> None:
    line = QualityLine(minimum_of_baseline=0.9)
    seen = measured("big", "q4", 0.8)
    refused = only(line, seen, measured("big", "bf16", 0.8, protocol="0-shot"))
    assert refused.status == "unproven" and "another protocol" in refused.reason
    assert only(line, seen, None).reason == "no full-precision run of the same model to compare with"
    assert only(line, seen, measured("big", "bf16", 0.0)).status == "unproven"


def test_a_baseline_is_all_of_itself() -> None:
    seen = measured("big", "bf16", 0.4)
    check = only(QualityLine(minimum_of_baseline=1.0), seen, seen)
    assert (check.status, check.seen) == ("meets", 1.0)
    assert len(quality_checks("quiz", "Quiz", QualityLine(minimum=0.1, minimum_of_baseline=0.9), seen, seen)) == 2
