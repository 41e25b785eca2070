"""``archive``: old items into files beside the store, and back."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from evals import archives
from evals.commands.arguments import Json, say, told
from evals.store import Store

AGE = re.compile(r"(\d+(?:\.\d+)?)\s*d")
DAY_S = 86_400.0


def archive(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RUN…]", help="Runs, however old.")] = None,
    older_than: Annotated[str, typer.Option(help="Every run that ended so long ago: 90d.")] = "",
    to: Annotated[Path | None, typer.Option(help="The folder; archive/ in BITBUDGET_HOME if left out.")] = None,
    restore: Annotated[Path | None, typer.Option(help="Bring the items of this file back.")] = None,
    as_json: Json = False,
) -> None:
    """Move the items of finished runs into Parquet files, each row checked before it leaves the store; scores stay."""
    with told():
        if sum(map(bool, (names, older_than, restore))) != 1:
            raise ValueError("name runs, or an age as --older-than 90d, or a file to --restore: one of the three")
        store = Store()
        if restore is not None:
            back = archives.restore(store, restore)
            text = f"{back.items} items of {back.cells} cells are in the store again; {back.file} may be deleted"
            say({"restored": asdict(back)}, as_json, text)
            return
        chosen = names or archives.runs_before(store, time.time() - _age_s(older_than))
        moved = list(archives.archive(store, chosen, to))
    lines = [
        f"{m.run}: {m.items} items of {m.cells} cells are in {m.file} ({m.file_bytes / 2**20:.1f} MiB)"
        + (f"; {m.left} cells stay, without items or also of other runs" if m.left else "")
        for m in moved
    ]
    say({"archived": [asdict(m) for m in moved]}, as_json, "\n".join(lines) or "nothing to archive")


def _age_s(given: str) -> float:
    found = AGE.fullmatch(given.strip())
    if found is None:
        raise ValueError(f"--older-than is {given!r}; give days, such as 90d")
    return float(found[1]) * DAY_S
