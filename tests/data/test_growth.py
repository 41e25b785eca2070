"""A grown member computes what the smaller one did."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from data.models.training.growth import grow
from data.models.training.network import Group, Llama, Text, to_transformers
from data.models.training.recipe import SIZES


def logits(network: Llama) -> torch.Tensor:
    ids = torch.arange(40) % 7 * 100 + 3
    return network(Text(ids, torch.arange(20).repeat(2), [Group(2, 20, 3)], torch.tensor([5, 19, 39])))


@pytest.mark.parametrize(("small", "large"), [("tiny-1m", "tiny-3m"), ("tiny-3m", "tiny-13m")])
def test_growing_changes_nothing_at_first(small: str, large: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    old, new = Llama(SIZES[small]), Llama(SIZES[large])
    with torch.no_grad():  # as large as after training, so that the epsilon of the norms does not show
        old.model.embed_tokens.weight.mul_(50)
    to_transformers(old, SIZES[small]).save_pretrained(tmp_path)
    grow(new, SIZES[large], tmp_path, SIZES[small])
    assert torch.allclose(logits(old), logits(new), rtol=1e-3, atol=1e-3)
    assert sum(w.numel() for w in new.parameters()) > 3 * sum(w.numel() for w in old.parameters())


def test_a_larger_member_does_not_fit_into_a_smaller_one(tmp_path: Path) -> None:
    to_transformers(Llama(SIZES["tiny-3m"]), SIZES["tiny-3m"]).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="4 layers do not fit into 2"):
        grow(Llama(SIZES["tiny-1m"]), SIZES["tiny-1m"], tmp_path, SIZES["tiny-3m"])
