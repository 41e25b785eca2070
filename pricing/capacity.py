"""Capacity: latency of one replica under load, and the fewest replicas that carry the peak within the latency line.

Requests arrive at random; every request has the workload's prompt and output size. With arrivals λ, prompts of
``p`` seconds and outputs of ``o`` tokens, the share of time in prompts is λp, and a token takes
``T = step(B + 1) / (1 − λp)`` with ``B = λ o T`` other requests present: a fixed point, solved in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing.speed import Pace

MAX_UTILISATION = 0.7  # our default; beyond it a peak forecast that is a little wrong ends in a queue
MAX_REPLICAS = 4096


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Medians and 95th percentiles at one load; ``batch`` is the mean number of requests in flight on a replica."""

    ttft_p50_s: float
    tpot_p50_s: float
    e2e_p50_s: float
    ttft_p95_s: float
    tpot_p95_s: float
    e2e_p95_s: float
    batch: float
    utilisation_fraction: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The latency line; None means "not asked for"."""

    ttft_p95_s: float | None = None
    tpot_p95_s: float | None = None
    e2e_p95_s: float | None = None

    @property
    def asked(self) -> bool:
        """True where any limit is set."""
        return not (self.ttft_p95_s is None and self.tpot_p95_s is None and self.e2e_p95_s is None)

    def broken_by(self, seen: Latency) -> str:
        """The first limit that ``seen`` breaks, in words; "" where it keeps all."""
        for name, word in (("e2e_p95_s", "end to end"), ("ttft_p95_s", "first token"), ("tpot_p95_s", "per token")):
            limit, value = getattr(self, name), getattr(seen, name)
            if limit is not None and value > limit:
                return f"p95 {word} {value:.3g} s is above {limit:g} s"
        return ""


def requests_per_s(pace: Pace, max_sequences: int, output_tokens: int) -> float:
    """Most requests a second one replica can complete, all its slots full. Prompts of unknown cost count 0."""
    step = pace.step_s(max_sequences)
    return 1 / ((pace.prompt_s or 0.0) + output_tokens * step / max_sequences)


def latency(pace: Pace, max_sequences: int, output_tokens: int, arrivals_per_s: float) -> Latency | None:
    """Latency of one replica at ``arrivals_per_s``; None where it cannot carry them."""
    if pace.prompt_s is None:
        return None
    ceiling = requests_per_s(pace, max_sequences, output_tokens)
    used = arrivals_per_s / ceiling
    prompt_share = arrivals_per_s * pace.prompt_s
    if used >= 1 or prompt_share >= 1:
        return None
    tokens_per_s = arrivals_per_s * output_tokens
    full = pace.step_s(max_sequences) / (1 - prompt_share)

    def fixed_point(base: float, slope: float) -> float:
        slope += pace.fixed_per_request_s
        left = 1 - prompt_share - tokens_per_s * slope
        # No room left on this line: the batch is at its ceiling.
        return min(full, (base + pace.fixed_s + slope) / left) if left > 0 else full

    # The fixed point of the larger (smaller) of two straight lines in B is the larger (smaller) of the two.
    token_s = fixed_point(pace.read_s, pace.read_per_request_s)
    if pace.many_read_s is not None:
        token_s = min(token_s, fixed_point(pace.many_read_s, pace.many_read_per_request_s))
    token_s = max(token_s, fixed_point(0.0, pace.compute_per_request_s))
    batch = min(tokens_per_s * token_s, float(max_sequences))
    busy_batch = min(batch + 1 + 1.645 * math.sqrt(batch), float(max_sequences))
    tpot_p95 = max(token_s, pace.step_s(busy_batch) / (1 - prompt_share))
    service_s = output_tokens * token_s + pace.prompt_s
    first_s = pace.first_s(min(batch + 1, float(max_sequences)))

    def ttft(tail: float) -> float:
        waits = _prompt_wait(pace.prompt_s, prompt_share, tail) + _slot_wait(service_s, max_sequences, used, tail)
        return float(first_s + waits)

    return Latency(
        ttft_p50_s=ttft(0.5),
        tpot_p50_s=token_s,
        e2e_p50_s=ttft(0.5) + token_s * (output_tokens - 1),
        ttft_p95_s=ttft(0.05),
        tpot_p95_s=tpot_p95,
        e2e_p95_s=ttft(0.05) + tpot_p95 * (output_tokens - 1),
        batch=batch,
        utilisation_fraction=used,
    )


def _prompt_wait(prompt_s: float, share: float, tail: float) -> float:
    """Wait for other prompts that ``tail`` of the requests exceed (M/D/1, exponential tail of the waiting ones)."""
    return prompt_s / (2 * (1 - share)) * math.log(share / tail) if share > tail else 0.0


def _slot_wait(service_s: float, slots: int, used: float, tail: float) -> float:
    """Wait for a free slot that ``tail`` of the requests exceed (M/M/c with Sakasegawa's chance to wait)."""
    chance = used ** (math.sqrt(2 * (slots + 1)) - 1)
    if chance <= tail:
        return 0.0
    return service_s / (slots * (1 - used)) * math.log(chance / tail)


def replicas(
    pace: Pace,
    max_sequences: int,
    output_tokens: int,
    peak_requests_per_s: float,
    limits: Limits,
    *,
    most: int = MAX_REPLICAS,
) -> tuple[int | None, str]:
    """Fewest replicas that carry the peak within ``limits``; (None, why) where no number up to ``most`` does."""
    ceiling = requests_per_s(pace, max_sequences, output_tokens) * MAX_UTILISATION
    fewest = max(1, math.ceil(peak_requests_per_s / ceiling))
    if fewest > most:
        return None, f"the peak load needs {fewest:,} replicas; more than {most:,} is not a plan"
    if not limits.asked or pace.prompt_s is None:
        return fewest, ""
    alone = latency(pace, max_sequences, output_tokens, 0.0)
    unloaded = limits.broken_by(alone) if alone else ""
    if unloaded:
        return None, f"{unloaded} even with nothing else to do"

    def broken(count: int) -> str:
        seen = latency(pace, max_sequences, output_tokens, peak_requests_per_s / count)
        return "overloaded" if seen is None else limits.broken_by(seen)

    if not broken(fewest):
        return fewest, ""
    if why := broken(most):
        return None, f"{why} even on {most:,} replicas"
    low, high = fewest, most
    while high - low > 1:
        middle = min(max(math.isqrt(low * high), low + 1), high - 1)
        low, high = (middle, high) if broken(middle) else (low, middle)
    return high, ""
