"""Thirty hostile programs, each followed by correct ones whose scores must not change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evals.sandbox.scene import Scene, planted
from evals.sandbox.session import Session
from tests.evals.sandbox.correct import CORRECT
from tests.evals.sandbox.hostile import HOSTILE, Hostile
from tests.evals.sandbox.suite import code_items, escapes, memory_kib, score


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with planted() as scene:
        yield scene


def test_the_thirty_are_all_there() -> None:
    assert {each.number for each in HOSTILE} == set(range(1, 31))


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: f"{each.number:02} {each.name}")
def test_a_hostile_program_is_held_and_the_next_scores_the_same(
    hostile: Hostile, session: Session, scene: Scene
) -> None:
    before_kib = memory_kib()
    assert escapes(session, hostile, scene) == []
    at = HOSTILE.index(hostile)
    assert score(session, code_items()[at])
    assert session.run(CORRECT[at]).verdict == "pass"
    assert memory_kib() - before_kib < 32 * 1024


def test_no_correct_program_is_failed(session: Session) -> None:
    with Session(session.walls) as roomy:
        failed = {source: seen.reason for source in CORRECT if (seen := roomy.run(source)).verdict != "pass"}
        wrong = [item["id"] for item in code_items()[:200] if not score(roomy, item)]
    assert (failed, wrong) == ({}, [])


def test_a_wrong_function_does_not_score(session: Session) -> None:
    for item in code_items()[:10]:
        assert not score(session, {**item, "answer": f"[{item['answer'].strip()}]"})


def test_a_program_that_only_waits_is_stopped_by_the_clock(session: Session) -> None:
    with Session(session.walls, replace(session.limits, wall_s=0.3)) as hurried:
        outcome = hurried.run("import time; time.sleep(60)")
    assert (outcome.verdict, outcome.reason) == ("timeout", "ran past 0.3 s")


def test_a_program_that_computes_gets_its_cpu_time_however_long_that_takes(session: Session) -> None:
    source = "import time\nstarted = time.process_time()\nwhile time.process_time() - started < 0.6: pass"
    with Session(session.walls, replace(session.limits, wall_s=0.2)) as hurried:
        assert hurried.run(source).verdict == "pass"


def test_a_program_that_computes_a_little_is_stopped_in_the_end(session: Session) -> None:
    source = "import time\nwhile True:\n    time.sleep(0.01)\n    sum(range(200_000))"
    with Session(session.walls, replace(session.limits, cpu_s=60, wall_s=0.2, patience=3)) as hurried:
        outcome = hurried.run(source)
    assert outcome.verdict == "timeout" and outcome.seconds < 60


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
