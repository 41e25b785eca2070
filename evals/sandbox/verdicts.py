"""How one program ended, and what that says about the program and about the sandbox."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import Literal, get_args

from evals.sandbox.inside.values import decode
from evals.sandbox.limits import Limits

Verdict = Literal["pass", "fail", "timeout", "memory", "output_limit", "crashed", "sandbox_error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one program.

    ``pass`` says that every call returned; whether what it returned (``outputs``, one a call, otherwise None) is right
    is for the scorer to say, outside. ``sandbox_error`` says nothing about the program: such an item is no wrong answer
    and belongs in no denominator. ``reason`` is one line, "" for a pass. ``seconds`` is wall time.
    """

    verdict: Verdict
    backend: str
    stdout: str = ""
    seconds: float = 0.0
    outputs: tuple[object, ...] | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict {self.verdict!r} is not one of {', '.join(VERDICTS)}")
        if (self.verdict == "pass") != (self.outputs is not None):
            raise ValueError(f"a {self.verdict} has outputs {self.outputs!r}; a pass has them, nothing else does")


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What was seen from outside the program's process: nothing here can be forged by it but ``answer``, ``stdout``."""

    stopped: str  # "wall", "output" or "answer" when it was ended for passing that limit, otherwise ""
    signal: int
    seconds: float
    cpu_s: float
    answer: bytes
    stdout: str


def judge(ending: Ending, *, calls: int, limits: Limits, backend: str) -> Outcome:
    """The outcome of a program that was to answer ``calls`` calls."""
    verdict, reason, outputs = _judge(ending, calls, limits)
    return Outcome(
        verdict=verdict,
        backend=backend,
        stdout=ending.stdout,
        seconds=ending.seconds,
        outputs=outputs,
        reason=reason,
    )


def _judge(ending: Ending, calls: int, limits: Limits) -> tuple[Verdict, str, tuple[object, ...] | None]:
    if ending.stopped == "wall":
        return "timeout", f"ran past {limits.wall_s:g} s", None
    if ending.stopped == "output":
        return "output_limit", f"printed more than {limits.output_bytes} bytes", None
    if ending.stopped == "answer":
        return "output_limit", f"returned more than {limits.answer_bytes} bytes", None
    if ending.stopped:
        return "sandbox_error", ending.stopped, None
    if ending.signal == signal.SIGXCPU or (ending.signal == signal.SIGKILL and ending.cpu_s >= limits.cpu_s):
        return "timeout", f"used {ending.cpu_s:.1f} s of CPU; {limits.cpu_s} s are allowed", None
    if ending.signal:
        return "crashed", f"ended by signal {ending.signal} ({_signal_name(ending.signal)})", None
    return _read(ending.answer, calls, limits)


def _read(answer: bytes, calls: int, limits: Limits) -> tuple[Verdict, str, tuple[object, ...] | None]:
    if not answer:
        return "crashed", "ended before it answered", None
    try:
        match json.loads(answer):
            case {"unbound": str(reason)}:
                return "sandbox_error", f"the limits could not be set: {reason}", None
            case {"memory": True}:
                return "memory", f"needed more than {limits.memory_bytes // 2**20} MiB", None
            case {"error": str(reason)}:
                return "fail", reason, None
            case {"outputs": list(outputs)} if len(outputs) == calls:
                return "pass", "", tuple(decode(each) for each in outputs)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return "crashed", f"wrote something that is no answer: {answer[:60]!r}", None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
