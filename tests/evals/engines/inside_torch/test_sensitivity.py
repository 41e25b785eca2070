from __future__ import annotations

import pytest
import torch

from evals.engines.loading import Job
from evals.engines.sensitivity import LayerLoss, allocate, divergence, layer_losses
from evals.engines.variants import load_variant
from evals.models import LocalModel
from evals.plan import variant_key
from evals.quantizations import quantization


def loss(layer: str, bits: int, kl: float, weights: int = 100) -> LayerLoss:
    return LayerLoss(layer=layer, weights=weights, bits=bits, kl=kl)


def test_the_layer_that_suffers_gets_the_bits() -> None:
    losses = [loss("a", 2, 1.0), loss("a", 4, 0.1), loss("b", 2, 0.2), loss("b", 4, 0.1)]
    # 3 bits on average pay for one of the two: a saves 0.9, b saves 0.1.
    assert allocate(losses, 3) == {"a": 4, "b": 2}
    assert allocate(losses, 4) == {"a": 4, "b": 4}
    assert allocate(losses, 2) == {"a": 2, "b": 2}


def test_size_is_counted_in_weights_not_layers() -> None:
    losses = [
        loss("large", 2, 1.0, 300), loss("large", 3, 0.4, 300), loss("small", 2, 0.5), loss("small", 3, 0.1),
    ]  # fmt: skip
    # 2.25 bits on average leave 100 bits: one more for the small layer, none for the large one.
    assert allocate(losses, 2.25) == {"large": 2, "small": 3}


def test_fewer_bits_than_the_narrowest_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.5 bits on average cannot be kept"):
        allocate([loss("a", 2, 1.0)], 1.5)


def test_divergence_of_two_known_distributions() -> None:
    p, q = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()
    # 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75) = 0.3466 − 0.2027
    assert divergence([p], [q]) == pytest.approx(0.1438, abs=1e-4) and divergence([p], [p]) == 0


def test_each_layer_is_judged_alone_and_put_back(small: LocalModel) -> None:
    job = Job(small, quantization("fp32"), "")
    before = {name: weight.clone() for name, weight in job.original.state_dict().items()}
    losses = layer_losses(job.original, job.tokenizer, ["Stock: lamp34, chair17.", "12 plus 30"], (2, 8), 128)
    assert len(losses) == 7 * 2 and all(each.kl > 0 for each in losses)
    by_bits = {bits: sum(each.kl for each in losses if each.bits == bits) for bits in (2, 8)}
    assert by_bits[2] > 10 * by_bits[8]
    assert all(torch.equal(weight, before[name]) for name, weight in job.original.state_dict().items())


def test_the_mixture_is_no_larger_than_one_width_for_all(small: LocalModel) -> None:
    sizes = {}
    for label in ("rtn-mixed-int3-g128", "rtn-int3-g128"):
        how = quantization(label)
        variant = load_variant(small, how, variant_key(small, how))
        sizes[label] = variant.weight_bytes
        if label == "rtn-mixed-int3-g128":
            assert set(variant.facts["bits_by_layer"].values()) <= {2, 3, 4}
    assert sizes["rtn-mixed-int3-g128"] <= sizes["rtn-int3-g128"]
