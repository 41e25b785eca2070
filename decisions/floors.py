"""Latency lines that no deployment can keep: below the time it takes to read the weights."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.options import Option
from decisions.quoting import acceptable_accelerators
from decisions.scenarios import Scenario
from decisions.wording import seconds
from pricing.catalogue import PriceBook
from pricing.floor import token_bytes, token_floor_s


def floor_warning(scenario: Scenario, options: Sequence[Option], book: PriceBook) -> str:
    """A sentence for the SLA's latency lines that lie below the physical floor of every variant; "" if none does."""
    sla, tokens = scenario.sla, scenario.workload.output_tokens
    lines = [("p95 latency", sla.e2e_p95_s, tokens), ("p95 time per token", sla.tpot_p95_s, 1)]
    asked = [(name, line, times) for name, line, times in lines if line is not None]
    rented = {(o.model, o.quantization): o.label for o in options if o.kind == "deployment"}
    read = {label: token_bytes(*variant) for variant, label in rented.items()} if asked else {}
    known = [(size, label) for label, size in read.items() if size is not None]
    if not known or len(known) < len(read):
        return ""
    size, label = min(known)
    cards = [book.accelerators[name] for name in acceptable_accelerators(scenario, book)]
    fastest = max(cards, key=lambda card: card.bandwidth_gb_s, default=None)
    if fastest is None:
        return ""
    least_s = token_floor_s(size, fastest, scenario.max_count)
    below = [
        f"{name} of {seconds(line)} is below what any card here can do: {label} needs at least "
        f"{seconds(least_s * times)}{f' for {times:,} tokens' if times > 1 else ''} to read its weights on "
        f"{scenario.max_count}× {fastest.name}"
        for name, line, times in asked
        if line < least_s * times
    ]
    return f"Warning: {'; '.join(below)}. Allow more time or ask for fewer output tokens." if below else ""
