"""Peak memory in transformers, against the tables that Qwen published (GiB, one prompt, 2,048 tokens of answer)."""

from __future__ import annotations

import pytest

from pricing import formats, models, peak
from pricing.memory import GIB

NEW, OLD, QWEN3 = "transformers 4.46.0 FA2", "transformers 4.38.2 FA2", "transformers 4.51.3 FA2"


def gib(model: str, quantization: str, context: int, label: str = NEW, prompt_pass: bool = True) -> float:
    found = peak.transformers_bytes(
        models.find(model), formats.find(quantization), context_tokens=context, generated_tokens=2048, label=label,
        prompt_pass=prompt_pass,
    )
    return found / GIB


@pytest.mark.parametrize(
    ("model", "quantization", "context", "measured", "label"),
    [
        ("Qwen2.5-14B", "bf16", 1, 28.08, NEW),
        ("Qwen2.5-14B", "bf16", 30720, 36.85, NEW),
        ("Qwen2.5-7B", "gptq-int4-g128", 6144, 6.52, NEW),
        ("Qwen2.5-7B", "gptq-int8-g128", 30720, 14.01, NEW),
        ("Qwen2.5-1.5B", "awq-int4-g128", 1, 1.51, NEW),
        ("Qwen2-1.5B", "bf16", 1, 3.44, OLD),
        ("Qwen2-0.5B", "bf16", 30720, 27.61, OLD),
        ("Qwen2-57B-A14B", "gptq-int4-g128", 6144, 35.67, OLD),
        ("Qwen1.5-1.8B", "bf16", 1, 4.6, "transformers FA2 (old, full-sequence logits)"),
    ],
)
def test_published_peaks_are_met(model: str, quantization: str, context: int, measured: float, label: str) -> None:
    assert gib(model, quantization, context, label) == pytest.approx(measured, rel=0.01)


def test_figures_taken_without_the_prompt_pass() -> None:
    assert gib("Qwen3-8B", "bf16", 14336, QWEN3, prompt_pass=False) == pytest.approx(17.542, rel=0.005)
    assert gib("Qwen3-32B", "awq-int4", 30720, QWEN3, prompt_pass=False) == pytest.approx(27.068, rel=0.005)


def test_the_allocator_keeps_rests_of_up_to_a_mebibyte() -> None:
    mib = peak.MIB
    # a matrix of Qwen2.5-14B's MLP, 13,824 × 5,120 × 2 bytes = 135 MiB, takes 136; 26.25 MiB of 28 gives 1.75 back
    assert [peak.block_bytes(size * mib) / mib for size in (9.5, 135, 26.25, 136)] == [9.5, 136, 26.25, 136]


def test_the_slope_over_the_prompt_by_hand() -> None:
    # Qwen2.5-32B: KV 2 × 64 × 8 × 128 × 2 B = 256 KiB; activations 2 × (3 × 27,648 + 4 × 5,120) B = 202 KiB
    slope = (gib("Qwen2.5-32B", "bf16", 20_000) - gib("Qwen2.5-32B", "bf16", 10_000)) * GIB / 10_000
    assert slope / 1024 == pytest.approx(458, abs=0.1)


def test_habits_follow_the_version_that_a_label_names() -> None:
    assert peak.habits(NEW) == peak.Habits(full_logits=False, rotary_tables=False, copied_cache=False, late_tying=True)
    assert peak.habits(OLD).full_logits
    assert not peak.habits("transformers").full_logits  # today's


def test_an_encoder_holds_weights_and_activations_only() -> None:
    bert = models.find("DistilBERT")
    held = peak.transformers_bytes(bert, formats.find("fp32"), context_tokens=512, generated_tokens=0, batch=8)
    # 66,362,880 × 4 B, 8.125 MiB for cuBLAS, 8 × 512 tokens × 2 × (3 × 3,072 + 4 × 768) B
    assert held == pytest.approx(265_451_520 + 8.125 * 2**20 + 8 * 512 * 24_576, rel=1e-3)
