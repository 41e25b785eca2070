"""``python -m tests.load.drive``: open sessions that click, over Streamlit's own WebSocket, against the real server.

Reports how long a click took until the page was whole again, and the memory of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import URLError

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

HOUSE = Path(__file__).resolve().parents[2]
PAGES = ("", "", "", "Cliff", "Prices", "Compare")  # half of the clicks are on the first page
LONGEST_S = 60.0
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was seen. Times in seconds, memory of the server in MiB.

    CPU is that of the server over all clicks and first openings: unlike the times it hardly depends on what else runs.
    """

    sessions: int
    every_s: float
    seconds: float
    clicks: int
    errors: int
    p50_s: float
    p95_s: float
    worst_s: float
    server_cpu_s_per_click: float
    load_average: float
    memory_start_mib: float
    memory_peak_mib: float
    memory_end_mib: float
    memory_idle_mib: float


class Session:
    """One visitor: a WebSocket that asks for a page and reads until the page is whole."""

    def __init__(self, port: int, number: int) -> None:
        self._port, self._random = port, Random(number)

    async def stay(self, every_s: float, until: float, took: list[float], errors: list[str]) -> None:
        """Open the app, then click every ``every_s`` seconds until the clock reads ``until``."""
        address = f"ws://127.0.0.1:{self._port}/_stcore/stream"
        origin: Any = f"http://127.0.0.1:{self._port}"
        protocols: Any = ["streamlit"]
        await asyncio.sleep(self._random.uniform(0, every_s))
        opened = connect(address, subprotocols=protocols, origin=origin, max_size=None, ping_interval=None)
        async with opened as socket_:
            await self._click(socket_, "", "")
            await asyncio.sleep(self._random.uniform(0, every_s))
            while time.monotonic() < until:
                began = time.monotonic()
                try:
                    page, minimum = self._random.choice(PAGES), self._random.randint(60, 85)
                    problem = await asyncio.wait_for(self._click(socket_, page, f"min.MMLU={minimum}"), LONGEST_S)
                    if problem:
                        errors.append(problem)
                except TimeoutError:
                    errors.append(f"no whole page within {LONGEST_S:.0f} s")
                took.append(time.monotonic() - began)
                await asyncio.sleep(max(0.0, every_s - took[-1]))

    async def _click(self, socket_: Any, page: str, query: str) -> str:
        """Ask for the page; returns what it complained of, "" if it came whole."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        await socket_.send(asked.SerializeToString())
        problem = ""
        async for raw in socket_:
            told = ForwardMsg()
            told.ParseFromString(raw)
            kind = told.WhichOneof("type")
            if kind == "delta" and told.delta.new_element.WhichOneof("type") == "exception":
                problem = told.delta.new_element.exception.message or "exception"
            if kind == "page_not_found":
                problem = f"no page {page}"
            if kind == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return problem
                if told.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    return "the page does not compile"
        return "the server closed the connection"


async def crowd(port: int, sessions: int, every_s: float, seconds: float) -> tuple[list[float], list[str]]:
    """All sessions at once; times of the clicks and what went wrong."""
    took: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + seconds
    visits = [Session(port, number).stay(every_s, until, took, errors) for number in range(sessions)]
    for ended in await asyncio.gather(*visits, return_exceptions=True):
        if isinstance(ended, BaseException):
            errors.append(f"{type(ended).__name__}: {ended}")
    return took, errors


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The real app on a free port, without demo evals."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "BITBUDGET_HOME": str(home), "BITBUDGET_DEMO": "off"}
    with (home / "server.log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=HOUSE,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).close()
                break
            except (URLError, OSError):
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError(f"the server did not start: {(home / 'server.log').read_text()}") from None
                time.sleep(0.2)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def measure(sessions: int, every_s: float, seconds: float, idle_s: float) -> tuple[Load, list[str]]:
    """Serve, let them click, wait ``idle_s`` after the last has left, and look once more."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, server):
        asyncio.run(crowd(port, 1, 1.0, 0.5))  # the first visitor pays for imports and caches
        start, cpu = server.memory_info().rss, sum(server.cpu_times()[:2])
        peak, done = start, False

        async def watched() -> tuple[list[float], list[str]]:
            nonlocal peak

            async def watch() -> None:
                nonlocal peak
                while not done:
                    peak = max(peak, server.memory_info().rss)
                    await asyncio.sleep(1)

            watcher = asyncio.create_task(watch())
            found = await crowd(port, sessions, every_s, seconds)
            watcher.cancel()
            return found

        took, errors = asyncio.run(watched())
        end, cpu = server.memory_info().rss, sum(server.cpu_times()[:2]) - cpu
        time.sleep(idle_s)
        asyncio.run(crowd(port, 1, 1.0, 0.5))  # what closed sessions held is freed at the next event
        idle = server.memory_info().rss
    ordered = sorted(took) or [0.0]
    return Load(
        sessions=sessions,
        every_s=every_s,
        seconds=seconds,
        clicks=len(took),
        errors=len(errors),
        p50_s=round(ordered[len(ordered) // 2], 3),
        p95_s=round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 3),
        worst_s=round(ordered[-1], 3),
        server_cpu_s_per_click=round(cpu / (len(took) + sessions), 3),
        load_average=round(os.getloadavg()[0], 1),
        memory_start_mib=round(start / MIB),
        memory_peak_mib=round(max(peak, end) / MIB),
        memory_end_mib=round(end / MIB),
        memory_idle_mib=round(idle / MIB),
    ), errors


def main() -> None:
    """Exit code 1 where a page did not come whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=25)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between the clicks of one session")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--idle", type=float, default=0.0, help="seconds to wait after the last has left")
    given = parser.parse_args()
    load, errors = measure(given.sessions, given.every, given.seconds, given.idle)
    print(json.dumps({**asdict(load), "problems": sorted(set(errors))[:5]}, indent=1))
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
