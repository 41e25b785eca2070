"""Arguments as people type them, and answers as they read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from evals.store import StoreError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Names = Annotated[str | None, typer.Option(help="Comma-separated names; the plan's if left out.")]


@contextmanager
def told() -> Iterator[None]:
    """Expected troubles end as one line and exit code 2."""
    try:
        yield
    except (ValueError, StoreError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def split(given: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Comma-separated names, or the default if nothing was given."""
    return tuple(part.strip() for part in given.split(",") if part.strip()) if given is not None else default


def say(value: Any, as_json: bool, text: str) -> None:
    """One JSON object or the text."""
    typer.echo(json.dumps(value, indent=2) if as_json else text)
