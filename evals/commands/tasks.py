"""``task``: make a task of a table, list and remove the user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.tabular import Options, read_file
from evals.usertasks.adding import MARGIN, Draft, draft_json, drafted, own_tasks, remove, save
from evals.usertasks.from_lm_eval import add_from_lm_eval
from evals.usertasks.proposal import proposal

app = typer.Typer(help="Tasks of your own: from a table, or by name from lm-eval.", no_args_is_help=True)
SHOWN_CHARACTERS = 400


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL or XLSX with a header.")],
    kind: Annotated[
        str, typer.Option(help="classification, short-answer, summarization, math, code, steps; detected if left out.")
    ] = "",
    prompt_column: Annotated[str, typer.Option(help="The column with the question.")] = "",
    answer_column: Annotated[str, typer.Option(help="The column with the expected answer, label or tests.")] = "",
    name: Annotated[str, typer.Option(help="What to call the task; the file's name if left out.")] = "",
    title: Annotated[str, typer.Option(help="The title shown.")] = "",
    template: Annotated[str, typer.Option(help="The prompt, with {column} where a cell goes; \\n is a new line.")] = "",
    metric: Annotated[str, typer.Option(help="The score shown; the kind's usual one if left out.")] = "",
    group: Annotated[str, typer.Option(help="The task group; the kind's if left out.")] = "",
    shots: Annotated[int, typer.Option(help="Worked examples in the prompt, taken from the rows.")] = 0,
    chat_template: Annotated[bool, typer.Option(help="Put each model's own chat template around the prompt.")] = False,
    written: Annotated[bool, typer.Option(help="Read labels from what a model writes, not from likelihoods.")] = False,
    max_tokens: Annotated[int | None, typer.Option(help="Room for an answer.")] = None,
    margin: Annotated[float, typer.Option(help="The loss to rule out, as a fraction.")] = MARGIN,
    encoding: Annotated[str, typer.Option(help="How the file was saved, such as windows-1252.")] = "",
    delimiter: Annotated[str, typer.Option(help="What separates fields, such as ';'.")] = "",
    sheet: Annotated[str, typer.Option(help="Which sheet of a workbook.")] = "",
    sample: Annotated[int | None, typer.Option(help="Keep this many rows, drawn at random.")] = None,
    replace_it: Annotated[bool, typer.Option("--replace", help="Replace a task of that name.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be made and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Make a task of a table: a folder in lm-eval's format that any run can name."""
    with told():
        options = Options(encoding=encoding, delimiter=delimiter.replace("\\t", "\t"), sheet=sheet, sample=sample)
        table = read_file(file, options)
        spec = proposal(
            table,
            file.name,
            kind=kind,
            prompt_column=prompt_column,
            answer_column=answer_column,
            name=name,
            template=template.replace("\\n", "\n"),
            written=written or chat_template,
        )
        spec = replace(
            spec, title=title or spec.title, metric=metric, group=group, shots=shots, chat_template=chat_template,
            max_tokens=max_tokens,
        )  # fmt: skip
        draft = drafted(table, spec, margin)
        folder = None if dry_run else save(draft, replace=replace_it)
    say(draft_json(draft, table, folder), as_json, _said(draft, table.notes, folder))


def _said(draft: Draft, notes: tuple[str, ...], folder: Path | None) -> str:
    spec = draft.spec
    prompt, answer = draft.preview[0]
    shown = prompt if len(prompt) <= SHOWN_CHARACTERS else f"{prompt[:SHOWN_CHARACTERS]}…"
    lines = [
        f"{spec.name}: {spec.of_kind.title.lower()}, {len(draft.made.items):,} items, metric {spec.chosen_metric}",
        f"  question in {spec.prompt_column!r}, answer in {spec.answer_column!r}",
        *(f"  note: {note}" for note in notes),
        *(f"  warning: {warned.text}" for warned in draft.warnings),
        f"  {draft.sizing.sentence}",
        "  the first prompt, then the answer expected:",
        *(f"    | {line}" for line in shown.splitlines()),
        f"    = {answer[:SHOWN_CHARACTERS]}",
    ]
    if folder is None:
        return "\n".join([*lines, "nothing was written"])
    return "\n".join([*lines, f"written to {folder}", f"run it: python -m evals run --tasks {spec.name}"])


@app.command("add-lm-eval")
def add_lm_eval(
    name: Annotated[str, typer.Argument(help="As lm-eval calls it; see: python -m evals list --lm-eval SEARCH")],
    limit: Annotated[int | None, typer.Option(help="Keep the first items only.")] = None,
    group: Annotated[str, typer.Option(help="The task group; guessed from the name if left out.")] = "",
    replace_it: Annotated[bool, typer.Option("--replace", help="Replace a task of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Add one of lm-eval's own tasks by name; its data set is downloaded if it is not here."""
    with told():
        where, count = add_from_lm_eval(name, limit=limit, group=group, replace=replace_it)
    told_of = {"task": where.name, "folder": str(where), "n_items": count}
    say(told_of, as_json, f"{where.name}: {count:,} items\nrun it: python -m evals run --tasks {where.name}")


@app.command("list")
def list_own(as_json: Json = False) -> None:
    """The tasks you added, and why any of them cannot be used."""
    found = list(own_tasks())
    lines = [
        f"{t['task']}: cannot be used: {t['trouble']}"
        if t["trouble"]
        else f"{t['task']}: {t['title']}, {t['task_group']}, {t['n_items']:,} items"
        for t in found
    ]
    say({"tasks": found}, as_json, "\n".join(lines) or "none yet: python -m evals task add FILE")


@app.command("remove")
def remove_own(name: str, as_json: Json = False) -> None:
    """Delete a task you added; what was measured on it stays."""
    with told():
        remove(name)
    say({"task": name, "removed": True}, as_json, f"removed {name}; what was measured on it stays")
