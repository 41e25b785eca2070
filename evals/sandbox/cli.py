"""``check`` shows what each sandbox holds on this machine; ``run`` runs one program in the one chosen."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from evals.sandbox import settings
from evals.sandbox.choice import UNSANDBOXED, choose, in_order, refused, report_of, why_not

REFUSED = 2
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
app = typer.Typer(help="Run model-written code where it can reach nothing, or refuse.", no_args_is_help=True)


@app.command()
def check(as_json: Json = False) -> None:
    """Test every sandbox now. Exit 0 when one works, 2 when none does."""
    reports = [report_of(walls) for walls in in_order()]
    chosen = choose()
    if as_json:
        backends = [
            {
                "backend": report.backend,
                "works": report.works,
                "why_not": report.why_not,
                "checks": [{"name": each.name, "held": each.held, "detail": each.detail} for each in report.checks],
            }
            for report in reports
        ]
        print(json.dumps({"chosen": chosen.name if chosen else None, "backends": backends}))
    else:
        for report in reports:
            print(f"{report.backend}: {'works' if report.works else report.why_not}")
            for each in report.checks:
                print(f"  {'held' if each.held else 'FAILED'}  {each.name}" + ("" if each.held else f": {each.detail}"))
        print(f"Chosen: {chosen.name}" if chosen else f"Chosen: none, so model-written code is not run: {why_not()}")
        if chosen and chosen.name == UNSANDBOXED:
            print(f"No sandbox works here and you have allowed that: {chosen.report.why_not}")
    raise typer.Exit(0 if chosen else REFUSED)


@app.command()
def allow_unsandboxed(withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back.")] = False) -> None:
    """Let model-written code read your files where no sandbox works; asks you to type a sentence."""
    if withdraw:
        settings.withdraw()
        print("Taken back: without a working sandbox, model-written code does not run.")
        return
    if not settings.read().allow_unsandboxed_code:
        print(f"First write `allow_unsandboxed_code: true` into {settings.path()}.", file=sys.stderr)
        raise typer.Exit(REFUSED)
    print(
        "Where no sandbox works, code written by a model will then run as you, and can read every file you can.\n"
        f"Every score made that way is marked. To go on, type: {settings.sentence()}"
    )
    if not settings.confirm(sys.stdin.readline()):
        print("That is not the sentence; nothing has changed.", file=sys.stderr)
        raise typer.Exit(REFUSED)
    print("Recorded. `allow-unsandboxed --withdraw` takes it back.")


@app.command()
def run(file: Path, as_json: Json = False) -> None:
    """Run FILE as a program. Exit 0 for a pass, 1 for any other verdict, 2 when it could not be run."""
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise typer.BadParameter(f"{file} cannot be read: {problem}") from problem
    sandbox = choose()
    outcome = refused() if sandbox is None else sandbox.run_program(source)
    if as_json:
        names = ("verdict", "backend", "stdout", "seconds", "reason")
        print(json.dumps({name: getattr(outcome, name) for name in names}))
    else:
        print(outcome.stdout, end="" if outcome.stdout.endswith("\n") or not outcome.stdout else "\n")
        why = f": {outcome.reason}" if outcome.reason else ""
        print(f"{outcome.verdict} in {outcome.seconds:.3f} s ({outcome.backend}){why}")
    raise typer.Exit({"pass": 0, "sandbox_error": REFUSED}.get(outcome.verdict, 1))
