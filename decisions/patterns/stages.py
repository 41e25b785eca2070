"""Two stages quoted as one: each with a fleet of its own, sized for the requests that reach it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from decisions import quoting
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.patterns.latency import mixture_band, slowest_of
from decisions.scenarios import Scenario
from decisions.sla import Sla
from decisions.verdicts import overall
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Fact, Quote, per_query

SPLITS = (0.25, 0.4, 0.55, 0.7)  # shares of the latency line that the first stage may be given
FEWEST_REQUESTS = 1.0  # a workload holds at least one request


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of the requests with its interval."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.value <= self.high <= 1:
            raise ValueError(f"a share must hold 0 ≤ low ≤ value ≤ high ≤ 1, got {self.low}, {self.value}, {self.high}")

    @property
    def rest(self) -> Share:
        """What is left of the requests."""
        return Share(value=1 - self.value, low=1 - self.high, high=1 - self.low)


ALL = Share(value=1.0, low=1.0, high=1.0)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Requests to a stage for one answer: ``mean`` over the traffic is what it carries, ``most`` of any task is what
    its slowest answers wait for."""

    mean: float = 1.0
    most: int = 1


ONE_CALL = Calls()


def stage_quote(
    scenario: Scenario,
    option: Option,
    share: float,
    book: PriceBook,
    *,
    e2e_p95_s: float | None = None,
    calls: float = 1.0,
) -> Quote:
    """One stage carrying ``share`` of the scenario's requests within its own latency line; an API bills each of them.

    ``calls`` requests are sent for one answer (1 + K with self-consistency): replicas carry and an API bills them all;
    the latency is that of one. The monthly budget is the sum's, not a stage's.
    """
    load = scenario.workload
    part = replace(load, requests_per_month=max(FEWEST_REQUESTS, share * calls * load.requests_per_month))
    sla = Sla(e2e_p95_s=e2e_p95_s, tpot_p95_s=scenario.sla.tpot_p95_s)
    alone = replace(scenario, workload=part, sla=sla)
    if option.kind == "api":
        return quoting.api(alone, next(one for one in scenario.api if one.id == option.id), book)
    if not option.measurements:
        return quoting.variant(alone, option.model, option.quantization, book)
    return quoting.rental(alone, next(iter(option.measurements.values())), book, thorough=False)


def joined(
    scenario: Scenario,
    first: Option,
    second: Option,
    passed: Share,
    book: PriceBook,
    *,
    router: bool = False,
    splits: Iterable[float] = SPLITS,
    calls: Calls = ONE_CALL,
) -> Quote:
    """Both stages as one quote: the first carries every request (a router: those not passed on), the second ``passed``.

    ``calls`` are those the first stage takes for an answer, all at once, the second always one.

    Where the SLA has a latency line, it is split between the stages in several ways; the cheapest split whose mixture
    keeps it is taken, else the fastest. The band of the bill covers the interval of the share passed on.
    """
    reaching = passed.rest if router else ALL
    line = scenario.sla.e2e_p95_s
    ways: list[tuple[float | None, float | None]] = [(line, line)]
    if line is not None and not router:
        ways += [(part * line, (1 - part) * line) for part in splits]
    found = []
    for one, two in ways:
        starts = _at(scenario, first, reaching, book, one, calls)
        ends = _at(scenario, second, passed, book, two)
        found.append(_sum(scenario, starts, ends, passed, router=router))
    return min(found, key=lambda quote: _standing(scenario, quote))


def _at(
    scenario: Scenario, option: Option, share: Share, book: PriceBook, line: float | None, calls: Calls = ONE_CALL
) -> tuple[Quote | None, Quote | None, Quote | None]:
    """The stage at the middle and both ends of its share, None where nothing reaches it."""
    seen: dict[float, Quote | None] = {0.0: None}
    for part in (share.value, share.low, share.high):
        if part not in seen:
            quote = stage_quote(scenario, option, part, book, e2e_p95_s=line, calls=calls.mean)
            seen[part] = slowest_of(quote, calls.most)
    return seen[share.value], seen[share.low], seen[share.high]


def _sum(
    scenario: Scenario,
    starts: tuple[Quote | None, ...],
    ends: tuple[Quote | None, ...],
    passed: Share,
    *,
    router: bool,
) -> Quote:
    stages = [quote for quote in (starts[0], ends[0]) if quote]
    kind = "router" if router else "cascade"
    broken = [quote.reason for quote in stages if not _carries(quote)]
    if broken:
        return Quote(kind=kind, label=_label(stages), fits=False, reason="; ".join(dict.fromkeys(broken)))
    month = _month(starts, ends)
    seconds = None
    if len(stages) == 2:
        seconds = mixture_band(stages[0], stages[1], passed.value, waits_for_both=not router)
    elif stages:
        seconds = stages[0].e2e_p95_s
    return Quote(
        kind=kind,
        label=_label(stages),
        fits=True,
        reason="; ".join(dict.fromkeys(quote.reason for quote in stages if quote.reason)),
        replicas=sum(quote.replicas for quote in stages),
        price_date=min((quote.price_date for quote in stages if quote.price_date), default=""),
        price_is_override=any(quote.price_is_override for quote in stages),
        usd_per_month=month,
        usd_per_query=per_query(month, scenario.workload) if month else None,
        parts={
            f"{name}, {part}": usd
            for name, quote in (("first stage", starts[0]), ("second stage", ends[0]))
            if quote
            for part, usd in quote.parts.items()
        }
        if month
        else {},
        e2e_p95_s=seconds,
        outside_calibration=any(quote.outside_calibration for quote in stages),
        facts=tuple(
            Fact(name=f"{name}: {fact.name}", value=fact.value, source=fact.source, url=fact.url, date=fact.date)
            for name, quote in (("first stage", starts[0]), ("second stage", ends[0]))
            if quote
            for fact in quote.facts
        ),
    )


def _month(starts: tuple[Quote | None, ...], ends: tuple[Quote | None, ...]) -> Band | None:
    if any(quote and quote.usd_per_month is None for quote in (*starts, *ends)):
        return None

    def end(place: int, name: str) -> float:
        bands = [quote.usd_per_month for quote in (starts[place], ends[place]) if quote and quote.usd_per_month]
        return sum(getattr(band, name) for band in bands)

    # A larger share for one stage is a smaller one for a router's other stage: both ends are looked at.
    value = end(0, "value")
    return Band(
        value=value,
        low=min(value, end(1, "low"), end(2, "low")),
        high=max(value, end(1, "high"), end(2, "high")),
    )


def _carries(quote: Quote) -> bool:
    unpriced = quote.reason.startswith("unpriced")
    return quote.fits and not (quote.kind == "rental" and quote.replicas == 0 and quote.reason and not unpriced)


def _label(stages: list[Quote]) -> str:
    return " + ".join(f"{q.replicas} × ({q.label})" if q.replicas > 1 else q.label for q in stages)


def _standing(scenario: Scenario, quote: Quote) -> tuple[int, float, float]:
    checks = [check for check in limit_checks(scenario.sla, quote) if check.unit != "usd"]
    rank = quoting.RANK[overall(checks)] if checks else 0
    money = quote.usd_per_month.value if quote.usd_per_month else float("inf")
    seconds = quote.e2e_p95_s.value if quote.e2e_p95_s else float("inf")
    return (rank, money, seconds) if rank == 0 else (rank, seconds, money)
