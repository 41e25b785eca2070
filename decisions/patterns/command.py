"""The command line of the patterns: ``python -m decisions patterns``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from decisions.asking import asked, decided
from decisions.fields import BadInput
from decisions.patterns.asking import Question, ask, patterns_of
from decisions.patterns.plans import METHODS
from decisions.patterns.results import stored_results
from decisions.patterns.summary import as_plain, sentences
from pricing import overrides
from pricing.catalogue import load_price_book

ILLUSTRATIVE = "Illustrative figures: a worked example, not measurements."


def patterns(
    name: Annotated[str, typer.Option("--scenario", help="a built-in scenario, or a scenario file")] = "support-desk",
    pattern: Annotated[str, typer.Option("--pattern", help="cascade, router, hybrid, dynamic, edge, example")] = "",
    first: Annotated[str, typer.Option("--first", help="id of the first stage, or of the variant on a device")] = "",
    second: Annotated[str, typer.Option("--second", help="id of the second stage, or of the cloud fallback")] = "",
    signal: Annotated[str, typer.Option("--signal", help="confidence to go by; the usual one if left out")] = "",
    method: Annotated[str, typer.Option("--method", help=f"threshold: {' or '.join(METHODS)}")] = METHODS[0],
    shares: Annotated[str, typer.Option("--shares", help="traffic, like math=60%,code=40%; equal if left out")] = "",
    as_of: Annotated[str | None, typer.Option("--as-of", help="prices of this date, like 2026-11-21")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """A cascade, a router, a mix over tasks, two precisions or devices: does it meet the SLA for less?"""
    chosen = asked(name, as_of=as_of)
    question = Question(
        pattern=pattern or next(iter(patterns_of(chosen))),
        first=first,
        second=second,
        signal=signal,
        method=method,
        shares=read_shares(shares),
    )
    book = load_price_book(overrides.read(), chosen.as_of)
    answer = ask(chosen, decided(chosen), question, stored_results(chosen), book)
    if as_json:
        typer.echo(json.dumps(as_plain(answer, chosen), ensure_ascii=False, indent=2, allow_nan=False))
        return
    banner = [ILLUSTRATIVE] if chosen.illustrative else []
    lines = [*banner, *sentences(answer, chosen)]
    if isinstance(answer, tuple):
        lines += [f"{claim.says}: {claim.claim.text}. {claim.found}" for claim in answer]
    else:
        lines += answer.problems
    typer.echo("\n".join(line for line in lines if line))


def read_shares(text: str) -> dict[str, float]:
    """``math=60%,code=0.4`` as fractions by task. Raises BadInput naming the part that cannot be read."""
    found = {}
    for part in (piece.strip() for piece in text.split(",") if piece.strip()):
        task, equals, value = part.partition("=")
        number = value.strip().removesuffix("%").strip()
        try:
            found[task.strip()] = float(number) / (100 if value.strip().endswith("%") else 1)
        except ValueError as error:
            raise BadInput(f"share {part!r} cannot be read; write it like math=60%") from error
        if not equals:
            raise BadInput(f"share {part!r} cannot be read; write it like math=60%")
    return found
