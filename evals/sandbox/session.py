"""A running sandbox: one zygote, one call after another."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from evals.sandbox.inside.values import encode
from evals.sandbox.limits import Limits
from evals.sandbox.verdicts import Ending, Outcome, judge
from evals.sandbox.walls import Walls

START_S = 60.0
GRACE_S = 20.0
END_S = 2.0
MAX_FRAME_BYTES = 16 * 2**20


class SandboxError(RuntimeError):
    """The sandbox itself failed; says nothing about the program."""


class Session:
    """Runs programs one at a time, each in a process forked for it; safe to call from several threads.

    Starts on first use. If it dies it is started again and the program is run once more; if that fails too the outcome
    is ``sandbox_error``. A program stopped by the clock while it waited is also run once more, so that a machine that
    stood still makes no wrong answers.
    """

    def __init__(self, walls: Walls, limits: Limits | None = None) -> None:
        self.walls = walls
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def call(self, source: str, inputs: Sequence[object], *, name: str = "f") -> Outcome:
        """Define ``source``, then ``name(x)`` for each x of ``inputs`` (plain data)."""
        request = {"source": source, "name": name, "inputs": [encode(each) for each in inputs], "whole": False}
        return self._run(request, calls=len(inputs))

    def run(self, source: str) -> Outcome:
        """Run ``source`` as a whole program; ``pass`` when it comes to its end or leaves with 0."""
        return self._run({"source": source, "name": "", "inputs": [], "whole": True}, calls=0)

    def start(self) -> None:
        """Start now rather than on first use. Raises SandboxError with what the walls said."""
        with self._lock:
            self._started()

    @property
    def pid(self) -> int | None:
        """The process that holds the walls up; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        """End the zygote and whatever runs in it."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _run(self, request: dict[str, Any], *, calls: int) -> Outcome:
        limits = self.limits
        request["limits"] = {name: getattr(limits, name) for name in Limits.__dataclass_fields__}
        with self._lock:
            ending = self._attempt(request)
            if isinstance(ending, SandboxError) or (ending.stopped == "wall" and ending.seconds < 2 * limits.wall_s):
                ending = self._attempt(request)
        if isinstance(ending, SandboxError):
            return Outcome(verdict="sandbox_error", backend=self.walls.name, reason=str(ending))
        return judge(ending, calls=calls, limits=limits, backend=self.walls.name)

    def _attempt(self, request: dict[str, Any]) -> Ending | SandboxError:
        try:
            told = self._exchange(request)
            return Ending(
                stopped=str(told["stopped"]),
                signal=int(told["signal"]),
                seconds=float(told["seconds"]),
                cpu_s=float(told["cpu_s"]),
                answer=told["answer"].encode("latin-1"),
                stdout=told["stdout"].encode("latin-1").decode(errors="replace"),
            )
        except (OSError, ValueError, KeyError, SandboxError) as problem:
            said = self._end()
            return SandboxError(f"the {self.walls.name} sandbox failed: {problem}" + (f" ({said})" if said else ""))

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        line = self._started()
        line.settimeout(self.limits.patience * self.limits.wall_s + GRACE_S)
        body = json.dumps(request).encode()
        line.sendall(struct.pack(">I", len(body)) + body)
        return self._receive(line)

    def _receive(self, line: socket.socket) -> dict[str, Any]:
        length = struct.unpack(">I", _read_exactly(line, 4))[0]
        if length > MAX_FRAME_BYTES:
            raise SandboxError(f"a reply of {length} bytes")
        return dict(json.loads(_read_exactly(line, length)))

    def _started(self) -> socket.socket:
        if self._socket is not None and self.pid is not None:
            return self._socket
        self._end()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self.walls.command(),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                env=self.walls.environment(),
                cwd="/",
                start_new_session=True,
            )
        self._socket = ours
        ours.settimeout(START_S)
        try:
            self._receive(ours)
        except (OSError, ValueError, SandboxError) as problem:
            said = self._end()
            raise SandboxError(f"it did not start: {said or problem}") from problem
        return ours

    def _end(self) -> str:
        """Stop the process; the last line it said."""
        process, self._process = self._process, None
        line, self._socket = self._socket, None
        if line is not None:
            line.close()
        if process is None:
            return ""
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        process.kill()
        _, said = process.communicate()
        return (said.decode(errors="replace").strip().splitlines() or [""])[-1][:500]

    def __del__(self) -> None:
        with suppress(Exception):
            self._end()


def _read_exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = line.recv(count - len(data))
        if not chunk:
            raise SandboxError("it ended without a reply")
        data += chunk
    return data

