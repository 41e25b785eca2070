"""A multiple-choice task asked so that the answer is written out, for endpoints without log-likelihoods."""

from __future__ import annotations

from typing import Any

from lm_eval.api.instance import Instance

from evals.endpoints.entry import Kind
from evals.endpoints.forms import asked, chosen

METRICS = ("acc", "acc_norm", "exact_match", "f1", "macro_f1", "mcc")
MOST_TOKENS = 64
LEAST_TOKENS = 16


class WrittenChoice:
    """Stands for an lm-eval task: one generated answer an item in place of a likelihood for each choice.

    The context is lm-eval's own, shots included. An answer that means no choice, or several, is wrong, and counted in
    ``choice_found``.
    """

    OUTPUT_TYPE = "generate_until"

    def __init__(self, lm_task: Any, metric: str, kind: Kind) -> None:
        if metric not in METRICS:
            raise ValueError(
                f"{lm_task.config.task} is scored by {metric}, which needs log-likelihoods; this endpoint gives none"
            )
        self._task, self._metric, self._kind = lm_task, metric, kind
        self.instances: list[Instance] = []

    def build_all_requests(self, **options: Any) -> None:
        self._task.build_all_requests(**options)
        first = {instance.doc_id: instance for instance in reversed(self._task.instances)}
        self.instances = [
            Instance(
                request_type="generate_until",
                doc=instance.doc,
                arguments=self._arguments(instance),
                idx=0,
                metadata=instance.metadata,
            )
            for _, instance in sorted(first.items())
        ]

    def _arguments(self, instance: Instance) -> tuple[str, dict[str, Any]]:
        choices = self._task.doc_to_choice(instance.doc)
        limit = max(LEAST_TOKENS, min(MOST_TOKENS, max(map(len, choices))))
        stops = ["\n"] if self._kind == "completions" else []
        context = asked(instance.args[0], choices, self._kind)
        return context, {"until": stops, "max_gen_toks": limit, "do_sample": False}

    @property
    def _filters(self) -> list[Any]:
        return list(self._task._filters)

    def process_results(self, doc: dict[str, Any], results: list[str]) -> dict[str, float]:
        found = chosen(results[0], self._task.doc_to_choice(doc), self._kind)
        right = found is not None and found in self._right(doc)
        return {self._metric: float(right), "choice_found": float(found is not None)}

    def _right(self, doc: dict[str, Any]) -> list[int]:
        """Indices of the right choices: a task names them by index, as text of one, or by several."""
        target = self._task.doc_to_target(doc)
        choices = [choice.strip() for choice in self._task.doc_to_choice(doc)]
        named = target if isinstance(target, list) else [target]
        return [choices.index(t.strip()) if str(t).strip() in choices else int(t) for t in map(str, named)]
