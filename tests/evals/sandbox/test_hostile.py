"""Hostile programs, each followed by a correct one whose score must not change."""

from __future__ import annotations

import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from evals.sandbox.session import Session

HOSTILE = {
    "endless loop": ("while True: pass", "timeout"),
    "loop that ignores signals": (
        "import signal\nfor s in range(1, 32):\n  try: signal.signal(s, signal.SIG_IGN)\n  except OSError: pass\n"
        "while True: pass",
        "timeout",
    ),
    "one endless call in C": ("import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", "timeout"),
    "memory at once": ("x = bytearray(2**31)", "memory"),
    "memory bit by bit": ("x = []\nwhile True: x.append(bytearray(2**20))", "memory"),
    "a giant number": ("x = str(10 ** 10 ** 8)", "timeout fail memory"),
    "fork bomb": ("import os\nwhile True: os.fork()", "fail"),
    "daemon": ("import os\nif os.fork() == 0:\n  os.setsid()\n  os.fork()\n  while True: pass", "fail"),
    "shell": ("import subprocess; subprocess.run(['/bin/sh', '-c', 'id'], check=True)", "fail"),
    "a thousand threads": (
        "import threading, time\nfor i in range(1000): threading.Thread(target=time.sleep, args=(9,)).start()",
        "fail crashed timeout",
    ),
    "flood of output": ("while True: print('x' * 1000)", "output_limit"),
    "flood of errors": ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "output_limit"),
    "closed output, then waiting": ("import os, time\nfor n in (0, 1, 2, 3): os.close(n)\nwhile True: pass", "timeout"),
    "every descriptor": ("import os\nwhile True: os.dup(0)", "fail"),
    "disk fill": ("open('big', 'wb').write(b'x' * 2**20)", "fail"),
    "shared memory": ("open('/dev/shm/x', 'w').write('x')", "fail"),
    "no way back": ("import os; print('PASSED'); os._exit(0)", "crashed"),
    "leaves with success": ("raise SystemExit(0)", "pass"),
    "leaves with trouble": ("raise SystemExit(3)", "fail"),
    "an error that cannot be shown": (
        "class E(Exception):\n  def __str__(self): raise SystemExit(0)\nraise E",
        "fail",
    ),
    "crash": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "deep recursion": ("def f(n): return f(n + 1)\nf(0)", "fail"),
    "deep nesting": ("eval('(' * 100_000 + ')' * 100_000)", "fail memory crashed"),
    "asks for input": ("input()", "fail"),
    "kills all": ("import os, signal; os.kill(-1, signal.SIGKILL)", "fail"),
    "kills its parent": ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "fail"),
    "stops its parent": ("import os, signal; os.kill(os.getppid(), signal.SIGSTOP)", "fail"),
    "signals through a pipe": (
        "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, 10, 9)\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())",
        "fail",
    ),
    "starves its parent": ("import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_CPU, (0, 0))", "fail"),
    "TCP": ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", "fail"),
    "UDP": ("import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 9))", "fail"),
    "name look-up": ("import socket; socket.getaddrinfo('example.com', 80)", "fail"),
    "users of the machine": ("open('/etc/passwd').read()", "fail"),
    "its parent's environment": ("import os; open(f'/proc/{os.getppid()}/environ').read()", "fail"),
    "a large library": ("import torch", "fail"),
    "noise on the answer channel": ("import os; os.write(3, b'{\"outputs\": [1]}' * 9)", "crashed"),
    "flood on the answer channel": ("import os\nwhile True: os.write(3, b'x' * 65536)", "output_limit"),
    "old system calls": ("import ctypes; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0", "fail"),
    "strange text": ("print('\\x00\\x07\\x1b[31m\\u202e' + 'e' + '\\u0301' * 5000)", "pass"),
    "bytes that are no text": ("import os; os.write(1, bytes(range(256)))", "pass"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_held_and_the_next_scores_the_same(name: str, session: Session) -> None:
    source, expected = HOSTILE[name]
    session.start()
    before = session.pid
    outcome = session.run(source)
    assert outcome.verdict in expected.split(), outcome
    assert outcome.backend == session.walls.name
    assert len(outcome.stdout) <= session.limits.output_bytes
    assert session.call("def f(x): return x * 2", [21, "ab"]).outputs == (42, "abab")
    assert session.pid == before


def test_a_program_that_only_waits_is_stopped_by_the_clock(session: Session) -> None:
    with Session(session.walls, replace(session.limits, wall_s=0.3)) as hurried:
        outcome = hurried.run("import time; time.sleep(60)")
    assert (outcome.verdict, outcome.reason) == ("timeout", "ran past 0.3 s")


def test_environment_and_user_are_nobodys(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", "sk-planted")
    with Session(session.walls) as fresh:
        outcome = fresh.call("import os, sys\ndef f(x): return dict(os.environ), os.getuid(), sys.argv", [0])
    assert outcome.outputs is not None
    [(environment, uid, arguments)] = outcome.outputs  # type: ignore[misc]
    assert environment == {}
    assert uid not in (0, None) and (os.getuid() != 0 or uid != os.getuid())
    assert arguments == ["program.py"]


def test_a_planted_file_is_neither_read_nor_changed(session: Session, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("sk-canary")
    for mode in ("r", "w", "a"):
        outcome = session.run(f"print(open({str(secret)!r}, {mode!r}).read())")
        assert outcome.verdict == "fail"
        assert "sk-canary" not in outcome.stdout + outcome.reason
    assert secret.read_text() == "sk-canary"


def test_one_program_leaves_nothing_to_the_next(session: Session) -> None:
    session.run("import builtins, math, sys; builtins.len = lambda x: 99; math.pi = 3; sys.path.clear()")
    outcome = session.call("import math, decimal\ndef f(x): return len(x), math.pi > 3.1", [[1, 2]])
    assert outcome.outputs == ((2, True),)


def test_our_own_memory_does_not_grow_with_their_output(session: Session) -> None:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        session.run("while True: print('x' * 100_000)")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 32 * 1024
