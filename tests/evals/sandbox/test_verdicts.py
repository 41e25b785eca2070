"""From how a process ended to a verdict."""

from __future__ import annotations

import signal

import pytest

from evals.sandbox.limits import Limits
from evals.sandbox.verdicts import Ending, Outcome, judge

LIMITS = Limits(cpu_s=2)


def ending(*, stopped: str = "", signal: int = 0, cpu_s: float = 0.01, answer: bytes = b"") -> Ending:
    return Ending(stopped=stopped, signal=signal, seconds=0.1, cpu_s=cpu_s, answer=answer, stdout="")


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (ending(answer=b'{"outputs": [7]}'), "pass"),
        (ending(answer=b'{"outputs": []}'), "crashed"),  # one call was to be answered
        (ending(answer=b'{"outputs": [7, 7]}'), "crashed"),
        (ending(answer=b'{"outputs": [{"set": [[]]}]}'), "crashed"),
        (ending(answer=b'{"outputs": [7]}{"outputs": [8]}'), "crashed"),
        (ending(answer=b"[" * 60_000), "crashed"),
        (ending(answer=b"\xff\x00"), "crashed"),
        (ending(answer=b"9" * 5_000), "crashed"),
        (ending(), "crashed"),
        (ending(answer=b'{"error": "NameError: x"}'), "fail"),
        (ending(answer=b'{"memory": true}'), "memory"),
        (ending(answer=b'{"unbound": "OSError"}'), "sandbox_error"),
        (ending(stopped="wall"), "timeout"),
        (ending(stopped="output"), "output_limit"),
        (ending(stopped="answer"), "output_limit"),
        (ending(stopped="left alone"), "sandbox_error"),
        (ending(signal=signal.SIGXCPU, cpu_s=2.0), "timeout"),
        (ending(signal=signal.SIGKILL, cpu_s=3.0), "timeout"),  # it ignored SIGXCPU
        (ending(signal=signal.SIGKILL, cpu_s=0.1), "crashed"),
        (ending(signal=signal.SIGSEGV, answer=b'{"outputs": [7]}'), "crashed"),
    ],
)
def test_how_it_ended_decides(seen: Ending, verdict: str) -> None:
    outcome = judge(seen, calls=1, limits=LIMITS, backend="test")
    assert outcome.verdict == verdict
    assert outcome.outputs == ((7,) if verdict == "pass" else None)
    assert bool(outcome.reason) == (verdict != "pass")


def test_an_outcome_checks_itself() -> None:
    with pytest.raises(ValueError, match="'won' is not one of pass, fail"):
        Outcome(verdict="won", backend="test")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a fail has outputs"):
        Outcome(verdict="fail", backend="test", outputs=(1,))


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="the sandbox limit cpu_s is 0"):
        Limits(cpu_s=0)
