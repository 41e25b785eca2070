"""Claims of a worked example, each recomputed from our own tables: does it survive?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from decisions import quoting
from decisions.fields import one_of
from decisions.scenarios import Scenario
from decisions.wording import count, money, percent, short_money
from decisions.worked import WorkedClaim
from pricing import deployment
from pricing import quote as pricing_quote
from pricing.catalogue import PriceBook
from pricing.memory import GIB
from pricing.quotes import Quote

Says = Literal["holds", "does not hold", "cannot be told"]
DAYS_PER_MONTH = 365 / 12
MORE_CARDS = (2, 4, 8)


@dataclass(frozen=True, kw_only=True)
class CheckedClaim:
    """``found`` says what our tables give, in one or two sentences."""

    claim: WorkedClaim
    says: Says
    found: str


def checked_claims(scenario: Scenario, book: PriceBook) -> tuple[CheckedClaim, ...]:
    """Every claim of the scenario, in its order. Raises BadInput for an API model the scenario does not name."""
    ways = {"fits": _fits, "carries": _carries, "cascade": _cascade}
    return tuple(ways[claim.asks](scenario, claim, book) for claim in scenario.claims)


def _quoted(scenario: Scenario, claim: WorkedClaim, book: PriceBook, cards: int) -> Quote:
    return pricing_quote.quote_rental(
        book,
        model=claim.model,
        quantization=claim.quantization,
        accelerator=claim.accelerator,
        count=cards,
        workload=scenario.workload,
        provider_classes=scenario.provider_classes,
        tier=scenario.tier,
        preset=scenario.preset,
    )


def _fits(scenario: Scenario, claim: WorkedClaim, book: PriceBook) -> CheckedClaim:
    quote = _quoted(scenario, claim, book, claim.count)
    weights = deployment.variant(model=claim.model, quantization=claim.quantization).weight_bytes
    size = f"The weights are {weights / 1e9:.1f} GB ({weights / GIB:.1f} GiB)"
    where = f"{claim.count}× {quote.accelerator} has {quote.memory_available_gib:.0f} GiB"
    if quote.fits:
        return CheckedClaim(claim=claim, says="holds", found=f"{size}; {where}, enough for cache and engine too.")
    enough = next((n for n in MORE_CARDS if n > claim.count and _quoted(scenario, claim, book, n).fits), None)
    instead = f" {enough} of them hold it." if enough else " No number of them up to eight holds it."
    return CheckedClaim(claim=claim, says="does not hold", found=f"{size}; {where}.{instead}")


def _carries(scenario: Scenario, claim: WorkedClaim, book: PriceBook) -> CheckedClaim:
    quote, asked = _quoted(scenario, claim, book, claim.count), scenario.workload.requests_per_month
    budget = claim.usd_per_month or 0.0
    if not quote.fits:
        return CheckedClaim(claim=claim, says="does not hold", found=f"It does not even fit: {quote.reason}.")
    if quote.replicas == 0:
        return CheckedClaim(claim=claim, says="does not hold", found=f"{quote.reason.capitalize()}.")
    each = asked / quote.replicas / DAYS_PER_MONTH
    one = f"one carries about {count(each)} a day at this peak"
    if quote.usd_per_month is None:
        says: Says = "does not hold" if quote.replicas > 1 else "cannot be told"
        return CheckedClaim(claim=claim, says=says, found=f"{quote.replicas} are needed ({one}); no price is known.")
    usd = quote.usd_per_month
    holds = quote.replicas == 1 and usd.high <= budget
    open_ = quote.replicas == 1 and usd.low <= budget < usd.high
    found = f"{quote.replicas:,} × ({quote.label}) are needed: {one}. "
    band = f"{short_money(usd.low)}–{short_money(usd.high)}"
    found += f"That is {money(usd.value)} a month ({band}), not {money(budget)}."
    if holds:
        found = f"One is enough, for {money(usd.value)} a month."
    result: Says = "holds" if holds else "cannot be told" if open_ else "does not hold"
    return CheckedClaim(claim=claim, says=result, found=found)


def _cascade(scenario: Scenario, claim: WorkedClaim, book: PriceBook) -> CheckedClaim:
    by_id = {candidate.id: candidate for candidate in scenario.api}
    candidate = by_id[one_of("then", claim.then, by_id, f"scenario {scenario.id}")]
    passed, promised = claim.passed_fraction or 0.0, claim.saving_fraction or 0.0
    load = scenario.workload
    part = replace(scenario, workload=replace(load, requests_per_month=max(1.0, passed * load.requests_per_month)))
    first = quoting.variant(scenario, claim.model, claim.quantization, book)
    later, whole = quoting.api(part, candidate, book), quoting.api(scenario, candidate, book)
    if not (first.usd_per_month and later.usd_per_month and whole.usd_per_month):
        missing = first.reason or later.reason or whole.reason
        return CheckedClaim(claim=claim, says="cannot be told", found=f"A part has no price: {missing}.")
    own, all_of_it = first.usd_per_month, whole.usd_per_month.value
    least, most = (1 - (end + later.usd_per_month.value) / all_of_it for end in (own.high, own.low))
    middle = 1 - (own.value + later.usd_per_month.value) / all_of_it
    says: Says = "holds" if least >= promised else "does not hold" if most < promised else "cannot be told"
    found = (
        f"With {percent(passed)} passed on, the first stage costs {money(own.value)} a month and {candidate.label} "
        f"{money(later.usd_per_month.value)}, against {money(all_of_it)} for {candidate.label} alone: "
        f"{percent(middle, 0)} less ({percent(least, 0)} to {percent(most, 0)}). Whether the answers are as good, only "
        "answers to your own items can tell."
    )
    return CheckedClaim(claim=claim, says=says, found=found)
