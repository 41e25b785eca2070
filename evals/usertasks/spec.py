"""What to make of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from evals.names import known
from evals.usertasks.kinds import GROUPS, Kind, kind_of

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PLACE = re.compile(r"\{([^{}]+)\}")
MADE = ("labels", "function")  # written into the prompt though no column: all labels; the tested function's name
MAX_SHOTS = 32
MAX_TOKENS = 4096


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """A task to be made. ``template`` is the prompt with ``{column}`` where a cell goes; nothing else is replaced.

    ``shots`` worked examples are drawn from the rows by ``seed`` and left out of the items. ``written`` reads labels
    from what the model writes instead of from likelihoods, which chat endpoints do not give.
    """

    name: str
    title: str
    kind: str
    prompt_column: str
    answer_column: str
    template: str
    metric: str = ""
    group: str = ""
    shots: int = 0
    seed: int = 1
    chat_template: bool = False
    written: bool = False
    max_tokens: int | None = None
    columns: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        kind = kind_of(self.kind)
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"name of the task is {shortened(self.name)!r}; use a to z, 0 to 9, - and _, at most 64"
            )
        if not self.title.strip() or len(self.title) > 120:
            raise ValueError(f"title of the task has {len(self.title)} characters; give 1 to 120")
        for role, column in (("prompt column", self.prompt_column), ("answer column", self.answer_column)):
            if column not in self.columns:
                raise ValueError(f"{role} {column!r} is not in the table; it has {', '.join(self.columns)}")
        if self.prompt_column == self.answer_column:
            raise ValueError(f"prompt and answer are both in column {self.prompt_column!r}; name two columns")
        if self.metric:
            known("metric", self.metric, kind.metrics)
        if self.group:
            known("task group", self.group, GROUPS)
        if not 0 <= self.shots <= MAX_SHOTS:
            raise ValueError(f"shots is {self.shots}; give a whole number from 0 to {MAX_SHOTS}")
        if self.shots and self.kind == "code":
            raise ValueError("shots: code tasks hold tests, not solutions to show; give 0")
        if self.max_tokens is not None and not 1 <= self.max_tokens <= MAX_TOKENS:
            raise ValueError(f"max tokens is {self.max_tokens}; give a whole number from 1 to {MAX_TOKENS:,}")
        self._check_template()

    def _check_template(self) -> None:
        named = PLACE.findall(self.template)
        if not named:
            raise ValueError(f"the prompt names no column; write {{{self.prompt_column}}} where its text goes")
        for column in named:
            if column not in (*self.columns, *MADE):
                raise ValueError(f"the prompt names {{{column}}}; the table has {', '.join(self.columns)}")
            if column == self.answer_column:
                raise ValueError(f"the prompt holds {{{column}}}, the expected answer: every model would be right")

    @property
    def of_kind(self) -> Kind:
        """Its kind."""
        return kind_of(self.kind)

    @property
    def scorer(self) -> str:
        """The function in ``scorers`` that judges an answer."""
        return "written_label" if self.kind == "classification" and self.written else self.of_kind.scorer

    @property
    def chosen_metric(self) -> str:
        """The score shown."""
        return known("metric", self.metric, self.of_kind.metrics) if self.metric else next(iter(self.of_kind.metrics))

    @property
    def multiple_choice(self) -> bool:
        """Whether the answer is read from log-likelihoods."""
        return self.scorer == "likeliest_label"


def shortened(text: str, most: int = 60) -> str:
    """A text short enough for a message."""
    return text if len(text) <= most else f"{text[:most]}…"
