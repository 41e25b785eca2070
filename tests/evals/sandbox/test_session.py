"""Correct programs pass, whatever happens to the process that runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evals.sandbox import FunctionCall, Session, choice, run_functions
from evals.sandbox.selftest import examine
from evals.sandbox.walls import INSIDE, Bubblewrap, Landlock, Walls
from tests.evals.sandbox.suite import descendants


def test_functions_return_plain_data(session: Session) -> None:
    outcome = session.call("def f(x): return [x, (x,), {x: None}, {x}, x / 2]", [1, 2])
    assert outcome.outputs == ([1, (1,), {1: None}, {1}, 0.5], [2, (2,), {2: None}, {2}, 1.0])
    assert (outcome.verdict, outcome.reason, outcome.stdout) == ("pass", "", "")


def test_what_a_function_prints_is_kept_apart(session: Session) -> None:
    outcome = session.call("def f(x):\n    print('seen', x)\n    return x", [1])
    assert (outcome.outputs, outcome.stdout) == ((1,), "seen 1\n")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(x): return y", "NameError: name 'y' is not defined"),
        ("def f(x) return x", "SyntaxError: expected ':'"),
        ("def g(x): return x", "defines no function 'f'"),
        ("f = 5", "defines no function 'f'"),
        ("def f(x): return 1 // x", "ZeroDivisionError"),
        ("def f(x):\n    x = []\n    x.append(x)\n    return x", "RecursionError"),
    ],
)
def test_a_wrong_program_fails_with_its_reason(session: Session, source: str, reason: str) -> None:
    outcome = session.call(source, [1, 0])
    assert (outcome.verdict, outcome.outputs) == ("fail", None)
    assert reason in outcome.reason


def test_the_same_program_gives_the_same_answer_every_time(walls: Walls) -> None:
    source = "import random\ndef f(x): return list({'a', 'b', 'c', 'd'}), random.random()"
    answers = []
    for _ in range(2):
        with Session(walls) as session:
            answers += [session.call(source, [0]).outputs, session.call(source, [0]).outputs]
    assert answers[0] is not None and answers == answers[:1] * 4


def test_a_killed_sandbox_is_started_again(walls: Walls) -> None:
    with Session(walls) as session:
        session.start()
        first = session.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        time.sleep(0.1)
        assert session.call("def f(x): return x", [3]).outputs == (3,)
        assert session.pid not in (None, first)


def test_closing_leaves_no_process_behind(walls: Walls) -> None:
    session = Session(walls)
    session.start()
    assert session.pid is not None
    gone = [session.pid, *descendants(session.pid)]
    session.close()
    assert all_gone(gone)


def test_a_killed_owner_leaves_no_process_behind(walls: Walls, house: Path) -> None:
    script = (
        f"from evals.sandbox import Session, Limits; from {type(walls).__module__} import {type(walls).__name__}\n"
        f"session = Session({walls!r}, Limits(cpu_s=30, wall_s=30)); session.start(); print(session.pid, flush=True)\n"
        "session.run('while True: pass')"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], cwd=house, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    holder = int(owner.stdout.readline())
    time.sleep(0.2)
    gone = [holder, *descendants(holder)]
    owner.kill()
    owner.communicate()
    assert all_gone(gone)


def all_gone(pids: list[int]) -> bool:
    """Whether all have ended within twenty seconds; what is only left to be collected has ended."""
    for _ in range(400):
        if not any(running(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Broken:
    """Walls that fall down at once."""

    name = "broken"

    def missing(self) -> str | None:
        return None

    def command(self) -> list[str]:
        return [sys.executable, "-c", "raise SystemExit('namespaces are refused here')"]

    def environment(self) -> dict[str, str]:
        return {}


class Bare(Broken):
    """No walls at all: the zygote with nothing given up."""

    name = "bare"

    def command(self) -> list[str]:
        start = (
            f"import sys; sys.path.append({str(INSIDE.parent)!r}); from inside import program, zygote; "
            "program._limit = lambda limits: None; program.seccomp.install = lambda: None; zygote.main()"
        )
        python = Landlock().command()[0]  # one that an unprivileged user can read
        return [python, "-S", "-c", start, '{"uid": 65533, "landlock": "no", "others": 0}']


def test_trouble_of_the_sandbox_is_never_a_wrong_answer() -> None:
    with Session(Broken()) as session:
        outcome = session.call("def f(x): return x", [1])
    assert outcome.verdict == "sandbox_error"
    assert "namespaces are refused here" in outcome.reason


def test_the_self_test_sees_through_walls_that_are_not_there() -> None:
    report = examine(Bare())
    assert not report.works
    fallen = {check.name for check in report.checks if not check.held}
    assert "a correct program passes" not in fallen
    assert fallen >= {"a file outside cannot be read", "nothing can be written", "no connection can be made"}
    assert fallen >= {"no process can be started", "memory is limited", "the listeners heard nothing"}
    assert "a file outside cannot be read (reached" in report.why_not


def test_without_a_sandbox_nothing_runs_and_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "in_order", lambda: (Bubblewrap(), Broken()))
    monkeypatch.setattr(choice, "_reports", {})
    monkeypatch.setattr("evals.sandbox.walls.shutil.which", lambda name: None)
    assert choice.choose() is None
    [outcome] = run_functions([FunctionCall(source="def f(x): return x", inputs=[1])])
    assert outcome.verdict == "sandbox_error"
    assert "apt-get install bubblewrap" in outcome.reason and "namespaces are refused here" in outcome.reason
    with pytest.raises(choice.NoSandbox, match="no working sandbox on this machine"):
        choice.open_session()
