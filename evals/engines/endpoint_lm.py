"""lm-eval over an endpoint: generation anywhere, log-likelihoods where a check proved that they are right."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs

from evals.endpoints.entry import Endpoint
from evals.endpoints.findings import is_same_model
from evals.endpoints.forms import chat_prompt
from evals.endpoints.keys import key_of, redacted
from evals.endpoints.replies import EndpointRefused, Reply, RequestFailed, RequestRefused
from evals.endpoints.spend import CapReached, Meter, Spend, tokens_of
from evals.engines.endpoint_http import Client
from evals.engines.endpoint_requests import ROUTES, echo, generation, likelihood

log = logging.getLogger("evals.engines.endpoint")
DEFAULT_MAX_GEN = 256
GIVE_UP_AFTER = 3  # requests in a row, each after all its attempts, times those under way at once
Answer = tuple[Any, dict[str, float]]


class EndpointLM(LM):
    """A request that fails in the end is left out, never scored as wrong; ``trouble`` says what went wrong."""

    def __init__(self, endpoint: Endpoint, meter: Meter, *, waits: float = 1.0) -> None:
        super().__init__()
        self._endpoint, self._meter, self._waits = endpoint, meter, waits
        self._key = key_of(endpoint)
        self._failed: Counter[str] = Counter()
        self._in_a_row = 0
        self._told_model = ""

    @property
    def trouble(self) -> str:
        """The most frequent reason for requests without an answer."""
        return f"{self._failed.most_common(1)[0][0]}" if self._failed else ""

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[Any]:
        return asyncio.run(self._all("generate_until", requests, self._generated))

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[Any]:
        if self._endpoint.multiple_choice != "likelihood":
            raise EndpointRefused(f"endpoint {self._endpoint.name!r} has no proven log-likelihoods; check it again")
        return asyncio.run(self._all("loglikelihood", requests, self._scored))

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The messages as they are: the server puts its own template around them."""
        if self._endpoint.kind != "chat":
            raise EndpointRefused(
                f"endpoint {self._endpoint.name!r} is asked over completions, and this task wants a chat template; "
                f"python -m evals endpoint check {self._endpoint.name} --kind chat"
            )
        return chat_prompt(chat_history)

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[Any]:
        raise EndpointRefused("perplexity of whole texts is not measured over an endpoint; run the model here")

    async def _all(
        self, kind: str, requests: Sequence[Instance], ask: Callable[[Client, Instance], Awaitable[Answer]]
    ) -> list[Any]:
        """As many at once as the endpoint takes; each answer is handed over as it comes.

        The first error that is no fault of one request ends all; at a cap, what is under way is waited for.
        """
        answers: list[Any] = [None] * len(requests)
        waiting = iter(enumerate(requests))
        caps: list[CapReached] = []

        async def work(client: Client) -> None:
            for index, request in waiting:
                if caps:
                    return
                try:
                    answer = await self._one(client, request, ask)
                except CapReached as error:
                    caps.append(error)
                    return
                if answer is not None:
                    answers[index], facts = answer
                    self.cache_hook.add_partial(kind, request.args, answers[index], facts)

        async with Client(self._endpoint, waits=self._waits) as client:
            tasks = [asyncio.create_task(work(client)) for _ in range(min(self._endpoint.concurrency, len(requests)))]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if caps:
            raise self._meter.stopped(str(caps[0]))
        return answers

    async def _one(
        self, client: Client, request: Instance, ask: Callable[[Client, Instance], Awaitable[Answer]]
    ) -> Answer | None:
        try:
            answer = await ask(client, request)
        except EndpointRefused:
            raise
        except (RequestFailed, RequestRefused) as error:
            log.warning("left out for now: %s", error)
            self._failed[str(error)] += 1
            self._in_a_row += 1
            if self._in_a_row >= GIVE_UP_AFTER * self._endpoint.concurrency:
                raise EndpointRefused(f"{error}; {self._in_a_row} requests in a row got no answer") from error
            return None
        self._in_a_row = 0
        return answer

    async def _generated(self, client: Client, request: Instance) -> Answer:
        context, options = request.args[:2]
        settings = normalize_gen_kwargs(options, DEFAULT_MAX_GEN)
        if settings.get("do_sample"):
            raise EndpointRefused("over an endpoint the likeliest answer is asked for; leave do_sample out of the task")
        limit = int(settings["max_gen_toks"])
        stops = handle_stop_sequences(settings.get("until"), eos=None)
        payload = generation(self._endpoint, context, limit, stops)
        reply = await self._metered(client, ROUTES[self._endpoint.kind], payload, context, limit)
        text = _until(reply.text, stops, strip=self._endpoint.kind == "chat")
        facts = {"request_e2e_s": reply.e2e_s, "request_concurrency": float(self._endpoint.concurrency)}
        if reply.ttft_s is not None:
            facts["request_ttft_s"] = reply.ttft_s
        return redacted(text, self._key), facts | _counted(reply)

    async def _scored(self, client: Client, request: Instance) -> Answer:
        context, continuation = request.args[:2]
        if not context:
            raise RequestRefused("log-likelihoods without a context cannot be asked of an endpoint")
        reply = await self._metered(
            client, "/completions", echo(self._endpoint, context + continuation), context + continuation, 1
        )
        return likelihood(reply.body, context, continuation), _counted(reply)

    async def _metered(self, client: Client, route: str, payload: dict[str, Any], prompt: str, limit: int) -> Reply:
        reserved = self._meter.reserve(prompt, limit)
        spent = Spend(requests=1)
        try:
            reply = await client.send(route, payload)
            prompt_tokens = tokens_of(prompt) if reply.prompt_tokens is None else reply.prompt_tokens
            output_tokens = tokens_of(reply.text) if reply.output_tokens is None else reply.output_tokens
            spent = Spend(requests=reply.attempts, prompt_tokens=prompt_tokens, output_tokens=output_tokens)
        except RequestFailed:  # what was cut off may have been computed, and billed
            spent = Spend(requests=1, prompt_tokens=tokens_of(prompt))
            raise
        finally:
            self._meter.settle(reserved, spent)
        self._look_at_name(reply)
        return reply

    def _look_at_name(self, reply: Reply) -> None:
        name = reply.served_model
        if name and name != self._told_model and not is_same_model(self._endpoint.model, name):
            log.warning("asked for %s, the endpoint says that %s answered", self._endpoint.model, name)
            self._told_model = name


def _counted(reply: Reply) -> dict[str, float]:
    """What is summed over the requests of an item."""
    facts = {"request_attempts": float(reply.attempts)}
    if reply.prompt_tokens is not None:
        facts["request_prompt_tokens"] = float(reply.prompt_tokens)
    if reply.output_tokens is not None:
        facts["request_output_tokens"] = float(reply.output_tokens)
    return facts


def _until(text: str, stops: Sequence[str], *, strip: bool) -> str:
    """Up to the first stop string, as lm-eval cuts generated text."""
    text = text.lstrip() if strip else text
    for stop in stops:
        if stop:
            text = text.split(stop)[0]
    return text
