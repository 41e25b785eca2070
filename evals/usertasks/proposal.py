"""What a table seems to be: which column asks, which answers, and what kind of task that makes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import PurePath

from evals.names import known
from evals.tabular import Table
from evals.usertasks.kinds import KINDS, Kind, kind_of
from evals.usertasks.scorers import as_number
from evals.usertasks.spec import NAME, TaskSpec
from evals.usertasks.tests_column import TestsError, parsed_tests

PROMPTS = (
    "prompt", "question", "input", "problem", "ticket", "text", "document", "article", "notice", "message", "body",
    "content", "query", "spec", "instruction", "review", "email", "note", "description",
)  # fmt: skip
ANSWERS = (
    "answer", "label", "expected", "target", "intent", "category", "class", "topic", "sentiment", "summary",
    "reference", "gold", "output", "response", "result", "solution", "steps", "trace", "completion", "final",
)  # fmt: skip
TESTS = ("tests", "test_cases", "unit_tests", "test", "asserts", "assertions")
STEPS = ("steps", "trace", "expected_steps", "actions", "tool_calls")
MOST_LABELS = 50
SUMMARY_CHARACTERS = 90


def proposal(
    table: Table,
    file: str,
    *,
    kind: str = "",
    prompt_column: str = "",
    answer_column: str = "",
    name: str = "",
    template: str = "",
    written: bool = False,
) -> TaskSpec:
    """A complete spec for the table; what is given stays. ValueError names the columns found where none will do."""
    columns = {c.casefold(): c for c in table.columns}
    if prompt_column:
        prompt_column = known("prompt column", prompt_column, table.columns)
    answer = known("answer column", answer_column, table.columns) if answer_column else _answer(table, columns, kind)
    if answer is None or len(table.columns) < 2:
        raise ValueError(
            f"no column holds the expected answers; the table has {', '.join(table.columns)}. Name the answer column"
        )
    prompt = prompt_column or _prompt(table, columns, answer)
    found = kind_of(kind) if kind else KINDS[_kind(table, answer)]
    slug = re.sub(r"[^a-z0-9]+", "-", PurePath(file).stem.casefold()).strip("-")[:48] or "my-task"
    spec = TaskSpec(
        name=name or slug,
        title=PurePath(file).stem[:100] or "My task",
        kind=found.name,
        prompt_column=prompt,
        answer_column=answer,
        template=template or default_template(found, prompt, answer, written=written),
        written=written,
        columns=table.columns,
    )
    return spec if NAME.fullmatch(spec.name) else replace(spec, name="my-task")


def default_template(kind: Kind, prompt: str, answer: str, *, written: bool) -> str:
    """The prompt alone if its column says so; otherwise both columns' names as cues."""
    if prompt.casefold() == "prompt":
        return f"{{{prompt}}}"
    labels = "Answer with one of: {labels}.\n\n" if kind.name == "classification" and written else ""
    if kind.name == "code":
        return f"{_cue(prompt)}: {{{prompt}}}\ndef {{function}}("
    return f"{labels}{_cue(prompt)}: {{{prompt}}}\n{_cue(answer)}:"


def _cue(column: str) -> str:
    words = column.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _answer(table: Table, columns: dict[str, str], kind: str) -> str | None:
    wanted = (*(STEPS if kind == "steps" else TESTS), *ANSWERS)
    for hint in wanted:
        if hint in columns:
            return columns[hint]
    for hint in wanted:
        near = [column for folded, column in columns.items() if hint in re.split(r"[^a-z]+", folded)]
        if near:
            return near[0]
    others = [c for c in table.columns if c.casefold() not in PROMPTS and not _is_id(table, c)]
    return others[-1] if len(table.columns) == 2 and others else None


def _prompt(table: Table, columns: dict[str, str], answer: str) -> str:
    for hint in PROMPTS:
        if hint in columns and columns[hint] != answer:
            return columns[hint]
    others = [c for c in table.columns if c != answer]
    return max(others, key=lambda c: sum(map(len, table.column(c))))


def _is_id(table: Table, column: str) -> bool:
    cells = table.column(column)
    return column.casefold() in ("id", "index", "row", "key") and len(set(cells)) == len(cells)


def _kind(table: Table, answer: str) -> str:
    cells = [cell.strip() for cell in table.column(answer) if cell.strip()]
    folded = answer.casefold()
    if folded in TESTS or (cells and all(_is_tests(cell) for cell in cells[:20])):
        return "code"
    if folded in STEPS:
        return "steps"
    counts = Counter(cells)
    longest = max(map(len, cells), default=0)
    few = len(counts) <= MOST_LABELS and len(counts) <= max(2, len(cells) / 4) and longest <= 80
    numeric = bool(cells) and all(_is_number(cell) for cell in cells)
    if numeric and not (few and len(counts) <= 10):
        return "math"
    if few:
        return "classification"
    if folded in ("summary", "highlights", "abstract") or sum(map(len, cells)) > SUMMARY_CHARACTERS * len(cells):
        return "summarization"
    return "short-answer"


def _is_number(text: str) -> bool:
    return as_number(text) is not None and re.fullmatch(r"[-−+$€£ ]*[\d.,]+\s*[%€$£]?", text) is not None


def _is_tests(cell: str) -> bool:
    try:
        return bool(parsed_tests(cell))
    except TestsError:
        return False
