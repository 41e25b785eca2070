"""Trouble of the sandbox is nobody's wrong answer, and much of it ends the run."""

from __future__ import annotations

import pytest

from evals.sandbox.tally import NotScored, Tally, TooManyErrors
from evals.sandbox.verdicts import Outcome

GOOD = Outcome(verdict="pass", backend="test", outputs=(1,))
WRONG = Outcome(verdict="fail", backend="test", reason="NameError")
TROUBLE = Outcome(verdict="sandbox_error", backend="test", reason="fork: try again")


def test_every_verdict_but_the_sandboxs_own_is_kept() -> None:
    tally = Tally()
    assert [tally.count(each) for each in (GOOD, WRONG)] == [GOOD, WRONG]
    with pytest.raises(NotScored, match="fork: try again"):
        tally.count(TROUBLE)
    assert (tally.programs, tally.errors) == (3, 1)


def test_the_second_trouble_in_a_hundred_programs_ends_the_run() -> None:
    tally = Tally()
    with pytest.raises(NotScored):
        tally.count(TROUBLE)
    with pytest.raises(TooManyErrors, match="2 of 2 programs, more than 1%"):
        tally.count(TROUBLE)


def test_one_in_a_hundred_is_borne() -> None:
    tally = Tally()
    for _ in range(3):
        for _ in range(99):
            tally.count(GOOD)
        with pytest.raises(NotScored):
            tally.count(TROUBLE)
    assert (tally.programs, tally.errors) == (300, 3)
