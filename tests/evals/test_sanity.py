from __future__ import annotations

from dataclasses import replace

import pytest

from evals.measurements import Measurement
from evals.sanity import bits_of, suspicions, usual_share

BASE = Measurement(
    model="m", quantization="bf16", task="t", task_group="math", metric="acc", score=0.8, n_items=1000, low=0.77,
    high=0.82, origin="measured", protocol="p", method="full precision", baseline="bf16",
)  # fmt: skip


def variant(quantization: str, score: float, method: str, n_items: int = 1000) -> Measurement:
    return replace(BASE, quantization=quantization, score=score, method=method, n_items=n_items, low=None, high=None)


def test_bits_are_those_of_the_format_of_the_layers() -> None:
    assert bits_of(variant("gptq-int4-g128", 0.5, "gptq")) == 4 + 20 / 128
    assert bits_of(replace(BASE, quantization="somebody's", bits_per_weight=3.3)) == 3.3


def test_published_four_bit_results_keep_more_than_three_quarters() -> None:
    usual = usual_share(4.1)
    assert usual is not None and 0.75 < usual[0] < 0.95
    assert usual_share(6.0) is None  # too few are published
    assert usual_share(3.1)[0] < usual[0] < usual_share(8.0)[0]  # type: ignore[index]


def test_a_loss_far_outside_the_evidence_is_flagged_with_causes() -> None:
    # half of the baseline is kept at 4 bits: 0.4 / 0.8, at most about 0.54
    [found] = suspicions([BASE, variant("awq-int4-g128", 0.4, "awq")])
    assert found.kept == pytest.approx(0.5) and found.kept < found.kept_at_most < found.usual
    assert found.sentence.startswith("recipe suspect: m @ awq-int4-g128 keeps 50%")
    assert "calibration text" in found.sentence


def test_a_usual_loss_is_not_flagged() -> None:
    assert suspicions([BASE, variant("gptq-int4-g128", 0.78, "gptq"), variant("rtn-int2-g128", 0.2, "rtn")]) == ()


def test_few_items_prove_nothing() -> None:
    assert suspicions([BASE, variant("awq-int4-g128", 0.5, "awq", n_items=4)]) == ()


def test_a_tuned_method_far_below_plain_rounding_is_flagged() -> None:
    # At 8 bits 0.77 of 0.8 (96 %) is not outside what is published, but plain rounding to 6 bits keeps all of it.
    plain = variant("rtn-int6-g128", 0.8, "round-to-nearest", n_items=100_000)
    large = replace(BASE, n_items=100_000)
    [found] = suspicions([large, plain, variant("gptq-int8-g128", 0.77, "gptq", n_items=100_000)])
    assert found.quantization == "gptq-int8-g128" and "plain rounding to 6.1 bits" in found.evidence


def test_a_baseline_that_fails_has_nothing_to_lose() -> None:
    assert suspicions([replace(BASE, score=0.05), variant("awq-int4-g128", 0.0, "awq")]) == ()
