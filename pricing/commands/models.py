"""``model``: shapes, parameters and bytes of one model, and whether it fits."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pricing import fit, formats, models, slices
from pricing.commands.arguments import AsJson, optional, whole
from pricing.formats import Format
from pricing.memory import GIB
from pricing.shapes import Model

USUAL = (
    "fp16", "fp8", "w8a8-int8", "llm-int8", "gptq-int4-g128", "awq-int4-g128", "nf4", "mxfp4", "Q8_0", "Q6_K",
    "Q5_K_M", "Q4_K_M", "Q3_K_M", "IQ2_M",
)  # fmt: skip


def model(
    name: Annotated[str, typer.Argument(help="A name, a config.json, its folder, or an id in the local cache.")],
    quantization: Annotated[str, typer.Option(help="One format, or the usual ones.")] = "",
    accelerator: Annotated[str, typer.Option(help="Also: does it fit there? L4, or A100-80GB-SXM:3g.40gb.")] = "",
    count: Annotated[str, typer.Option(help="Cards of one replica.")] = "1",
    context_tokens: Annotated[str, typer.Option(help="Tokens a request; the model's own context by default.")] = "",
    batch: Annotated[str, typer.Option(help="Requests at once.")] = "1",
    engine: Annotated[str, typer.Option(help="vllm, llama.cpp or transformers; by the format unless named.")] = "",
    as_json: AsJson = False,
) -> None:
    """Shapes, parameters, KV cache and bytes at each quantization; with --accelerator, whether it fits."""
    found = models.find(name)
    labels = (quantization,) if quantization else USUAL
    answer = describe(found, [formats.find(label) for label in labels])
    if accelerator:
        tokens = optional("--context-tokens", context_tokens)
        answer["fit"] = [
            _fit(
                fit.check(
                    found,
                    label,
                    slices.find(accelerator),
                    whole("--count", count),
                    engine=engine,
                    context_tokens=0 if tokens is None else int(tokens),
                    batch=whole("--batch", batch),
                ),
                formats.find(label).label,
            )
            for label in labels
        ]
    typer.echo(json.dumps(answer, indent=2) if as_json else "\n".join(_lines(answer)))


def describe(found: Model, stored: list[Format]) -> dict[str, Any]:
    """What ``model`` prints, as plain values; bytes are of the whole model."""
    shape = {
        field: getattr(found, field)
        for field in (
            "hidden_size", "intermediate_size", "layers", "heads", "kv_heads", "head_dim", "vocab_size",
            "context_tokens", "experts", "experts_per_token", "dense_layers", "shared_expert_size", "kv_lora_rank",
            "sliding_window", "sliding_layers", "kv_free_layers", "tied_embeddings", "encoder_only",
        )
    }  # fmt: skip
    return {
        "name": found.name,
        "family": found.family,
        "shape": shape,
        "parameters": found.parameters,
        "active_parameters": found.active_parameters,
        "published_parameters": found.published_parameters,
        "vision_parameters": found.other_parameters,
        "kv_bytes_per_token": found.kv_bytes(1),
        "kv_bytes_at_context": found.kv_bytes(found.context_tokens),
        "quantizations": [
            {
                "quantization": one.label,
                "engine": one.engine,
                "bytes": round(one.weight_bytes(found)),
                "bits_per_weight": round(one.whole_bits(found), 3),
                "kept_16_bit": one.kept_16_bit + (", vision tower" if found.other_parameters else ""),
            }
            for one in stored
        ],
        "source": found.source,
        "date": found.date,
    }


def _fit(answer: fit.Fit, label: str) -> dict[str, Any]:
    room = answer.room
    return {
        "quantization": label,
        "fits": answer.fits,
        "why": answer.why,
        "batch": answer.batch,
        "context_tokens": answer.context_tokens,
        "cards": room.cards,
        "weight_bytes": round(room.weight_bytes),
        "kv_bytes": round(room.kv_bytes_per_sequence * answer.batch),
        "activation_bytes": round(room.activation_bytes),
        "overhead_bytes": round(room.overhead_bytes),
        "card_bytes": round(answer.card_bytes),
        "available_bytes": round(room.available_bytes),
        "left_for_kv_bytes": round(room.left_bytes),
        "largest_batch": answer.largest_batch,
        "longest_context_tokens": answer.longest_context_tokens,
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    shape = answer["shape"]
    lines = [f"{answer['name']} ({answer['family']})"]
    lines += [
        f"  {field.replace('_', ' '):22} {'yes' if value is True else f'{value:,}'}"
        for field, value in shape.items()
        if value
    ]
    lines.append(f"  {'parameters':22} {answer['parameters']:,}")
    if shape["experts"]:
        lines.append(f"  {'active parameters':22} {answer['active_parameters']:,}")
    if answer["vision_parameters"]:
        lines.append(f"  {'of these, vision':22} {answer['vision_parameters']:,}")
    lines.append(f"  {'KV cache a token':22} {answer['kv_bytes_per_token'] / 1024:,.1f} KiB at 16 bits")
    if answer["kv_bytes_at_context"]:
        lines.append(f"  {'KV cache, full context':22} {answer['kv_bytes_at_context'] / GIB:,.2f} GiB")
    lines += [
        f"  {one['quantization']:22} {one['bytes'] / GIB:9.2f} GiB  {one['bits_per_weight']:6.3f} bits a weight  "
        f"16 bits: {one['kept_16_bit']}"
        for one in answer["quantizations"]
    ]
    for one in answer.get("fit", []):
        lines.append(f"  {one['quantization']} {'fits' if one['fits'] else 'does not fit'}: {_fit_words(one)}")
    return [*lines, f"  source: {answer['source']} ({answer['date']})"]


def _fit_words(one: dict[str, Any]) -> str:
    parts = ", ".join(
        f"{word} {one[field] / GIB:.2f}"
        for word, field in (
            ("weights", "weight_bytes"),
            ("KV", "kv_bytes"),
            ("activations", "activation_bytes"),
            ("engine", "overhead_bytes"),
        )
    )
    if not one["fits"]:
        return f"{one['why']} ({parts} GiB)"
    return (
        f"{parts} of {one['available_bytes'] / GIB:.2f} GiB usable; {one['left_for_kv_bytes'] / GIB:.2f} GiB for KV; "
        f"largest batch {one['largest_batch']:,} at {one['context_tokens']:,} tokens, "
        f"longest context {one['longest_context_tokens']:,} at a batch of {one['batch']:,}"
    )
