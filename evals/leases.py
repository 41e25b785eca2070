"""Which workers are alive: each holds a lock on its own file, which the system releases when it dies."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from evals.home import home


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What makes a new worker process alive: a word for its command line, and files it inherits."""

    given: str
    files: tuple[int, ...] = ()

    def hand_over(self) -> None:
        """The worker has its own copy of the files; those of the process that started it are closed."""
        for file in self.files:
            os.close(file)


def _folder() -> Path:
    folder = home() / "workers"
    folder.mkdir(exist_ok=True)
    return folder


def lease(worker: str) -> int:
    """A descriptor that holds the worker's lock; whoever inherits it keeps the lock until it ends.

    The file gets its name once it is locked: one seen unlocked would be taken for a dead worker's, and removed.
    """
    unnamed = _folder() / f".{worker}.new"
    file = os.open(unnamed, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unnamed.rename(unnamed.with_name(f"{worker}.lock"))
    return file


def alive_workers(run: str) -> list[str]:
    """Workers of a run whose lock is held; the files of dead ones are removed."""
    return _held(_folder(), f"{run}.*.lock")


def any_alive(home_folder: Path) -> bool:
    """Whether a worker of any run of that home is alive."""
    return bool(_held(home_folder / "workers", "*.lock"))


def _held(folder: Path, pattern: str) -> list[str]:
    alive = []
    for path in folder.glob(pattern):
        try:
            with path.open("rb") as file:
                # shared, so that two who look at the same moment do not take each other for the worker
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            alive.append(path.stem)
        except FileNotFoundError:  # somebody else found it dead a moment ago
            pass
        else:
            path.unlink(missing_ok=True)
    return alive
