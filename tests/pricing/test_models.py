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
    # Llama 1 and two of Llama 2: publishers count rotary constants too, which are no weights. The others: below.
    lacking = {name for name, model in models.load().items() if model.published_parameters is None}
    assert lacking == {"LLaMA-7B", "LLaMA-13B", "Llama-2-13B", "Llama-2-70B", *ROUNDED}


# As their publishers state them, in billions: all parameters, and those a token passes.
ROUNDED = {"DeepSeek-V3": 671, "DistilBERT": 0.0664, "DistilBERT-SST2": 0.067, "BERT-base": 0.1095, "Qwen1.5-0.5B": 0.464}
ACTIVE = {
    "DeepSeek-V3": 37,
    "DeepSeek-V2": 21,
    "Qwen2-57B-A14B": 14,
    "Qwen3-235B-A22B": 22,
    "Qwen3-30B-A3B": 3.3,
    "Qwen1.5-MoE-A2.7B": 2.7,
    "Mixtral-8x7B": 12.9,
    "gpt-oss-120b": 5.1,
    "gpt-oss-20b": 3.6,
    "Phi-3.5-MoE": 6.6,
}


@pytest.mark.parametrize(("name", "billions"), ROUNDED.items())
def test_counts_published_in_round_figures(name: str, billions: float) -> None:
    assert models.find(name).parameters == pytest.approx(billions * 1e9, rel=0.005)


@pytest.mark.parametrize(("name", "billions"), ACTIVE.items())
def test_active_parameters_of_mixtures(name: str, billions: float) -> None:
    model = models.find(name)
    # gpt-oss's card leaves the input embedding out; the other cards count it.
    embedding = model.embedding_parameters if model.family == "gpt-oss" else 0
    assert model.active_parameters - embedding == pytest.approx(billions * 1e9, rel=0.025)


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


def test_latent_attention_caches_one_vector_a_token() -> None:
    # DeepSeek-V3: 61 layers × (512 latent + 64 rotary) × 2 bytes; with 128 full heads it would be 2 × 128 × 192 wide
    assert models.find("DeepSeek-R1").kv_bytes_per_token == 61 * (512 + 64) * 2 == 70_272


def test_a_cache_of_sliding_layers_stops_growing() -> None:
    mistral = models.find("Mistral-7B-v0.1")  # every layer slides over 4,096 tokens
    assert mistral.kv_bytes(4_096) == mistral.kv_bytes(32_768) == 4_096 * mistral.kv_bytes_per_token


def test_layers_that_look_at_the_image_cache_no_text() -> None:
    # Llama-3.2-11B-Vision: 8 of 40 layers attend to the image; the other 32 are Llama-3.1-8B's
    assert models.find("Llama-3.2-11B-Vision").kv_bytes(1) == models.find("Llama-3.1-8B").kv_bytes(1)


def test_an_encoder_keeps_no_cache() -> None:
    assert models.find("distilbert-base-uncased").kv_bytes(512) == 0


def test_kv_heads_are_copied_where_they_run_out() -> None:
    llama, deepseek = models.find("Llama-3.1-8B"), models.find("DeepSeek-V3")
    assert [llama.kv_copies(cards) for cards in (1, 8, 16)] == [1, 1, 2]  # 8 KV heads
    assert deepseek.kv_copies(8) == 8  # the latent vector cannot be split


def test_eight_bit_caches_are_half() -> None:
    llama = models.find("Llama-3.1-8B")
    assert llama.kv_bytes(1_000, bits=8) == llama.kv_bytes(1_000) / 2


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
