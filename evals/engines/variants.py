"""Load one variant into memory: the folder's weights, really quantized."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.engines.rounding import round_model
from evals.home import home
from evals.models import LocalModel
from evals.quantizations import Quantization

log = logging.getLogger(__name__)
BF16_FLAGS = {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True, kw_only=True)
class LoadedVariant:
    """A model ready for the harness. ``weight_bytes`` is the stored size, scales and unquantized tensors included."""

    model: Any
    tokenizer: Any
    weight_bytes: int
    bits_per_weight: float
    facts: dict[str, Any]


def load_variant(local: LocalModel, how: Quantization, artefact_key: str, check: bool = True) -> LoadedVariant:
    """Quantize and load. With ``check``, a quantization that changed no logit is an error, not a perfect score."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    arithmetic = _arithmetic(device, how)
    tokenizer = AutoTokenizer.from_pretrained(local.folder)
    original = _plain(local.folder, arithmetic, device)
    count = sum(p.numel() for p in original.parameters())
    if how.method == "none":
        model, bits = original, how.nominal_bits * count
    elif how.method == "round-to-nearest":
        model = _plain(local.folder, torch.float32, device)
        bits = round_model(model, int(how.nominal_bits), how.group_size or 0, how.embeddings_too)
        model = model.to(arithmetic)
    elif how.method == "bitsandbytes":
        model = _bitsandbytes(local.folder, how, arithmetic, device)
        bits = _bits_of(model, how)
    else:
        model = _gptq(local, how, arithmetic, device, artefact_key)
        bits = _bits_of(model, how)
    model.eval()
    facts = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "CPU",
        "arithmetic": str(arithmetic).removeprefix("torch."),
        "execution": how.execution,
        "parameters": count,
    }
    if check and how.method != "none":
        facts["logits_changed"] = _difference(original, model, tokenizer)
        if facts["logits_changed"] == 0:
            raise RuntimeError(f"{how.label} left the logits of {local.name} unchanged: nothing was quantized")
    return LoadedVariant(
        model=model, tokenizer=tokenizer, weight_bytes=round(bits / 8), bits_per_weight=bits / count, facts=facts
    )


def _arithmetic(device: str, how: Quantization) -> torch.dtype:
    """BF16 where the hardware computes in it; FP32 otherwise (BF16 weights then keep their values exactly)."""
    if how.label == "fp32":
        return torch.float32
    if device == "cuda":
        return torch.bfloat16
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    native = any(flag in flags for flag in BF16_FLAGS)
    return torch.bfloat16 if native and how.label == "bf16" else torch.float32


def _plain(folder: Path, dtype: torch.dtype, device: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True).to(device)


def _bitsandbytes(folder: Path, how: Quantization, dtype: torch.dtype, device: str) -> Any:
    from transformers import BitsAndBytesConfig

    config = (
        BitsAndBytesConfig(load_in_8bit=True)
        if how.nominal_bits == 8
        else BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    )
    return AutoModelForCausalLM.from_pretrained(folder, device_map=device, dtype=dtype, quantization_config=config)


def _gptq(local: LocalModel, how: Quantization, dtype: torch.dtype, device: str, artefact_key: str) -> Any:
    """GPTQ with text of the training split, kept on disk under the hash of weights and recipe."""
    folder = home() / "quantized" / artefact_key
    if not (folder / "config.json").exists():
        os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")
        from gptqmodel import GPTQModel, QuantizeConfig

        from evals.engines.calibration import calibration_texts

        config = QuantizeConfig(bits=int(how.nominal_bits), group_size=how.group_size, device=device)
        quantizer = GPTQModel.load(str(local.folder), config)
        quantizer.quantize(calibration_texts(), batch_size=1)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            quantizer.save(temporary)
            shutil.copytree(temporary, f"{folder}.partial", dirs_exist_ok=True)
        os.replace(f"{folder}.partial", folder)
    return AutoModelForCausalLM.from_pretrained(folder, device_map=device, dtype=dtype)


def _bits_of(model: Any, how: Quantization) -> float:
    """Stored bits: integer tensors as they are, quantization state with them, 16 bits for everything left alone."""
    bits, seen = 0.0, set()
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.data_ptr() in seen or tensor.numel() == 0:
            continue
        seen.add(tensor.data_ptr())
        if not tensor.dtype.is_floating_point:
            bits += tensor.numel() * tensor.element_size() * 8
        elif tensor.numel() > 1:
            bits += 16 * tensor.numel()
    for module in model.modules():
        state = getattr(getattr(module, "weight", None), "quant_state", None)
        if state is not None:  # NF4: one FP32 scale for each block of codes
            bits += 32 * state.absmax.numel()
        row_scales = getattr(getattr(module, "weight", None), "SCB", None)
        if row_scales is not None:
            bits += 32 * row_scales.numel()
    return bits


def _difference(original: Any, model: Any, tokenizer: Any) -> float:
    """Relative change of the logits on a fixed text."""
    ids = tokenizer("Stock: lamp34, chair17. What is 12 plus 30?", return_tensors="pt").input_ids.to(original.device)
    with torch.inference_mode():
        before, after = original(input_ids=ids).logits.float(), model(input_ids=ids).logits.float()
    return float((after - before).norm() / before.norm())
