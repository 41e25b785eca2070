"""Two ways to shut a process in: bubblewrap's namespaces, or Landlock where namespaces are refused."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

INSIDE = Path(__file__).parent / "inside"
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
OTHER_READABLE = ("/etc/ld.so.cache", "/usr/share/zoneinfo")
DEVICES = ("/dev/null", "/dev/urandom")
NOBODY = 65534
Files = Literal["yes", "no", "if possible"]
SPARE_TASKS = 512  # that the user may start while the sandbox is open


class Walls(Protocol):
    """Starts the zygote shut in; ``missing`` says why this machine cannot, or None."""

    @property
    def name(self) -> str: ...

    def missing(self) -> str | None: ...

    def command(self) -> list[str]: ...

    def environment(self) -> dict[str, str]: ...


class _Bare:
    """Starts with no variable but the one that keeps the order of sets the same."""

    def environment(self) -> dict[str, str]:
        return {"PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Bubblewrap(_Bare):
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
            identity = ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
            # from 0.8 on; before, the filter of system calls alone forbids further namespaces
            identity += ["--disable-userns"] * ("--disable-userns" in _options_of_bwrap())
        bwrap = shutil.which("bwrap") or "bwrap"
        return [
            bwrap,
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
            *identity,
            *("--new-session", "--die-with-parent", "--as-pid-1", "--hostname", "sandbox"),
            *_view(python),
            *("--remount-ro", "/", "--chdir", "/", "--"),
            *zygote(python, "/sandbox", landlock="no"),
        ]


@dataclass(frozen=True)
class Landlock(_Bare):
    """A process that has given up all files but Python's library; needs no installation and no namespaces."""

    name = "landlock"

    def missing(self) -> str | None:
        if sys.platform != "linux":
            return "Landlock needs Linux 5.13 or newer"
        if self._python() is None:
            return f"the unprivileged user cannot read {interpreter()}; install a Python in /usr/bin"
        return None

    def command(self) -> list[str]:
        others = 0 if os.getuid() == 0 else _tasks_of(os.getuid()) + SPARE_TASKS
        return zygote(self._python() or interpreter(), str(INSIDE.parent), landlock="yes", others=others)

    def _python(self) -> str | None:
        """The interpreter; as root, one that the unprivileged user it becomes can still read."""
        candidates = (interpreter(), "/usr/bin/python3", "/usr/local/bin/python3")
        if os.getuid() != 0:
            return candidates[0]
        return next((each for each in candidates if _open_to_all(each)), None)


@dataclass(frozen=True)
class Unsandboxed(Landlock):
    """The same process with the same limits and the same filter of system calls, but every file in its user's reach."""

    name = "unsandboxed"

    def command(self) -> list[str]:
        *start, told = super().command()
        return [*start, json.dumps(json.loads(told) | {"landlock": "no"})]


def interpreter() -> str:
    """The bare interpreter beneath any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def unprivileged_uid() -> int:
    """A user for this process's sandboxes alone, so that process limits count nobody else's.

    61184–65519 is the range systemd sets aside for users without a name.
    """
    return 61184 + os.getpid() % 4336


def zygote(python: str, package_root: str, *, landlock: Files, others: int = 0) -> list[str]:
    """The command of the process that forks the programs; ``others`` counts the tasks its user already has."""
    told = json.dumps({"uid": unprivileged_uid(), "landlock": landlock, "others": others})
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
    for path in DEVICES:
        arguments += [*_ancestors(path), "--dev-bind", path, path]
    return [*arguments, "--perms", "0755", "--dir", "/sandbox", "--ro-bind", str(INSIDE), "/sandbox/inside"]


def _ancestors(path: str) -> list[str]:
    """Open to all: bubblewrap would make them private, and the zygote gives up root."""
    above = [str(each) for each in reversed(Path(path).parents) if str(each) != "/"]
    return [part for each in above for part in ("--perms", "0755", "--dir", each)]


@cache
def _options_of_bwrap() -> str:
    done = subprocess.run([shutil.which("bwrap") or "bwrap", "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _tasks_of(uid: int) -> int:
    """Threads of all processes of ``uid``: where there is no namespace of its own, the kernel counts them together."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == uid:
                count += len(os.listdir(process / "task"))
        except OSError:  # it has ended meanwhile
            continue
    return count


def _open_to_all(path: str) -> bool:
    real = Path(path).resolve()
    if not real.exists():
        return False
    return all(each.stat().st_mode & stat.S_IXOTH for each in (real, *real.parents))
