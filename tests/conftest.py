"""Tests keep out of the user's results and off the network."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.store import Store
from tests.postgres import Server, private_server


def pytest_collection() -> None:
    """Nothing that is imported for the tests is garbage: a tenth of the whole time went into looking at it."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A fresh BITBUDGET_HOME for the whole run; a test that wants its own sets it again."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BITBUDGET_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("BITBUDGET_DB", raising=False)
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_DATASETS_OFFLINE", "1")


@pytest.fixture
def house() -> Path:
    """The root of the repository."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of our own; skips where none is installed, unless CI is set."""
    with private_server() as server:
        yield server


class Place:
    """Where a store of one test is, and a way to it behind its back."""

    def __init__(self, file: Path, server: Server | None) -> None:
        self.server, self.schema = server, server.fresh() if server else ""
        self.where: Path | str = server.url(self.schema) if server else file
        self._opened: list[Store] = []

    def open(self) -> Store:
        self._opened.append(Store(self.where))
        return self._opened[-1]

    def sql(self, statements: str) -> None:
        if self.server:
            self.server.sql(statements, self.schema)
        else:
            with sqlite3.connect(self.where) as raw:
                raw.executescript(statements)

    def close(self) -> None:
        for store in self._opened:
            store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for a store, on either kind of database."""
    chosen = Place(tmp_path / "s.sqlite", request.getfixturevalue("postgres") if request.param != "sqlite" else None)
    yield chosen
    chosen.close()
