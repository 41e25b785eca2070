"""The process within the walls that forks one bound child a program and reports how each one ended.

It shares nothing with its children but a pipe it reads to a limit, and does not interpret what they write. Frames in
on descriptor 0, out on descriptor 1: four bytes of length, then JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import struct
import sys
import time
from typing import Any

from . import landlock, program, seccomp

CHUNK_BYTES = 65536
ALIVE_FRACTION = 0.05
# imported once here instead of in every program
COMMON = "bisect collections copy datetime functools heapq itertools math operator re string typing"


def main() -> None:
    """Close the walls as told by the JSON in ``sys.argv[1]`` (``uid``, ``landlock``), then serve until the end."""
    told = json.loads(sys.argv[1])
    sys.path[:] = [entry for entry in sys.path if entry.startswith(sys.base_prefix)]
    sys.argv[:] = ["program.py"]
    for name in COMMON.split():
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.chdir("/")
    program.others = told["others"]
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(told["uid"], told["uid"], told["uid"])
        os.setresuid(told["uid"], told["uid"], told["uid"])
    if told["landlock"] == "yes" or (told["landlock"] == "if possible" and landlock.abi() > 0):
        landlock.restrict()
    if 0 in os.getresuid():
        raise SystemExit("still root: model-written code is not run as root")
    seccomp.filter_for(os.getpid(), os.uname().machine)  # made ready for the forks
    gc.freeze()
    _send({"ready": sys.version.split()[0]})
    while (request := _receive()) is not None:
        _send(_serve(request))


class Pipe:
    """What the child writes to one descriptor, kept up to ``limit`` bytes."""

    def __init__(self, name: str, limit: int) -> None:
        self.name, self.limit, self.kept = name, limit, bytearray()
        self.read, self.write = os.pipe()

    def take(self) -> str:
        """Read once: "more", "end", or "full" when the limit is passed."""
        chunk = os.read(self.read, CHUNK_BYTES)
        room = self.limit - len(self.kept)
        self.kept += chunk[:room]
        return "full" if len(chunk) > room else "more" if chunk else "end"


def _serve(request: dict[str, Any]) -> dict[str, Any]:
    limits = request["limits"]
    answer, output = Pipe("answer", limits["answer_bytes"]), Pipe("output", limits["output_bytes"])
    stdin, nothing = os.pipe()
    os.close(nothing)
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        program.run(request, stdin=stdin, stdout=output.write, answer=answer.write)
    for descriptor in (stdin, output.write, answer.write):
        os.close(descriptor)
    stopped = _watch(child, [answer, output], Clock(child, limits["wall_s"], limits["patience"]))
    _, status, usage = os.wait4(child, 0)
    for pipe in (answer, output):
        os.close(pipe.read)
    return {
        "stopped": stopped,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "seconds": time.monotonic() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "answer": answer.kept.decode("latin-1"),
        "stdout": output.kept.decode("latin-1"),
    }


class Clock:
    """The backstop for a child that waits; one that computes is left to its CPU limit.

    On a busy machine a second of CPU may take many of wall time. So when ``wall_s`` have passed and the child used at
    least 5 % of them, it gets as many again, ``patience`` times in all.
    """

    def __init__(self, child: int, wall_s: float, patience: int) -> None:
        self._cpu_clock = (~child << 3) | 2  # Linux: the CPU clock of another process
        self._wall_s, self._used_s = wall_s, 0.0
        self._deadline = time.monotonic() + wall_s
        self._last = self._deadline + (patience - 1) * wall_s

    def left_s(self) -> float:
        """Until the child is to be stopped: 0 or less when it has waited too long."""
        left_s = self._deadline - time.monotonic()
        if left_s > 0 or self._deadline >= self._last:
            return left_s
        try:
            used_s = time.clock_gettime(self._cpu_clock)
        except OSError:  # it has just ended
            return left_s
        if used_s - self._used_s < ALIVE_FRACTION * self._wall_s:
            return left_s
        self._used_s = used_s
        self._deadline += self._wall_s
        return self.left_s()


def _watch(child: int, pipes: list[Pipe], clock: Clock) -> str:
    """Read the child's pipes until it has ended, or end it; why it was ended, or ""."""
    ended, stopped = os.pidfd_open(child), ""
    waiting = {pipe.read: pipe for pipe in pipes}
    poll = select.poll()
    poll.register(0, select.POLLRDHUP)
    for descriptor in (ended, *waiting):
        poll.register(descriptor, select.POLLIN)
    alive = True
    while alive or waiting:  # the child cannot fork: once it is gone, its pipes come to their end
        left_s = clock.left_s()
        ready = {descriptor for descriptor, _ in poll.poll(None if stopped else max(0, round(left_s * 1000)))}
        why = "wall" if left_s <= 0 else "left alone" if 0 in ready else ""
        for descriptor in ready & waiting.keys():
            state = waiting[descriptor].take()
            if state == "full":
                why = why or waiting[descriptor].name
            elif state == "end":
                poll.unregister(descriptor)
                del waiting[descriptor]
        if ended in ready:
            poll.unregister(ended)
            alive = False
        if why and not stopped:
            stopped = why
            poll.unregister(0)
            os.kill(child, signal.SIGKILL)
    os.close(ended)
    return stopped


def _receive() -> dict[str, Any] | None:
    header = _read_exactly(4)
    if header is None:
        return None
    body = _read_exactly(struct.unpack(">I", header)[0])
    return None if body is None else json.loads(body)


def _read_exactly(count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        chunk = os.read(0, count - len(data))
        if not chunk:
            return None
        data += chunk
    return data


def _send(message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    data = struct.pack(">I", len(body)) + body
    while data:
        data = data[os.write(1, data) :]
