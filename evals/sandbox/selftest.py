"""Proof that a sandbox holds here and now: it is given things to reach, and must reach none of them.

"Installed" is not "works": namespaces may be refused by a container, Landlock may be switched off in the kernel. So a
sandbox is used only after it has kept a planted file, variable and listener to itself, stopped what runs too long or
takes too much, and still run a correct program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from evals.sandbox.limits import Limits
from evals.sandbox.scene import LIBC, Scene, planted
from evals.sandbox.session import SandboxError, Session
from evals.sandbox.walls import Walls

# runs each statement and returns those that were not refused
REACH = """
def f(statements):
    reached = []
    for statement in statements:
        try:
            exec(statement, {})
        except BaseException:
            continue
        reached.append(statement)
    return reached
"""
CORRECT = """
import decimal, hashlib, re
def f(x):
    return {"hash": hashlib.sha256(x.encode()).hexdigest()[:8], "third": str(decimal.Decimal(1) / 3)[:5], "n": (1, 2)}
"""
CORRECT_ANSWER = {"hash": "2cf24dba", "third": "0.333", "n": (1, 2)}
PROCESSES = [
    "import os; os.fork() or os._exit(0)",
    "import subprocess; subprocess.run(['/bin/true'])",
    "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "import multiprocessing as m; p = m.Process(target=print); p.start(); p.join()",
    "import threading as t, time\nfor _ in range(300): t.Thread(target=time.sleep, args=(0.2,), daemon=True).start()",
]
# signal 0 asks for the right to signal, and harms nobody if it is granted
SIGNALS = [
    "import os; os.kill(os.getppid(), 0)",
    "import os; os.kill(1, 0)",
    "import os; os.kill(-1, 0)",
    "import os; os.killpg(0, 0)",
    "import os, signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)",
    "import fcntl, os; fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
    "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
]
KERNEL = [
    LIBC + "libc.ptrace(16, libc.getppid(), 0, 0) == 0",
    LIBC + "libc.unshare(0x10000000) == 0",
    LIBC + "libc.mount(b'none', b'/', b'tmpfs', 0, None) == 0",
    LIBC + "libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0  # io_uring_setup",
    LIBC + "libc.setuid(0) == 0",
    "import os; os.memfd_create('x')",
    "import os; os.chroot('/')",
    "import os\nfor _ in range(1000): os.dup(0)",
]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing a sandbox must keep a program from, or let it do."""

    name: str
    held: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a sandbox showed; ``missing`` says why it could not even be tried."""

    backend: str
    missing: str | None
    checks: tuple[Check, ...] = ()

    @property
    def works(self) -> bool:
        return self.missing is None and bool(self.checks) and all(check.held for check in self.checks)

    @property
    def runs(self) -> bool:
        """Whether a correct program passes, held or not."""
        return self.missing is None and bool(self.checks) and self.checks[0].held

    @property
    def why_not(self) -> str:
        """Why it is not used, in one line; "" when it works."""
        broken = [f"{each.name} ({each.detail})" if each.detail else each.name for each in self.checks if not each.held]
        return self.missing or (f"did not hold: {'; '.join(broken)}" if broken else "")


def examine(walls: Walls) -> Report:
    """Try ``walls`` now; about a second."""
    missing = walls.missing()
    if missing is not None:
        return Report(backend=walls.name, missing=missing)
    try:
        with planted() as scene, Session(walls, Limits(cpu_s=2, wall_s=8)) as session:
            session.start()
            return Report(backend=walls.name, missing=None, checks=tuple(_checks(session, scene)))
    except (SandboxError, OSError) as problem:
        return Report(backend=walls.name, missing=str(problem))


def _checks(session: Session, scene: Scene) -> Iterator[Check]:
    zygote = session.pid
    yield _correct(session, "a correct program passes")
    for name, statements in (
        ("a file outside cannot be read", scene.reads()),
        ("the environment is empty", scene.variables()),
        ("nothing can be written", scene.writes()),
        ("no connection can be made", scene.connections()),
        ("no process can be started", PROCESSES),
        ("no other process can be signalled", SIGNALS),
        ("the kernel's other doors are shut", KERNEL),
    ):
        yield _unreached(session, name, statements)
    yield Check(name="the listeners heard nothing", held=not scene.heard())
    yield Check(name="the folder outside is empty", held=not os.listdir(scene.open_folder))
    for name, source, verdict in (
        ("memory is limited", "x = bytearray(2**30)", "memory"),
        ("output is limited", "print('x' * 10**7)", "output_limit"),
        ("a program that leaves early does not pass", "import os; print('PASSED'); os._exit(0)", "crashed"),
    ):
        seen = session.run(source)
        yield Check(name=name, held=seen.verdict == verdict, detail=f"{seen.verdict}: {seen.reason}")
    for name, source in (
        ("computing is limited", "while True: pass"),
        ("waiting is limited", "import time; time.sleep(60)"),
    ):
        with Session(session.walls, Limits(cpu_s=1, wall_s=0.3, patience=30)) as hurried:
            seen = hurried.run(source)
        yield Check(name=name, held=seen.verdict == "timeout", detail=f"{seen.verdict}: {seen.reason}")
    yield _correct(session, "a correct program still passes")
    yield Check(name="the sandbox outlived them all", held=zygote is not None and session.pid == zygote)


def _correct(session: Session, name: str) -> Check:
    seen = session.call(CORRECT, ["hello"])
    return Check(name=name, held=seen.outputs == (CORRECT_ANSWER,), detail=f"{seen.verdict}: {seen.reason}")


def _unreached(session: Session, name: str, statements: list[str]) -> Check:
    seen = session.call(REACH, [statements])
    if seen.outputs is None:
        return Check(name=name, held=False, detail=f"{seen.verdict}: {seen.reason}")
    [reached] = seen.outputs
    return Check(name=name, held=reached == [], detail=f"reached {reached}" if reached else "")
