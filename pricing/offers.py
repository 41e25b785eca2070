"""Rental offers: dated prices to rent n of an accelerator from a provider, and the user's own prices over them."""

from __future__ import annotations

import csv
import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pricing import accelerators, names, tables

STALE_AFTER_DAYS = 90
PROVIDER_CLASSES = ("marketplace", "neocloud", "hyperscaler")
TIERS = ("on-demand", "spot")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """``count`` cards for ``usd_per_hour`` in all. ``scales_per_card``: more cards cost in proportion, up to 8."""

    provider: str
    provider_class: str
    accelerator: str
    count: int
    usd_per_hour: float
    date: str
    tier: str = "on-demand"
    instance: str = ""
    region: str = ""
    gpu_memory_gb: float | None = None
    scales_per_card: bool = False
    source: str = ""
    url: str = ""
    licence: str = ""
    note: str = ""
    is_override: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.usd_per_hour) and 0 < self.usd_per_hour < 10_000):
            raise ValueError(
                f"usd_per_hour of {self.label} is {self.usd_per_hour!r}; give a price above 0 and below 10,000"
            )
        if not 1 <= self.count <= 72:
            raise ValueError(f"count of {self.label} is {self.count!r}; give a whole number of cards from 1 to 72")
        if self.tier not in TIERS:
            raise ValueError(f"tier of {self.label} is {self.tier!r}; give one of {', '.join(TIERS)}")
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
            usd_per_hour=float(row["usd_per_hour"]),
            gpu_memory_gb=tables.number(row["gpu_memory_gb"]),
            scales_per_card=row["scales_per_card"] == "1",
            licence=row["licence"],
            note=row["note"],
            **{field: row[field] for field in text},  # type: ignore[arg-type]
        )
        for row in tables.rows("offers")
    )


def override(row: Mapping[str, Any]) -> Offer:
    """A user's own price: provider, accelerator, usd_per_hour and date, the rest optional. Raises ValueError."""
    missing = [field for field in ("provider", "accelerator", "usd_per_hour", "date") if not row.get(field)]
    if missing:
        raise ValueError(f"the price override {dict(row)!r} lacks {', '.join(missing)}")
    try:
        price, count = float(row["usd_per_hour"]), int(row.get("count") or 1)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the price override of {row['provider']} has a price or count that is no number") from error
    provider = str(row["provider"])
    known = {offer.provider.lower(): offer.provider_class for offer in load()}
    return Offer(
        provider=provider,
        provider_class=str(row.get("provider_class") or known.get(provider.lower(), "neocloud")),
        accelerator=accelerators.find(str(row["accelerator"])).name,
        count=count,
        usd_per_hour=price,
        date=str(row["date"])[:10],
        tier=str(row.get("tier") or "on-demand"),
        region=str(row.get("region") or ""),
        scales_per_card=True,
        source=str(row.get("source") or "your own price"),
        url=str(row.get("url") or ""),
        is_override=True,
    )


def overrides_from_csv(path: Path) -> list[dict[str, str]]:
    """Override rows of a CSV with the columns of :func:`override`."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def merged(shipped: Iterable[Offer], own: Sequence[Offer]) -> tuple[Offer, ...]:
    """Own prices replace the shipped ones of the same provider, accelerator, tier (and region where they name one)."""

    def replaced(offer: Offer) -> bool:
        return any(
            (offer.provider.lower(), offer.accelerator, offer.tier)
            == (mine.provider.lower(), mine.accelerator, mine.tier)
            and (offer.count == mine.count or offer.scales_per_card)
            and mine.region in ("", offer.region)
            for mine in own
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
) -> list[Offer]:
    """Offers that pass every filter, cheapest first; with ``count`` each is scaled to that many cards."""
    classes = None if provider_classes is None else set(provider_classes)
    for name in classes or ():
        if name not in PROVIDER_CLASSES:
            raise names.UnknownName(f"unknown provider class {name!r}; known: {', '.join(PROVIDER_CLASSES)}")
    if tier is not None and tier not in TIERS:
        raise names.UnknownName(f"unknown tier {tier!r}; known: {', '.join(TIERS)}")
    found = []
    for offer in offers:
        if accelerator is not None and offer.accelerator != accelerator:
            continue
        if tier is not None and offer.tier != tier:
            continue
        if provider is not None and offer.provider.lower() != provider.lower():
            continue
        if classes is not None and offer.provider_class not in classes:
            continue
        if region is not None and offer.region != region:
            continue
        scaled = offer if count is None else offer.for_count(count)
        if scaled is not None:
            found.append(scaled)
    return sorted(found, key=lambda offer: offer.usd_per_hour)
