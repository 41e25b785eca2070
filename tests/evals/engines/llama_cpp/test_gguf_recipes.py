from __future__ import annotations

import pytest

from evals.engines.gguf_recipes import Shape, more_bits, tensor_type

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
