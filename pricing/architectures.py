"""Architectures: any Hugging Face ``config.json`` → the shapes of its model.

The traits and defaults of each ``model_type`` stand in ``tables/architectures.csv``; a type that is not there is
counted as a Llama-like decoder where its configuration has that form, and says so in ``source``.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pricing import tables, vision
from pricing.shapes import Model

SYNONYMS = {
    "hidden_size": ("n_embd", "dim", "d_model"),
    "intermediate_size": ("n_inner", "ffn_dim", "hidden_dim", "ffn_hidden_size"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers"),
    "num_attention_heads": ("n_head", "n_heads"),
    "num_key_value_heads": ("num_kv_heads", "n_head_kv"),
    "max_position_embeddings": ("n_positions", "n_ctx", "max_sequence_length", "seq_length"),
    "experts": ("num_local_experts", "num_experts", "n_routed_experts"),
    "experts_per_token": ("num_experts_per_tok", "num_experts_per_token", "moe_topk"),
}
TEXT_KEYS = ("text_config", "llm_config", "language_config")
ENCODERS = ("distilbert", "bert", "roberta", "xlm-roberta")
TEXT_TYPES = {
    "llava": "llama",
    "llava_next": "llama",
    "gemma3": "gemma3_text",
    "mistral3": "mistral",
    "mllama": "mllama_text_model",
    "llama4": "llama4_text",
    "qwen2_5_vl": "qwen2_vl",
}
NAME_TYPES = {
    "qwen2_5_vl": "qwen2_vl",
    "qwen2_5_vl_text": "qwen2_vl",
    "qwen2_vl_text": "qwen2_vl",
    "deepseek_v32": "deepseek_v3",
    "kimi_k2": "deepseek_v3",
    "phi3_v": "phi3",
    "ministral": "mistral",
    "qwen3_vl_text": "qwen3",
    "qwen3_vl_moe_text": "qwen3_moe",
}
# Layers that are no attention and MLP: their cost per token is another formula.
OTHER_LAYERS = ("mamba", "ssm", "rwkv", "xlstm", "linear_num_value_heads", "conv_L_cache", "attn_layer_period")


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    return {row["model_type"]: row for row in tables.rows("architectures")}


class _Keys:
    """The keys of one configuration over the defaults of its type, whatever they are called there."""

    def __init__(self, config: Mapping[str, Any], defaults: str, where: str) -> None:
        self.config, self.where = config, where
        pairs = (pair.split("=") for pair in defaults.split())
        self.defaults = {key: int(value) for key, value in pairs}

    def get(self, key: str, default: Any = None) -> Any:
        """The first of the key and its synonyms that the file, then the defaults, know."""
        for source in (self.config, self.defaults):
            for name in (key, *SYNONYMS.get(key, ())):
                if source.get(name) is not None:
                    return source[name]
                if name in source and source is self.config and name == key:
                    return default  # written as null: the file's word goes before the default
        return default

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number. Raises ValueError where it is missing or is none."""
        value = self.get(key, default)
        if isinstance(value, list) and value and all(one == value[0] for one in value):
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer() or value < 0:
            raise ValueError(f"{key} of {self.where} is {value!r}; expected a whole number of at least 0")
        return int(value)

    def flag(self, text: str) -> bool:
        """A trait of the table: 0, 1, or the key that decides (``attention_bias``, ``use_bias=1``)."""
        if text in ("", "0", "1"):
            return text == "1"
        key, _, default = text.partition("=")
        return bool(self.get(key, default == "1"))


