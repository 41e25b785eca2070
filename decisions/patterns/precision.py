"""Dynamic precision: a cascade between two precisions of one model, priced with and without both in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from decisions.fields import BadInput
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.patterns.cascade import Cascade, cascade
from decisions.patterns.latency import Tail, mixture_band, mixture_p95_s, slowest_of
from decisions.patterns.results import ItemResults
from decisions.patterns.stages import Calls
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status, overall
from decisions.wording import count, money, price, seconds
from pricing import deployment
from pricing.capacity import Latency
from pricing.catalogue import PriceBook
from pricing.quotes import Quote
from pricing.shared_card import SharedCards, quote_shared


@dataclass(frozen=True, kw_only=True)
class DynamicPrecision:
    """``apart`` rents a fleet for each precision; ``together`` (None where no card holds both) keeps both on the same
    cards. ``quote``, ``checks`` and ``verdict`` are of the cheaper that keeps the lines."""

    apart: Cascade
    together: Quote | None
    is_together: bool
    swap_s: float | None
    swap_words: str
    quote: Quote
    checks: tuple[Check, ...]
    verdict: Status
    problems: tuple[str, ...]

    @property
    def saving_fraction(self) -> float | None:
        """Against the best single option; None where either is unpriced."""
        best = self.apart.best_single
        other, own = best.quote.usd_per_month if best else None, self.quote.usd_per_month
        return None if other is None or own is None else 1 - price(own.value) / price(other.value)


def dynamic_precision(
    scenario: Scenario,
    low: Option,
    high: Option,
    results: ItemResults,
    book: PriceBook,
    *,
    shares: Mapping[str, float] | None = None,
    signal: str = "",
    method: str = "guarantee",
    best_single: Option | None = None,
) -> DynamicPrecision:
    """``low`` answers, what it is unsure of goes to ``high``. Raises BadInput for two models, and as ``cascade``."""
    if low.model != high.model:
        raise BadInput(
            f"{low.label} and {high.label} are two models; dynamic precision takes two precisions of one. "
            "Use a cascade for two models"
        )
    apart = cascade(
        scenario, low, high, results, book, shares=shares, signal=signal, method=method, best_single=best_single
    )
    shared = _shared(scenario, low, high, apart.passed.value, apart.calls, book)
    together = _whole(shared, apart.passed.value, apart.calls) if shared else None
    quality = tuple(check for check in apart.checks if check.task)
    ways = [(apart.quote, False)] + ([(together, True)] if together else [])
    judged = [((*quality, *limit_checks(scenario.sla, quote)), quote, both) for quote, both in ways]
    checks, quote, both = min(judged, key=lambda one: (_rank(one[0]), _usd(one[1])))
    return DynamicPrecision(
        apart=apart,
        together=together,
        is_together=both,
        swap_s=shared.swap_s if shared else None,
        swap_words=_swap_words(scenario, shared, high, apart.passed.value),
        quote=quote,
        checks=checks,
        verdict=overall(checks),
        problems=_problems(low, high, apart, quote, together),
    )


def _shared(
    scenario: Scenario, low: Option, high: Option, passed: float, calls: Calls, book: PriceBook
) -> SharedCards | None:
    first, second = (variant_of(option) for option in (low, high))
    line = scenario.sla.e2e_p95_s

    def keeps(one: Latency, two: Latency) -> bool:
        if line is None:
            return True
        tails = [Tail(p50_s=seen.e2e_p50_s, p95_s=max(seen.e2e_p95_s, seen.e2e_p50_s)) for seen in (one, two)]
        return mixture_p95_s(tails[0].slowest_of(calls.most), tails[1], passed) <= line

    return quote_shared(
        book,
        first=first,
        second=second,
        passed_fraction=passed,
        first_calls=calls.mean,
        workload=scenario.workload,
        keeps=keeps,
        accelerators=scenario.accelerators,
        max_count=scenario.max_count,
        provider_classes=scenario.provider_classes,
        tier=scenario.tier,
        preset=scenario.preset,
    )


def variant_of(option: Option) -> deployment.Variant:
    """The option as pricing knows it, measured bytes first."""
    measured = next(iter(option.measurements.values()), None)
    return deployment.variant(
        model=option.model,
        quantization=option.quantization,
        weight_bytes=measured.weight_bytes if measured else None,
        bits_per_weight=measured.bits_per_weight if measured else None,
    )


def _whole(shared: SharedCards, passed: float, calls: Calls) -> Quote:
    band = mixture_band(slowest_of(shared.first, calls.most), shared.second, passed)
    return replace(shared.whole, e2e_p95_s=band)


def _rank(checks: tuple[Check, ...]) -> int:
    return {"meets": 0, "unproven": 1, "misses": 2}[overall(checks)]


def _usd(quote: Quote) -> float:
    return quote.usd_per_month.value if quote.usd_per_month else float("inf")


def _swap_words(scenario: Scenario, shared: SharedCards | None, high: Option, passed: float) -> str:
    """Why one precision at a time is no way to serve single requests."""
    if shared is None or passed <= 0:
        return ""
    asked = scenario.workload.peak_requests_per_s * passed
    carried = 1 / (2 * shared.swap_s)
    return (
        f"Holding only one precision would mean a swap of at least {seconds(shared.swap_s)} each way for every answer "
        f"passed to {high.label}: at most {count(carried)} a second on a replica; the peak passes on {count(asked)}."
    )


def _problems(low: Option, high: Option, apart: Cascade, quote: Quote, together: Quote | None) -> tuple[str, ...]:
    found = [problem for problem in apart.problems if not problem.startswith("It costs more")]
    strong = apart.alone[1].usd_per_month
    if strong and quote.usd_per_month and price(quote.usd_per_month.value) >= price(strong.value):
        found.append(
            f"At {money(quote.usd_per_month.value)} a month it costs no less than {high.label} alone "
            f"({money(strong.value)}): use that."
        )
    if together is None:
        found.append(f"No acceptable card holds {low.label} and {high.label} at once; each needs cards of its own.")
    return tuple(found)
