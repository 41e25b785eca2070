"""What is asked of a server, for each of lm-eval's kinds of request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.endpoints.entry import Endpoint, Kind
from evals.endpoints.forms import chat_history
from evals.endpoints.replies import RequestRefused

ROUTES: dict[Kind, str] = {"completions": "/completions", "chat": "/chat/completions"}
MOST_STOPS = 4  # as the OpenAI interface allows
SEED = 1234


def generation(endpoint: Endpoint, prompt: str, limit: int, stops: Sequence[str]) -> dict[str, Any]:
    """A text of at most ``limit`` tokens, the likeliest token each time where the server lets itself be told.

    A chat model often begins with a line break, so stop strings of white space alone are left to the reader of the
    answer.
    """
    chat = endpoint.kind == "chat"
    sent = [stop for stop in stops if stop.strip() or (stop and not chat)][:MOST_STOPS]
    payload: dict[str, Any] = {"model": endpoint.model, "temperature": 0, "seed": SEED}
    messages = chat_history(prompt) or [{"role": "user", "content": prompt}]
    payload |= {"messages": messages} if chat else {"prompt": prompt}
    payload |= {"stop": sent} if sent else {}
    payload["max_completion_tokens" if "max_tokens" in endpoint.omits else "max_tokens"] = limit
    if endpoint.streams:
        payload |= {"stream": True, "stream_options": {"include_usage": True}}
    return {name: value for name, value in payload.items() if name not in endpoint.omits}


def echo(endpoint: Endpoint, text: str) -> dict[str, Any]:
    """The log-probability of every token of ``text`` (and one more token, as servers generate at least one)."""
    payload = {"model": endpoint.model, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
    return {name: value for name, value in payload.items() if name not in endpoint.omits}


def next_token(endpoint: Endpoint, prompt: str) -> dict[str, Any]:
    """The likeliest next token with its log-probability."""
    payload = {"model": endpoint.model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "logprobs": 1}
    return {name: value for name, value in payload.items() if name not in endpoint.omits}


def likelihood(body: Mapping[str, Any], context: str, continuation: str) -> tuple[float, bool]:
    """Log-likelihood of the continuation from an echoed reply, and whether each of its tokens was the likeliest.

    A token that lies across the seam counts as part of the continuation. Raises RequestRefused where the reply does
    not hold a log-probability for each token of the text.
    """
    tokens, values, tops = _echoed(body)
    whole = context + continuation
    if not "".join(tokens).startswith(whole) and "".join(tokens[1:]).startswith(whole):  # a start token in front
        tokens, values, tops = tokens[1:], values[1:], tops[1:]
    at, total, greedy, seen = 0, 0.0, True, False
    end = len(whole)
    for token, value, top in zip(tokens, values, tops, strict=True):
        start, at = at, at + len(token)
        if at <= len(context) or start >= end:
            continue
        if value is None:
            raise RequestRefused("the server gave no log-probability for a token of the answer")
        total += value
        greedy = greedy and bool(top) and value >= max(top.values()) - 1e-6
        seen = True
    if not seen or at < end or not "".join(tokens).startswith(whole):
        raise RequestRefused("the server did not echo the prompt it was given")
    return total, greedy


def _echoed(body: Mapping[str, Any]) -> tuple[list[str], list[float | None], list[dict[str, float]]]:
    try:
        found = body["choices"][0]["logprobs"]
        tokens, values = list(found["tokens"]), list(found["token_logprobs"])
        tops = [top or {} for top in (found.get("top_logprobs") or [{}] * len(tokens))]
    except (KeyError, IndexError, TypeError) as error:
        raise RequestRefused("the server gives no log-probabilities of the prompt") from error
    if not len(tokens) == len(values) == len(tops):
        raise RequestRefused("the server gives another number of log-probabilities than of tokens")
    return tokens, values, tops
