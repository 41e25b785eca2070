"""The app on a fresh server, and Debian's Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
]  # fmt: skip
STARTS_WITHIN_S = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests cannot run; say how to get one."""
    if CHROMIUM is None:
        here = [item for item in items if Path(__file__).parent in item.path.parents]
        for item in here:
            item.add_marker(pytest.mark.skip(reason="no chromium: apt-get install chromium"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def servers(folder: Callable[[str], Path]) -> Iterator[Callable[..., str]]:
    """Starts servers on request and ends them, with the workers they left behind, when it closes."""
    running: list[subprocess.Popen[bytes]] = []
    homes: list[str] = []

    def start(*, demo: bool = False) -> str:
        home = folder("home")
        homes.append(str(home))
        port = _free_port()
        environment = {**os.environ, "BITBUDGET_HOME": str(home), "PYTHONPATH": str(ROOT)}
        if not demo:
            environment["BITBUDGET_DEMO"] = "off"
        with (home / "server.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
                     "--server.address", "127.0.0.1"],
                    cwd=ROOT, env=environment, stdout=log, stderr=log,
                )
            )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        _wait(address, home / "server.log")
        return address

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
        for worker in psutil.process_iter():
            with suppress(psutil.Error):
                if worker.environ().get("BITBUDGET_HOME") in homes:
                    worker.kill()
        for process in running:
            process.wait(timeout=20)


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a server; returns its address. ``demo`` lets the demo run begin by itself."""
    with servers(tmp_path_factory.mktemp) as start:
        yield start


@pytest.fixture(scope="module")
def forked() -> Iterator[Callable[[Path], tuple[str, int]]]:
    """Forks a server off a process that has imported everything: its address, always the same, and process id."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BITBUDGET_DEMO": "off"}
    command = [sys.executable, "-m", "tests.browser.nursery"]
    port = _free_port()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as warm:

        def fork(home: Path) -> tuple[str, int]:
            assert warm.stdin and warm.stdout
            print(port, home, file=warm.stdin, flush=True)
            server = int(warm.stdout.readline())
            _wait(address := f"http://127.0.0.1:{port}", home / "server.log")
            return address, server

        yield fork


@pytest.fixture
def fresh(forked: Callable[[Path], tuple[str, int]], tmp_path: Path) -> Iterator[str]:
    """A server that has served nobody, where the one before was: a browser that was there need not load all again."""
    address, server = forked(tmp_path)
    yield address
    os.kill(server, signal.SIGKILL)
    with suppress(psutil.Error):
        psutil.Process(server).wait(20)


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the tests that need no fresh one."""
    with servers(tmp_path_factory.mktemp) as start:
        yield start()


@pytest.fixture(scope="package")
def browser() -> Iterator[object]:
    """Chromium, started once for this folder: while it is open, no other test can run an event loop of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A fresh window, 1440 × 900."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)  # type: ignore[attr-defined]
    context.set_default_timeout(90_000)
    yield context.new_page()
    context.close()


def _wait(address: str, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"the server did not start in {STARTS_WITHIN_S} s:\n{log.read_text()[-2000:]}")
