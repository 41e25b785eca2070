"""Where a store is: an SQLite file in ``BITBUDGET_HOME``, or the PostgreSQL database that ``BITBUDGET_DB`` names."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from evals.home import home
from evals.postgres import PostgresServer
from evals.sqlite import SqliteFile
from evals.store_errors import StoreError

Backend = SqliteFile | PostgresServer
FORM = "postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE"


def configured() -> Path | str:
    """The file or the URL of the store of this process."""
    return os.environ.get("BITBUDGET_DB", "").strip() or home() / "bitbudget.sqlite"


def backend(where: Path | str) -> Backend:
    """What opens a store there. Raises StoreError for a URL that names no PostgreSQL database."""
    if isinstance(where, Path):
        return SqliteFile(where)
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"the address of the store is not a URL; write it as {FORM}") from error
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise StoreError(
            f"the address of the store begins with {url.drivername!r}; write it as {FORM}, "
            "or leave BITBUDGET_DB out for a file"
        )
    if not url.database:
        raise StoreError(f"the address of the store names no database; write it as {FORM}")
    return PostgresServer(url)
