from __future__ import annotations

import pytest

from evals.forecast.cells import activation_bits, benchmark_of, bits_of, cell, group_of, method_class, parameters_of
from evals.quantizations import QUANTIZATIONS


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("GGUF Q4_K_M", 4.89),
        ("Q3_K_XXL", 3.6),  # not on the list: its digit and a little for the scales
        ("GGUF IQ2_XXS (imatrix)", 2.38),
        ("EXL2 4.25bpw", 4.25),
        ("AWQ W-A-KV 3-16-16", 3),
        ("W4A16-INT g128", 4),
        ("gptq-int4-g128", 4),
        ("bitsandbytes 4bitnf4", 4),
        ("GPTQ 4-bit", 4),
        ("NVFP4", 4),
        ("W8A8-FP8 block", 8),
        ("llm-int8", 8),
        ("EfficientQAT w2g64", 2),
        ("aqlm-2bit (1x16)", 2),
        ("BF16", 16),
        ("FP16 reference", 16),
        ("something new", None),
    ],
)
def test_width_is_read_from_the_format(text: str, bits: float | None) -> None:
    assert bits_of(text) == bits


def test_every_quantization_of_the_catalogue_has_a_width() -> None:
    for label, known in QUANTIZATIONS.items():
        read = bits_of(label)
        nominal = min(16.0, known.nominal_bits)
        assert read is not None and nominal <= read < nominal + 1.4, label  # k-quants: some layers kept wider


def test_scales_of_a_named_group_size_count() -> None:
    # a 16-bit scale and a 4-bit zero point for 128 codes: 4 + 20/128 = 4.15625
    known = cell(model="m-8b", method="GPTQ", label="W4A16 g128", task="MMLU", bits=4.0)
    assert known.bits == pytest.approx(4.15625)
    assert cell(model="m-8b", method="", label="Q4_K_M", task="MMLU", bits=4.82).bits == 4.82


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("EfficientQAT (QAT) w4g128", "trained with it"),
        ("AQLM 2-bit 1x16", "codebook"),
        ("AutoRound GGUF Q2_K_S", "mixed widths"),
        ("bitsandbytes 4bitfp4", "plain rounding"),
        ("RTN W4A16", "plain rounding"),
        ("HQQ int4wo-hqq g128", "plain rounding"),
        ("AWQ+HQQ int4 awq-hqq g128", "tuned"),
        ("RTN NVFP4", "low-bit float"),
        ("SpinQuant+GPTQ W4A8 g32", "tuned"),
        ("NobodysQuant W4A16", "tuned"),  # unknown: the most common kind
    ],
)
def test_method_falls_in_a_class_by_rule(text: str, kind: str) -> None:
    assert method_class(text, 4.0) == kind


def test_full_precision_has_no_method() -> None:
    assert method_class("GGUF f16", 16.0) == "none"


def test_activations_are_narrow_where_the_format_says_so() -> None:
    assert [activation_bits(t) for t in ("W4A8 g32", "W-A-KV 8-8-8", "NVFP4", "SmoothQuant", "Q4_K_M")] == [
        8, 8, 4, 8, 16,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("task", "given", "group"),
    [
        ("MMLU-Pro", "", "knowledge"),
        ("AIME 2026", "", "math"),
        ("SWE-bench Verified", "", "code"),
        ("tau3-bench Retail", "", "agent"),
        ("MLPerf DeepSeek-R1 set (AIME+LiveCodeBench)", "reasoning_other", "reasoning"),
        ("Quizbowl", "classification_knowledge", "knowledge"),
        ("Quizbowl", "", ""),
    ],
)
def test_group_of_known_and_unknown_benchmarks(task: str, given: str, group: str) -> None:
    assert group_of(task, given) == group


def test_one_benchmark_in_several_spellings() -> None:
    assert {benchmark_of(t) for t in ("ARC-Challenge", "arc_challenge", "ARC-C (25-shot)")} == {"arc-c"}
    assert benchmark_of("MMLU-Pro") != benchmark_of("MMLU")
    assert benchmark_of("HumanEval+") != benchmark_of("HumanEval")


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("Meta-Llama-3-8B-Instruct", 8),
        ("Qwen2.5-0.5B", 0.5),
        ("Mixtral-8x7B", 47.04),  # 8 × 7 × 0.84
        ("Qwen3-30B-A3B", 30),
        ("tiny-13m", 0.013),
        ("GLM-5.2", None),
    ],
)
def test_size_is_read_from_the_models_name(model: str, size: float | None) -> None:
    assert parameters_of(model) == (None if size is None else pytest.approx(size))


def test_no_width_is_a_named_error() -> None:
    with pytest.raises(ValueError, match="cannot read bits per weight from 'mystery'"):
        cell(model="m", method="", label="mystery", task="MMLU")
