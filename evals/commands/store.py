"""``store check | backup | restore | accept | copy``: look after what holds all results."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from evals.backups import latest
from evals.commands.arguments import Json, say, told
from evals.databases import configured
from evals.home import home
from evals.identity import Identity
from evals.leases import any_alive
from evals.store import Store, StoreError
from evals.store_copy import copy_store

app = typer.Typer(help="Look after the store of results.", no_args_is_help=True)


@app.command()
def check(as_json: Json = False) -> None:
    """Look at every page, read every row and compare it with its hash, and every summary with its items."""
    with told():
        store = Store()
        store.backend.verify_pages()
        cells = store.cells()
        rows = len(store.runs()) + len(cells) + len(store.variants())
        keys = store.cell_keys()
        away = store.archives(keys)
        items = sum(len(store.items(key)) for key in keys if key not in away)
        store.forget_troubles()  # all of them fit again
        kept, name = store.backend.latest_backup(), store.backend.label
    archived = sum(row["n"] for row in away.values())
    found = {
        "store": name, "items": items, "rows": rows + items, "archived": archived,
        "backup": kept.name if kept else None,
    }  # fmt: skip
    beside = f", {archived} more in archives" if archived else ""
    text = f"{name}: {rows + items} rows as written{beside}; newest backup: {kept.name if kept else 'none'}"
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
    with told():
        path = _file()
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
    with told():
        path = _file()
        identity = Identity(path)
        if not path.exists() or not path.stat().st_size:
            raise ValueError(f"there is nothing in {path.name}; restore a backup, or move {identity.path.name} away")
        before = identity.read()
        identity.path.unlink(missing_ok=True)
        try:
            store = Store(path)
            store.forget_troubles()
            store.close()
        except StoreError:
            if before:
                identity.write(*before)
            raise
    say({"store": path.name}, as_json, f"{path.name} is taken as it is")


@app.command()
def copy(
    to: Annotated[str, typer.Option(help="postgresql+psycopg://USER@HOST/DATABASE, or the name of a new file.")],
    source: Annotated[str, typer.Option("--from", help="The same, of what to copy; this store if left out.")] = "",
    as_json: Json = False,
) -> None:
    """Copy a whole store into an empty one, on a server or in a file; every row is read back and compared."""
    with told():
        old = Store(_place(source) if source else None)
        new = Store(_place(to))
        try:
            counts = copy_store(old, new)
        finally:
            old.close()
            new.close()
    found = {"from": old.backend.label, "to": new.backend.label, "rows": counts}
    text = f"copied {sum(counts.values())} rows of {old.backend.label} to {new.backend.label}, each read back and equal"
    say(found, as_json, text)


def _place(given: str) -> Path | str:
    return given if "://" in given else Path(given)


def _file() -> Path:
    """The file of the store. Raises StoreError where it is on a server."""
    where = configured()
    if isinstance(where, str):
        raise StoreError("BITBUDGET_DB names a server: restore the database there, with pg_restore")
    return where
