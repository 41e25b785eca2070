"""One seeded storm: a run of stand-in workers, faults at random moments, and what must still be true at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Timer

from evals import runs
from evals.home import ROOT
from evals.plan import Plan
from evals.store import Store, shared_store
from tests.faults.standin import FILE, notes, score_of

QUANTIZATIONS = ("bf16", "nf4", "rtn-int3-g128")
TASKS = ("shop_math", "shop_code")
LONGEST_PAUSE_S = 3.0
FAULTS = ("kill one", "kill one", "kill all", "pause one", "second start", "cancel", "sandbox gone", "memory gone")
LONGEST_S = 240.0  # on a machine with a load of 20; alone, a storm takes a second or two


class Nursery:
    """Starts stand-in workers fast: one warm process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.standin"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, place: Path, run: str, name: str) -> int:
        """The process id of a worker that now begins."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{place} {run} {name} {os.environ.get('BITBUDGET_DB', FILE)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the warm process; workers still running go on by themselves."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


@dataclass
class Storm:
    """What one seed did and counted."""

    seed: int
    kills: int = 0
    pauses: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    computed_again: int = 0
    new_runs: int = 0  # begun while a worker of the run before may still compute: both do, for half a second
    wrong: int = 0
    faults: list[str] = field(default_factory=list)


class Weather:
    """Plays one storm in ``place``, which must be the BITBUDGET_HOME of this process."""

    def __init__(self, seed: int, place: Path, nursery: Nursery, items: int = 12) -> None:
        self.random, self.place, self.nursery = Random(seed), place, nursery
        self.said = Storm(seed=seed)
        quantizations = QUANTIZATIONS[: self.random.randint(1, 3)]
        self.plan = Plan(models=("tiny-1m",), quantizations=quantizations, tasks=TASKS, limit=items).checked()
        self.workers: dict[str, int] = {}
        self.stopped: list[int] = []
        if seed % 2:
            (place / "bursts").touch()

    def play(self) -> Storm:
        """Start, disturb, let it finish, count."""
        self.run = runs.start(self.plan)
        self._hire()
        for fault in self.random.choices(FAULTS, k=self.random.randint(2, 5)):
            time.sleep(self.random.uniform(0.0, 0.06))
            self.said.faults.append(fault)
            getattr(self, fault.replace(" ", "_"))()
        self._calm()
        deadline = time.monotonic() + LONGEST_S
        while (state := self._state()) != "done":
            assert time.monotonic() < deadline, f"seed {self.said.seed} hangs: {self.said}, {runs.status(self.run)}"
            if state == "interrupted":
                self._hire()
            elif state != "running":
                runs.reopen(self.run)
            time.sleep(0.05)
        return self._counted()

    def _state(self) -> str:
        """The state of the run; "failed" where cells of it failed."""
        state = str(runs.state(self.run))
        whole = state != "done" or all(c["state"] == "done" for c in shared_store().cells(self.run))
        return state if whole else "failed"

    # Faults

    def kill_one(self) -> None:
        if alive := self._alive():
            self._kill(self.random.choice(alive))
        self._hire()

    def kill_all(self) -> None:
        for name in self._alive():
            self._kill(name)
        self._hire()

    def pause_one(self) -> None:
        if alive := self._alive():
            pid, pause_s = self.workers[self.random.choice(alive)], self.random.uniform(0.2, LONGEST_PAUSE_S)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                self.stopped.append(pid)
                self.said.pauses += 1
                # It may hold the store's write lock, for which everybody waits: a pause ends by itself.
                Timer(pause_s, self._go_on, (pid,)).start()
        self._hire()

    def second_start(self) -> None:
        again = runs.start(self.plan)
        state = runs.state(self.run)
        assert again == self.run or state != "running", "two runs of one plan at a time"
        if again != self.run:  # the first was over or cancelled: the second goes on with its results
            self.run = again
            self.said.new_runs += 1
            self._hire()

    def cancel(self) -> None:
        runs.cancel(self.run)
        runs.reopen(self.run)
        self._hire()

    def sandbox_gone(self) -> None:
        (self.place / "sandbox-gone").touch()

    def memory_gone(self) -> None:
        (self.place / "memory-gone").touch()
        self._hire()

    def _calm(self) -> None:
        for pid in self.stopped:
            self._go_on(pid)
        for name in ("sandbox-gone", "memory-gone"):
            (self.place / name).unlink(missing_ok=True)
        self._hire()

    @staticmethod
    def _go_on(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    # Workers

    def _alive(self) -> list[str]:
        return sorted(set(shared_store().alive_workers(self.run)) & set(self.workers))

    def _hire(self) -> None:
        for _ in range(2 - len(shared_store().alive_workers(self.run))):
            name = f"{self.run}.{uuid.UUID(int=self.random.getrandbits(128)).hex[:8]}"
            self.workers[name] = self.nursery.start(self.place, self.run, name)
            while name not in shared_store().alive_workers(self.run) and Path(f"/proc/{self.workers[name]}").exists():
                time.sleep(0.002)

    def _kill(self, name: str) -> None:
        with suppress(ProcessLookupError):  # it may just have finished
            os.kill(self.workers[name], signal.SIGKILL)
            self.said.kills += 1
        while name in shared_store().alive_workers(self.run):
            time.sleep(0.002)

    # Counting

    def _counted(self) -> Storm:
        store, said = Store(), self.said
        indices = set(range(self.plan.limit or 0))
        stored: dict[str, float] = {}
        for cell in store.cells(self.run):
            rows = store.items(cell["cell_key"])
            keys = Counter(row["item"] for row in rows)
            said.twice += sum(n - 1 for n in keys.values())
            said.lost += len(indices) - len(keys)
            stored |= {row["item_key"]: row["score"] for row in rows}
        acknowledged = dict(line.split() for line in notes("acknowledged"))
        said.acknowledged = len(acknowledged)
        said.lost += sum(key not in stored for key in acknowledged)
        said.wrong = sum(stored.get(key) != float(score) for key, score in acknowledged.items())
        computed = Counter(notes("computed"))
        said.computed_again = sum(n - 1 for n in computed.values())
        right = {key: score_of(*_where(key)) for key in computed}
        assert sum(right.values()) == sum(stored.values()), f"seed {said.seed}: the scores changed"
        store.close()
        return said


def _where(line: str) -> tuple[str, int]:
    cell_key, index = line.split()
    return cell_key, int(index)
