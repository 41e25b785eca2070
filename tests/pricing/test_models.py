"""Parameters and KV cache counted from the shapes."""

from __future__ import annotations

import pytest

from pricing import models
from pricing.names import UnknownName

PUBLISHED = [model for model in models.load().values() if model.published_parameters is not None]


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.name)
def test_counted_parameters_equal_the_published_count(model: models.Model) -> None:
    assert model.parameters == model.published_parameters


def test_few_models_lack_a_published_count() -> None:
    # Their publishers count rotary constants too, which are no weights: LLaMA-1 and two of Llama 2.
    lacking = {name for name, model in models.load().items() if model.published_parameters is None}
    assert lacking == {"LLaMA-7B", "LLaMA-13B", "Llama-2-13B", "Llama-2-70B"}


def test_published_counts_of_the_best_known_models() -> None:
    published = {"Meta-Llama-3-8B": 8_030_261_248, "Meta-Llama-3-70B": 70_553_706_496, "tiny-13m": 12_980_736}
    assert {name: models.find(name).parameters for name in published} == published


def test_tiny_13m_by_hand() -> None:
    # A layer: attention 512×512 (Q) + 2 × 512×256 (K, V) + 512×512 (O) = 786,432; MLP 3 × 512×1536 = 2,359,296;
    # norms 2 × 512. Four layers + embedding 768×512 (tied) + final norm 512.
    assert models.find("tiny-13m").parameters == 4 * (786_432 + 2_359_296 + 1_024) + 393_216 + 512


def test_kv_cache_of_llama_3_8b() -> None:
    # 2 (K and V) × 32 layers × 8 KV heads × 128 × 2 bytes
    assert models.find("Meta-Llama-3-8B").kv_bytes(1) == 131_072


def test_sliding_layers_keep_their_window_only() -> None:
    # Gemma-2-27B: 46 layers, 23 of them with a window of 4,096; 2 × 16 KV heads × 128 × 2 bytes a layer and token.
    a_layer = 2 * 16 * 128 * 2
    assert models.find("Gemma-2-27B").kv_bytes(8_000) == a_layer * (23 * 8_000 + 23 * 4_096)


def test_a_mixture_reads_more_experts_with_a_larger_batch() -> None:
    mixtral = models.find("Mixtral-8x7B")
    assert mixtral.touched_experts(1) == pytest.approx(2)
    assert mixtral.touched_experts(2) == pytest.approx(8 * (1 - 0.75**2))  # 3.5
    # 46.7 B parameters, of which a token passes 12.9 B (embeddings aside)
    assert 12.4e9 < mixtral.active_linear_parameters < 12.9e9


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("llama-3.1-70b", "Llama-3.1-70B"),
        ("meta-llama/Meta-Llama-3-70B-Instruct", "Meta-Llama-3-70B"),
        ("70B", "Meta-Llama-3-70B"),
        ("qwen2.5_7b instruct", "Qwen2.5-7B"),
    ],
)
def test_models_are_found_as_people_write_them(written: str, meant: str) -> None:
    assert models.find(written).name == meant


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown model 'llama-3.1-71b'; nearest: .*Llama-3.1-70B"):
        models.find("llama-3.1-71b")


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="kv_heads of model odd is 3"):
        models.Model(
            name="odd", family="x", hidden_size=8, intermediate_size=8, layers=1, heads=4, kv_heads=3, head_dim=2,
            vocab_size=8, context_tokens=8,
        )
