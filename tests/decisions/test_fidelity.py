"""What accuracy does not show, from hand-made items."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from decisions.fidelity import fidelities
from evals.divergences import Divergence
from evals.measurements import Measurement

SCORES = {"bf16": {"a": 1.0, "b": 1.0, "c": 0.0, "d": 0.0}, "nf4": {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.0}}
SURE = {"bf16": {item: {"answer_probability": 0.5} for item in "abcd"}, "nf4": {"a": {"answer_probability": 0.8}}}


def measurement(quantization: str) -> Measurement:
    return Measurement(
        model="m",
        quantization=quantization,
        task="shop_classification",
        task_group="classification",
        metric="acc",
        score=0.5,
        n_items=4,
        low=0.1,
        high=0.9,
        origin="measured",
        protocol="p",
        baseline="bf16",
        source="run 1",
        source_title="Measured here",
        date="2026-11-21",
    )


def scores(model: str, quantization: str, task: str) -> Mapping[str, float]:
    return SCORES[quantization]


def test_flips_calibration_and_divergence_stand_beside_each_other() -> None:
    moved = Divergence(
        model="m", quantization="nf4", baseline="bf16", task="shop_classification", items=4, tokens=9, kl=0.03,
        kl_low=0.01, kl_high=0.05, kl_p99=0.2, top1_agreement=0.9, top1_low=0.8, top1_high=0.95, date="2026-11-21",
        variant_key="k",
    )  # fmt: skip
    full, four = fidelities(
        [measurement("bf16"), measurement("nf4")],
        scores,
        lambda model, quantization, task: SURE[quantization],
        {("m", "nf4", "shop_classification"): moved},
    )
    assert four.flips_fraction == 0.5 and (four.kl, four.top1_agreement) == (0.03, 0.9)
    assert four.brier == pytest.approx(0.04) and four.calibration_error == pytest.approx(0.2)  # 0.8 said, right once
    assert full.flips_fraction is None and full.kl is None, "the baseline moved from nothing"
    assert full.brier == 0.25 and full.calibration_error == 0.0  # half said, half right


def test_published_evidence_and_items_without_confidences_have_none() -> None:
    both = [measurement("bf16"), measurement("nf4")]
    assert fidelities(both, None, lambda *_: {}, {}) == ()
    (four,) = fidelities(both, scores, lambda *_: {}, {})
    assert four.quantization == "nf4" and four.brier is None and four.calibration_error is None
