"""Two ways to shut a process in: bubblewrap's namespaces, or Landlock where namespaces are refused."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Protocol

INSIDE = Path(__file__).parent / "inside"
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
OTHER_READABLE = ("/etc/ld.so.cache", "/usr/share/zoneinfo")
NOBODY = 65534


class Walls(Protocol):
    """Starts the zygote shut in; ``missing`` says why this machine cannot, or None."""

    @property
    def name(self) -> str: ...

    def missing(self) -> str | None: ...

    def command(self) -> list[str]: ...


class Bubblewrap:
    """Own mount, network, process and IPC namespaces; Python's library read-only, nothing writable, no /proc.

    As root it needs no user namespace and the zygote becomes an unprivileged user; otherwise bubblewrap makes one and
    forbids further ones.
    """

    name = "bubblewrap"

    def missing(self) -> str | None:
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed (on Debian and Ubuntu: apt-get install bubblewrap)"
        return None

    def command(self) -> list[str]:
        python = interpreter()
        if os.getuid() == 0:
            identity = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:
            identity = ["--unshare-user", "--disable-userns", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        bwrap = shutil.which("bwrap") or "bwrap"
        return [
            bwrap,
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
            *identity,
            *("--new-session", "--die-with-parent", "--as-pid-1", "--hostname", "sandbox"),
            *_view(python),
            *("--remount-ro", "/", "--chdir", "/", "--"),
            *_zygote(python, "/sandbox", landlock=False),
        ]


class Landlock:
    """A process that has given up all files but Python's library; needs no installation and no namespaces."""

    name = "landlock"

    def missing(self) -> str | None:
        if sys.platform != "linux":
            return "Landlock needs Linux 5.13 or newer"
        if self._python() is None:
            return f"the unprivileged user cannot read {interpreter()}; install a Python in /usr/bin"
        return None

    def command(self) -> list[str]:
        return _zygote(self._python() or interpreter(), str(INSIDE.parent), landlock=True)

    def _python(self) -> str | None:
        """The interpreter; as root, one that the unprivileged user it becomes can still read."""
        candidates = (interpreter(), "/usr/bin/python3", "/usr/local/bin/python3")
        if os.getuid() != 0:
            return candidates[0]
        return next((each for each in candidates if _open_to_all(each)), None)


def interpreter() -> str:
    """The bare interpreter beneath any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def unprivileged_uid() -> int:
    """A user for this process's sandboxes alone, so that process limits count nobody else's.

    61184–65519 is the range systemd sets aside for users without a name.
    """
    return 61184 + os.getpid() % 4336


def _zygote(python: str, package_root: str, *, landlock: bool) -> list[str]:
    told = json.dumps({"uid": unprivileged_uid(), "landlock": landlock})
    start = f"import sys; sys.path.append({package_root!r}); from inside.zygote import main; main()"
    return [python, "-S", "-s", "-B", "-X", "utf8", "-c", start, told]


def _view(python: str) -> list[str]:
    paths = [*LIBRARIES, *OTHER_READABLE, os.path.join(sys.base_prefix, "lib"), python]
    covered: list[str] = []
    arguments: list[str] = []
    for path in dict.fromkeys(paths):
        if not os.path.exists(path) or any(path == each or path.startswith(f"{each}/") for each in covered):
            continue
        arguments += _ancestors(path)
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        else:
            arguments += ["--ro-bind", path, path]
            covered.append(path)
    return [*arguments, "--perms", "0755", "--dir", "/sandbox", "--ro-bind", str(INSIDE), "/sandbox/inside"]


def _ancestors(path: str) -> list[str]:
    """Open to all: bubblewrap would make them private, and the zygote gives up root."""
    above = [str(each) for each in reversed(Path(path).parents) if str(each) != "/"]
    return [part for each in above for part in ("--perms", "0755", "--dir", each)]


def _open_to_all(path: str) -> bool:
    real = Path(path).resolve()
    if not real.exists():
        return False
    return all(each.stat().st_mode & stat.S_IXOTH for each in (real, *real.parents))
