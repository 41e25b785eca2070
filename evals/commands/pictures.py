"""``pictures``: a task from labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.pictures import from_csv, from_folder, write_task


def pictures(
    name: Annotated[str, typer.Argument(help="What to call the task.")],
    source: Annotated[Path, typer.Argument(exists=True, help="A folder with a folder for each label, or a CSV.")],
    path_column: Annotated[str, typer.Option(help="Column of a CSV with paths from its own folder.")] = "image",
    label_column: Annotated[str, typer.Option(help="Column of a CSV with the label.")] = "label",
    title: Annotated[str, typer.Option(help="What to show for it; the name if left out.")] = "",
    as_json: Json = False,
) -> None:
    """Make a task of labelled pictures, for models that read them; plain lm-eval runs it too."""
    with told():
        found = from_folder(source) if source.is_dir() else from_csv(source, path_column, label_column)
        folder = write_task(name, found, title)
    labels = sorted({one.label for one in found})
    made = {"task": name, "folder": str(folder), "n": len(found), "labels": labels}
    say(made, as_json, f"{name}: {len(found)} pictures, {len(labels)} labels, in {folder}")
