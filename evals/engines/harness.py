"""lm-eval, item by item: its tasks, its ``HFLM``, its requests; each result handed over as soon as it exists."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lm_eval.api.instance import Instance

from evals.engines.harness_tasks import lm_task, too_long
from evals.engines.lm_eval_code import program_of
from evals.engines.loaded import LoadedVariant
from evals.sandbox import NotScored
from evals.statistics.agreement import Draws
from evals.statistics.confidence import choice_confidence, generation_confidence
from evals.tasks import Task, items

log = logging.getLogger("evals.engines.harness")
logging.getLogger("lm_eval").setLevel(logging.ERROR)
BATCH_SIZE = 128


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """One scored item: its index in the task, every metric and confidence, and what the model answered."""

    index: int
    metrics: dict[str, float]
    output: str


Accept = Callable[[ItemResult], None]


class Harness:
    """One loaded variant under lm-eval: a torch model in its ``HFLM``, or the ``LM`` that the variant brings."""

    def __init__(self, variant: LoadedVariant, batch_size: int = BATCH_SIZE) -> None:
        self._form = variant.form
        self._in_torch = variant.model is not None
        self._lm = _answering(variant, batch_size) if self._in_torch else variant.lm

    @property
    def trouble(self) -> str:
        """Why some items got no answer, as far as the engine knows; "" if it does not say."""
        return str(getattr(self._lm, "trouble", ""))

    def run(self, task: Task, indices: Sequence[int], accept: Accept, draws: Draws | None = None) -> list[int]:
        """Evaluate these items; ``accept`` is called for each as it is scored and may raise to stop.

        ``draws`` adds self-consistency to written answers where the engine can draw any; others are asked once.
        Returns the items left out because they are longer than the model's context.
        """
        if draws is None or task.output_type != "generate_until" or not self._in_torch:
            return self._answered(task, indices, accept)
        left_out, ordered = [], sorted(set(indices))
        for start in range(0, len(ordered), BATCH_SIZE):  # what is drawn is handed over before more is asked
            left_out += self._answered(task, ordered[start : start + BATCH_SIZE], accept, draws)
        return left_out

    def _answered(self, task: Task, indices: Sequence[int], accept: Accept, draws: Draws | None = None) -> list[int]:
        if not indices:
            return []
        asked = lm_task(task)
        if self._form:
            asked = self._form(asked, task.metric)
        ordered = sorted(set(indices))  # lm-eval numbers the documents it picks in the order of the data set
        asked.build_all_requests(samples=ordered, rank=0, world_size=1, **self._chat(task))
        long = set() if task.shipped else too_long(self._lm, asked.instances)
        instances = [instance for instance in asked.instances if instance.doc_id not in long]
        logprobs: deque[list[float]] = getattr(self._lm, "answer_logprobs", deque())  # an engine may not tell
        logprobs.clear()
        greedy: list[ItemResult] = []
        collector = _Collector(asked, instances, ordered, greedy.append if draws else accept, logprobs)
        self._lm.set_cache_hook(collector)
        try:
            for kind, requests in _by_kind(instances).items():
                responses = getattr(self._lm, kind)(requests, disable_tqdm=True)
                for request, response in zip(requests, responses, strict=True):
                    # an engine that hands over nothing before it is done; None: no answer, so nothing was learnt
                    if not request.resps and response is not None:
                        collector.add_partial(kind, request.args, response)
        finally:
            self._lm.set_cache_hook(_NoHook())
        if draws:
            from evals.engines.drawing import self_consistency

            listed = items(task.config["metadata"]["items"])
            requests_of = {ordered[instance.doc_id]: instance for instance in instances}
            for result in greedy:
                at, said = result.index, result.output
                more = self_consistency(
                    self._lm, asked, requests_of[at], listed[at]["id"], said, task.metric, draws
                )
                accept(replace(result, metrics=result.metrics | more))
        return sorted(ordered[doc_id] for doc_id in long)

    def _chat(self, task: Task) -> dict[str, Any]:
        """What asks lm-eval to put the model's chat template around prompts, nothing if the task wants none."""
        if not task.chat_template:
            return {}
        tokenizer = getattr(self._lm, "tokenizer", self)
        if not getattr(tokenizer, "chat_template", True) or not hasattr(self._lm, "apply_chat_template"):
            raise ValueError(
                f"task {task.name} wants the model's chat template and this model has none; "
                "make the task without it, or choose a chat model"
            )
        return {
            "apply_chat_template": True,
            "fewshot_as_multiturn": True,
            "chat_template": self._lm.apply_chat_template,
            "tokenizer_name": getattr(self._lm, "tokenizer_name", ""),
        }


