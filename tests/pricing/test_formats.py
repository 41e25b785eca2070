"""Effective bits per weight, and the bytes that follow."""

from __future__ import annotations

import pytest

from pricing import engines, formats, models
from pricing.deployment import variant
from pricing.memory import GIB
from pricing.names import UnknownName


@pytest.mark.parametrize(
    ("model", "label", "gib"),
    [  # sizes of the files on disk, as their publishers state them
        ("Meta-Llama-3-8B", "Q4_K_M", 4.58),
        ("Meta-Llama-3-70B", "Q4_K_M", 39.60),
        ("Meta-Llama-3-8B", "Q8_0", 7.95),
        ("Meta-Llama-3-70B", "Q2_K", 24.56),
        ("Meta-Llama-3-8B", "GGUF F16", 14.96),
        ("DeepSeek-R1-Distill-Qwen-7B", "Q4_K_M", 4.36),
    ],
)
def test_file_sizes_are_met_within_half_a_percent(model: str, label: str, gib: float) -> None:
    assert formats.find(label).weight_bytes(models.find(model)) / GIB == pytest.approx(gib, rel=0.005)


def test_four_bits_are_not_half_a_byte_a_parameter() -> None:
    # Qwen2.5-7B: 6.525 B weights in layers at 4 + 16/128 + 4/128 bits; 2 × 0.545 B embedding and head at 16.
    qwen, gptq = models.find("Qwen2.5-7B"), formats.find("gptq-int4-g128")
    by_hand = (6_525_288_448 * 4.15625 + 2 * 544_997_376 * 16 + qwen.small_parameters * 16) / 8
    assert qwen.linear_parameters == 6_525_288_448
    assert gptq.weight_bytes(qwen) == pytest.approx(by_hand)
    assert gptq.whole_bits(qwen) == pytest.approx(5.85, abs=0.02)


def test_only_experts_are_quantized_in_gpt_oss() -> None:
    # gpt-oss-20b's checkpoint is 12.8 GiB
    assert formats.find("mxfp4").weight_bytes(models.find("gpt-oss-20b")) / GIB == pytest.approx(12.8, rel=0.01)


@pytest.mark.parametrize(
    ("label", "bits"),
    [
        ("bf16", 16),
        ("FP8 dynamic", 8),
        ("nf4", 4.5),  # 4 + 32/64
        ("awq-int4-g128", 4.15625),  # 4 + 16/128 + 4/128
        ("rtn-int3-g64", 3.25),  # 3 + 16/64
        ("rtn-int8", 8),
        ("4.65bpw", 4.65),
        ("smoothquant-w8a8kv8", 8),
        ("spinquant-w4a8-g32", 4.5),  # 4 + 16/32
        ("efficientqat-int2-g64", 2.25),  # 2 + 16/64
        ("awq-hqq-int4-g128", 4.15625),
        ("bnb-fp4", 4.5),
        ("GGUF Q5_K_M (imatrix)", formats.find("Q5_K_M").bits_per_weight),
    ],
)
def test_bits_of_a_label(label: str, bits: float) -> None:
    assert formats.find(label).bits_per_weight == pytest.approx(bits)


def test_embeddings_too_are_rounded_where_the_label_says_so() -> None:
    tiny = models.find("tiny-13m")
    plain, whole = formats.find("rtn-int4-g128"), formats.find("rtn-int4-g128-emb")
    # 768 × 512 tied embedding at 16 against 4 + 16/128 bits
    assert plain.weight_bytes(tiny) - whole.weight_bytes(tiny) == pytest.approx(393_216 * (16 - 4.125) / 8)


def test_an_unknown_label_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown quantization 'Q4_K_X'; nearest: .*Q4_K_M"):
        formats.find("Q4_K_X")


def test_llama_cpp_serves_gguf_and_vllm_the_others() -> None:
    assert {formats.find(label).engine for label in ("Q4_K_M", "IQ2_XS", "4.0bpw")} == {"llama.cpp"}
    assert {formats.find(label).engine for label in ("fp16", "fp8", "gptq-int4-g128", "nf4")} == {"vllm"}


def test_onnx_has_a_size_but_no_server() -> None:
    llama, onnx = models.find("Llama-3.1-8B"), formats.find("onnx-int8")
    # 6.98 B weights in layers at 8 bits; 2 × 128,256 × 4,096 embedding and head at 16; norms: 8.46 GiB
    by_hand = (llama.linear_parameters * 8 + 2 * 128_256 * 4_096 * 16 + llama.small_parameters * 16) / 8
    assert onnx.weight_bytes(llama) == pytest.approx(by_hand)
    assert formats.find("onnx-fp32").weight_bytes(llama) == pytest.approx(4 * llama.parameters)
    for label in ("onnx-int8", "onnx-fp32"):
        with pytest.raises(engines.NotServed, match="no served price"):
            variant(model="Llama-3.1-8B", quantization=label)
    assert variant(model="Llama-3.1-8B", quantization="onnx-int8", engine="vllm").engine.name == "vllm"
