"""A torch model as an ONNX file with the names of inputs and outputs that optimum and transformers.js use."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Collection
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.export import Dim
from transformers import DynamicCache

BEYOND_ONE_FILE_BYTES = 1_500_000_000  # protobuf ends at 2 GiB; larger weights go into a file beside
SAMPLE_BATCH, SAMPLE_TOKENS, SAMPLE_PAST = 2, 5, 3  # shapes to trace with; none of them is 1, which would be fixed


class _Decoder(nn.Module):
    """Keys and values as plain tensors in and out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, position_ids: Tensor, *past: Tensor
    ) -> tuple[Tensor, ...]:
        cache = DynamicCache(list(zip(past[::2], past[1::2], strict=True)))
        seen = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
        )
        present = (tensor for layer in seen.past_key_values.layers for tensor in (layer.keys, layer.values))
        return (seen.logits, *present)


class _Classifier(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def export_decoder(model: Any, path: Path) -> None:
    """``input_ids, attention_mask, position_ids, past_key_values.N.key|value`` → ``logits, present.N.key|value``."""
    model = model.float().cpu().eval()
    model.set_attn_implementation("eager")
    ids = torch.full((SAMPLE_BATCH, SAMPLE_TOKENS), 3)
    with torch.inference_mode():
        layers = model(input_ids=ids, use_cache=True).past_key_values.layers
    mask = torch.ones(SAMPLE_BATCH, SAMPLE_PAST + SAMPLE_TOKENS, dtype=torch.long)
    positions = (torch.arange(SAMPLE_TOKENS) + SAMPLE_PAST).repeat(SAMPLE_BATCH, 1)
    past = [torch.zeros_like(t[:, :, :SAMPLE_PAST]) for layer in layers for t in (layer.keys, layer.values)]
    ends = [f"{layer}.{part}" for layer in range(len(layers)) for part in ("key", "value")]
    _export(
        _Decoder(model),
        (ids, mask, positions, *past),
        path,
        ["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{end}" for end in ends)],
        ["logits", *(f"present.{end}" for end in ends)],
        (*[{0: Dim.DYNAMIC, 1: Dim.DYNAMIC}] * 3, tuple({0: Dim.DYNAMIC, 2: Dim.DYNAMIC} for _ in past)),
    )


def export_classifier(model: Any, path: Path) -> None:
    """``input_ids, attention_mask`` → ``logits``, one for each label."""
    model = model.float().cpu().eval()
    model.set_attn_implementation("eager")
    ids = torch.full((SAMPLE_BATCH, SAMPLE_TOKENS), 3)
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},) * 2
    _export(
        _Classifier(model), (ids, torch.ones_like(ids)), path, ["input_ids", "attention_mask"], ["logits"], shapes
    )


def quantize(source: Path, target: Path, left_alone: Collection[str] = ()) -> None:
    """Weights of the layers to 8 bits, one scale a column; activations to 8 bits at each pass. Embeddings stay, and
    so do the output matrix and the layers ``left_alone``, as with the other methods.

    Unsigned weights: with signed ones ONNX Runtime adds pairs of products in 16 bits on processors without VNNI, where
    they saturate without a word.
    """
    graph = onnx.load(source, load_external_data=False).graph
    heads = {f"model.{name}.weight" for name in left_alone}
    excluded = [node.name for node in graph.node if "logits" in node.output or heads & set(node.input)]
    with redirect_stdout(sys.stderr):
        quantize_dynamic(
            source,
            target,
            weight_type=QuantType.QUInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm"],
            nodes_to_exclude=[*excluded, *(f"{name}_MatMul" for name in excluded)],  # as it renames them first
            use_external_data_format=_is_large(source.parent),
            extra_options={"MatMulConstBOnly": True},
        )


def _is_large(folder: Path) -> bool:
    return sum(path.stat().st_size for path in folder.iterdir()) > BEYOND_ONE_FILE_BYTES


def _export(
    module: nn.Module, sample: tuple[Tensor, ...], path: Path, inputs: list[str], outputs: list[str], shapes: Any
) -> None:
    weights = sum(parameter.numel() * parameter.element_size() for parameter in module.parameters())
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.inference_mode(), warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            sample,
            path,
            dynamo=True,
            verbose=False,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=shapes,
            external_data=weights > BEYOND_ONE_FILE_BYTES,
        )
    whole = onnx.load(path, load_external_data=False)
    del whole.graph.value_info[:]  # the quantizer transposes weights and then trips over their old shapes
    onnx.save(whole, path)
