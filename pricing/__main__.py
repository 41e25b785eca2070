"""``python -m pricing``: quotes, offers, API prices, validation and calibration from the command line."""

from __future__ import annotations

import sys

import typer

from pricing.commands.breakeven import breakeven
from pricing.commands.checks import calibrate, validate
from pricing.commands.enumerate import options
from pricing.commands.feeds import import_offers, refresh
from pricing.commands.models import model
from pricing.commands.prices import api, offers
from pricing.commands.quotes import presets, quote

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
offers_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
offers_app.callback(invoke_without_command=True)(offers)
offers_app.command("import")(import_offers)
app.add_typer(offers_app, name="offers")
for command in (model, quote, options, breakeven, presets, api, refresh, validate, calibrate):
    app.command()(command)


def main() -> None:
    """Run a command; a bad input is one line on standard error and exit code 2."""
    try:
        app()
    except (ValueError, OverflowError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
