"""Rental offers: dated prices to rent n of an accelerator from a provider, and the user's own prices over them."""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pricing import amounts, names, slices, tables

STALE_AFTER_DAYS = 90
PROVIDER_CLASSES = ("marketplace", "neocloud", "hyperscaler")
TIERS = ("on-demand", "spot", "reserved", "serverless")
GEOGRAPHIES = {"us": r"\bus\b|eastus|westus|centralus|^us-", "europe": r"europe|\beu\b|^eu-|uksouth|^eur-",
               "asia": r"asia|^ap-|india|japan|korea|malaysia|singapore|mumbai", "australia": "australia"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Offer:
    """``count`` cards for ``usd_per_hour`` in all. ``scales_per_card``: more cards cost in proportion, up to 8.

    ``tier`` is on-demand, spot, reserved (paid for ``commitment_months``, used or not) or serverless (billed by the
    second while a container is up; the price is still a full hour's).
    """

    provider: str
    provider_class: str
    accelerator: str
    count: int
    usd_per_hour: float
    date: str
    tier: str = "on-demand"
    commitment_months: int = 0
    instance: str = ""
    region: str = ""
    gpu_memory_gb: float | None = None
    scales_per_card: bool = False
    source: str = ""
    url: str = ""
    licence: str = ""
    note: str = ""
    is_override: bool = False
    is_imported: bool = False  # from a list of the whole provider: it replaces every shipped price of the same card

    def __post_init__(self) -> None:
        if not (math.isfinite(self.usd_per_hour) and 0 < self.usd_per_hour < 10_000):
            raise ValueError(
                f"usd_per_hour of {self.label} is {self.usd_per_hour!r}; give a price above 0 and below 10,000"
            )
        if not 1 <= self.count <= 72:
            raise ValueError(f"count of {self.label} is {self.count!r}; give a whole number of cards from 1 to 72")
        if self.tier not in TIERS:
            raise ValueError(f"tier of {self.label} is {self.tier!r}; give one of {', '.join(TIERS)}")
        if (self.tier == "reserved") != (1 <= self.commitment_months <= 60) or self.commitment_months < 0:
            raise ValueError(
                f"commitment_months of {self.label} is {self.commitment_months!r} at tier {self.tier}; "
                "a reserved price needs 1 to 60 months, any other tier 0"
            )
        if self.provider_class not in PROVIDER_CLASSES:
            raise ValueError(
                f"provider_class of {self.label} is {self.provider_class!r}; give one of {', '.join(PROVIDER_CLASSES)}"
            )
        try:
            datetime.date.fromisoformat(self.date)
        except ValueError as error:
            raise ValueError(f"date of {self.label} is {self.date!r}; give a day as YYYY-MM-DD") from error

    @property
    def label(self) -> str:
        """``RunPod A6000 ×1``."""
        return f"{self.provider} {self.accelerator} ×{self.count}"

    @property
    def terms(self) -> str:
        """``reserved 12 months``, or the tier alone."""
        return f"{self.tier} {self.commitment_months} months" if self.commitment_months else self.tier

    @property
    def geographies(self) -> tuple[str, ...]:
        """us, europe, asia, australia as far as the region says; empty where the provider names none."""
        return tuple(name for name, pattern in GEOGRAPHIES.items() if re.search(pattern, self.region.lower()))

    def age_days(self, as_of: datetime.date) -> int:
        """Days between the snapshot and ``as_of``."""
        return (as_of - datetime.date.fromisoformat(self.date)).days

    def stale(self, as_of: datetime.date) -> bool:
        """True where the price is older than 90 days."""
        return self.age_days(as_of) > STALE_AFTER_DAYS

    def for_count(self, count: int) -> Offer | None:
        """This offer for ``count`` cards, None where the provider does not sell that many in one machine."""
        if count == self.count:
            return self
        if not self.scales_per_card or count % self.count or count > 8:
            return None
        note = f"{count} × the price of {self.count}" + (f"; {self.note}" if self.note else "")
        return replace(self, count=count, usd_per_hour=self.usd_per_hour * count / self.count, note=note)


@lru_cache(maxsize=1)
def load() -> tuple[Offer, ...]:
    """The shipped offers."""
    text = ("provider", "provider_class", "accelerator", "date", "tier", "instance", "region", "source", "url")
    return tuple(
        Offer(
            count=int(row["count"]),
            commitment_months=int(row["commitment_months"] or 0),
            usd_per_hour=float(row["usd_per_hour"]),
            gpu_memory_gb=tables.number(row["gpu_memory_gb"]),
            scales_per_card=row["scales_per_card"] == "1",
            licence=row["licence"],
            note=row["note"],
            **{field: row[field] for field in text},  # type: ignore[arg-type]
        )
        for row in tables.rows("offers")
    )


@lru_cache(maxsize=1)
def bands() -> dict[str, tuple[float, float]]:
    """Accelerator → lowest and highest sane on-demand dollars a card-hour."""
    return {
        row["accelerator"]: (float(row["low_usd_per_card_hour"]), float(row["high_usd_per_card_hour"]))
        for row in tables.rows("price_bands")
    }


@lru_cache(maxsize=1)
def _classes() -> dict[str, str]:
    return {offer.provider.lower(): offer.provider_class for offer in load()}


def override(row: Mapping[str, Any]) -> Offer:
    """A user's own price: provider, accelerator, usd_per_hour and date, the rest optional. Raises ValueError."""
    missing = [field for field in ("provider", "accelerator", "usd_per_hour", "date") if row.get(field) in (None, "")]
    if missing:
        raise ValueError(f"the price override {dict(row)!r} lacks {', '.join(missing)}")
    whose = f"of the price override of {row['provider']}"
    price = amounts.number(f"usd_per_hour {whose}", row["usd_per_hour"], unit="dollars an hour")
    count = amounts.within(f"count {whose}", row.get("count") or 1, 1, 72, unit="a whole number of cards")
    months = amounts.within(f"commitment_months {whose}", row.get("commitment_months") or 0, 0, 60, unit="months")
    if count != int(count) or months != int(months):
        raise ValueError(f"count and commitment_months {whose} are {count:g} and {months:g}; give whole numbers")
    provider, tier = str(row["provider"]), str(row.get("tier") or "on-demand")
    card = slices.find(str(row["accelerator"]))
    slices.check_count(card, int(count))
    return Offer(
        provider=provider,
        provider_class=str(row.get("provider_class") or _classes().get(provider.lower(), "neocloud")),
        accelerator=card.name,
        count=int(count),
        usd_per_hour=price,
        date=str(row["date"])[:10],
        tier=tier,
        commitment_months=int(months) or (12 if tier == "reserved" else 0),
        instance=str(row.get("instance") or ""),
        region=str(row.get("region") or ""),
        scales_per_card=not slices.is_slice(card) and str(row.get("scales_per_card", "1")).lower() in ("1", "true"),
        source=str(row.get("source") or "your own price"),
        url=str(row.get("url") or ""),
        note=str(row.get("note") or ""),
        is_override=True,
        is_imported=bool(row.get("imported")),
    )


def overrides_from_csv(path: Path) -> list[dict[str, str]]:
    """Override rows of a CSV with the columns of :func:`override`."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def merged(shipped: Iterable[Offer], own: Sequence[Offer]) -> tuple[Offer, ...]:
    """Own prices replace the shipped ones of the same provider, accelerator and terms.

    Where the own price names a region, a machine (``instance``) or does not scale, only that one is replaced; an
    imported list replaces everything shipped of its provider's card.
    """
    by_terms: dict[tuple[str, str, str], list[Offer]] = {}
    for mine in own:
        by_terms.setdefault((mine.provider.lower(), mine.accelerator, mine.terms), []).append(mine)

    def replaced(offer: Offer) -> bool:
        return any(
            mine.is_imported
            or (
                (offer.count == mine.count or (offer.scales_per_card and mine.scales_per_card))
                and mine.region in ("", offer.region)
                and mine.instance in ("", offer.instance)
            )
            for mine in by_terms.get((offer.provider.lower(), offer.accelerator, offer.terms), ())
        )

    return (*own, *(offer for offer in shipped if not replaced(offer)))


def matching(
    offers: Iterable[Offer],
    *,
    accelerator: str | None = None,
    count: int | None = None,
    provider: str | None = None,
    provider_classes: Iterable[str] | None = None,
    tier: str | None = "on-demand",
    region: str | None = None,
    max_commitment_months: int | None = None,
) -> list[Offer]:
    """Offers that pass every filter, cheapest first; with ``count`` each is scaled to that many cards.

    ``region`` is a provider's own name of one or us, europe, asia, australia; an offer that names no region does not
    pass. Raises UnknownName.
    """
    every = tuple(offers)
    classes = None if provider_classes is None else set(provider_classes)
    for name in classes or ():
        check_provider_class(name)
    if tier is not None:
        check_tier(tier)
    place = None if region is None else check_region(region, every)
    found = []
    for offer in every:
        if accelerator is not None and offer.accelerator != accelerator:
            continue
        if tier is not None and offer.tier != tier:
            continue
        if provider is not None and offer.provider.lower() != provider.lower():
            continue
        if classes is not None and offer.provider_class not in classes:
            continue
        if place is not None and place != offer.region and place not in offer.geographies:
            continue
        if max_commitment_months is not None and offer.commitment_months > max_commitment_months:
            continue
        scaled = offer if count is None else offer.for_count(count)
        if scaled is not None:
            found.append(scaled)
    return sorted(found, key=lambda offer: offer.usd_per_hour)


def check_provider_class(name: str) -> str:
    """The class as the table spells it. Raises UnknownName."""
    return _known("provider class", name, PROVIDER_CLASSES)


def check_tier(name: str) -> str:
    """The tier as the table spells it. Raises UnknownName."""
    return _known("tier", name, TIERS)


def check_region(name: str, offers: Iterable[Offer]) -> str:
    """A geography, or a region some offer names. Raises UnknownName."""
    return _known("region", name, (*GEOGRAPHIES, *sorted({offer.region for offer in offers if offer.region})))


def _known(what: str, name: str, known: Sequence[str]) -> str:
    return names.resolve(name, names.index((one, ()) for one in known), what=what)
