"""Which sandbox this machine gets, decided by trying: at the first use in a process, and again after a day."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from evals.sandbox import settings
from evals.sandbox.container import Container
from evals.sandbox.limits import Limits
from evals.sandbox.selftest import Report, examine
from evals.sandbox.session import Session
from evals.sandbox.verdicts import Outcome
from evals.sandbox.walls import Bubblewrap, Landlock, Unsandboxed, Walls

VALID_S = 24 * 3600
UNSANDBOXED = Unsandboxed.name
_one_at_a_time = Lock()
_reports: dict[Walls, tuple[float, Report]] = {}


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
    """Walls that have passed their self-test; or, with the user's typed consent only, none (``name`` says so)."""

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


def in_order() -> tuple[Walls, ...]:
    """The sandboxes that are tried, best first. Raises ``settings.SettingsError`` on a bad ``sandbox.yaml``."""
    told = settings.read()
    return Bubblewrap(), Landlock(), Container(program=told.container_program, image=told.container_image)


def choose() -> Sandbox | None:
    """The first sandbox that works here, or None: then model-written code does not run (``why_not`` says why).

    Where none works, ``unsandboxed`` is chosen if the user has asked for it twice (``settings.unsandboxed_allowed``).
    """
    for walls in in_order():
        report = report_of(walls)
        if report.works:
            return Sandbox(walls=walls, report=report)
    if settings.unsandboxed_allowed():
        report = report_of(Unsandboxed())
        if report.runs:
            return Sandbox(walls=Unsandboxed(), report=report)
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
    reasons = "; ".join(f"{walls.name}: {report_of(walls).why_not}" for walls in in_order())
    return f"no working sandbox on this machine ({reasons})"


def run_functions(calls: Sequence[FunctionCall], limits: Limits | None = None) -> list[Outcome]:
    """As ``Sandbox.run_functions`` on the chosen sandbox; every outcome is ``sandbox_error`` where there is none."""
    sandbox = choose()
    return [refused()] * len(calls) if sandbox is None else sandbox.run_functions(calls, limits)


def refused() -> Outcome:
    """The outcome of a program that was not run."""
    return Outcome(verdict="sandbox_error", backend="none", reason=why_not())


def report_of(walls: Walls) -> Report:
    """The self-test of ``walls``, made once a process and again when it is a day old."""
    with _one_at_a_time:
        at, report = _reports.get(walls, (-VALID_S, None))
        if report is None or time.monotonic() - at > VALID_S:
            at, report = time.monotonic(), examine(walls)
            _reports[walls] = at, report
        return report
