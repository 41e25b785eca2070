"""Every way to quantize inside torch, through lm-eval: the quantized weights are what answers."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
import torch

from evals.availability import arithmetic, why_not
from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.engines.stored import inside, linear_names
from evals.engines.variants import load_variant
from evals.models import LocalModel
from evals.plan import variant_key
from evals.quantizations import quantization
from evals.tasks import task

PACKED = (
    "llm-int8", "nf4", "nf4-dq", "fp4", "gptq-int8-g128", "gptq-int4-g128", "gptq-int3-g128", "gptq-int2-g128",
    "awq-int4-g128", "autoround-int4-g128", "torchao-int8", "torchao-w8a8", "hqq-int4-g64", "hqq-int3-g64",
    "hqq-int2-g64",
)  # fmt: skip
DEQUANTIZED = ("rtn-int5-g64", "rtn-int4", "rtn-int4-g128-emb", "rtn-mixed-int3-g128")


def load(local: LocalModel, label: str) -> LoadedVariant:
    how = quantization(label)
    if why := why_not(how):
        pytest.skip(why)
    return load_variant(local, how, variant_key(local, how))


def answers(variant: LoadedVariant, names: Sequence[str] = ("classification", "math")) -> list[str]:
    """What lm-eval got: log-likelihoods of the choices, and generated text."""
    found: list[ItemResult] = []
    harness = Harness(variant)
    for name in names:
        harness.run(task(name), (0, 1, 2), found.append)
    assert len(found) == 3 * len(names)
    return [f"{item.index} {item.output}" for item in sorted(found, key=lambda item: (item.output[:1], item.index))]


def likelihoods(said: Sequence[str]) -> list[float]:
    rows = [json.loads(text.split(" ", 1)[1]) for text in said if "loglikelihoods" in text]
    return [value for row in rows for value in row["loglikelihoods"].values()]


@pytest.mark.parametrize("label", [*PACKED, *DEQUANTIZED])
def test_lm_eval_is_answered_by_the_quantized_weights(small: LocalModel, label: str) -> None:
    variant = load(small, label)
    before = answers(variant)
    assert answers(variant) == before, "the same items, the same answers"
    with torch.inference_mode():  # without their scales the layers are nothing; whoever asked them must notice
        for layer in (variant.model.get_submodule(name) for name in linear_names(variant.model) or _names(variant)):
            for tensor in inside(layer):
                if tensor.dtype.is_floating_point:
                    tensor.zero_()
    after = answers(variant, ["classification"])
    assert max(abs(a - b) for a, b in zip(likelihoods(before), likelihoods(after), strict=True)) > 0.5


def _names(variant: LoadedVariant) -> list[str]:
    return [name for name, module in variant.model.named_modules() if name.endswith("_proj")]


@pytest.mark.parametrize("label", PACKED)
def test_packed_weights_take_the_bits_of_their_format_in_memory(small: LocalModel, label: str) -> None:
    variant, how = load(small, label), quantization(label)
    # The layer has 4 attention matrices (256 × 256, 128 × 256 twice, 256 × 256) and 3 of 256 × 256.
    assert variant.facts["quantized_weights"] == 2 * 256 * 256 + 2 * 128 * 256 + 3 * 256 * 256
    assert variant.facts["quantized_bits"] == pytest.approx(how.expected_bits(256), abs=0.3)
    assert variant.facts["execution"] == "packed" and variant.facts["logits_changed"] > 0
    assert variant.weight_bytes == pytest.approx(variant.bits_per_weight * variant.facts["parameters"] / 8, abs=1)


def test_full_precision_is_what_transformers_computes(small: LocalModel) -> None:
    assert load(small, "fp32").bits_per_weight == 32
    for label in ("bf16", "fp16"):
        assert load(small, label).bits_per_weight == 16
    half, full = answers(load(small, "bf16")), answers(load(small, "fp32"))
    if arithmetic("bf16", "cpu") == "float32":  # the shipped weights are BF16
        assert half == full
    else:  # BF16 numbers from 8 to 16 lie 1/16 apart; log-likelihoods here reach -13
        assert likelihoods(half) == pytest.approx(likelihoods(full), abs=2 / 16)


def test_speed_and_memory_come_with_the_hardware(small: LocalModel) -> None:
    speed = load(small, "nf4").facts["speed"]
    assert speed["prefill_tokens_per_s"] > speed["decode_tokens_per_s"] > 0
    assert speed["prompt_tokens"] == 128 and speed["threads"] >= 1 and speed["processor"]
