"""``python -m decisions saved``: keep decisions, send them, see what has changed since."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from decisions.asking import asked, decided
from decisions.fields import BadInput
from decisions.history.differences import differences, summary
from decisions.history.shelf import drop, keep, kept, taken
from decisions.history.snapshot import LARGEST_BYTES, Snapshot, from_text, snapshot, to_text
from decisions.report.files import write_all
from decisions.report.model import Report, build_report
from decisions.scenarios import FIRST

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
Id = Annotated[str, typer.Argument(help="a saved decision, as `saved list` names it")]


@app.command("keep")
def keep_decision(
    name: Annotated[str, typer.Argument(help="what to call it")],
    scenario: Annotated[str, typer.Option("--scenario", help="a scenario, or a scenario file")] = FIRST,
    sla: Annotated[Path | None, typer.Option("--sla")] = None,
    workload: Annotated[Path | None, typer.Option("--workload")] = None,
    as_json: Json = False,
) -> None:
    """Keep the decision as it stands now."""
    chosen = asked(scenario, sla, workload)
    _say_one(_keep(snapshot(name, chosen, decided(chosen), datetime.now(UTC))), as_json)


@app.command("list")
def list_saved(as_json: Json = False) -> None:
    """Saved decisions, newest first."""
    every, trouble = kept()
    if as_json:
        typer.echo(json.dumps({"saved": [_row(one) for one in every], "unreadable": trouble}, indent=2))
        return
    for one in every:
        typer.echo(f"{one.id}\t{one.written:%Y-%m-%d %H:%M}\t{one.name}\t{one.report['sentence']}")
    for line in trouble:
        typer.echo(line, err=True)


@app.command()
def compare(
    first: Id,
    second: Annotated[str, typer.Argument(help="another one; what is known today if left out")] = "",
    as_json: Json = False,
) -> None:
    """What differs between two saved decisions, or between one and today."""
    then = taken(first)
    now = taken(second).report if second else _today(then)
    found = differences(then.report, now)
    if as_json:
        rows = [{"kind": d.kind, "subject": d.subject, "then": d.then, "now": d.now} for d in found]
        typer.echo(json.dumps({"summary": summary(found), "differences": rows}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join([summary(found) or "Nothing differs.", *(d.sentence for d in found)]))


@app.command()
def export(saved: Id, out: Annotated[Path, typer.Option("--out", help="the file to write")]) -> None:
    """One file that holds the scenario and the decision, for somebody else's Bitbudget."""
    write_all({out: to_text(taken(saved)).encode()})
    typer.echo(f"wrote {out}")


@app.command("import")
def import_file(file: Path, as_json: Json = False) -> None:
    """Take in a file that `export` wrote."""
    try:
        size = file.stat().st_size
        if size > LARGEST_BYTES:
            raise BadInput(f"{file}: {size:,} bytes; a saved decision is under {LARGEST_BYTES // 1_000_000} MB")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: cannot be read as UTF-8 text; export the decision again") from error
    _say_one(_keep(from_text(text, str(file))), as_json)


@app.command()
def delete(saved: Id) -> None:
    """Forget one."""
    drop(saved)
    typer.echo(f"deleted {saved}")


def _keep(one: Snapshot) -> Snapshot:
    keep(one)
    return one


def _today(then: Snapshot) -> Report:
    return build_report(then.scenario, decided(then.scenario))


def _row(one: Snapshot) -> dict[str, str | None]:
    return {
        "id": one.id,
        "name": one.name,
        "written": one.written.isoformat(),
        "scenario": one.scenario.id,
        "status": one.report["status"],
        "choice": one.report["choice"],
        "sentence": one.report["sentence"],
    }


def _say_one(one: Snapshot, as_json: bool) -> None:
    row = _row(one)
    typer.echo(json.dumps(row, indent=2, ensure_ascii=False) if as_json else f"{row['id']}: {row['sentence']}")
