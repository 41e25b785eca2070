"""ONNX Runtime behind the calls that ``HFLM`` and ``generate`` make of a transformers model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache, GenerationConfig, GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast, SequenceClassifierOutput

from evals.threads import threads

PROVIDERS = ["CPUExecutionProvider"]
PAST, PRESENT = "past_key_values.", "present."
KNOWN = ("input_ids", "attention_mask", "position_ids", "token_type_ids")
Feeds = dict[str, NDArray[Any]]


class UnsupportedGraph(ValueError):
    """The file asks for inputs that are not known here, or gives no logits."""


class Graph:
    """One loaded file."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=PROVIDERS)
        except Exception as error:  # its errors have no common class of their own
            raise UnsupportedGraph(f"ONNX Runtime cannot load {path.name}: {error}") from error
        self.inputs = {each.name: each for each in self._session.get_inputs()}
        self.outputs = [each.name for each in self._session.get_outputs()]
        self.past = [name for name in self.inputs if name.startswith(PAST)]
        unknown = [name for name in self.inputs if name not in KNOWN and name not in self.past]
        if unknown or "logits" not in self.outputs:
            raise UnsupportedGraph(
                f"{path.name} takes {', '.join(self.inputs)} and gives {', '.join(self.outputs[:3])} …; known are "
                f"{', '.join(KNOWN)} and {PAST}N.key|value, which give logits: export it again with those names"
            )
        if missing := {name.replace(PAST, PRESENT) for name in self.past} - set(self.outputs):
            raise UnsupportedGraph(f"{path.name} takes keys and values but does not give {', '.join(sorted(missing))}")

    def run(self, feeds: Feeds, wanted: list[str]) -> list[NDArray[Any]]:
        """The outputs named. Inputs that the graph does not have are left out."""
        found: list[NDArray[Any]] = self._session.run(wanted, {k: v for k, v in feeds.items() if k in self.inputs})
        return found

    def no_past(self, batch: int) -> Feeds:
        """Keys and values of no tokens."""
        shapes = {name: self.inputs[name].shape for name in self.past}
        return {name: np.zeros((batch, heads, 0, size), np.float32) for name, (_, heads, _, size) in shapes.items()}


class OnnxDecoder(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """Writes text. A file without keys and values computes the whole text anew for every token."""

    def __init__(self, config: Any, graph: Graph) -> None:
        config._attn_implementation = "eager"
        super().__init__(config)
        self.graph = graph
        self.generation_config = GenerationConfig.from_model_config(config)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        return torch.float32

    def generate(self, *arguments: Any, **options: Any) -> Any:
        return super().generate(*arguments, **{**options, "use_cache": bool(self.graph.past)})

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: DynamicCache | None = None,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Logits of every token given; what came before them is in ``past_key_values``."""
        batch, given = input_ids.shape
        before = past_key_values.get_seq_length() if past_key_values is not None else 0
        mask = attention_mask if attention_mask is not None else torch.ones(batch, before + given, dtype=torch.long)
        places = position_ids if position_ids is not None else (mask.cumsum(-1) - 1).clamp(min=0)[:, -given:]
        feeds = {"input_ids": input_ids, "attention_mask": mask.long(), "position_ids": places}
        arrays = {name: tensor.numpy() for name, tensor in feeds.items()}
        if past_key_values is not None and before:
            for number, layer in enumerate(past_key_values.layers):
                arrays[f"{PAST}{number}.key"] = layer.keys.numpy()
                arrays[f"{PAST}{number}.value"] = layer.values.numpy()
        else:
            arrays.update(self.graph.no_past(batch))
        present = [f"{PRESENT}{n}.{part}" for n in range(len(self.graph.past) // 2) for part in ("key", "value")]
        logits, *kept = map(torch.from_numpy, self.graph.run(arrays, ["logits", *present]))
        cache = DynamicCache(list(zip(kept[::2], kept[1::2], strict=True))) if kept else None
        return CausalLMOutputWithPast(logits=logits, past_key_values=cache)


class OnnxClassifier:
    """One logit for each label of the configuration."""

    def __init__(self, config: Any, graph: Graph) -> None:
        self.config, self.graph, self.device = config, graph, torch.device("cpu")

    def __call__(self, input_ids: Tensor, attention_mask: Tensor | None = None, **more: Any) -> Any:
        mask = attention_mask if attention_mask is not None else torch.ones_like(input_ids)
        types = more.get("token_type_ids", torch.zeros_like(input_ids))
        feeds = {"input_ids": input_ids, "attention_mask": mask, "token_type_ids": types}
        [logits] = self.graph.run({name: tensor.numpy() for name, tensor in feeds.items()}, ["logits"])
        return SequenceClassifierOutput(logits=torch.from_numpy(logits))
