"""Serving on devices people own: what is downloaded, what falls back to the cloud, and what that costs a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decisions.fields import BadInput
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.patterns.precision import variant_of
from decisions.patterns.stages import stage_quote
from decisions.patterns.traffic import SUM_TOLERANCE
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status, overall
from decisions.wording import money, percent, price
from pricing import bill
from pricing.catalogue import PriceBook
from pricing.devices import OnDevice, find, on_device
from pricing.quotes import Band, Quote, per_query

UPDATES_PER_MONTH = 0.25  # four months between versions: our default


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """``devices`` in use, their shares by device name, how often each downloads the model, and the price of a GB.

    ``fallback_fraction`` is the share of requests that go to the cloud even where the model fits.
    """

    devices: float
    mix: Mapping[str, float]
    updates_per_month: float = UPDATES_PER_MONTH
    egress_usd_per_gb: float = bill.EGRESS_USD_PER_GB
    fallback_fraction: float = 0.05

    def __post_init__(self) -> None:
        for name, low, high in (
            ("devices", 1, 1e10),
            ("updates_per_month", 0, 100),
            ("egress_usd_per_gb", 0, 100),
            ("fallback_fraction", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInput(f"{name} at the edge is {value!r}; give a number from {low:g} to {high:,g}")
        if not self.mix:
            raise BadInput("no devices are chosen; name at least one kind of device")
        total = sum(self.mix.values())
        if abs(total - 1) > SUM_TOLERANCE:
            raise BadInput(f"the shares of the devices add to {100 * total:.1f} %, not 100 %; change them to add up")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """``fallback_fraction`` counts devices the model does not fit too. The bill has no card and no electricity: the
    devices are owned. ``parts`` are its two parts, ``quote`` holds them with their band."""

    option: Option
    fallback: Option | None
    places: tuple[OnDevice, ...]
    fallback_fraction: float
    download_gb: float
    quote: Quote
    checks: tuple[Check, ...]
    verdict: Status
    problems: tuple[str, ...]


def edge(
    scenario: Scenario, option: Option, fleet: Fleet, book: PriceBook, *, fallback: Option | None = None
) -> Edge:
    """``option`` on the devices of ``fleet``; what they cannot answer goes to ``fallback`` in the cloud."""
    if option.kind == "api":
        raise BadInput(f"{option.label} is sold by the token and cannot be put on a device; choose a variant")
    chosen, load = variant_of(option), scenario.workload
    places = tuple(
        on_device(chosen, find(name), prompt_tokens=load.prompt_tokens, output_tokens=load.output_tokens)
        for name in fleet.mix
    )
    able = sum(share for place, share in zip(places, fleet.mix.values(), strict=True) if place.fits)
    share = min(1.0, max(0.0, 1 - able * (1 - fleet.fallback_fraction)))
    download = chosen.weight_bytes / 1e9
    egress = fleet.devices * able * fleet.updates_per_month * download * fleet.egress_usd_per_gb
    cloud = None
    if fallback and share:
        cloud = stage_quote(scenario, fallback, share, book, e2e_p95_s=scenario.sla.e2e_p95_s)
    everything = stage_quote(scenario, fallback, 1.0, book, e2e_p95_s=scenario.sla.e2e_p95_s) if fallback else None
    quote = _quote(scenario, egress, cloud, share, places)
    # The fallback may be better or worse; only what the devices answer themselves is judged.
    quality = (check for check in option.checks if check.task)
    money = (check for check in limit_checks(scenario.sla, quote) if check.unit != "s")
    checks = (*quality, *_seconds(scenario, places), *money)
    return Edge(
        option=option,
        fallback=fallback,
        places=places,
        fallback_fraction=share,
        download_gb=download,
        quote=quote,
        checks=checks,
        verdict=overall(checks),
        problems=(*_problems(option, places, able, fallback, share), *_no_gain(quote, fallback, everything)),
    )


def _quote(scenario: Scenario, egress: float, cloud: Quote | None, share: float, places: Sequence[OnDevice]) -> Quote:
    answered = share <= 0 or (cloud is not None and cloud.usd_per_month is not None)
    usual = cloud.usd_per_month if cloud else None
    month = None
    if answered:
        value, low, high = (egress + (getattr(usual, end) if usual else 0.0) for end in ("value", "low", "high"))
        month = Band(value=value, low=low, high=high)
    parts = {"downloads": egress} | ({"cloud fallback": usual.value} if usual else {})
    return Quote(
        kind="edge",
        label=f"{sum(place.fits for place in places)} of {len(places)} kinds of device",
        fits=any(place.fits for place in places),
        reason=(cloud.reason if cloud else "") if any(place.fits for place in places) else places[0].reason,
        usd_per_month=month,
        usd_per_query=per_query(month, scenario.workload) if month else None,
        parts=parts if month else {},
    )


def _seconds(scenario: Scenario, places: Sequence[OnDevice]) -> tuple[Check, ...]:
    """The slowest device that runs the model must keep the latency line."""
    line = scenario.sla.e2e_p95_s
    fitting = [place for place in places if place.fits]
    if line is None or not fitting:
        return ()
    unknown = next((place for place in fitting if place.answer_s is None), None)
    slowest = max((p.answer_s for p in fitting if p.answer_s), key=lambda band: band.value, default=None)
    seen = None if unknown else slowest
    quote = Quote(kind="edge", label="", fits=True, e2e_p95_s=seen, reason=unknown.reason if unknown else "")
    return tuple(check for check in limit_checks(scenario.sla, quote) if check.unit == "s")


def _no_gain(quote: Quote, fallback: Option | None, everything: Quote | None) -> tuple[str, ...]:
    """Where the cloud alone costs no more."""
    usd, own = everything.usd_per_month if everything else None, quote.usd_per_month
    if fallback is None or usd is None or own is None or price(own.value) < price(usd.value):
        return ()
    whole = money(usd.value)
    return (f"{fallback.label} for everybody costs {whole} a month, no more than this: the devices save nothing.",)


def _problems(
    option: Option, places: Sequence[OnDevice], able: float, fallback: Option | None, share: float
) -> tuple[str, ...]:
    found = []
    if able <= 0:
        found.append(f"{option.label} fits on none of these devices: {places[0].reason}. Take fewer bits or less model")
    if share > 0 and fallback is None:
        found.append(
            f"{percent(share)} of the requests need the cloud and no fallback is chosen: choose one, or what is not "
            "answered stays unanswered."
        )
    if 0 < able < 1 - SUM_TOLERANCE:
        left = [place.device.description for place in places if not place.fits]
        found.append(f"It does not fit on {', '.join(left)}; all their requests go to the fallback.")
    return tuple(found)
