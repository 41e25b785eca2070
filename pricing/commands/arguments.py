"""Arguments as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from pricing import amounts, bill, overrides
from pricing.catalogue import PriceBook, load_price_book
from pricing.offers import overrides_from_csv
from pricing.workload import Workload

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
AsOf = Annotated[str, typer.Option(help="Date of the prices, YYYY-MM-DD; today by default.")]
Prices = Annotated[Path | None, typer.Option(help="CSV of your own prices: provider, accelerator, usd_per_hour, date.")]
NoOverrides = Annotated[bool, typer.Option("--no-overrides", help="Leave out the prices you saved in the product.")]
Terms = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a term of the preset: people_hours_per_month=20, discount_fraction=0.3 …"),
]


WORKLOAD = {  # option → what it is unless said, and its help
    "requests_per_month": ("1e6", "Volume; 1e6 is fine."),
    "prompt_tokens": ("1200", "Of one request."),
    "output_tokens": ("300", "Of one request."),
    "cached_fraction": ("0", "Share of the prompt found in the prefix cache."),
    "peak_to_mean": ("3", "Busiest hour over the mean hour."),
}


def takes_workload(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command whose parameters are all by name the options of its ``workload``: ``--requests-per-month`` …"""

    @wraps(command)
    def run(**given: Any) -> None:
        said = {name: given.pop(name) for name in WORKLOAD}
        command(
            workload=Workload(
                requests_per_month=number("--requests-per-month", said["requests_per_month"]),
                prompt_tokens=whole("--prompt-tokens", said["prompt_tokens"]),
                output_tokens=whole("--output-tokens", said["output_tokens"]),
                cached_fraction=number("--cached-fraction", said["cached_fraction"]),
                peak_to_mean=number("--peak-to-mean", said["peak_to_mean"]),
            ),
            **given,
        )

    kinds = get_type_hints(command, include_extras=True)
    parameters: list[Parameter] = []
    for one in signature(command).parameters.values():
        if one.name != "workload":
            parameters.append(one.replace(annotation=kinds[one.name]))
            continue
        for name, (default, help) in WORKLOAD.items():
            kind = Annotated[str, typer.Option(help=help)]
            parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def price_book(as_of: str, prices: Path | None = None, no_overrides: bool = False) -> PriceBook:
    """Shipped prices under the saved ones of the user, under those of ``prices``."""
    rows = [] if no_overrides else overrides.read()
    if prices:
        rows = overrides.put(rows, *overrides_from_csv(prices))  # type: ignore[assignment]
    return load_price_book(rows, day("--as-of", as_of))


def day(flag: str, text: str) -> date:
    """A date, today for "". Raises ValueError."""
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError as error:
        raise ValueError(f"{flag} is {text!r}; give a date as YYYY-MM-DD") from error


def number(flag: str, text: str) -> float:
    """A number as people type it: 1e6, 1_000_000, 1,000,000. Raises ValueError."""
    return amounts.number(flag, text)


def whole(flag: str, text: str) -> int:
    value = number(flag, text)
    if value != int(value):
        raise ValueError(f"{flag} is {text!r}; give a whole number")
    return int(value)


def optional(flag: str, text: str) -> float | None:
    if not text:
        return None
    value = number(flag, text)
    if value <= 0:
        raise ValueError(f"{flag} is {text!r}; give a number above 0 or leave it out")
    return value


def preset(name: str, terms: list[str] | None, spare_replicas: int = 0) -> bill.Preset:
    """The preset with the terms changed that ``--set name=value`` names. Raises ValueError."""
    changed = {}
    for term in terms or []:
        key, equals, value = term.partition("=")
        if not equals:
            raise ValueError(f"--set is {term!r}; give a term and its value such as people_hours_per_month=20")
        changed[key.strip()] = number(f"--set {key.strip()}", value)
    chosen = bill.preset(name, **changed)
    return bill.preset(chosen, spare_replicas=spare_replicas) if spare_replicas > chosen.spare_replicas else chosen
