"""Which sandbox this machine gets, decided once a process by trying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from evals.sandbox.limits import Limits
from evals.sandbox.selftest import Report, examine
from evals.sandbox.session import Session
from evals.sandbox.verdicts import Outcome
from evals.sandbox.walls import Bubblewrap, Landlock, Walls

IN_ORDER: tuple[Walls, ...] = (Bubblewrap(), Landlock())
_one_at_a_time = Lock()
_reports: dict[str, Report] = {}


class NoSandbox(RuntimeError):
    """Model-written code cannot be run on this machine."""


@dataclass(frozen=True, kw_only=True)
class FunctionCall:
    """A function to define and call once for each of ``inputs`` (plain data)."""

    source: str
    inputs: list[object] = field(default_factory=list)
    name: str = "f"


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Walls that have passed their self-test in this process."""

    walls: Walls
    report: Report

    @property
    def name(self) -> str:
        return self.walls.name

    def session(self, limits: Limits | None = None) -> Session:
        """Starts on first use; close it, or use it in a ``with``."""
        return Session(self.walls, limits)

    def run_functions(self, calls: Sequence[FunctionCall], limits: Limits | None = None) -> list[Outcome]:
        """One outcome a call, in order, from one session."""
        with self.session(limits) as session:
            return [session.call(each.source, each.inputs, name=each.name) for each in calls]

    def run_program(self, source: str, limits: Limits | None = None) -> Outcome:
        """Run one whole program."""
        with self.session(limits) as session:
            return session.run(source)


def choose() -> Sandbox | None:
    """The first sandbox that works here, or None: then model-written code does not run (``why_not`` says why)."""
    for walls in IN_ORDER:
        report = report_of(walls)
        if report.works:
            return Sandbox(walls=walls, report=report)
    return None


def open_session(limits: Limits | None = None) -> Session:
    """A session in the chosen sandbox. Raises NoSandbox, with what to do, where there is none."""
    sandbox = choose()
    if sandbox is None:
        raise NoSandbox(why_not())
    return sandbox.session(limits)


def why_not() -> str:
    """Why no sandbox works here, with what to do; "" when one does."""
    if choose() is not None:
        return ""
    reasons = "; ".join(f"{walls.name}: {report_of(walls).why_not}" for walls in IN_ORDER)
    return f"no working sandbox on this machine ({reasons})"


def run_functions(calls: Sequence[FunctionCall], limits: Limits | None = None) -> list[Outcome]:
    """As ``Sandbox.run_functions`` on the chosen sandbox; every outcome is ``sandbox_error`` where there is none."""
    sandbox = choose()
    return [refused()] * len(calls) if sandbox is None else sandbox.run_functions(calls, limits)


def refused() -> Outcome:
    """The outcome of a program that was not run."""
    return Outcome(verdict="sandbox_error", backend="none", reason=why_not())


def report_of(walls: Walls) -> Report:
    """The self-test of ``walls``, made once a process."""
    with _one_at_a_time:
        if walls.name not in _reports:
            _reports[walls.name] = examine(walls)
        return _reports[walls.name]
