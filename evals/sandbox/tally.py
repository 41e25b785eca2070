"""Counts what the sandbox itself failed at: such items are left out and tried again, and too many stop the work."""

from __future__ import annotations

from evals.sandbox.verdicts import Outcome

ALLOWED_FRACTION = 0.01
AT_LEAST = 100  # programs the fraction is taken of, so that the first failure of a run does not end it


class NotScored(RuntimeError):
    """Nothing was learnt about a program: its item belongs in no denominator and is to be tried again."""


class TooManyErrors(RuntimeError):
    """The sandbox fails too often for its other verdicts to be believed."""


class Tally:
    """Of one run's programs."""

    def __init__(self) -> None:
        self.programs = 0
        self.errors = 0

    def count(self, outcome: Outcome) -> Outcome:
        """``outcome`` itself, if it says something about its program.

        Raises NotScored for a ``sandbox_error``, TooManyErrors once more than 1 % of the programs ended so.
        """
        self.programs += 1
        if outcome.verdict != "sandbox_error":
            return outcome
        self.errors += 1
        if self.errors > ALLOWED_FRACTION * max(self.programs, AT_LEAST):
            raise TooManyErrors(
                f"the sandbox itself failed on {self.errors} of {self.programs} programs, more than "
                f"{ALLOWED_FRACTION:.0%}: {outcome.reason}; see `python -m evals sandbox check`, then resume the run"
            )
        raise NotScored(f"the sandbox failed: {outcome.reason}")
