"""``python -m pricing``: quotes, offers, API prices, validation and calibration from the command line."""

from __future__ import annotations

import json
import math
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing import api as api_prices
from pricing import offers as rental_offers
from pricing import validation
from pricing.catalogue import PriceBook, load_price_book, provider_spread
from pricing.offers import overrides_from_csv
from pricing.quote import cheapest_rental, quote_api, quote_rental
from pricing.render import quote_json, quote_text
from pricing.workload import Workload

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
AsOf = Annotated[str, typer.Option(help="Date of the prices, YYYY-MM-DD; today by default.")]
Prices = Annotated[Path | None, typer.Option(help="CSV of your own prices: provider, accelerator, usd_per_hour, date.")]


def _book(as_of: str, prices: Path | None = None) -> PriceBook:
    try:
        day = date.fromisoformat(as_of) if as_of else date.today()
    except ValueError as error:
        raise ValueError(f"--as-of is {as_of!r}; give a date as YYYY-MM-DD") from error
    return load_price_book(overrides_from_csv(prices) if prices else (), day)


def _number(flag: str, text: str) -> float:
    """A number as people type it: 1e6, 1_000_000, 1,000,000. Raises ValueError."""
    cleaned = text.strip().replace("_", "")
    groups = cleaned.split(",")
    if len(groups) > 1 and all(len(group) == 3 and group.isdigit() for group in groups[1:]):
        cleaned = "".join(groups)
    try:
        value = float(cleaned)
    except ValueError as error:
        raise ValueError(f"{flag} is {text!r}; give a number such as 1e6 or 1000000, with a decimal point") from error
    if not math.isfinite(value):
        raise ValueError(f"{flag} is {text!r}; give a finite number")
    return value


def _whole(flag: str, text: str) -> int:
    value = _number(flag, text)
    if value != int(value):
        raise ValueError(f"{flag} is {text!r}; give a whole number")
    return int(value)


def _optional(flag: str, text: str) -> float | None:
    if not text:
        return None
    value = _number(flag, text)
    if value <= 0:
        raise ValueError(f"{flag} is {text!r}; give a number above 0 or leave it out")
    return value