class _NoHook:
    def add_partial(
        self, attr: str, request: tuple[Any, ...], response: Any, facts: Mapping[str, float] | None = None
    ) -> None:
        pass


class _Collector:
    """Stands where lm-eval's cache would: sees every response as it is made, and scores an item once all are there.

    lm-eval's own cache is never used: its key ignores the model. ``facts`` of a request (its time, its tokens) are
    summed over an item and kept beside its metrics.
    """

    def __init__(
        self,
        lm_task: Any,
        instances: Sequence[Instance],
        indices: list[int],
        accept: Callable[[ItemResult], None],
        answer_logprobs: deque[list[float]],
    ) -> None:
        self._task, self._indices, self._accept = lm_task, indices, accept
        self._answer_logprobs = answer_logprobs
        self._logprobs: dict[int, list[float]] = defaultdict(list)
        self._waiting: dict[str, list[Instance]] = defaultdict(list)
        self._by_doc: dict[int, list[Instance]] = defaultdict(list)
        self._facts: dict[int, Counter[str]] = defaultdict(Counter)
        for instance in instances:
            self._waiting[_request_key(instance.args)].append(instance)
            self._by_doc[instance.doc_id].append(instance)

    def add_partial(
        self, attr: str, request: tuple[Any, ...], response: Any, facts: Mapping[str, float] | None = None
    ) -> None:
        instance = self._waiting[_request_key(request)].pop(0)
        instance.resps.append(response)
        self._facts[instance.doc_id].update(facts or {})
        if attr == "generate_until" and self._answer_logprobs:
            self._logprobs[instance.doc_id] += self._answer_logprobs.popleft()
        siblings = self._by_doc[instance.doc_id]
        if all(sibling.resps for sibling in siblings):
            try:
                scored = self._scored(instance.doc_id, siblings)
            except NotScored as trouble:
                log.warning("left out for now: %s", trouble)
            else:
                self._accept(scored)

    def _scored(self, doc_id: int, instances: list[Instance]) -> ItemResult:
        instances.sort(key=lambda instance: instance.idx)
        for ensemble in self._task._filters:
            ensemble.apply(instances)
        key = next(iter(instances[0].filtered_resps))
        responses = [instance.filtered_resps[key] for instance in instances]
        metrics = self._task.process_results(instances[0].doc, responses)
        return ItemResult(
            index=self._indices[doc_id],
            metrics={name: float(value) for name, value in {**metrics, **self._facts[doc_id]}.items()}
            | self._confidence(doc_id, responses),
            output=_answer(self._task, instances, responses),
        )

    def _confidence(self, doc_id: int, responses: list[Any]) -> dict[str, float]:
        if self._task.OUTPUT_TYPE == "multiple_choice":
            return choice_confidence([float(likelihood) for likelihood, _ in responses])
        return generation_confidence(self._logprobs.pop(doc_id, []))


def _answer(lm_task: Any, instances: list[Instance], responses: list[Any]) -> str:
    """Generated text, or the likeliest choice with the log-likelihood of each."""
    if lm_task.OUTPUT_TYPE != "multiple_choice":
        return program_of(responses[0])
    choices = lm_task.doc_to_choice(instances[0].doc)
    likelihoods = [round(float(likelihood), 4) for likelihood, _ in responses]
    best = likelihoods.index(max(likelihoods))
    return json.dumps({"choice": choices[best], "loglikelihoods": dict(zip(choices, likelihoods, strict=True))})


def _request_key(request: tuple[Any, ...]) -> str:
    return json.dumps([str(part) for part in request])


def _by_kind(instances: Sequence[Instance]) -> dict[str, list[Instance]]:
    kinds: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        kinds[instance.request_type].append(instance)
    return kinds


def _answering(variant: LoadedVariant, batch_size: int) -> Any:
    from evals.engines.answering import AnsweringLM

    return AnsweringLM(
        pretrained=variant.model,
        tokenizer=variant.tokenizer,
        batch_size=variant.batch_size or batch_size,
        max_length=int(variant.model.config.max_position_embeddings),
    )
