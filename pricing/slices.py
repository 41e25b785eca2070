"""Fractions of a card: MIG slices such as ``A100-80GB-SXM:3g.40gb``, as accelerators of their own."""

from __future__ import annotations

import re
from dataclasses import replace

from pricing import accelerators
from pricing.accelerators import Accelerator
from pricing.names import UnknownName

GUIDE = "MIG profiles: NVIDIA Multi-Instance GPU User Guide"
# Compute slices of seven → memory slices of eight, as its tables of profiles have them.
MEMORY_EIGHTHS = {1: 1, 2: 2, 3: 4, 4: 4, 7: 8}
SPLITTABLE = ("A100", "A30", "H100", "H200", "B200", "GH200", "RTXPRO6000")
_PROFILE = re.compile(r"^(\d)g(?:\.(\d+)gb)?$")


def is_slice(card: Accelerator) -> bool:
    """True for a fraction of a card."""
    return ":" in card.name


def check_count(card: Accelerator, count: int) -> None:
    """Raises ValueError for several slices: they cannot work on one replica."""
    if count > 1 and is_slice(card):
        raise ValueError(f"count of {card.name} is {count}; slices have no link to each other, nearest: 1")


def profiles(card: Accelerator) -> tuple[str, ...]:
    """MIG profiles of a card by their usual names, () where it cannot be split."""
    if not card.name.startswith(SPLITTABLE):
        return ()
    box_gb = card.memory_gib * 2**30 / 1e9
    box_gb = min((24, 40, 80, 94, 96, 141, 180, 192), key=lambda size: abs(size - box_gb))
    return tuple(f"{compute}g.{round(box_gb * eighths / 8)}gb" for compute, eighths in MEMORY_EIGHTHS.items())


def find(name: str) -> Accelerator:
    """An accelerator by name, or a slice of one written ``CARD:PROFILE``. Raises UnknownName.

    A slice has its share of memory and bandwidth (eighths) and of arithmetic (sevenths), and no link to others.
    """
    whole, colon, profile = name.partition(":")
    card = accelerators.find(whole)
    if not colon:
        return card
    offered = profiles(card)
    match = _PROFILE.match(profile.strip().lower())
    compute = int(match[1]) if match else 0
    named = dict(zip(MEMORY_EIGHTHS, offered, strict=False)).get(compute)
    if named is None or (match and match[2] and profile.strip().lower() != named):
        advice = f"nearest: {', '.join(offered)}" if offered else "the card cannot be split; leave the profile out"
        raise UnknownName(f"unknown slice {profile!r} of {card.name}; {advice}")
    memory, share = MEMORY_EIGHTHS[compute] / 8, compute / 7
    rates = {
        field: None if value is None else value * share
        for field in ("fp16_tflops", "fp8_tflops", "int8_tops", "fp32_tflops")
        for value in [getattr(card, field)]
    }
    return replace(
        card,
        name=f"{card.name}:{named}",
        description=f"{card.description}, MIG slice {named}",
        memory_gib=card.memory_gib * memory,
        bandwidth_gb_s=card.bandwidth_gb_s * memory,
        source=f"{card.source}; {GUIDE}",
        link="none",
        link_gb_s=None,
        aliases=(),
        **rates,  # type: ignore[arg-type]
    )
