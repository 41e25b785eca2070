"""Which two options to lay side by side first."""

from __future__ import annotations

from decisions.options import Decision, Option
from decisions.scenarios import Scenario


def opening_pair(scenario: Scenario, decision: Decision) -> tuple[str, str]:
    """What Compare opens on: the largest model at about 4 bits, against a smaller one at its highest precision.

    Where there is a choice, the pair nearest in bytes. Falls back on the first two options.
    """
    by_model = {model: [o for o in decision.options if o.model == model] for model in scenario.models}
    present = sorted((m for m in by_model if by_model[m]), key=lambda m: max(map(_bytes, by_model[m])))
    if len(present) < 2:
        return decision.options[0].id, decision.options[1].id
    distance = {o.id: abs((o.bits_per_weight or 99) - 4.5) for o in by_model[present[-1]]}
    four = [o for o in by_model[present[-1]] if distance[o.id] < max(0.7, min(distance.values()) + 0.01)]
    full = [max(by_model[m], key=_precision) for m in present[:-1]]
    pairs = [(abs(_bytes(first) - _bytes(second)), first.id, second.id) for first in four for second in full]
    return min(pairs)[1:]


def _precision(option: Option) -> tuple[float, bool]:
    return option.bits_per_weight or 0, option.quantization.lower() == "fp16"


def _bytes(option: Option) -> int:
    return option.weight_bytes or 0
