from __future__ import annotations

import pytest
from gguf import GGML_QUANT_SIZES

from evals.engines.gguf_recipes import BASE, Shape, more_bits, tensor_type
from pricing.gguf import weight_bytes
from pricing.models import find

EIGHT = Shape(layers=8, heads_per_kv_head=2, tied=False)


def names(file_type: str, part: str, shape: Shape = EIGHT) -> list[str]:
    return [tensor_type(file_type, f"blk.{i}.{part}.weight", 256, shape).name for i in range(shape.layers)]


def test_more_bits_go_to_the_ends_and_to_every_third_layer_between() -> None:
    # 8 layers: the first eighth is layer 0, the last is 7; between, (layer - 1) % 3 == 2 holds for 3 and 6.
    assert [i for i in range(8) if more_bits(i, 8)] == [0, 3, 6, 7]


def test_q4_k_m_gives_six_bits_to_values_and_down_projections_of_those_layers() -> None:
    mixed = ["Q6_K", "Q4_K", "Q4_K", "Q6_K", "Q4_K", "Q4_K", "Q6_K", "Q6_K"]
    assert names("Q4_K_M", "attn_v") == names("Q4_K_M", "ffn_down") == mixed
    assert set(names("Q4_K_M", "ffn_up") + names("Q4_K_M", "attn_q") + names("Q4_K_M", "attn_output")) == {"Q4_K"}


def test_q2_k_is_three_bits_in_three_kinds_of_tensors() -> None:
    parts = ("attn_q", "attn_v", "attn_output", "ffn_down", "ffn_up")
    three = [part for part in parts if "Q3_K" in names("Q2_K", part)]
    assert three == ["attn_v", "attn_output", "ffn_down"]


def test_an_output_matrix_keeps_six_bits_also_where_it_is_the_embedding() -> None:
    tied = Shape(layers=8, heads_per_kv_head=2, tied=True)
    assert tensor_type("Q4_K_M", "output.weight", 256, EIGHT).name == "Q6_K"
    assert tensor_type("Q4_K_M", "token_embd.weight", 256, tied).name == "Q6_K"
    assert tensor_type("Q4_K_M", "token_embd.weight", 256, EIGHT).name == "Q4_K"
    assert tensor_type("IQ2_XXS", "output.weight", 256, EIGHT).name == "Q5_K"


def test_values_shared_by_many_query_heads_get_more_bits() -> None:
    shared = Shape(layers=8, heads_per_kv_head=4, tied=False)
    assert set(names("IQ2_XXS", "attn_v")) == {"Q2_K"} and set(names("IQ2_XXS", "attn_v", shared)) == {"Q4_K"}


def test_rows_that_do_not_divide_into_blocks_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"blocks of 256 weights, and blk\.0\.ffn_up\.weight has rows of 192"):
        tensor_type("Q4_K_M", "blk.0.ffn_up.weight", 192, EIGHT)
    assert tensor_type("Q4_0", "blk.0.ffn_up.weight", 192, EIGHT).name == "Q4_0"


@pytest.mark.parametrize("name", ["Llama-2-7B", "Llama-3.1-70B", "Llama-3.2-3B", "Qwen2-7B"])
@pytest.mark.parametrize("file_type", sorted(set(BASE) - {"F32", "F16", "BF16"}))
def test_sizes_agree_with_those_that_prices_are_computed_from(name: str, file_type: str) -> None:
    """The same mixtures, read from llama.cpp twice and written down in two ways."""
    big = find(name)
    shape = Shape(layers=big.layers, heads_per_kv_head=big.heads // big.kv_heads, tied=big.tied_embeddings)
    tensors = {"token_embd.weight": (big.hidden_size, big.vocab_size * big.hidden_size)}
    if not big.tied_embeddings:
        tensors["output.weight"] = tensors["token_embd.weight"]
    for layer in range(big.layers):
        for part, (columns, rows) in big.attention_shapes.items():
            tensors[f"blk.{layer}.attn_{part}.weight"] = (columns, columns * rows)
        for part in ("up", "gate"):
            tensors[f"blk.{layer}.ffn_{part}.weight"] = (big.hidden_size, big.hidden_size * big.intermediate_size)
        tensors[f"blk.{layer}.ffn_down.weight"] = (big.intermediate_size, big.hidden_size * big.intermediate_size)
    needy = ("IQ3_XXS", "IQ2_M", "IQ2_XXS")  # cannot be made without an importance matrix
    total = 0.0
    for tensor, (columns, weights) in tensors.items():
        block, stored = GGML_QUANT_SIZES[tensor_type(file_type, tensor, columns, shape, importance=file_type in needy)]
        total += weights / block * stored
    small = big.small_parameters * 4 + big.other_parameters * 2
    assert total + small == pytest.approx(weight_bytes(big, file_type), rel=1e-9)
