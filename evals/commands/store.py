"""``store check | backup | restore | accept``: look after the file that holds all results."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from evals.backups import latest
from evals.commands.arguments import Json, say, told
from evals.home import home
from evals.identity import Identity
from evals.leases import any_alive
from evals.store import Store, StoreError

app = typer.Typer(help="Look after the store of results.", no_args_is_help=True)


@app.command()
def check(as_json: Json = False) -> None:
    """Read every row and compare it with its hash."""
    with told():
        store = Store()
        cells = store.cells()
        rows = len(store.runs()) + len(cells) + len(store.variants())
        items = sum(len(store.items(key)) for key in store.cell_keys())
        kept = latest(store.path)
    found = {"store": store.path.name, "items": items, "rows": rows + items, "backup": kept.name if kept else None}
    text = f"{store.path.name}: {rows + items} rows as written; newest backup: {kept.name if kept else 'none'}"
    say(found, as_json, text)


@app.command()
def backup(as_json: Json = False) -> None:
    """Copy the store into BITBUDGET_HOME/backups."""
    with told():
        made = Store().back_up()
    say({"backup": str(made)}, as_json, f"copied to {made}")


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="A copy of a store; the newest backup if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the store; what is there now is kept beside it."""
    path = home() / "bitbudget.sqlite"
    with told():
        source = file or latest(path)
        if source is None or not source.exists():
            raise ValueError(f"no backup {str(file or '')!r} to restore; name the file of a copy")
        if any_alive(home()):
            raise StoreError("workers are still writing; cancel their runs first: python -m evals status")
        Store(source).close()
        fresh = path.with_suffix(".restored")
        shutil.copyfile(source, fresh)
        aside = f"damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        for suffix in (".sqlite", ".sqlite-wal", ".sqlite-shm", ".id"):
            if (old := path.with_name(path.stem + suffix)).exists():
                old.rename(path.with_name(f"{aside}{suffix}"))
        fresh.rename(path)
        Store(path).close()
    say({"restored": str(source), "kept": aside}, as_json, f"restored {source.name}; the old file is {aside}.sqlite")


@app.command()
def accept(as_json: Json = False) -> None:
    """Take the store as it is, although it is older than the last one seen here; what is missing is measured again."""
    path = home() / "bitbudget.sqlite"
    with told():
        identity = Identity(path)
        if not path.exists() or not path.stat().st_size:
            raise ValueError(f"there is nothing in {path.name}; restore a backup, or move {identity.path.name} away")
        before = identity.read()
        identity.path.unlink(missing_ok=True)
        try:
            Store(path).close()
        except StoreError:
            if before:
                identity.write(*before)
            raise
    say({"store": path.name}, as_json, f"{path.name} is taken as it is")