def read(path: Path) -> Model:
    """The model that a ``config.json`` describes. Raises ValueError naming what the file lacks."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds a {type(config).__name__}; expected the object of a config.json")
    folder = path.resolve().parent
    if folder.parent.name == "snapshots":
        folder = Path(folder.parent.parent.name.rsplit("--", 1)[-1])
    name = folder.name if path.name == "config.json" else path.stem
    return from_config(config, name=name, source=f"counted from {path}", dated=date.fromtimestamp(path.stat().st_mtime))


def from_config(config: Mapping[str, Any], *, name: str, source: str = "config.json", dated: date) -> Model:
    """The model of a configuration already read. Raises ValueError."""
    kind = str(config.get("model_type") or "")
    text = next((config[key] for key in TEXT_KEYS if isinstance(config.get(key), dict)), config)
    text_type = str(text.get("model_type") or "") if text is not config else ""
    text_type = text_type or TEXT_TYPES.get(kind, kind)
    text_type = NAME_TYPES.get(text_type, text_type)
    odd = [key for key in text for mark in OTHER_LAYERS if key.startswith(mark)]
    row = _table().get(text_type)
    if odd:
        raise ValueError(
            f"model_type {text_type!r} of {name} cannot be counted: its key {odd[0]!r} is of layers other than "
            "attention and MLP; give its weight_bytes as measured"
        )
    if row is None and not {"hidden_size", "num_hidden_layers"} <= set(text):
        near = difflib.get_close_matches(text_type, _table(), n=3)
        raise ValueError(
            f"model_type {text_type or 'missing'!r} of {name} cannot be counted: it has no hidden_size; "
            f"nearest: {', '.join(near or ('llama', 'qwen2', 'mistral'))}"
        )
    if row is None:
        row = _table()["llama"] | {"defaults": ""}
        source += f"; model_type {text_type!r} is not in our table and was counted as a Llama-like decoder"
    model = _decoder(_Keys(text, row["defaults"], name), row, text_type, config, name)
    model |= {"source": source, "date": dated.isoformat(), "family": kind or text_type}
    if config.get("vision_config"):
        model["other_parameters"] = vision.parameters(kind, config, int(model["hidden_size"]))
    return Model(name=name, **model)


def _decoder(keys: _Keys, row: dict[str, str], kind: str, whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    hidden, layers = keys.count("hidden_size"), keys.count("num_hidden_layers")
    heads = keys.count("num_attention_heads")
    inner = keys.count("intermediate_size", 4 * hidden)
    tied = keys.get("tie_word_embeddings", whole.get("tie_word_embeddings", row["tied_embeddings"] == "1"))
    found: dict[str, Any] = {
        "hidden_size": hidden,
        "intermediate_size": inner,
        "layers": layers,
        "heads": heads,
        "kv_heads": keys.count("num_key_value_heads", heads),
        "head_dim": keys.count("head_dim", hidden // max(1, heads)),
        "vocab_size": keys.count("vocab_size"),
        "context_tokens": keys.count("max_position_embeddings", 0),
        "tied_embeddings": bool(tied),
        "norms_per_layer": int(row["norms_per_layer"]),
        "mlp_matrices": int(row["mlp_matrices"]),
        "norm_bias": row["norm_bias"] == "1",
        "qk_norm": row["qk_norm"] == "head",
        "fused_qkv": kind in ("phi3", "gpt2", "gpt_neox"),
        **{trait: keys.flag(row[trait]) for trait in ("qkv_bias", "output_bias", "mlp_bias")},
    }
    if not found["context_tokens"]:
        raise ValueError(f"max_position_embeddings of {name} is missing; add the context length to its config.json")
    if kind == "gpt_oss":
        found |= {"attention_sinks": True, "expert_bias": True}
    if keys.get("kv_lora_rank"):
        rope = keys.count("qk_rope_head_dim")
        found |= {
            "head_dim": keys.count("qk_nope_head_dim") + rope,
            "rope_head_dim": rope,
            "value_head_dim": keys.count("v_head_dim"),
            "kv_lora_rank": keys.count("kv_lora_rank"),
            "q_lora_rank": keys.count("q_lora_rank", 0),
            "kv_heads": heads,
        }
    if (keys.get("experts") or 0) > 1:
        found |= _mixture(keys, layers, inner)
    found |= _window(keys, row["sliding"], layers)
    if kind == "mllama_text_model":
        cross = keys.get("cross_attention_layers") or (3, 8, 13, 18, 23, 28, 33, 38)
        found["kv_free_layers"] = len(cross)
        # Their query and key norms and gates, and eight rows of the embedding for the image's tokens.
        found["extra_parameters"] = len(cross) * (2 * found["head_dim"] + 2) + 8 * hidden
    elif kind in ENCODERS:
        found |= {"encoder_only": True, "extra_parameters": _encoder_extras(keys, kind, whole, found)}
    elif row["qk_norm"] == "width":
        found["extra_parameters"] = layers * found["head_dim"] * (heads + found["kv_heads"])
    elif kind == "phi" or (kind == "phimoe" and keys.get("lm_head_bias")):
        found["extra_parameters"] = found["vocab_size"]
    elif kind == "gpt2":
        found["extra_parameters"] = found["context_tokens"] * hidden
    return found


def _mixture(keys: _Keys, layers: int, inner: int) -> dict[str, Any]:
    """Experts, the layers without them, and the experts that every token passes."""
    width = keys.count("moe_intermediate_size", inner)
    step = keys.get("decoder_sparse_step") or keys.get("interleave_moe_layer_step") or keys.get("moe_layer_freq") or 1
    first = keys.count("first_k_dense_replace", 0)
    plain = set(keys.get("mlp_only_layers") or ()) | set(range(first))
    if isinstance(step, int) and step > 1:
        plain |= {layer for layer in range(layers) if (layer + 1) % step}
    shared = keys.get("shared_expert_intermediate_size") or (keys.get("n_shared_experts") or 0) * width
    return {
        "experts": keys.count("experts"),
        "experts_per_token": keys.count("experts_per_token"),
        "intermediate_size": width,
        "shared_expert_size": int(shared),
        "shared_expert_gate": bool(keys.get("shared_expert_intermediate_size")),
        "dense_layers": len(plain),
        "dense_intermediate_size": keys.count("intermediate_size_mlp", inner) if plain else 0,
    }


def _window(keys: _Keys, trait: str, layers: int) -> dict[str, int]:
    """Sliding layers and their window: as the file lists them, else as the type has them."""
    window = keys.get("sliding_window") or keys.get("attention_chunk_size")
    if not window or keys.get("use_sliding_window") in (False, 0):
        return {}
    kinds, pattern = keys.get("layer_types"), keys.get("sliding_window_pattern")
    if isinstance(kinds, list):
        sliding = sum(str(one).startswith(("sliding", "chunked")) for one in kinds)
    elif isinstance(pattern, int) and pattern > 1:
        sliding = layers - layers // pattern
    elif trait == "max_window_layers":
        sliding = max(0, layers - int(keys.get("max_window_layers") or 0))
    elif "/" in trait:
        sliding = layers - layers // int(trait.split("/")[1])
    else:
        sliding = layers if trait == "all" else 0
    return {"sliding_window": int(window), "sliding_layers": sliding} if sliding else {}


def _encoder_extras(keys: _Keys, kind: str, whole: Mapping[str, Any], found: dict[str, Any]) -> int:
    """Learned positions, token types, the embedding's norm, and the head that ``architectures`` names."""
    hidden = found["hidden_size"]
    types = 0 if kind == "distilbert" else keys.count("type_vocab_size", 2)
    extras = (found["context_tokens"] + types + 2) * hidden
    head = str((whole.get("architectures") or [""])[0])
    square = hidden * hidden + hidden
    if "Masked" in head or "PreTraining" in head:
        return extras + square + 2 * hidden + found["vocab_size"]
    if "Classification" in head and "Token" not in head:
        labels = len(whole.get("id2label") or (0, 1))
        return extras + square + (hidden + 1) * labels
    return extras + (0 if kind == "distilbert" or "Token" in head or "Question" in head else square)


def cached(identifier: str) -> Path | None:
    """The newest ``config.json`` of a model id in the local Hugging Face cache, None where it is not there."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    folder = hub / f"models--{identifier.strip().replace('/', '--')}" / "snapshots"
    found = sorted(folder.glob("*/config.json"), key=lambda path: path.stat().st_mtime) if folder.is_dir() else []
    return found[-1] if found else None
