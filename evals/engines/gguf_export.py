"""A Hugging Face folder as one GGUF file, quantized tensor by tensor on the way, so that no wide copy is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray
from safetensors import safe_open

from evals.engines.gguf_recipes import Shape, tensor_type
from evals.engines.gguf_tokenizer import add_tokenizer
from evals.engines.llama_cpp import EngineError, library

CHUNK_WEIGHTS = 1 << 20
Importance = Mapping[str, NDArray[np.float32]]


class UnsupportedModel(ValueError):
    """The folder holds something this writer does not know; llama.cpp's own converter may."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """How llama.cpp names it, and whether its rotary pairs lie side by side (q and k rows are then reordered)."""

    name: str
    side_by_side: bool


ARCHITECTURES = {
    "LlamaForCausalLM": Architecture(name="llama", side_by_side=True),
    "MistralForCausalLM": Architecture(name="llama", side_by_side=True),
    "Qwen2ForCausalLM": Architecture(name="qwen2", side_by_side=False),
    "Qwen3ForCausalLM": Architecture(name="qwen3", side_by_side=False),
}


@dataclass(frozen=True)
class Source:
    """A folder: its configuration and its tensors by GGUF name."""

    folder: Path

    def __post_init__(self) -> None:
        names = self.config.get("architectures") or ["none named"]
        if names[0] not in ARCHITECTURES:
            raise UnsupportedModel(
                f"{self.folder.name} is a {names[0]}, and GGUF is written here for {', '.join(ARCHITECTURES)}; convert "
                "it with llama.cpp's convert_hf_to_gguf.py and give the .gguf file as the model"
            )
        if (kind := self.rope["rope_type"]) not in ("default", "llama3"):
            raise UnsupportedModel(f"{self.folder.name} stretches its context by {kind!r}; known: default, llama3")

    @cached_property
    def config(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "config.json").read_text()))

    @property
    def architecture(self) -> Architecture:
        return ARCHITECTURES[self.config["architectures"][0]]

    @property
    def rope(self) -> dict[str, Any]:
        config = self.config
        given = config.get("rope_parameters") or config.get("rope_scaling") or {}
        theta = given.get("rope_theta", config.get("rope_theta", 10000.0))
        return {**given, "rope_type": given.get("rope_type", given.get("type", "default")), "rope_theta": theta}

    @property
    def heads(self) -> int:
        return int(self.config["num_attention_heads"])

    @property
    def kv_heads(self) -> int:
        return int(self.config.get("num_key_value_heads") or self.heads)

    @property
    def head_size(self) -> int:
        return int(self.config.get("head_dim") or self.config["hidden_size"] // self.heads)

    @property
    def shape(self) -> Shape:
        return Shape(
            layers=int(self.config["num_hidden_layers"]),
            heads_per_kv_head=self.heads // self.kv_heads,
            tied=bool(self.config.get("tie_word_embeddings")),
        )

    def gguf_name(self, tensor: str) -> str:
        """``model.layers.0.mlp.up_proj.weight`` → ``blk.0.ffn_up.weight``."""
        architectures = {name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}
        names = gguf.get_tensor_name_map(architectures[self.architecture.name], self.shape.layers)
        if (found := names.get_name(tensor, try_suffixes=(".weight", ".bias"))) is None:
            raise UnsupportedModel(f"tensor {tensor} of {self.folder.name} has no place in GGUF")
        return found

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...], Any]]:
        """GGUF name, shape and a function that reads the values in FP32, rows ordered as llama.cpp expects."""
        for path in sorted(self.folder.glob("*.safetensors")):
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 (a safetensors file is not a dict)
                    if name.endswith("rotary_emb.inv_freq") or (name == "lm_head.weight" and self.shape.tied):
                        continue
                    shape = tuple(file.get_slice(name).get_shape())
                    yield self.gguf_name(name), shape, lambda file=file, name=name: self._read(file, name)

    def _read(self, file: Any, name: str) -> NDArray[np.float32]:
        values: NDArray[np.float32] = file.get_tensor(name).float().numpy()
        if not np.isfinite(values).all():
            raise ValueError(f"tensor {name} of {self.folder.name} holds values that are not finite")
        part = name.rsplit(".", 2)[-2]
        if self.architecture.side_by_side and part in ("q_proj", "k_proj"):
            values = pairs_side_by_side(values, self.heads if part == "q_proj" else self.kv_heads)
        return values


