"""Decide against an SLA, order variants for a race, write a report.

Exit codes of decide and view: 0 meets, 1 none meets, 3 unproven; 2 bad input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from decisions.asking import asked, decided, viewed
from decisions.fields import BadInput
from decisions.history.commands import app as saved_app
from decisions.history.shelf import taken
from decisions.options import Decision
from decisions.order import race_order, weights
from decisions.patterns.command import patterns
from decisions.renting_command import rent
from decisions.report.files import write_all
from decisions.report.formats import FORMATS, check_format, render
from decisions.report.people import People
from decisions.report.sections import PARTS
from decisions.scenarios import FIRST, Scenario, scenario_to_json, scenario_to_yaml
from decisions.summaries import option_summary
from decisions.view import view_to_dict
from decisions.view.chances import DRAWS, SEED
from decisions.view.plain import view_text
from evals.plan import DEMO_QUANTIZATIONS
from evals.race_spec import by_size
from pricing import overrides
from pricing.catalogue import load_price_book

EXIT = {"meets": 0, "none_meets": 1, "unproven": 3}
BAD_INPUT = 2
EVERY_FORMAT = ",".join(FORMATS)
app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(saved_app, name="saved", help="Keep decisions, send them, see what has changed since.")

app.command()(patterns)
app.command()(rent)

ScenarioName = Annotated[str, typer.Option("--scenario", help="a built-in scenario, or a scenario file")]
SlaFile = Annotated[Path | None, typer.Option("--sla", help="thresholds, YAML or JSON")]
WorkloadFile = Annotated[Path | None, typer.Option("--workload", help="requests and sizes, YAML or JSON")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="prices of this date, like 2026-11-21")]


@app.command()
def decide(
    sla: SlaFile = None,
    workload: WorkloadFile = None,
    name: ScenarioName = FIRST,
    as_of: AsOf = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="print one line: the answer, or why there is none")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """The cheapest option that meets the SLA."""
    _, decision = _decided(name, sla, workload, as_of)
    if as_json:
        choice = decision.choice.id if decision.choice else None
        answer = {
            "status": decision.status,
            "choice": choice,
            "sentence": decision.sentence,
            "detail": decision.detail,
            "saving_usd_per_month": decision.saving_usd_per_month,
            "would_change": list(decision.would_change),
            "options": [option_summary(option) for option in decision.options],
        }
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        said = (decision.sentence,) if quiet else (decision.sentence, decision.detail, *decision.would_change)
        typer.echo("\n".join(line for line in said if line))
    raise typer.Exit(EXIT[decision.status])


@app.command()
def view(
    sla: SlaFile = None,
    workload: WorkloadFile = None,
    name: ScenarioName = FIRST,
    as_of: AsOf = None,
    draws: Annotated[int, typer.Option("--draws", min=1, max=1_000_000, help="of the Monte Carlo")] = DRAWS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="of the Monte Carlo")] = SEED,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """What would change our mind: flip points, tornado, how likely each option is right, rollback, questions."""
    found = viewed(asked(name, sla, workload, as_of), draws=draws, seed=seed)
    if as_json:
        typer.echo(json.dumps(view_to_dict(found), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        typer.echo(view_text(found))
    raise typer.Exit(EXIT[found.decision.status])


@app.command()
def report(
    out: Annotated[Path, typer.Option("--out", help="folder to write into")],
    name: ScenarioName = FIRST,
    sla: SlaFile = None,
    workload: WorkloadFile = None,
    as_of: AsOf = None,
    saved: Annotated[str, typer.Option("--saved", help="a saved decision instead, as it was known then")] = "",
    formats: Annotated[str, typer.Option("--format", help=f"comma-separated: {', '.join(FORMATS)}")] = EVERY_FORMAT,
    parts: Annotated[str, typer.Option("--parts", help=f"comma-separated: {', '.join(PARTS)}; all if left out")] = "",
    owner: Annotated[str, typer.Option("--owner", help="who answers for it")] = "",
    approvers: Annotated[str, typer.Option("--approvers", help="who agreed")] = "",
    decision_date: Annotated[str, typer.Option("--decision-date", help="like 2026-11-21")] = "",
    review_date: Annotated[str, typer.Option("--review-date", help="like 2027-02-21")] = "",
    dissent: Annotated[str, typer.Option("--dissent", help="who saw it otherwise, and why")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print what was written as JSON")] = False,
) -> None:
    """Write the report of a scenario in one or more formats."""
    from decisions.report.building import whole_report  # draws charts: a gate in CI that only decides needs no plotly

    wanted = list(dict.fromkeys(check_format(part) for part in formats.split(",") if part.strip()))
    if not wanted:
        raise BadInput(f"--format is {formats!r}; name at least one of {', '.join(FORMATS)}")
    people = People(
        owner=owner, approvers=approvers, decision_date=decision_date, review_date=review_date, dissent=dissent
    )
    stem = saved or name
    if saved:
        content = taken(saved).report
    else:
        chosen = asked(name, sla, workload, as_of)
        content, stem = whole_report(chosen, people=people), chosen.id
    shown = [part.strip() for part in parts.split(",") if part.strip()] or None
    files = {out / f"{stem}.{format}": render(content, format, shown) for format in wanted}
    write_all(files)
    if as_json:
        typer.echo(json.dumps({"status": content["status"], "files": [str(file) for file in files]}))
    else:
        typer.echo("\n".join([content["sentence"], *(f"wrote {file}" for file in files)]))


@app.command()
def scenario(
    name: ScenarioName = FIRST,
    sla: SlaFile = None,
    workload: WorkloadFile = None,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """A scenario as YAML: change it, then give the file as --scenario, or put it under scenarios/ in the home."""
    chosen = asked(name, sla, workload, as_of)
    typer.echo((scenario_to_json if as_json else scenario_to_yaml)(chosen).rstrip())


@app.command()
def order(
    models: Annotated[str, typer.Option("--models", help="comma-separated; the scenario's if left out")] = "",
    quantizations: Annotated[str, typer.Option("--quantizations", help="comma-separated; the demo's if not")] = "",
    sla: SlaFile = None,
    workload: WorkloadFile = None,
    name: ScenarioName = "support-desk",
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, as `evals race --order` reads it")] = False,
) -> None:
    """Variants by their quote, cheapest first, without those that money or latency rule out: an order to race in."""
    chosen = asked(name, sla, workload, as_of)
    wanted = by_size(
        [part.strip() for part in models.split(",") if part.strip()] or list(chosen.models),
        [part.strip() for part in quantizations.split(",") if part.strip()] or DEMO_QUANTIZATIONS,
    )
    entries = race_order(chosen, wanted, load_price_book(overrides.read(), chosen.as_of))
    able = [entry for entry in entries if not entry.ruled_out]
    cost = weights(able)
    if as_json:
        rows = [{"id": e.id, "weight": cost[e.id], "usd_per_month": e.usd_per_month} for e in able]
        out = [{"id": e.id, "reason": e.ruled_out} for e in entries if e.ruled_out]
        typer.echo(json.dumps({"order": rows, "ruled_out": out}, indent=2, allow_nan=False))
    else:
        lines = [f"{e.id}, {cost[e.id]:.2f}" for e in able]
        typer.echo("\n".join([*lines, *(f"# {e.id} ruled out: {e.ruled_out}" for e in entries if e.ruled_out)]))


def _decided(name: str, sla: Path | None, workload: Path | None, as_of: str | None) -> tuple[Scenario, Decision]:
    chosen = asked(name, sla, workload, as_of)
    return chosen, decided(chosen)


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit 2."""
    try:
        app()
    except (ValueError, OSError, RuntimeError) as error:
        typer.echo(" ".join(str(error).split()), err=True)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
