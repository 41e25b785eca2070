"""Renting a machine for a plan: the cheapest offers whose card holds every variant, as a task of SkyPilot.

Bitbudget loads a variant on one card, so each must fit on one; more cards evaluate more variants at a time.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evals.hub import looks_like_id
from evals.models import named_models
from evals.plan import Plan
from evals.quantizations import quantization
from pricing import accelerators, fit, formats, models, offers
from pricing.accelerators import Accelerator
from pricing.memory import GIB
from pricing.names import UnknownName
from pricing.offers import Offer
from pricing.shapes import Model
from pricing.skypilot import PROVIDERS

CONTEXT_TOKENS = 4096
BATCH = 8
FULL = "bf16"  # what every recipe starts from
ROOM = 1.2  # above our price: lists move, and the renter must not
HOST = 1.5  # memory of the machine over the weights at 16 bits: they pass through it
DISK_GB = 100  # packages, the system and the results, beside twice the weights
CHOICES = 5
RAY_PORT = 6399
SKY_CLOUDS = {name: cloud for cloud, name in PROVIDERS.items()}
SKY_CARDS = {
    "A100-40GB": "A100", "A100-80GB-SXM": "A100-80GB", "A100-80GB-PCIe": "A100-80GB", "V100-16GB": "V100",
    "H100-SXM": "H100", "H100-PCIe": "H100", "T4": "T4", "L4": "L4", "A10": "A10", "A10G": "A10G", "L40S": "L40S",
    "H200": "H200", "B200": "B200", "RTX4090": "RTX4090", "RTX3090": "RTX3090", "RTX5090": "RTX5090", "A40": "A40",
}  # fmt: skip
SETUP = """\
python3 -m pip install --user -q uv && python3 -m uv venv -q --seed --python 3.11 ~/bitbudget-venv
~/bitbudget-venv/bin/pip install -q -r requirements.txt -r requirements-cluster.txt
"""


@dataclass(frozen=True, kw_only=True)
class Rented:
    """Offers for ``cards`` cards each, cheapest first, and the bytes that one card and the machine must have."""

    offers: tuple[Offer, ...]
    cards: int
    card_bytes: float
    host_bytes: float
    disk_gb: int


def machine_for(variants: Sequence[tuple[str, str]], book: Iterable[Offer], *, cards: int = 1) -> Rented:
    """The cheapest offers on demand, one a cloud, that hold each of the variants on one card.

    Raises UnknownName for a model whose shape is not known, ValueError where no card that can be rented is enough.
    """
    fit.whole("cards", cards, of="the machine", most=8)
    heaviest = max(_weights(model, label)[0] for model, label in variants)
    need = max(_card_bytes(model, label) for model, label in variants)
    known = accelerators.load()
    found: dict[str, Offer] = {}
    for offer in offers.matching(book, count=cards, tier="on-demand"):
        card = known.get(offer.accelerator)
        if card is None or offer.accelerator not in SKY_CARDS or offer.provider not in SKY_CLOUDS:
            continue
        if card.memory_gib * GIB >= need:
            found.setdefault(offer.provider, offer)
    if not found:
        raise ValueError(_nothing(variants, need, known.values()))
    return Rented(
        offers=tuple(found.values())[:CHOICES],
        cards=cards,
        card_bytes=need,
        host_bytes=HOST * heaviest,
        disk_gb=DISK_GB + math.ceil(2 * heaviest / 1e9),
    )


def _weights(model: str, label: str) -> tuple[float, float]:
    """Bytes at 16 bits and in the format, 0 for a format that is made in place."""
    shape = _shape(model)
    try:
        made = 0.0 if quantization(label).method == "none" else formats.find(label).weight_bytes(shape)
    except UnknownName:  # a format of ours that pricing does not list: as much as it started from
        made = formats.find(FULL).weight_bytes(shape)
    return formats.find(FULL).weight_bytes(shape), made


def _card_bytes(model: str, label: str) -> float:
    """Full precision and beside it what is made of it, with a batch of prompts; transformers' own peak."""
    shape, card = _shape(model), accelerators.find("H100-SXM")
    context = min(CONTEXT_TOKENS, shape.context_tokens)
    room = fit.room(shape, formats.find(FULL), fit.TRANSFORMERS, card, 1, context_tokens=context)
    return room.card_bytes(BATCH) + _weights(model, label)[1]


