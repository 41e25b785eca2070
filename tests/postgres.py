"""A PostgreSQL server of the tests' own, on a free port, gone when they are."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "only-for-tests"
QUICK = ("fsync=off", "shared_buffers=16MB", "max_connections=90", "unix_socket_directories=", "jit=off")


def binaries() -> Path | None:
    """Where Debian keeps ``initdb``; None without a server installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    there = str(found[-1]) if found else shutil.which("initdb")
    return Path(there).resolve().parent if there else None


class Server:
    """One running server; every store gets a schema of its own."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = QUICK) -> None:
        bin_ = binaries()
        if bin_ is None:
            said = "no PostgreSQL server is installed: make system"
            if os.environ.get("CI"):
                pytest.fail(said)
            pytest.skip(said)
        self._bin, self._folder, self._settings = bin_, folder, settings
        self._user = pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None  # initdb refuses root
        if self._user:
            shutil.chown(folder, self._user)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "-D", str(folder / "data"), "-U", "anna", "-A", "scram-sha-256", "--no-sync",
                  "--pwfile", str(password), "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        self.start()

    def start(self) -> None:
        options = " ".join(f"-c {setting}" for setting in (f"port={self.port}", *self._settings))
        options += " -c listen_addresses=127.0.0.1"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-o", options, "-l", log, "-w", "-t", "60", "start")

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", how, "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *words],
            user=self._user, cwd=self._folder, stdin=subprocess.DEVNULL, capture_output=program == "initdb", text=True,
            stdout=None if program == "initdb" else subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stderr}"

    def url(self, schema: str = "", user: str = "anna", password: str = PASSWORD, port: int | None = None) -> str:
        """An address; with a schema, one that sees only that."""
        address = f"postgresql+psycopg://{user}:{password}@127.0.0.1:{port or self.port}/postgres"
        return f"{address}?options=-csearch_path%3D{schema}" if schema else address

    def sql(self, statement: str, schema: str = "public") -> None:
        """Run something behind the back of the store."""
        import psycopg

        plain = f"host=127.0.0.1 port={self.port} user=anna password={PASSWORD} dbname=postgres"
        with psycopg.connect(plain, autocommit=True, options=f"-csearch_path={schema}") as connection:
            connection.execute(statement)

    def fresh(self) -> str:
        """The name of a new, empty schema."""
        name = f"s{uuid.uuid4().hex[:12]}"
        self.sql(f"CREATE SCHEMA {name}")
        return name


@contextmanager
def private_server(settings: tuple[str, ...] = QUICK) -> Iterator[Server]:
    """A server while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="bitbudget-pg-"))
    folder.chmod(0o755)
    try:
        server = Server(folder, settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        for _ in range(20):  # the last of its processes may still write
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)
