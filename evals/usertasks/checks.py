"""What to know about a task before trusting its score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from evals.tabular import Table
from evals.usertasks.items import Items, folded, whole_prompt
from evals.usertasks.kinds import KINDS
from evals.usertasks.lengths import context_tokens, too_long
from evals.usertasks.scorers import normalised
from evals.usertasks.spec import TaskSpec

FEW_ITEMS = 30
MANY_LABELS = 50
LONG_CHARACTERS = 16_000  # about 4,000 tokens


@dataclass(frozen=True, kw_only=True)
class Warned:
    """One thing to know. ``code`` is stable, ``lines`` are lines of the file, ``count`` what it concerns."""

    code: str
    text: str
    count: int
    lines: tuple[int, ...] = ()


def warnings(table: Table, spec: TaskSpec, made: Items, max_tokens: int) -> tuple[Warned, ...]:
    """All that is odd about the items, the gravest first."""
    found = [*_answers(spec, made), *_questions(made), *_left_out(made), *_cells(table), *_lengths(made, max_tokens)]
    if len(made.items) < FEW_ITEMS:
        text = f"only {len(made.items)} items: nothing but large differences between models will show"
        found.append(Warned(code="few items", text=text, count=len(made.items)))
    return tuple(found)


def _answers(spec: TaskSpec, made: Items) -> Iterable[Warned]:
    answers = Counter(item["answer"] for item in made.items)
    if len(answers) == 1:
        same = f"all {len(made.items)} answers are {shown(next(iter(answers)))}: this cannot tell models apart"
        yield Warned(code="constant answers", text=same, count=len(made.items))
    if spec.kind == "classification":
        by_form = defaultdict(set)
        for label in made.labels:
            by_form[normalised(label)].add(label)
        if twins := [sorted(labels) for labels in by_form.values() if len(labels) > 1]:
            text = "labels that differ only in spelling count as different: " + "; ".join(
                " and ".join(map(shown, labels)) for labels in twins[:3]
            )
            yield Warned(code="similar labels", text=text, count=len(twins))
        if len(made.labels) > MANY_LABELS:
            text = f"{len(made.labels)} different labels: is this {KINDS['short-answer'].title.lower()} instead?"
            yield Warned(code="many labels", text=text, count=len(made.labels))


def _questions(made: Items) -> Iterable[Warned]:
    by_question: dict[str, list[int]] = defaultdict(list)
    for at, item in enumerate(made.items):
        by_question[folded(item["prompt"])].append(at)
    repeated = [at for places in by_question.values() for at in places[1:]]
    if repeated:
        lines = tuple(made.lines[at] for at in sorted(repeated))
        asked = f"{_n(len(lines), 'question')} asked before ({at_lines(lines)})"
        text = f"{asked}: they weigh twice, and the interval is too narrow"
        yield Warned(code="duplicate questions", text=text, count=len(lines), lines=lines)
    torn = [p for p in by_question.values() if len({normalised(made.items[at]["answer"]) for at in p}) > 1]
    if torn:
        lines = tuple(made.lines[at] for places in torn for at in places)
        asked = f"{_n(len(torn), 'question')} with two different answers ({at_lines(lines)})"
        text = f"{asked}: no model can get both right"
        yield Warned(code="contradicting answers", text=text, count=len(torn), lines=lines)


def _left_out(made: Items) -> Iterable[Warned]:
    if lines := made.empty_lines:
        text = f"{_n(len(lines), 'row')} left out: question or answer is empty ({at_lines(lines)})"
        yield Warned(code="empty cells", text=text, count=len(lines), lines=lines)
    if lines := made.leaked_lines:
        text = f"{_n(len(lines), 'row')} left out: the question is also a worked example ({at_lines(lines)})"
        yield Warned(code="leakage", text=text, count=len(lines), lines=lines)


def _cells(table: Table) -> Iterable[Warned]:
    formulas = sum(cell.startswith("=") for row in table.rows for cell in row)
    if formulas:
        text = f"{_n(formulas, 'cell')} that begin with =: kept and shown as text, never computed"
        yield Warned(code="formulas", text=text, count=formulas)


def _lengths(made: Items, max_tokens: int) -> Iterable[Warned]:
    prompts = [whole_prompt(made, item) for item in made.items]
    long = tuple(made.lines[at] for at, prompt in enumerate(prompts) if len(prompt) > LONG_CHARACTERS)
    if long:
        most = max(map(len, prompts))
        text = (
            f"{_n(len(long), 'prompt')} longer than about 4,000 tokens ({at_lines(long)}; the longest about "
            f"{most // 4:,}): a model that cannot read one leaves it out, and says so"
        )
        yield Warned(code="long prompts", text=text, count=len(long), lines=long)
    beyond = too_long(prompts, max_tokens)
    if beyond:
        lines = tuple(made.lines[at] for at in beyond)
        rest = "all of them" if len(beyond) == len(prompts) else f"{len(beyond):,} of {len(prompts):,}"
        text = (
            f"the shipped tiny models read {context_tokens()} tokens, the answer's {max_tokens} among them; "
            f"{rest} are longer ({at_lines(lines)}) and would be left out there"
        )
        yield Warned(code="beyond the tiny models", text=text, count=len(beyond), lines=lines)


def at_lines(lines: tuple[int, ...], most: int = 5) -> str:
    """``lines 4, 9 and 3 more``."""
    named = ", ".join(str(line) for line in lines[:most])
    more = f" and {len(lines) - most:,} more" if len(lines) > most else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {named}{more}"


def shown(text: str) -> str:
    """A cell in quotes, cut short."""
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
