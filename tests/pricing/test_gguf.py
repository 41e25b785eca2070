"""GGUF files: sizes from the block types of their tensors."""

from __future__ import annotations

import pytest

from pricing import formats, gguf, models, tables
from pricing.memory import GIB


@pytest.mark.parametrize(
    ("model", "label", "gib"),
    [  # ggml-org/llama.cpp tools/quantize/README.md@311c2c9; XiongjieDai/GPU-Benchmarks-on-LLM-Inference@aa72e0e (70B)
        ("Llama-3.1-8B", "IQ1_S", 1.87),
        ("Llama-3.1-8B", "IQ2_M", 2.74),
        ("Llama-3.1-8B", "IQ3_XS", 3.27),
        ("Llama-3.1-8B", "Q2_K", 2.95),
        ("Llama-3.1-8B", "Q3_K_L", 4.02),
        ("Llama-3.1-8B", "Q4_K_S", 4.36),
        ("Llama-3.1-8B", "Q4_K_M", 4.58),
        ("Llama-3.1-8B", "Q5_K_M", 5.33),
        ("Llama-3.1-8B", "Q6_K", 6.14),
        ("Llama-3.1-8B", "Q8_0", 7.95),
        ("Meta-Llama-3-70B", "IQ2_S", 20.71),
        ("Meta-Llama-3-70B", "Q3_K_M", 31.91),
        ("Meta-Llama-3-70B", "Q4_K_M", 39.60),
        ("Meta-Llama-3-70B", "Q5_K_S", 45.31),
    ],
)
def test_sizes_are_met_within_one_percent(model: str, label: str, gib: float) -> None:
    assert formats.find(label).weight_bytes(models.find(model)) / GIB == pytest.approx(gib, rel=0.01)


def test_q4_k_m_of_tiny_13m_by_hand() -> None:
    # 4 layers: an eighth is none, so "more bits" is 7 × 4 / 8 = 3 and on, and every third from layer 2: layers 2, 3.
    # Q6_K (6.5625) for their values (512 × 256) and down matrices (1,536 × 512), Q4_K (4.5) for the rest of a layer;
    # the tied embedding (768 × 512) at Q6_K; norms ((2 × 4 + 1) × 512) at 32 bits.
    layer, fine = 786_432 + 2_359_296, 512 * 256 + 1536 * 512
    bits = 4 * layer * 4.5 + 2 * fine * (6.5625 - 4.5) + 393_216 * 6.5625 + 9 * 512 * 32
    assert formats.find("Q4_K_M").weight_bytes(models.find("tiny-13m")) == bits / 8


@pytest.mark.parametrize(
    ("kind", "columns", "taken"),
    [
        ("Q4_K", 4096, "Q4_K"), ("Q4_K", 896, "Q5_0"), ("Q6_K", 2880, "Q8_0"), ("IQ2_S", 896, "IQ4_NL"),
        ("Q4_K", 100, "F16"),
    ],
)
def test_rows_that_blocks_do_not_divide_take_another_type(kind: str, columns: int, taken: str) -> None:
    assert gguf.fitting(kind, columns) == taken


def test_small_models_with_odd_widths_weigh_more_than_their_label_says() -> None:
    # Qwen2.5-0.5B is 896 wide: 3.5 blocks of 256. Most of Q4_K_M becomes Q5_0, and the output matrix Q8_0.
    qwen = models.find("Qwen2.5-0.5B")
    assert formats.find("Q4_K_M").whole_bits(qwen) > 6.2
    assert formats.find("Q4_K_M").whole_bits(models.find("Llama-3.1-8B")) == pytest.approx(4.9, abs=0.02)


@pytest.mark.parametrize(("label", "file_gb"), [("MXFP4_MOE", 12.1), ("Q6_K", 12.04)])
def test_experts_trained_in_four_bits_are_copied_as_they_are(label: str, file_gb: float) -> None:
    # bartowski/openai_gpt-oss-20b-GGUF README: "all quants keep the feed forward networks at mxfp4"
    size = formats.find(label).weight_bytes(models.find("gpt-oss-20b"))
    assert size / 1e9 == pytest.approx(file_gb, rel=0.01)


@pytest.mark.parametrize(
    ("model", "size"), [("DeepSeek-R1-Distill-Qwen-7B", 4_683_075_271), ("DeepSeek-R1-Distill-Qwen-14B", 8_988_112_040)]
)
def test_files_to_the_byte_but_for_their_vocabulary(model: str, size: int) -> None:
    # ollama's list of deepseek-r1:7b and :14b; the rest is the tokenizer that a GGUF file carries
    assert 0 < size - formats.find("Q4_K_M").weight_bytes(models.find(model)) < 8e6


@pytest.mark.parametrize("label", sorted(gguf.load()))
def test_every_rule_names_a_known_type_and_condition(label: str) -> None:
    assert formats.find(label).mix == label
    assert gguf.weight_bytes(models.find("Mixtral-8x7B"), label) > 0


def test_every_row_has_a_source_and_a_date() -> None:
    for table in ("formats_gguf", "architectures"):
        assert all(row["source"] and row["date"] for row in tables.rows(table))
