"""Claims of a worked example: what it says, and what to recompute from our own tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from decisions.fields import Fields, one_of

Asks = Literal["fits", "carries", "cascade"]


@dataclass(frozen=True, kw_only=True)
class WorkedClaim:
    """``text`` is what the example says. ``asks`` is what is recomputed:

    fits: do the weights fit on ``count`` of ``accelerator``; carries: do they carry the scenario's requests within
    ``usd_per_month``; cascade: what do ``model`` for all requests and the API model ``then`` for ``passed_fraction``
    of them cost, against ``then`` alone; ``saving_fraction`` is the saving the example promises.
    """

    text: str
    source: str
    asks: Asks
    model: str
    quantization: str
    accelerator: str = ""
    count: int = 1
    usd_per_month: float | None = None
    then: str = ""
    passed_fraction: float | None = None
    saving_fraction: float | None = None


def claim_from(fields: Fields) -> WorkedClaim:
    """A claim from checked fields. Raises BadInput."""
    asks: Any = one_of("asks", fields.text("asks"), ("fits", "carries", "cascade"), fields.where)
    on_card = asks in ("fits", "carries")
    claim = WorkedClaim(
        text=fields.text("text"),
        source=fields.text("source"),
        asks=asks,
        model=fields.text("model"),
        quantization=fields.text("quantization"),
        accelerator=fields.text("accelerator") if on_card else "",
        count=fields.number("count", 1, 64, 1, whole=True),
        usd_per_month=fields.number("usd_per_month", 1e-9, 1e12) if asks == "carries" else None,
        then=fields.text("then") if asks == "cascade" else "",
        passed_fraction=fields.fraction("passed_fraction") if asks == "cascade" else None,
        saving_fraction=fields.fraction("saving_fraction") if asks == "cascade" else None,
    )
    fields.done()
    return claim


def claim_to_dict(claim: WorkedClaim) -> dict[str, Any]:
    """Plain data that ``claim_from`` reads back."""
    plain = {name: value for name, value in vars(claim).items() if value not in (None, "")}
    if claim.asks == "cascade":
        plain.pop("count")
    return plain
