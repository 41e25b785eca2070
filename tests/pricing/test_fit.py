"""Fits, what is left, the largest batch and why not, worked by hand."""

from __future__ import annotations

import pytest

from pricing import accelerators, fit, memory, models, slices
from pricing.memory import GIB
from pricing.names import UnknownName

L8B, L70B = models.find("Llama-3.1-8B"), models.find("Llama-3.1-70B")


def test_what_is_left_and_the_largest_batch_by_hand() -> None:
    # FP8 on an L4: 0.9 × 22.35 GiB − weights − activations of 2,048 tokens − 1.2 GiB, over 8,192 × 128 KiB = 1 GiB
    answer = fit.check(L8B, "fp8", slices.find("L4"), context_tokens=8192, batch=4)
    weights = (6_979_321_856 + 2 * 2 * 525_336_576 + 2 * L8B.small_parameters) / GIB
    left = 0.9 * 22.35 - weights - 2048 * 2 * (3 * 14336 + 4 * 4096) / GIB - 1.2
    assert answer.room.left_bytes / GIB == pytest.approx(left)
    assert answer.fits and answer.why == ""
    assert answer.largest_batch == int(left) == 10
    assert answer.left_bytes / GIB == pytest.approx(left - 4)


def test_every_batch_up_to_the_largest_fits_and_the_next_does_not() -> None:
    for engine in ("vllm", "llama.cpp", "transformers"):
        most = fit.check(L8B, "fp16", slices.find("A6000"), engine=engine, context_tokens=4096).largest_batch
        assert most > 1
        for batch, fits in ((most, True), (most + 1, False)):
            answer = fit.check(L8B, "fp16", slices.find("A6000"), engine=engine, context_tokens=4096, batch=batch)
            assert answer.fits is fits


def test_why_not_is_a_sentence_with_what_would_do() -> None:
    answer = fit.check(L70B, "Q4_K_M", slices.find("A6000"), context_tokens=8192, batch=4)
    assert not answer.fits
    assert answer.why.startswith("4 requests of 8,192 tokens need 10.0 GiB beside Q4_K_M of Llama-3.1-70B")
    assert "nearest that fits: 2× A6000, a batch of 3, a context of" in answer.why
    again = fit.check(L70B, "Q4_K_M", slices.find("A6000"), context_tokens=answer.longest_context_tokens, batch=4)
    assert again.fits


def test_a_model_that_fits_nowhere_says_so() -> None:
    answer = fit.check(models.find("DeepSeek-R1"), "bf16", slices.find("T4"), context_tokens=1024)
    assert "more than the" in answer.why and "take a smaller quantization" in answer.why


def test_tensor_parallel_copies_the_latent_cache() -> None:
    # DeepSeek-V3's cache of 4,096 tokens, on each of 8 cards
    found = fit.check(models.find("DeepSeek-V3"), "fp8", slices.find("H200"), 8, context_tokens=4096)
    assert found.room.kv_bytes_per_sequence == 8 * 4096 * 70_272


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 3}, "3 cards do not divide the 32 heads of Llama-3.1-8B; nearest: 2 or 4"),
        ({"count": 0}, "count of the replica is 0; give a whole number from 1 to 1,024, nearest: 1"),
        ({"count": 1.5}, "count of the replica is 1.5; .*nearest: 2"),
        ({"batch": -3}, "batch of the replica is -3; .*nearest: 1"),
        ({"batch": float("nan")}, "batch of the replica is nan"),
        ({"batch": 10**15}, "batch of the replica is 1000000000000000; .*nearest: 65,536"),
        ({"context_tokens": 200_000}, "context_tokens is 200,000, but Llama-3.1-8B holds 131,072; nearest: 131,072"),
        ({"context_tokens": -1}, "context_tokens of Llama-3.1-8B is -1"),
        ({"engine": "vlm"}, "unknown engine 'vlm'; nearest: vllm"),
        ({"quantization": "Q4_K_X"}, "unknown quantization 'Q4_K_X'; nearest: .*Q4_K_M"),
    ],
)
def test_bad_input_is_named_with_the_nearest_valid_choice(arguments: dict[str, object], message: str) -> None:
    given = {"quantization": "fp8", "count": 1} | arguments
    with pytest.raises(ValueError, match=message):
        fit.check(L8B, card=accelerators.find("L4"), **given)  # type: ignore[arg-type]


def test_llama_cpp_shares_layers_and_takes_any_count() -> None:
    three = fit.check(L70B, "Q4_K_M", slices.find("RTX4090"), 3, context_tokens=4096)
    # 80 layers on 3 cards: the fullest holds 27, so 80 / 3 / 27 of the memory can be used
    assert three.room.available_bytes == pytest.approx(3 * accelerators.find("RTX4090").memory_gib * GIB * 80 / 81)


def test_counts_that_divide_the_heads() -> None:
    assert memory.parallel_counts(models.find("Qwen2.5-7B")) == (1, 2, 4, 7, 14)
    assert memory.parallel_misfit(models.find("Qwen2.5-7B"), 8) == (
        "8 cards do not divide the 28 heads of Qwen2.5-7B; nearest: 7 or 14"
    )


def test_a_slice_has_its_share_of_the_card() -> None:
    whole, third = slices.find("A100-80GB-SXM"), slices.find("A100-80GB-SXM:3g.40gb")
    assert third.memory_gib == whole.memory_gib / 2
    assert third.bandwidth_gb_s == whole.bandwidth_gb_s / 2
    assert third.fp16_tflops == pytest.approx((whole.fp16_tflops or 0) * 3 / 7)
    assert slices.find("H100-SXM:1g").name == "H100-SXM:1g.10gb"


def test_a_slice_too_small_is_answered_with_a_larger_one() -> None:
    answer = fit.check(L8B, "fp8", slices.find("A100-80GB-SXM:1g.10gb"), context_tokens=8192)
    assert "nearest that fits: 1× A100-80GB-SXM:2g.20gb" in answer.why
    with pytest.raises(ValueError, match="slices have no link to each other"):
        fit.check(L8B, "fp8", slices.find("A100-80GB-SXM:1g.10gb"), 2, context_tokens=8192)


@pytest.mark.parametrize(
    ("name", "message"),
    [("A100-80GB-SXM:5g", "unknown slice '5g' of A100-80GB-SXM; nearest: 1g.10gb"), ("L4:1g", "cannot be split")],
)
def test_unknown_slices_are_answered_with_the_known(name: str, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        slices.find(name)
