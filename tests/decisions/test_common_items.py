"""Row 34 where pages, reports and the decision look: files with other limits, and the choice of their common items."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from decisions.cliff import cliff
from decisions.common_items import common_scorer, on_common_items
from decisions.contrasts import accuracy_rows
from decisions.evidence import baseline_of, paired_scores, refusal
from decisions.fields import Fields
from decisions.options import Option
from decisions.quality import quality_checks
from decisions.scenarios import scenario_from, scenario_to_dict
from decisions.sla import QualityLine
from tests.decisions.conftest import measured, quote, scenario

# 50 items right of 60, a run limited to the first 20 that has 15 of them right, and a third without items
FULL = {f"i{n:02}": float(n >= 10) for n in range(60)}
SHORT = {f"i{n:02}": float(n >= 5) for n in range(20)}
WHOLE = measured("big", "bf16", 50 / 60, 60, origin="imported")
LIMITED = measured("big", "q4", 15 / 20, 20, origin="imported", limit="20")
SUMMARY = measured("big", "q3", 0.5, 60, origin="imported")
SAID = "limit differs (no limit, 60 items, against limit 20, 20 items)"


def scores(model: str, quantization: str, task: str) -> Mapping[str, float]:
    return {"bf16": FULL, "q4": SHORT}.get(quantization, {})


def test_row_34_other_limits_are_refused_by_name_and_only_between_files() -> None:
    assert refusal(WHOLE, LIMITED).startswith(SAID) and "only the common ones" in refusal(WHOLE, LIMITED)
    assert paired_scores(WHOLE, LIMITED, scores) is None
    here = [measured("big", q, 0.8, n, origin="measured") for q, n in (("bf16", 60), ("q4", 20))]
    assert refusal(*here) == ""
    pair = paired_scores(*here, scores)
    assert pair is not None and len(pair[0]) == 20


def test_row_34_no_page_sets_the_two_means_against_each_other() -> None:
    options = [
        Option(
            id=m.quantization, kind="deployment", label=m.quantization, model="big", quantization=m.quantization,
            method="", measurements={"quiz": m}, quote=quote(None),
        )
        for m in (WHOLE, LIMITED)
    ]  # fmt: skip
    (row,) = accuracy_rows(scenario(evidence="imported"), *options, scores)
    assert row.difference is None and row.note.startswith(f"not comparable: {SAID}")
    line = QualityLine(minimum_of_baseline=0.9)
    (check,) = quality_checks("quiz", "Quiz", line, LIMITED, baseline_of(LIMITED, [WHOLE, LIMITED]), scores)
    assert check.status == "unproven" and check.seen is None and "limit differs" in check.reason
    (lost,) = [row.lost for row in cliff([WHOLE, LIMITED], scores) if row.quantization == "q4"]
    assert lost is None


def test_a_baseline_with_the_same_limit_is_preferred() -> None:
    same = measured("big", "fp32", 0.7, 20, origin="imported", limit="20")
    assert baseline_of(LIMITED, [WHOLE, same, LIMITED]) is same


def test_the_common_items_are_scored_again_and_paired() -> None:
    # of the first 20 the full run has 10 right, the limited one 15: i05 to i09 are gained, none lost
    whole, short, summary = on_common_items([WHOLE, LIMITED, SUMMARY], scores)
    assert (whole.score, whole.n_items) == (0.5, 20) and (short.score, short.n_items) == (0.75, 20)
    assert whole.low is not None and whole.low < 0.5 and "20 items that all files hold" in whole.note
    assert summary is SUMMARY and refusal(whole, summary)
    scorer = common_scorer([WHOLE, LIMITED], scores)
    pair = paired_scores(whole, short, scorer)
    assert pair is not None and sum(y > x for _, x, y in zip(*pair, strict=True)) == 5
    assert len(scorer("big", "bf16", "quiz")) == 20


def test_files_with_one_item_in_common_stay_refused() -> None:
    few = {"bf16": {"a": 1.0, "b": 1.0}, "q4": {"b": 0.0, "c": 1.0}}
    both = on_common_items([WHOLE, LIMITED], lambda m, q, t: few[q])
    assert both == (WHOLE, LIMITED) and refusal(*both)


@pytest.mark.parametrize("chosen", [False, True])
def test_the_choice_is_kept_in_the_scenario(chosen: bool) -> None:
    value = scenario(evidence="imported", common_items=chosen)
    assert scenario_from(Fields(scenario_to_dict(value), "test")).common_items is chosen
