"""What kinds of task a table can become."""

from __future__ import annotations

from dataclasses import dataclass

from evals.names import known


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind. ``metrics`` maps names to what the score counts, the usual one first; ``scorer`` is in ``scorers``.

    ``max_tokens`` is the least room for an answer; longer reference answers get more.
    """

    name: str
    title: str
    group: str
    scorer: str
    metrics: dict[str, str]
    max_tokens: int = 32
    until: tuple[str, ...] = ("\n",)
    answer: str = "the expected answer"


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="classification", title="Classification by labels", group="classification", scorer="likeliest_label",
            metrics={"acc": "items with the right label"}, answer="the right label", max_tokens=16,
        ),
        Kind(
            name="short-answer", title="Extraction or short answer", group="extraction", scorer="short_answer",
            metrics={
                "exact_match": "answers that match exactly", "contains": "answers that contain the expected one",
                "f1": "words in common with the expected answer",
            },
        ),
        Kind(
            name="summarization", title="Summarization", group="summarization", scorer="summary",
            metrics={"rougeL": "likeness to the reference (ROUGE-L)", "rouge1": "common words (ROUGE-1)"},
            until=("\n\n",), max_tokens=48, answer="the reference summary",
        ),
        Kind(
            name="math", title="Math with a numeric answer", group="math", scorer="last_number",
            metrics={"final_answer": "right final numbers"}, until=("\n\n",), max_tokens=110, answer="the number",
        ),
        Kind(
            name="code", title="Code with tests", group="code", scorer="passes_tests",
            metrics={"passed": "functions that pass every test"}, until=("\n\n\n", "\ndef ", "\nclass "),
            max_tokens=96, answer="tests such as f(3) == 9, one a line",
        ),
        Kind(
            name="steps", title="Several steps, with tool results", group="agent", scorer="every_step",
            metrics={"all_steps": "items with every step right", "steps_before_error": "steps before the first error"},
            max_tokens=60, answer="the steps, apart by semicolons",
        ),
    )
}  # fmt: skip
GROUPS = ("classification", "extraction", "summarization", "math", "code", "agent", "knowledge", "retrieval")
SCORERS = ("written_label", *(kind.scorer for kind in KINDS.values()))


def kind_of(name: str) -> Kind:
    """A kind by name; an unknown one is answered with the nearest."""
    return KINDS[known("kind of task", name, KINDS)]
