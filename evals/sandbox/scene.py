"""A file, a variable and listeners, planted where a program without walls would reach them."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SHARED_FOLDERS = (tempfile.gettempdir(), "/dev/shm", "/var/tmp")
LIBC = "import ctypes; libc = ctypes.CDLL(None); assert "


class Scene:
    """What is planted, and statements that reach for it."""

    def __init__(self, folder: Path, tcp: socket.socket, udp: socket.socket, unix: list[socket.socket]) -> None:
        self.folder, self.tcp, self.udp = folder, tcp, udp
        self.unix, self.datagrams = unix
        self.secret, self.open_folder = folder / "secret", folder / "open"
        self.variable = f"PLANTED_{secrets.token_hex(4)}"

    def reads(self) -> list[str]:
        ours = f"/proc/{os.getpid()}/environ"
        environments = [f"assert {self.variable!r} in open('/proc/{who}/environ').read()" for who in (1, "self")]
        return [
            f"open({str(self.secret)!r}).read()",
            f"import os; os.listdir({str(self.folder)!r})",
            f"open({ours!r}).read()",
            *environments,
        ]

    def variables(self) -> list[str]:
        by_libc = f"libc.getenv({self.variable.encode()!r}) != 0"
        return [f"import os; os.environ[{self.variable!r}]", "import os; assert len(os.environ)", LIBC + by_libc]

    def writes(self) -> list[str]:
        inside = str(self.open_folder)
        elsewhere = [f"{folder}/{self.variable}" for folder in (*SHARED_FOLDERS, "", ".")]
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
            "import socket; socket.socket(1, 1)",
            f"import socket; socket.socketpair(1, 2)[0].sendto(b'x', {self.datagrams.getsockname()!r})",
            f"import socket; socket.socketpair(1, 2)[0].sendmsg([b'x'], [], 0, {self.datagrams.getsockname()!r})",
            "import socket; socket.socket(2, 2)",
        ]

    def heard(self) -> bool:
        for listener in (self.tcp, self.unix):
            with suppress(OSError):
                listener.accept()
                return True
        for listener in (self.udp, self.datagrams):
            with suppress(OSError):
                return bool(listener.recv(1))
        return False


@contextmanager
def planted() -> Iterator[Scene]:
    """Plant it all; gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
        unix = [stack.enter_context(socket.socket(socket.AF_UNIX, kind)) for kind in kinds]
        for listener in unix:
            listener.bind(f"\0bitbudget-{secrets.token_hex(8)}")
        unix[0].listen()
        for listener in (tcp, udp, *unix):
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
            # walls with holes may let a file be made but not removed
            for shared in SHARED_FOLDERS:
                Path(shared, scene.variable).unlink(missing_ok=True)
