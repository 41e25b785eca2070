"""Builds the decision view: decide once, then ask what would change it."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.decision import decide
from decisions.evidence import ItemScores
from decisions.options import Decision
from decisions.scenarios import Scenario
from decisions.view.alternatives import alternatives
from decisions.view.candidates import candidate_table
from decisions.view.chances import DRAWS, SEED, chances
from decisions.view.flips import flip_points
from decisions.view.knobs import Basis, knobs
from decisions.view.mistakes import mistakes
from decisions.view.questions import questions
from decisions.view.rollback import rollback
from decisions.view.rules import Facts
from decisions.view.swings import swings
from decisions.view.values import DecisionView
from evals.measurements import Measurement
from pricing.catalogue import PriceBook


def decision_view(
    scenario: Scenario,
    measurements: Sequence[Measurement],
    book: PriceBook,
    item_scores: ItemScores | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    decision: Decision | None = None,
) -> DecisionView:
    """The decision on these arguments with all that a meeting asks of it. A few seconds; again, a tenth of that.

    ``decision`` may be given where it was already made on the same arguments. Raises ValueError for ``draws`` below 1.
    """
    decided = decision or decide(scenario, measurements, book, item_scores)
    basis = Basis(scenario=scenario, measurements=measurements, book=book, scores=item_scores)
    options, answer = decided.options, decided.shown
    choice = decided.choice.id if decided.choice else None
    turned = knobs(basis, answer) if answer else ()
    flips = flip_points(turned, options, choice)
    bars = swings(basis, turned, options, answer) if answer else ()
    likely = chances(options, choice, draws=draws, seed=seed)
    facts = None
    if answer:
        facts = Facts(
            scenario=scenario, decision=decided, answer=answer, swings=bars, flip_points=flips, chances=likely
        )
    return DecisionView(
        scenario=scenario.id,
        title=scenario.title,
        question=scenario.question,
        as_of=scenario.as_of.isoformat(),
        decision=decided,
        recommendation=" ".join(part for part in (decided.sentence, decided.detail) if part),
        answer=answer.id if answer else None,
        table=candidate_table(scenario, options),
        alternatives=alternatives(decided, answer),
        swings=bars,
        flip_points=flips,
        chances=likely,
        rollback=rollback(scenario, decided, answer, book) if answer else None,
        questions=questions(facts) if facts else (),
        mistakes=mistakes(facts) if facts else (),
    )
