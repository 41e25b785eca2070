"""``offers import`` and ``refresh``: newer rental prices from a file or an address of the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pricing import feeds, overrides
from pricing.commands.arguments import AsJson, day


def import_offers(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV in SkyPilot's catalogue schema.")],
    provider: Annotated[str, typer.Option(help="Whose prices these are; the folder's name by default.")] = "",
    date: Annotated[str, typer.Option(help="Day of the prices, YYYY-MM-DD; today by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep the rental offers of a SkyPilot-schema CSV as your own, in place of the shipped ones of that provider."""
    whose = provider or file.resolve().parent.name
    imported = feeds.import_file(file, provider=whose, day=day("--date", date))
    name = imported.rows[0]["provider"]
    if as_json:
        typer.echo(
            json.dumps({"provider": name, "offers": len(imported.rows), "left_out": dict(imported.left_out)}, indent=2)
        )
        return
    typer.echo(f"{len(imported.rows)} offers of {name} kept in {overrides.path()}")
    for reason, n in imported.left_out.most_common():
        typer.echo(f"  left out: {n:4} {reason}")


def refresh(as_json: AsJson = False) -> None:
    """Read the price feeds you named in BITBUDGET_PRICE_FEEDS. Off by default; nothing is fetched unless you do."""
    found = feeds.refresh()
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {"provider": one.provider, "url": one.url, "offers": one.rows, "date": one.date, "error": one.error}
                    for one in found
                ],
                indent=2,
            )
        )
    for one in found if not as_json else ():
        typer.echo(f"{one.provider}: {one.error or f'{one.rows} offers of {one.date}'} [{one.url}]")
    if any(one.error for one in found):
        raise typer.Exit(1)
