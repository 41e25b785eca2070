"""Memory, worked by hand."""

from __future__ import annotations

import pytest

from pricing import accelerators, engines, formats, memory, models
from pricing.memory import GIB


def test_activations_of_qwen_2_5_32b_per_prompt_token() -> None:
    # KV 2 × 64 × 8 × 128 × 2 B = 256 KiB; activations 2 × (3 × 27,648 + 4 × 5,120) B = 202 KiB; measured slope 458.2
    model = models.find("Qwen2.5-32B")
    slope = model.kv_bytes(1) + memory.activation_bytes(model, 1)
    assert slope / 1024 == pytest.approx(458.2, rel=0.002)


@pytest.mark.parametrize(("context", "mib"), [(512, 258.5), (8192, 560.0)])
def test_llama_cpp_buffers_match_load_logs(context: int, mib: float) -> None:
    buffers = memory.llama_cpp_buffer_bytes(models.find("Meta-Llama-3-8B"), context, flash_attention=False)
    assert buffers / 2**20 == pytest.approx(mib, rel=0.001)


def of(model: str, quantization: str, card: str, count: int = 1) -> memory.Memory:
    shape, stored = models.find(model), formats.find(quantization)
    return memory.of_replica(
        shape,
        engines.find(stored.engine),
        accelerators.find(card),
        count,
        weight_bytes=stored.weight_bytes(shape),
        prompt_tokens=1200,
        output_tokens=300,
    )


def test_llama_3_8b_at_16_bits_on_an_l4() -> None:
    room = of("Meta-Llama-3-8B", "fp16", "L4")
    # weights 8,030,261,248 × 2; KV 1,500 × 131,072; activations of 1,200 tokens 2 × (3 × 14,336 + 4 × 4,096) each
    assert room.weight_bytes == 16_060_522_496
    assert room.kv_bytes_per_sequence == 196_608_000
    assert room.activation_bytes == 1_200 * 2 * (43_008 + 16_384)
    assert room.overhead_bytes == pytest.approx(1.2 * GIB)
    # left: 0.9 × 22.35 GiB − 16.061 GB − 0.143 GB − 1.2 GiB = 4.106 GB; held a request: 1.1 × 1,350 × 131,072 B
    left = 0.9 * 22.35 * GIB - 16_060_522_496 - 142_540_800 - 1.2 * GIB
    assert room.max_sequences == int(left // (1.1 * 1_350 * 131_072)) == 21


def test_70b_at_16_bits_does_not_fit_one_h100_but_fits_two() -> None:
    assert not of("70B", "fp16", "H100").fits  # 141 GB of weights against 0.9 × 79.6 GiB
    # On two, 153.8 GB less 141.1 of weights, 0.6 of buffers and 3.4 of engines leave 8.7 GB for KV caches.
    assert of("70B", "fp16", "H100", 2).max_sequences == int(8.753e9 // (1.1 * 1_350 * 327_680)) == 17


def test_q4_k_m_of_70b_fits_48_gb_and_not_24() -> None:
    assert of("70B", "Q4_K_M", "A6000").fits
    assert not of("70B", "Q4_K_M", "RTX4090").fits
    assert of("70B", "Q4_K_M", "RTX4090", 2).fits


def test_used_memory_grows_by_one_kv_cache_a_request() -> None:
    room = of("8B", "fp16", "L4")
    assert room.used_bytes(3) - room.used_bytes(1) == pytest.approx(2 * room.kv_bytes_per_sequence)
    assert room.used_bytes(0.2) == room.needed_bytes
