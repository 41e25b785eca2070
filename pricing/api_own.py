"""The user's own price of a seller's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pricing import amounts

RATES = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_usd_per_mtok")


@dataclass(frozen=True, kw_only=True)
class ApiOverride:
    """A user's own price of one seller's model, per million tokens."""

    provider: str
    model: str
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_usd_per_mtok: Decimal | None
    date: str
    source: str

    def usd_per_request(self, *, prompt_tokens: int, cached_tokens: int, output_tokens: int) -> Decimal:
        """One request; cached tokens at the input rate where the user gave no rate for them."""
        cached_rate = self.input_usd_per_mtok if self.cached_usd_per_mtok is None else self.cached_usd_per_mtok
        total = (prompt_tokens - cached_tokens) * self.input_usd_per_mtok
        return (total + cached_tokens * cached_rate + output_tokens * self.output_usd_per_mtok) / 1_000_000


def override(row: Mapping[str, Any]) -> ApiOverride:
    """A price override as :func:`pricing.catalogue.load_price_book` takes it. Raises ValueError."""
    missing = [field for field in ("provider", "model", "date") if not row.get(field)]
    missing += [field for field in RATES[:2] if row.get(field) in (None, "")]
    if missing:
        raise ValueError(f"the API price override {dict(row)!r} lacks {', '.join(missing)}")
    prices: dict[str, Decimal | None] = {}
    for field in RATES:
        value, name = row.get(field), f"{field} of {row['model']}"
        if value in (None, ""):
            prices[field] = None
            continue
        amount = amounts.within(name, value, 0, 10_000, unit="dollars per million tokens")
        prices[field] = Decimal(str(amount))
    if not any(prices[field] for field in RATES[:2]):
        raise ValueError(f"both prices of {row['model']} at {row['provider']} are 0; no price means unpriced, never $0")
    try:
        date.fromisoformat(str(row["date"])[:10])
    except ValueError as error:
        raise ValueError(f"date of the price of {row['model']} is {row['date']!r}; give a day as YYYY-MM-DD") from error
    return ApiOverride(
        provider=str(row["provider"]),
        model=str(row["model"]),
        date=str(row["date"])[:10],
        source=str(row.get("source") or "your own price"),
        **prices,  # type: ignore[arg-type]
    )
