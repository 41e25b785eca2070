"""What a check found out about an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from evals.endpoints.entry import Endpoint


@dataclass(frozen=True, kw_only=True)
class Findings:
    """``model_known`` is None where the server lists no models. ``endpoint`` is the entry with what was proven.

    ``problem`` says why it cannot be used, "" if it can; ``likelihood_problem`` why multiple-choice tasks are asked in
    generative form. ``latency_s`` is that of one tiny request.
    """

    endpoint: Endpoint
    reachable: bool
    problem: str = ""
    model_known: bool | None = None
    nearest: str = ""
    models: tuple[str, ...] = ()
    served_model: str = ""
    completions: bool = False
    chat: bool = False
    streams: bool = False
    counts_tokens: bool = False
    prompt_logprobs: bool = False
    likelihood_problem: str = ""
    latency_s: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        return self.reachable and not self.problem

    @property
    def task_kinds(self) -> dict[str, str]:
        """How each kind of task is asked there; "not possible" where it is not."""
        if not self.works:
            return {"generation": "not possible", "multiple choice": "not possible"}
        route = "chat" if self.endpoint.kind == "chat" else "completions"
        likelihood = self.endpoint.multiple_choice == "likelihood"
        return {
            "generation": f"{route}{'' if self.endpoint.is_greedy else ', with the sampling of the endpoint'}",
            "multiple choice": "log-likelihood of each choice" if likelihood else f"generative form over {route}",
        }

    def as_json(self) -> dict[str, Any]:
        return {"works": self.works, **asdict(self), "task_kinds": self.task_kinds}


def nearest_model(name: str, listed: Sequence[str]) -> str:
    """The listed model that is spelled most like this one; "" if none is near."""
    by_folded = {each.casefold(): each for each in listed}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.3)
    return by_folded[near[0]] if near else ""


def is_same_model(asked: str, served: str) -> bool:
    """Whether a server's own name for what it ran agrees with what was asked: equal, a dated form of it, or a path."""
    a, b = asked.casefold(), served.casefold()
    return not b or a == b or b.startswith(f"{a}-") or a.rsplit("/", 1)[-1] == b.rsplit("/", 1)[-1]


def said(found: Findings) -> str:
    """The findings in a few lines."""
    one = found.endpoint
    head = f"{one.model_name}  {one.base_url}  {one.model}"
    if found.problem:
        hint = f"\n  did you mean {found.nearest}?" if found.nearest and not found.model_known else ""
        return f"{head}\n  cannot be used: {found.problem}{hint}"
    lines = [head, *(f"  {kind}: {how}" for kind, how in found.task_kinds.items())]
    if found.likelihood_problem:
        lines.append(f"  no log-likelihoods: {found.likelihood_problem}")
    timing = "" if found.latency_s is None else f"a tiny request took {found.latency_s:.2f} s"
    lines.append(f"  {timing}; {'time to first token is measured' if found.streams else 'no streaming'}")
    return "\n".join([*lines, *(f"  note: {warning}" for warning in found.warnings)])