def pairs_side_by_side(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Within each head, row i and row i + half become neighbours: the order of llama.cpp's ``llama`` rotation."""
    half = rows.shape[0] // heads // 2
    return np.ascontiguousarray(rows.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(rows.shape))


def export(folder: Path, target: Path, file_type: str, importance: Importance | None = None, threads: int = 1) -> None:
    """Write ``target``. Equal inputs give equal bytes, whatever the number of threads."""
    source = Source(folder)
    writer = gguf.GGUFWriter(target, source.architecture.name)
    _add_settings(writer, source, file_type)
    add_tokenizer(writer, folder, source.config)
    chosen_types = []
    frequencies = _stretched_frequencies(source)
    if frequencies is not None:
        writer.add_tensor_info("rope_freqs.weight", frequencies.shape, frequencies.dtype, frequencies.nbytes)
    for name, shape, _ in source.tensors():
        chosen = Type.F32
        if len(shape) > 1:
            chosen = tensor_type(file_type, name, shape[-1], source.shape, importance is not None)
        stored = gguf.quant_shape_to_byte_shape(shape, chosen)
        writer.add_tensor_info(name, stored, np.dtype(np.uint8), int(np.prod(stored)), raw_dtype=chosen)
        chosen_types.append(chosen)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    if frequencies is not None:
        writer.write_tensor_data(frequencies)
    for (name, _, read), chosen in zip(source.tensors(), chosen_types, strict=True):
        writer.write_tensor_data(quantize(name, read(), chosen, (importance or {}).get(name), threads))
    writer.close()


def quantize(
    name: str, values: NDArray[np.float32], to: Type, importance: NDArray[np.float32] | None, threads: int = 1
) -> NDArray[np.uint8]:
    """Rows of ``values`` in format ``to``, by llama.cpp's own routines; ``importance`` weighs the columns."""
    if to in (Type.F32, Type.F16, Type.BF16):
        return gguf.quants.quantize(values, to).view(np.uint8)
    lib = library()
    block, size = GGML_QUANT_SIZES[to]
    rows, columns = values.shape
    if importance is not None and importance.shape != (columns,):
        raise ValueError(f"importance of {name} has {importance.shape} values for rows of {columns}")
    out = np.zeros((rows, columns // block * size), np.uint8)
    lib.ggml_quantize_init(int(to))
    weights = None if importance is None else importance.ctypes.data
    step = max(1, CHUNK_WEIGHTS // columns)

    def part(first: int) -> None:
        source, target = np.ascontiguousarray(values[first : first + step]), out[first : first + step]
        lib.ggml_quantize_chunk(
            int(to), source.ctypes.data, target.ctypes.data, 0, len(source), columns, weights
        )
        if not lib.ggml_validate_row_data(int(to), target.ctypes.data, target.nbytes):
            raise EngineError(f"{to.name} of {name} came out invalid")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(0, rows, step)))
    return out


def _add_settings(writer: gguf.GGUFWriter, source: Source, file_type: str) -> None:
    config = source.config
    context = min(c for c in (config["max_position_embeddings"], config.get("sliding_window")) if c)
    writer.add_name(source.folder.name)
    writer.add_context_length(context)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(source.shape.layers)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(source.heads)
    writer.add_head_count_kv(source.kv_heads)
    writer.add_key_length(source.head_size)
    writer.add_value_length(source.head_size)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(float(source.rope["rope_theta"]))
    writer.add_rope_dimension_count(source.head_size)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    every = {kind.name.removeprefix("MOSTLY_").removeprefix("ALL_"): kind for kind in gguf.LlamaFileType}
    writer.add_file_type(every[file_type])


def _stretched_frequencies(source: Source) -> NDArray[np.float32] | None:
    """Divisors of the rotary frequencies of Llama 3.1 (``rope_type`` llama3), None for a plain rotation."""
    rope = source.rope
    if rope["rope_type"] == "default":
        return None
    frequencies = rope["rope_theta"] ** -(np.arange(0, source.head_size, 2) / source.head_size)
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * np.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    kept = np.clip((turns - low) / (high - low), 0, 1)  # 1: fast enough to stay as it is, 0: slowed by the factor
    return (1 / (kept + (1 - kept) / rope["factor"])).astype(np.float32)


