"""Find out what an endpoint can do by asking it: reachable, which model, which routes, whether its scores are right."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from evals.endpoints.address import BadAddress, allowed_addresses, team_mode
from evals.endpoints.entry import OPTIONAL_FIELDS, Endpoint, Kind
from evals.endpoints.findings import Findings, is_same_model, nearest_model
from evals.endpoints.keys import NoKey
from evals.endpoints.replies import EndpointError, EndpointRefused, Reply, RequestFailed, RequestRefused
from evals.engines.endpoint_http import Client
from evals.engines.endpoint_requests import ROUTES, echo, generation, likelihood, next_token

PROMPT = "Question: What is the capital of France?\nAnswer:"
PROBES = (PROMPT, "One, two, three,")
STOPS = ["\n\n", "Question:"]
TINY = 16  # tokens: enough for models that think first to say anything at all
AGREES = 0.1  # natural log: the same server gives the same token these close values in two ways
HERE = ("localhost", "127.0.0.1", "::1")
SHOWN = 50
ATTEMPTS = 2


def check(endpoint: Endpoint, kind: Kind | None = None) -> Findings:
    """A few tiny requests. ``kind`` None lets the check choose the route. Nothing is raised for a server's faults."""
    return asyncio.run(_check(endpoint, kind))


async def _check(endpoint: Endpoint, kind: Kind | None) -> Findings:
    bare = replace(endpoint, multiple_choice="generative", streams=False, omits=())
    found = Findings(endpoint=bare, reachable=False)
    try:
        if team_mode():
            await asyncio.to_thread(allowed_addresses, urlsplit(bare.base_url).hostname or "", 0)
        async with Client(bare, attempts=ATTEMPTS) as client:
            found = await _models(client, found)
            return await _routes(client, found, kind)
    except (EndpointError, BadAddress, NoKey) as error:
        return replace(found, problem=str(error))


async def _models(client: Client, found: Findings) -> Findings:
    try:
        body = await client.listed()
    except (RequestRefused, EndpointRefused) as error:
        if "HTTP 404" in str(error) or "HTTP 405" in str(error):  # some servers list nothing and work all the same
            return replace(found, reachable=True)
        raise
    entries = body.get("data") if isinstance(body.get("data"), list) else []
    names = [str(entry["id"]) for entry in entries or [] if isinstance(entry, dict) and "id" in entry]
    if not names:
        return replace(found, reachable=True)
    asked = found.endpoint.model
    known = asked in names or f"models/{asked}" in names
    near = "" if known else nearest_model(asked, names)
    return replace(found, reachable=True, model_known=known, nearest=near, models=tuple(names[:SHOWN]))


async def _routes(client: Client, found: Findings, kind: Kind | None) -> Findings:
    worked: dict[Kind, tuple[Endpoint, Reply]] = {}
    troubles: dict[Kind, EndpointError] = {}
    for route in ROUTES:
        try:
            worked[route] = await _tiny(client, replace(found.endpoint, kind=route))
        except EndpointRefused as error:
            troubles[route] = error
            if any(status in str(error) for status in ("HTTP 401", "HTTP 403", "HTTP 429")):
                break
        except (RequestRefused, RequestFailed) as error:
            troubles[route] = error
    likelihood_problem = await _likelihood_problem(client, worked)
    proven = not likelihood_problem
    picked: Kind = kind or ("completions" if proven or "chat" not in worked else "chat")
    found = replace(
        found,
        completions="completions" in worked,
        chat="chat" in worked,
        prompt_logprobs=proven,
        likelihood_problem=likelihood_problem
        or ("" if picked == "completions" else "it is asked over chat; --kind completions has them"),
    )
    if picked not in worked:
        why = troubles.get(picked) or next(iter(troubles.values()))
        hint = f" Its models: {', '.join(found.models[:5])}." if found.model_known is False and found.models else ""
        return replace(found, problem=f"{why}{hint}")
    entry, reply = worked[picked]
    if proven and picked == "completions":
        entry = replace(entry, multiple_choice="likelihood")
    streamed = await _streamed(client, entry)
    warnings = list(_warnings(found, reply))
    return replace(
        found,
        endpoint=replace(entry, streams=streamed is not None),
        streams=streamed is not None,
        served_model=reply.served_model,
        counts_tokens=(streamed or reply).output_tokens is not None,
        latency_s=reply.e2e_s,
        warnings=tuple(warnings),
    )


def _warnings(found: Findings, reply: Reply) -> list[str]:
    one, said = found.endpoint, []
    if found.model_known is False:
        near = f"; did you mean {found.nearest}?" if found.nearest else ""
        said.append(f"its list of models has no {one.model!r}, and yet it answered{near}")
    if not is_same_model(one.model, reply.served_model):
        said.append(f"asked for {one.model!r}, it says that {reply.served_model!r} answered: scores are of that model")
    if one.base_url.startswith("http://") and one.key_env and urlsplit(one.base_url).hostname not in HERE:
        said.append("the key travels unencrypted: use https:// beyond your own machine")
    return said


async def _tiny(client: Client, endpoint: Endpoint) -> tuple[Endpoint, Reply]:
    """One generated answer; fields that the server refuses by name are left out from then on."""
    while True:
        try:
            return endpoint, await client.send(ROUTES[endpoint.kind], generation(endpoint, PROMPT, TINY, STOPS))
        except RequestRefused as error:
            named = [name for name in OPTIONAL_FIELDS if name in str(error) and name not in endpoint.omits]
            if not named:
                raise
            endpoint = replace(endpoint, omits=(*endpoint.omits, named[0]))


async def _streamed(client: Client, endpoint: Endpoint) -> Reply | None:
    """A streamed answer with the time of its first token; None where the server gives none."""
    entry = replace(endpoint, streams=True)
    try:
        reply = await client.send(ROUTES[entry.kind], generation(entry, PROMPT, TINY, STOPS))
    except EndpointError:
        return None
    return reply if reply.ttft_s is not None else None


async def _likelihood_problem(client: Client, worked: Mapping[Kind, tuple[Endpoint, Reply]]) -> str:
    """Why echoed log-probabilities cannot be used, "" if they are there and right.

    The likeliest next token is asked for, then the same token is scored as part of the prompt: both values must agree.
    Servers that shift the echoed values by one position answer without any error.
    """
    if "completions" not in worked:
        return "it has no /completions"
    endpoint = worked["completions"][0]
    for prompt in PROBES:
        try:
            body = (await client.send("/completions", next_token(endpoint, prompt))).body
            token, value = _first_token(body)
            echoed = (await client.send("/completions", echo(endpoint, prompt + token))).body
            again, greedy = likelihood(echoed, prompt, token)
        except EndpointError as error:
            return str(error)
        if abs(again - value) > AGREES or not greedy:
            return (
                f"it scores the same token {value:.2f} when it writes it and {again:.2f} when it reads it, so its "
                "prompt log-probabilities are wrong"
            )
    return ""


def _first_token(body: Mapping[str, Any]) -> tuple[str, float]:
    try:
        found = body["choices"][0]["logprobs"]
        token, value = str(found["tokens"][0]), float(found["token_logprobs"][0])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RequestRefused("the server gives no log-probabilities") from error
    if not token:
        raise RequestRefused("the server ends where it should go on, so nothing can be compared")
    return token, value