def _nothing(variants: Sequence[tuple[str, str]], need: float, cards: Iterable[Accelerator]) -> str:
    model, label = max(variants, key=lambda variant: _card_bytes(*variant))
    most = max((card for card in cards if card.name in SKY_CARDS), key=lambda card: card.memory_gib)
    return (
        f"{model} @ {label} takes {need / GIB:.1f} GiB of one card while it is made and measured; the largest that "
        f"SkyPilot rents, {most.name}, has {most.memory_gib:.1f} GiB, or nobody offers it. Serve it with vLLM over "
        "several cards and measure it as an endpoint: python -m evals endpoint add"
    )


def _of_hub(model: str) -> bool:
    return model not in named_models()


def variants_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Model and quantization of every cell. Raises ValueError for what does not travel to a rented machine."""
    for model in plan.models:
        if _of_hub(model) and (not looks_like_id(model) or Path(model).expanduser().exists()):
            raise ValueError(
                f"model {model!r} does not travel to a rented machine; name a shipped one, or org/name of the Hub"
            )
    if plan.variants:
        raise ValueError(f"the plan {plan.name!r} names single variants; give --models and --quantizations instead")
    return tuple((model, quantization(label).label) for model in plan.models for label in plan.quantizations)


def _shape(model: str) -> Model:
    """What the memory model needs to know; of a shipped model from its own folder."""
    shipped = named_models().get(model)
    return models.find(str(shipped.folder) if shipped else model)


def sky_task(plan: Plan, rented: Rented) -> dict[str, Any]:
    """The task as SkyPilot reads it: the cards, the packages, the run on every card, and results to copy back."""
    choices = [
        {
            "infra": SKY_CLOUDS[offer.provider],
            "accelerators": f"{SKY_CARDS[offer.accelerator]}:{rented.cards}",
            "max_hourly_cost": round(offer.usd_per_hour * ROOM, 2),
        }
        for offer in rented.offers
    ]
    return {
        "name": "bitbudget",
        "workdir": ".",
        "resources": {
            "ordered": choices,
            "memory": f"{max(16, math.ceil(rented.host_bytes / 1e9))}+",
            "disk_size": rented.disk_gb,
            "autostop": {"idle_minutes": 10, "down": False},
        },
        "envs": {"BITBUDGET_HOME": "/tmp/bitbudget"},
        "setup": SETUP,
        "run": _run_lines(plan),
    }


def _run_lines(plan: Plan) -> str:
    """Ray on another port than SkyPilot's own hands each card to one variant; the files are what ``import`` reads."""
    run = ["python", "-m", "evals", "run", "--executor", "ray", "--address", f"127.0.0.1:{RAY_PORT}", "--json"]
    run += ["--models", ",".join(plan.models), "--quantizations", ",".join(plan.quantizations)]
    run += ["--tasks", ",".join(plan.tasks), *(["--limit", str(plan.limit)] if plan.limit else [])]
    run += ["--seed", str(plan.seed)] if plan.seed else []
    lines = [
        "source ~/bitbudget-venv/bin/activate",
        *(f"python -m evals preflight {shlex.quote(model)} --fetch" for model in plan.models if _of_hub(model)),
        f"ray start --head --port {RAY_PORT} --include-dashboard=false --disable-usage-stats",
        f"{shlex.join(run)} > ~/bitbudget-run.json",
        "RUN=$(python -c 'import json, sys; print(json.load(sys.stdin)[\"run\"])' < ~/bitbudget-run.json)",
        'python -m evals export "$RUN" --format lm-eval --out ~/bitbudget-results',
    ]
    return "\n".join(lines) + "\n"


def task_yaml(task: Mapping[str, Any]) -> str:
    """The task as text; commands as blocks."""
    return yaml.dump(dict(task), Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120)


class _Blocks(yaml.SafeDumper):
    """Writes text of several lines as it is read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)
