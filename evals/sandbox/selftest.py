"""Proof that a sandbox holds here and now: it is given things to reach, and must reach none of them.

"Installed" is not "works": namespaces may be refused by a container, Landlock may be switched off in the kernel. So a
sandbox is used only after it has kept a planted file, variable and listener to itself, stopped what runs too long or
takes too much, and still run a correct program.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evals.sandbox.limits import Limits
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
LIBC = "import ctypes; libc = ctypes.CDLL(None); assert "
PROCESSES = [
    "import os; os.fork() or os._exit(0)",
    "import subprocess; subprocess.run(['/bin/true'])",
    "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "import multiprocessing as m; p = m.Process(target=print); p.start(); p.join()",
    "import threading as t, time\nfor _ in range(200): t.Thread(target=time.sleep, args=(0.2,), daemon=True).start()",
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
        with _scene() as scene, Session(walls, Limits(cpu_s=2, wall_s=8)) as session:
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
    with Session(session.walls, Limits(cpu_s=1, wall_s=0.3)) as hurried:
        seen = hurried.run("while True: pass")
        yield Check(name="time is limited", held=seen.verdict == "timeout", detail=f"{seen.verdict}: {seen.reason}")
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


class Scene:
    """Things a program must not reach, planted where a program without walls would reach them."""

    def __init__(self, folder: Path, tcp: socket.socket, udp: socket.socket, unix: socket.socket) -> None:
        self.folder, self.tcp, self.udp, self.unix = folder, tcp, udp, unix
        self.secret, self.open_folder = folder / "secret", folder / "open"
        self.variable = f"PLANTED_{secrets.token_hex(4)}"

    def reads(self) -> list[str]:
        paths = [self.secret, *(f"/proc/{who}/environ" for who in (os.getpid(), 1, "self")), "/etc/passwd"]
        return [f"open({str(path)!r}).read()" for path in paths]

    def variables(self) -> list[str]:
        by_libc = f"libc.getenv({self.variable.encode()!r}) != 0"
        return [f"import os; os.environ[{self.variable!r}]", "import os; assert len(os.environ)", LIBC + by_libc]

    def writes(self) -> list[str]:
        inside = str(self.open_folder)
        elsewhere = [f"{folder}/{self.variable}" for folder in (tempfile.gettempdir(), "/dev/shm", "/var/tmp", "", ".")]
        return [
            f"open({inside + '/written'!r}, 'w')",
            f"import os; os.mkdir({inside + '/made'!r})",
            f"import os; os.symlink('/etc', {inside + '/link'!r})",
            f"import os; os.chmod({str(self.secret)!r}, 0o777)",
            *(f"import os; open({path!r}, 'w').close(); os.remove({path!r})" for path in elsewhere),
        ]

    def connections(self) -> list[str]:
        port = self.tcp.getsockname()[1]
        return [
            f"import socket; socket.create_connection(('127.0.0.1', {port}), 1).send(b'x')",
            f"import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', {self.udp.getsockname()[1]}))",
            f"import socket; socket.socket(1, 1).connect({self.unix.getsockname()!r})",
            "import socket; socket.socketpair()",
            "import socket; assert socket.getaddrinfo('localhost', 80)",
        ]

    def heard(self) -> bool:
        for listener in (self.tcp, self.unix):
            with suppress(OSError):
                listener.accept()
                return True
        with suppress(OSError):
            return bool(self.udp.recv(1))
        return False


@contextmanager
def _scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(f"\0bitbudget-{secrets.token_hex(8)}")
        unix.listen()
        for listener in (tcp, udp, unix):
            listener.setblocking(False)
        scene = Scene(folder, tcp, udp, unix)
        folder.chmod(0o755)
        scene.secret.write_text("planted")
        scene.secret.chmod(0o666)
        scene.open_folder.mkdir()
        scene.open_folder.chmod(0o777)
        os.environ[scene.variable] = "planted"
        try:
            yield scene
        finally:
            os.environ.pop(scene.variable, None)
