"""Is a loss that of the method, or of a broken recipe? A variant far outside what the evidence shows is flagged.

Two things are asked. Does it keep less than 19 of 20 published results at its bits kept? And does plain rounding at
no more bits, measured here on the same model, keep clearly more?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from evals.measurements import Measurement
from evals.published import published_measurements
from evals.quantizations import QUANTIZATIONS
from evals.statistics.intervals import ratio_interval_from_summaries

FAILS_BELOW = 0.10  # a baseline under this has nothing to lose
FEWEST_RESULTS = 20
QUANTILE = 0.05
NEAR_BITS = 0.5
PLAIN = "round-to-nearest"
CAUSES = (
    "a tokenizer, chat template or start token that is not the model's own",
    "embeddings or the output matrix quantized along with the layers",
)
CAUSES_BY_METHOD = {
    "gptq": ("calibration text unlike the task, or too little of it", "columns reordered when quantized, not when run"),
    "awq": ("calibration text unlike the task, or too little of it", "a kernel that reads zero points differently"),
    "bitsandbytes": ("saved after a forward pass, which may store wrong scales",),
    "gguf": ("a file made for another version of the architecture", "query and key rows not permuted"),
    "torchao": ("activations with outliers quantized to 8 bits",),
    "onnx": (
        "activations with outliers, which share one scale a pass",
        "signed weights on a processor without VNNI, where sums saturate",
    ),
    PLAIN: ("groups too large for these weights",),
}


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """``kept_at_most`` is the upper end of the share of the baseline's score that the variant keeps; ``usual`` what
    it should keep at least, by ``evidence``."""

    model: str
    quantization: str
    task: str
    kept: float
    kept_at_most: float
    usual: float
    evidence: str
    causes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The flag in words."""
        return (
            f"recipe suspect: {self.model} @ {self.quantization} keeps {self.kept:.0%} on {self.task} (at most "
            f"{self.kept_at_most:.0%}), and {self.evidence} at least {self.usual:.0%}. Look for "
            + "; ".join(self.causes)
        )


def suspicions(measurements: Sequence[Measurement]) -> tuple[Suspicion, ...]:
    """The flagged variants, task by task. What has no full-precision run or too few items is not judged."""
    by_name = {(m.model, m.quantization, m.task): m for m in measurements}
    found = (_judged(seen, by_name.get((seen.model, seen.baseline, seen.task)), measurements) for seen in measurements)
    return tuple(each for each in found if each is not None)


def usual_share(bits: float) -> tuple[float, str] | None:
    """What 19 of 20 published results near these bits keep of their baseline; None where too few are known."""
    near = sorted(share for published, share in _published_shares() if abs(published - bits) <= NEAR_BITS)
    if len(near) < FEWEST_RESULTS:
        return None
    return near[int(QUANTILE * (len(near) - 1))], f"19 of 20 published results at about {bits:.2g} bits keep"


def kept_share(baseline: Measurement, seen: Measurement) -> tuple[float, float, float] | None:
    """Share of the baseline's score that is kept, with its 95 % interval; None where it cannot be said."""
    if baseline.score < FAILS_BELOW or not baseline.n_items or not seen.n_items or baseline.protocol != seen.protocol:
        return None
    interval = ratio_interval_from_summaries((baseline.score, baseline.n_items), (seen.score, seen.n_items))
    return None if interval is None else (seen.score / baseline.score, interval.low, interval.high)


def _judged(seen: Measurement, baseline: Measurement | None, measurements: Sequence[Measurement]) -> Suspicion | None:
    bits = bits_of(seen)
    if baseline is None or baseline is seen or bits is None or (kept := kept_share(baseline, seen)) is None:
        return None
    references = [reference] if (reference := usual_share(bits)) else []
    for peer in measurements:
        theirs = bits_of(peer)
        same = (peer.model, peer.task, peer.method) == (seen.model, seen.task, PLAIN) and seen.method != PLAIN
        if same and theirs is not None and theirs <= bits and (share := kept_share(baseline, peer)):
            references.append((share[1], f"plain rounding to {theirs:.2g} bits keeps here"))
    usual, evidence = max(references, default=(0.0, ""))
    if kept[2] >= usual:
        return None
    return Suspicion(
        model=seen.model,
        quantization=seen.quantization,
        task=seen.task,
        kept=kept[0],
        kept_at_most=kept[2],
        usual=usual,
        evidence=evidence,
        causes=(*CAUSES_BY_METHOD.get(seen.method, ()), *CAUSES),
    )


def bits_of(seen: Measurement) -> float | None:
    """Bits of the quantized layers by the catalogue, of the whole model where the label is not ours."""
    how = QUANTIZATIONS.get(seen.quantization)
    return how.effective_bits if how else seen.bits_per_weight


@lru_cache(maxsize=1)
def _published_shares() -> tuple[tuple[float, float], ...]:
    """(bits, share of the baseline's score kept) of every published pair."""
    rows = published_measurements()
    scores = {(m.protocol, m.model, m.quantization.casefold()): m.score for m in rows}
    pairs = (
        (m.bits_per_weight, m.score, scores.get((m.protocol, m.model, m.baseline.casefold()), 0.0))
        for m in rows
        if m.bits_per_weight and m.baseline and m.quantization.casefold() != m.baseline.casefold()
    )
    return tuple((bits, score / base) for bits, score, base in pairs if base >= FAILS_BELOW)
