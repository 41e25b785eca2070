from __future__ import annotations

import pytest
import torch
from torch import nn

from evals.engines.rounding import round_to_nearest, rounded_bits


def test_two_bits_have_four_levels() -> None:
    # The largest magnitude is 3, so the scale is 3 / 1.5 = 2 and the levels are -4, -2, 0, 2.
    weight = torch.tensor([[-3.0, -1.1, 0.9, 3.0]])
    assert round_to_nearest(weight, bits=2, group_size=4).tolist() == [[-4.0, -2.0, 0.0, 2.0]]


def test_each_group_has_its_own_scale() -> None:
    weight = torch.tensor([[127.5, 1.0, 1.275, 0.01]])
    rounded = round_to_nearest(weight, bits=8, group_size=2)
    assert rounded[0, :2].tolist() == [127.0, 1.0]  # scale 1: 127.5 is clamped to code 127
    assert rounded[0, 2:].tolist() == pytest.approx([1.27, 0.01])  # scale 0.01


def test_error_halves_with_every_bit() -> None:
    torch.manual_seed(0)
    weight = torch.randn(64, 256)
    errors = [float((round_to_nearest(weight, b, 128) - weight).norm()) for b in (4, 5, 6)]
    assert 1.7 < errors[0] / errors[1] < 2.3 and 1.7 < errors[1] / errors[2] < 2.3


def test_a_group_that_does_not_divide_the_row_is_refused() -> None:
    with pytest.raises(ValueError, match="rows of 6 weights do not divide into groups of 4"):
        round_to_nearest(torch.ones(2, 6), bits=4, group_size=4)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 7, 8])
def test_bit_for_bit_what_torchao_computes(bits: int) -> None:
    quantization = pytest.importorskip("torchao.quantization")
    torch.manual_seed(bits)
    ours, theirs = nn.Linear(256, 64, bias=False), nn.Linear(256, 64, bias=False)
    theirs.load_state_dict(ours.state_dict())
    width = getattr(torch, f"int{bits}")
    recipe = quantization.IntxWeightOnlyConfig(weight_dtype=width, granularity=quantization.PerGroup(64))
    quantization.quantize_(theirs, recipe)
    rounded = round_to_nearest(ours.weight.data, bits, 64)
    assert torch.equal(rounded, theirs.weight.dequantize())
    assert len(rounded[0, :64].unique()) <= 2**bits


def test_without_groups_a_row_has_one_scale() -> None:
    weight = torch.tensor([[127.5, 1.27, 0.0], [1.275, 0.5, 0.0]])
    assert round_to_nearest(weight, 8, None).tolist() == [
        pytest.approx([127.0, 1.0, 0.0]), pytest.approx([1.27, 0.5, 0.0]),
    ]  # fmt: skip


class Toy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(8, 128)
        self.inner = nn.Linear(128, 4, bias=False)
        self.head = nn.Linear(128, 8, bias=False)
        self.head.weight = self.embed.weight  # tied

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embed

    def get_output_embeddings(self) -> nn.Linear:
        return self.head


def test_stored_bits_count_scales_and_tied_embeddings_once() -> None:
    inner, embedding = 4 * 128, 8 * 128
    assert rounded_bits(Toy(), 4, 128, embeddings_too=False) == inner * (4 + 16 / 128) + embedding * 16
    assert rounded_bits(Toy(), 4, 128, embeddings_too=True) == (inner + embedding) * (4 + 16 / 128)
