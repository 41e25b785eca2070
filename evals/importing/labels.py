"""Which quantization a file of another tool means: from model arguments and from names, as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.forecast.cells import GGUF_BITS
from evals.importing.refusal import NeedsQuantization, Refused
from evals.names import UnknownName, known
from evals.published import API_QUANTIZATION, published_measurements
from evals.quantizations import QUANTIZATIONS

FULL = {
    "float32": "fp32", "fp32": "fp32", "float": "fp32", "f32": "fp32", "bfloat16": "bf16", "bf16": "bf16",
    "float16": "fp16", "fp16": "fp16", "half": "fp16", "f16": "fp16",
}  # fmt: skip
HINT = "say it with --quantization, for example --quantization bf16 or --quantization Q4_K_M"
GGUF = re.compile(r"i?q\d_\w+", re.IGNORECASE)
NAMED = (  # the first that is found decides
    (r"(?<![a-z0-9])(i?q\d(?:_[a-z0-9]+)+)(?![a-z0-9_])", lambda m: m[1].upper()),
    (r"nvfp4", lambda m: "nvfp4"),
    (r"mxfp4", lambda m: "mxfp4"),
    (r"gptq\D{0,3}(?:int|w)?(\d)\b|(\d)[-_]?bits?[-_]?gptq|gptq.*?int(\d)", lambda m: f"gptq-int{_digit(m)}"),
    (r"awq\D{0,3}(?:int|w)?(\d)\b|(\d)[-_]?bits?[-_]?awq|awq.*?int(\d)", lambda m: f"awq-int{_digit(m)}"),
    (r"gptq", lambda m: "gptq-int4"),
    (r"awq", lambda m: "awq-int4"),
    (r"bnb[-_]?4bits?|(?<![a-z])nf4(?!\d)", lambda m: "nf4"),
    (r"bnb[-_]?8bits?|llm[-_.]?int8", lambda m: "llm-int8"),
    (r"(?<![a-z0-9])w(\d)a(\d{1,2})(?!\d)", lambda m: f"w{m[1]}a{m[2]}"),
    (r"exl([23])\D*(\d(?:\.\d+)?)\s*bpw", lambda m: f"exl{m[1]} {m[2]}bpw"),
    (r"(?<![a-z0-9])(\d(?:\.\d+)?)bpw", lambda m: f"{m[1]}bpw"),
    (r"(?<![a-z])fp(8|4)(?!\d)", lambda m: f"fp{m[1]}"),
    (r"(?<![a-z])int(8|4|3|2)(?!\d)", lambda m: f"int{m[1]}"),
    (r"(?<![a-z0-9])([23468])[-_]?bits?(?![a-z])", lambda m: f"int{m[1]}"),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A label, what it was read from, and whether that leaves no doubt."""

    label: str
    basis: str
    certain: bool
    note: str = ""


def known_label(given: str) -> str:
    """A quantization as the catalogue spells it, or another format in use. Raises Refused with the nearest ones."""
    label = " ".join(given.split())
    by_folded = {name.casefold(): name for name in (*QUANTIZATIONS, API_QUANTIZATION, "fp32", *GGUF_BITS)}
    others = {m.quantization.casefold(): m.quantization for m in published_measurements()}
    if spelled := by_folded.get(label.casefold()) or others.get(label.casefold()):
        return spelled
    found = from_name(label)
    if found and found.label.casefold() == label.casefold() and not GGUF.fullmatch(label):
        return label
    try:
        return known("quantization", label, by_folded.values())
    except UnknownName as error:
        raise Refused(str(error)) from error


def settled(found: Found | None, given: str | None, warnings: list[str]) -> str:
    """The label to use. ``given`` fills what the file leaves open; what the file is certain of stays.

    Raises NeedsQuantization if neither says.
    """
    if found is None:
        if given is None:
            raise NeedsQuantization(f"the file does not say which quantization was run; {HINT}")
        return known_label(given)
    if found.note:
        warnings.append(found.note)
    if given is None or known_label(given).casefold() == found.label.casefold():
        return found.label
    if found.certain:
        warnings.append(f"{given!r} was given, but the file says {found.label} ({found.basis}): kept {found.label}")
        return found.label
    warnings.append(f"the file says {found.label} ({found.basis}); {given} as you said")
    return known_label(given)


def from_arguments(arguments: Mapping[str, Any], names: tuple[str, ...], dtype: str = "") -> Found | None:
    """From arguments of a model (as lm-eval, vLLM and transformers spell them), its names, and the type it ran in."""
    if _true(arguments.get("load_in_4bit")):
        return _bitsandbytes(arguments)
    if _true(arguments.get("load_in_8bit")):
        return Found(label="llm-int8", basis="load_in_8bit", certain=True)
    how = str(arguments.get("quantization") or arguments.get("quantization_config") or "").casefold()
    if how in QUANTIZATIONS or _spelled(how) in QUANTIZATIONS:
        return Found(label=_spelled(how), basis=f"quantization={how}", certain=True)
    files = [str(arguments[name]) for name in ("gguf_file", "filename", "gguf") if arguments.get(name)]
    for text in (*files, *names):
        if found := from_name(text):
            return found
    if how and how not in ("none", "null", "{}"):
        return from_name(how) or Found(label=_plain(how), basis="quantization", certain=True)
    for flag, label in (("autogptq", "gptq-int4"), ("gptqmodel", "gptq-int4")):
        if _true(arguments.get(flag)):
            return Found(label=label, basis=flag, certain=False, note=f"{flag} without a width: taken as 4 bits")
    for basis in ("dtype", "torch_dtype"):
        if full := FULL.get(str(arguments.get(basis, "")).removeprefix("torch.").casefold()):
            return Found(label=full, basis=f"{basis}={arguments[basis]}", certain=False)
    if full := FULL.get(dtype.removeprefix("torch.").casefold()):
        return Found(label=full, basis=f"loaded as {dtype}", certain=False)
    return None


def from_name(text: str) -> Found | None:
    """What a model's or file's name says of its format."""
    low = text.casefold()
    for pattern, made in NAMED:
        if found := re.search(pattern, low):
            label = str(made(found))
            return Found(label=_spelled(label), basis=f"the name {text[-60:]!r}", certain=True)
    for word in re.split(r"[^a-z0-9]+", low):
        if word in ("bf16", "fp16", "f16", "fp32", "f32", "bfloat16", "float16", "float32"):
            return Found(label=FULL[word], basis=f"the name {text[-60:]!r}", certain=False)
    return None


def _bitsandbytes(arguments: Mapping[str, Any]) -> Found:
    kind = str(arguments.get("bnb_4bit_quant_type") or "").casefold()
    note = "" if kind else "load_in_4bit without a type: fp4, the default of bitsandbytes"
    double = "-dq" if _true(arguments.get("bnb_4bit_use_double_quant")) else ""
    label = f"{kind if kind in ('nf4', 'fp4') else 'fp4'}{double}"
    return Found(label=label, basis="load_in_4bit", certain=True, note=note)


def _plain(how: str) -> str:
    return {"bitsandbytes": "nf4", "awq_marlin": "awq-int4", "gptq_marlin": "gptq-int4"}.get(how, how[:40])


def _spelled(label: str) -> str:
    return next((name for name in QUANTIZATIONS if name.casefold() == label.casefold()), label)


def _digit(found: re.Match[str]) -> str:
    return next((group for group in found.groups() if group), "4")


def _true(value: Any) -> bool:
    return value is True or str(value).casefold() in ("true", "1", "yes")
