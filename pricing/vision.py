"""Vision towers beside a language model: parameters of the tower and of the projector that feeds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULTS: dict[str, dict[str, Any]] = {  # transformers 5.23.0, the configuration class of each tower
    "clip_vision_model": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "patch_size": 32},
    "siglip_vision_model": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "patch_size": 16},
    "pixtral": {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "patch_size": 16},
    "mllama_vision_model": {
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "patch_size": 14,
        "num_global_layers": 8,
        "max_num_tiles": 4,
        "image_size": 448,
    },
    "qwen2_vl": {"embed_dim": 1280, "depth": 32, "mlp_ratio": 4, "patch_size": 14},
    "qwen2_5_vl": {"hidden_size": 3584, "intermediate_size": 3420, "depth": 32, "patch_size": 14},
}


def _layers(count: int, width: int, middle: int, *, matrices: int, biased: bool, norms: int) -> int:
    """Parameters of ``count`` encoder layers: four attention matrices, an MLP and two norms each."""
    biases = 4 * width + (matrices - 1) * middle + width if biased else 0
    return count * (4 * width**2 + matrices * width * middle + biases + 2 * norms * width)


def parameters(kind: str, config: Mapping[str, Any], text_width: int) -> int:
    """Tower and projector of a multimodal model of type ``kind`` (llava_next, gemma3, mllama …).

    Towers without a formula of their own are counted as CLIP's: a plain vision transformer.
    """
    tower = config.get("vision_config") or {}
    name = str(tower.get("model_type") or {"gemma3": "siglip_vision_model"}.get(kind, "clip_vision_model"))
    name = {"siglip": "siglip_vision_model", "clip": "clip_vision_model"}.get(name, name)
    if kind in ("qwen2_vl", "qwen2_5_vl", "mllama"):
        name = {"mllama": "mllama_vision_model"}.get(kind, kind)
    get = ({"image_size": 224, "num_channels": 3} | DEFAULTS.get(name, DEFAULTS["clip_vision_model"]) | tower).get
    depth, patch = int(get("num_hidden_layers") or get("depth") or 0), int(get("patch_size", 14))
    width = int((get("embed_dim") if name == "qwen2_vl" else get("hidden_size")) or 0)
    middle, pixels = int(get("intermediate_size") or 0), int(get("num_channels", 3)) * patch**2
    patches = (int(get("image_size", 224)) // patch) ** 2
    if name.startswith("qwen2"):
        pixels *= 2  # two frames a patch
        gated = name == "qwen2_5_vl"
        middle = middle if gated else int(get("mlp_ratio", 4)) * width
        body = _layers(depth, width, middle, matrices=3 if gated else 2, biased=True, norms=1 if gated else 2)
        merged = 4 * width
        out = int(get("out_hidden_size" if gated else "hidden_size") or text_width)
        return body + pixels * width + (1 if gated else 2) * width + merged**2 + merged + merged * out + out
    if name == "pixtral":
        body = _layers(depth, width, middle, matrices=3, biased=False, norms=1) + pixels * width + width
        merge = int(config.get("spatial_merge_size") or 0)
        body += (merge**2 * width**2 + width) if merge else 0
    elif name == "mllama_vision_model":
        tiles, everywhere = int(get("max_num_tiles", 4)), int(get("num_global_layers", 8))
        ratios = sum(1 for high in range(1, tiles + 1) for wide in range(1, tiles + 1) if high * wide <= tiles) + 1
        body = _layers(depth + everywhere, width, middle, matrices=2, biased=True, norms=2) + 2 * everywhere
        body -= (depth + everywhere) * 4 * width  # attention without biases
        body += pixels * width + width + 4 * width + (patches + 1) * width + 1
        body += ratios * tiles * (patches + 1) * width + 2 * (ratios * tiles * width + 1)
        kept = len(get("intermediate_layers_indices") or (3, 7, 15, 23, 30)) + 1
        return body + kept * width * text_width + text_width
    else:
        siglip = name == "siglip_vision_model"
        body = _layers(depth, width, middle, matrices=2, biased=True, norms=2)
        body += pixels * width + patches * width + 2 * width
        body += width if siglip else 4 * width  # CLIP: a class token, its position and a norm before the layers
        if siglip and get("vision_use_head", True):
            body += 4 * width**2 + 4 * width + 2 * width * middle + middle + width + 3 * width  # attention pooling
    if kind == "gemma3":
        return body + width * text_width + width
    bias = 0 if kind == "mistral3" else 2 * text_width
    newline = text_width if kind == "llava_next" else 0
    return body + width * text_width + text_width**2 + bias + newline