@app.command()
def quote(
    model: Annotated[str, typer.Option(help="Model, such as llama-3.1-70b or Qwen2.5-32B.")],
    quantization: Annotated[str, typer.Option(help="Q4_K_M, fp8, gptq-int4-g128, 4.65bpw …")],
    accelerator: Annotated[str, typer.Option(help="A6000, H100-SXM …; leave out for the cheapest that works.")] = "",
    count: Annotated[str, typer.Option(help="Cards of one replica.")] = "1",
    requests_per_month: Annotated[str, typer.Option(help="Volume; 1e6 is fine.")] = "1e6",
    prompt_tokens: Annotated[str, typer.Option()] = "1200",
    output_tokens: Annotated[str, typer.Option()] = "300",
    cached_fraction: Annotated[str, typer.Option(help="Share of the prompt found in the prefix cache.")] = "0",
    peak_to_mean: Annotated[str, typer.Option(help="Busiest hour over the mean hour.")] = "3",
    e2e_p95_s: Annotated[str, typer.Option(help="Latency limit, end to end.")] = "",
    ttft_p95_s: Annotated[str, typer.Option(help="Latency limit, first token.")] = "",
    tpot_p95_s: Annotated[str, typer.Option(help="Latency limit, per token.")] = "",
    engine: Annotated[str, typer.Option(help="vllm or llama.cpp; by the format unless named.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    provider_class: Annotated[list[str] | None, typer.Option(help="marketplace, neocloud, hyperscaler.")] = None,
    tier: Annotated[str, typer.Option(help="on-demand or spot.")] = "on-demand",
    spare_replicas: Annotated[str, typer.Option(help="Replicas beyond the load.")] = "0",
    preset: Annotated[str, typer.Option(help="pilot or production.")] = "pilot",
    weight_bytes: Annotated[str, typer.Option(help="Measured size of the weights.")] = "",
    as_of: AsOf = "",
    prices: Prices = None,
    as_json: AsJson = False,
) -> None:
    """What one variant needs, how fast it is and what it costs a month on rented cards."""
    workload = Workload(
        requests_per_month=_number("--requests-per-month", requests_per_month),
        prompt_tokens=_whole("--prompt-tokens", prompt_tokens),
        output_tokens=_whole("--output-tokens", output_tokens),
        cached_fraction=_number("--cached-fraction", cached_fraction),
        peak_to_mean=_number("--peak-to-mean", peak_to_mean),
    )
    book = _book(as_of, prices)
    size = _optional("--weight-bytes", weight_bytes)
    shared: dict[str, Any] = {
        "model": model,
        "quantization": quantization,
        "workload": workload,
        "weight_bytes": None if size is None else int(size),
        "e2e_p95_s": _optional("--e2e-p95-s", e2e_p95_s),
        "ttft_p95_s": _optional("--ttft-p95-s", ttft_p95_s),
        "tpot_p95_s": _optional("--tpot-p95-s", tpot_p95_s),
        "engine": engine or None,
        "provider": provider or None,
        "provider_classes": provider_class or None,
        "tier": tier,
        "spare_replicas": _whole("--spare-replicas", spare_replicas),
        "preset": preset,
    }
    if accelerator:
        answer = quote_rental(book, accelerator=accelerator, count=_whole("--count", count), **shared)
    else:
        answer = cheapest_rental(book, **shared)
    spread = provider_spread(book, answer.accelerator, answer.count, tier) if answer.accelerator else None
    typer.echo(json.dumps(quote_json(answer), indent=2) if as_json else quote_text(answer, spread))


@app.command()
def offers(
    accelerator: Annotated[str, typer.Option(help="Only this accelerator.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    tier: Annotated[str, typer.Option(help="on-demand, spot or all.")] = "all",
    as_of: AsOf = "",
    prices: Prices = None,
    as_json: AsJson = False,
) -> None:
    """Rental offers, cheapest per card first, with date and source."""
    book = _book(as_of, prices)
    found = rental_offers.matching(
        book.offers,
        accelerator=rental_offers.accelerators.find(accelerator).name if accelerator else None,
        provider=book.check_provider(provider) if provider else None,
        tier=None if tier == "all" else tier,
    )
    found.sort(key=lambda offer: offer.usd_per_hour / offer.count)
    rows: list[dict[str, Any]] = [
        {
            "accelerator": offer.accelerator,
            "count": offer.count,
            "provider": offer.provider,
            "provider_class": offer.provider_class,
            "tier": offer.tier,
            "region": offer.region,
            "usd_per_hour": offer.usd_per_hour,
            "usd_per_card_hour": round(offer.usd_per_hour / offer.count, 4),
            "date": offer.date,
            "age_days": offer.age_days(book.as_of),
            "stale": offer.stale(book.as_of),
            "source": offer.source,
            "is_override": offer.is_override,
        }
        for offer in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = " (stale)" if row["stale"] else ""
        typer.echo(
            f"{row['accelerator']:16} ×{row['count']:<2} ${row['usd_per_card_hour']:>8.3f}/card-h  {row['tier']:10} "
            f"{row['provider']:16} {row['region'][:22]:22} {row['date']}{mark}"
        )


@app.command()
def api(
    provider: Annotated[str, typer.Option(help="Only this provider, such as openai.")] = "",
    model: Annotated[str, typer.Option(help="Price this model for the workload.")] = "",
    requests_per_month: Annotated[str, typer.Option()] = "1e6",
    prompt_tokens: Annotated[str, typer.Option()] = "1200",
    output_tokens: Annotated[str, typer.Option()] = "300",
    cached_fraction: Annotated[str, typer.Option()] = "0",
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """API prices at a date; with --model the monthly bill of the workload."""
    book = _book(as_of)
    if model:
        if not provider:
            raise ValueError("--model needs --provider: a price belongs to a seller and a model, not to a model")
        workload = Workload(
            requests_per_month=_number("--requests-per-month", requests_per_month),
            prompt_tokens=_whole("--prompt-tokens", prompt_tokens),
            output_tokens=_whole("--output-tokens", output_tokens),
            cached_fraction=_number("--cached-fraction", cached_fraction),
        )
        answer = quote_api(book, provider=provider, model=model, workload=workload)
        typer.echo(json.dumps(quote_json(answer), indent=2) if as_json else quote_text(answer, None))
        return
    rows = api_prices.prices(book.as_of, provider or None)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        rates = " ".join(
            f"{name} ${row[key]:g}"
            for name, key in (("in", "input_usd_per_mtok"), ("out", "output_usd_per_mtok"))
            if row[key] is not None
        )
        typer.echo(
            f"{row['provider']:14} {row['model']:44} {rates} per million tokens"
            + (" (deprecated)" if row["deprecated"] else "")
        )


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option(help="decode or memory.")] = "decode",
    as_json: AsJson = False,
) -> None:
    """Our prediction against the measurements of a CSV."""
    report = validation.validate(file, kind)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    if not report["n"]:
        typer.echo("no row of this file can be predicted")
    else:
        typer.echo(
            f"{kind}: {report['n']} rows predicted ({report['predicted_fraction']:.0%}); "
            f"mean error {report['mape']:.1%}, median {report['median_ape']:.1%}, bias {report['bias']:+.1%}, "
            f"inside the 90 % band {report['band_coverage']:.0%}"
        )
    if report.get("oom_rows"):
        typer.echo(f"out of memory: {report['oom_right_fraction']:.0%} of {report['oom_rows']} rows foretold")
    for gpu, one in report["by"]["gpu"].items():
        typer.echo(f"  {gpu:20} n {one['n']:4}  mean error {one['mape']:6.1%}  bias {one['bias']:+7.1%}")
    for reason, n in report["skipped"].items():
        typer.echo(f"  left out: {n:4} {reason}")


@app.command()
def calibrate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="Where the rows come from, kept in the table.")] = "",
    write: Annotated[bool, typer.Option(help="Replace the shipped constants.")] = False,
) -> None:
    """Fit the speed constants on measured rows; prints the table with its leave-one-GPU-out error."""
    import csv

    from pricing import calibration, observations, tables

    rows: list[observations.Observation] = []
    growth: dict[str, float] = {}
    for file in files:
        observed = observations.read(file)
        rows += observed.rows
        with file.open(encoding="utf-8", newline="") as opened:
            growth = calibration.batch_growth(list(csv.DictReader(opened))) or growth
        for reason, n in observed.skipped.most_common():
            typer.echo(f"{file.name}: left out {n} rows: {reason}", err=True)
    fitted = calibration.calibrate(rows, growth, source or ", ".join(file.name for file in files))
    if not fitted:
        raise ValueError("no engine has rows of two GPUs; at least two are needed to hold one out")
    text = calibration.as_csv(fitted)
    typer.echo(text, nl=False)
    if write:
        (tables.FOLDER / "speed.csv").write_text(text, encoding="utf-8")


def main() -> None:
    """Run a command; a bad input is one line on standard error and exit code 2."""
    try:
        app()
    except (ValueError, OverflowError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
