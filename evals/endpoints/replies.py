"""Replies of an OpenAI-compatible server, and the names of what can go wrong instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from evals.endpoints.keys import redacted

TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
LONGEST_WAIT_S = 120.0
SAID = 300  # characters of a server's own words


class EndpointError(RuntimeError):
    """A request that got no usable answer; the message is for the user."""


class EndpointRefused(EndpointError):
    """No request of this kind will ever be answered: a wrong key, address or model. The run stops."""


class RequestRefused(EndpointError):
    """This one request is not accepted (a prompt too long, a field not known); others may be."""


class RequestFailed(EndpointError):
    """Something passed between here and there, which may go better the next time. ``wait_s``: as the server asked."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a server answered. Times are from sending the request; ``ttft_s`` is None unless it was streamed.

    Tokens are as the server counts them, None if it does not. ``body`` is its JSON, {} if streamed.
    """

    text: str
    e2e_s: float
    ttft_s: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    served_model: str = ""
    attempts: int = 1
    body: Mapping[str, Any]


def trouble(status: int, headers: Mapping[str, str], body: str, whose: str, key: str, now: float) -> EndpointError:
    """The named error behind a status other than 200; ``now`` is the time of day in s, for dates in Retry-After."""
    said = message_of(body, key)
    words = f": {said}" if said else ""
    wait_s = retry_after_s(headers.get("retry-after", ""), now)
    if 300 <= status < 400:
        target = redacted(headers.get("location", "elsewhere"), key).split("?")[0]
        return EndpointRefused(f"{whose} redirects to {target}; redirects are not followed, give the final URL")
    if status == 429:
        if "insufficient_quota" in body or "billing" in said.casefold():
            return EndpointRefused(f"{whose} says the account has no credit left (HTTP 429){words}")
        if wait_s is not None and wait_s > LONGEST_WAIT_S:
            return EndpointRefused(
                f"{whose} asks to wait {wait_s:.0f} s (HTTP 429){words}; lower its concurrency and resume the run later"
            )
        return RequestFailed(f"{whose} had too many requests (HTTP 429){words}", wait_s)
    if status in TRY_AGAIN:
        return RequestFailed(f"{whose} failed (HTTP {status}){words}", wait_s)
    if status == 401:
        return EndpointRefused(f"{whose} does not accept the key (HTTP 401){words}; check the variable in key_env")
    if status == 403:
        return EndpointRefused(f"{whose} does not let this key use the model (HTTP 403){words}")
    if status in (404, 405):
        what = "the model" if "model" in said.casefold() else "this address or the model"
        return EndpointRefused(f"{whose} does not know {what} (HTTP {status}){words}; check URL and model name")
    return RequestRefused(f"{whose} refused the request (HTTP {status}){words}")


def message_of(body: str, key: str) -> str:
    """What the server says went wrong, in one line, without keys; "" for a web page."""
    text = body.strip()
    try:
        found = json.loads(text)
    except ValueError:
        return "" if is_page(text) else _line(text, key)
    if isinstance(found, dict):
        inner = found.get("error", found.get("detail", found.get("message", "")))
        found = inner.get("message", inner) if isinstance(inner, dict) else inner
    return _line(found if isinstance(found, str) else json.dumps(found), key)


def is_page(text: str) -> bool:
    """Whether a body is HTML."""
    return text.lstrip()[:15].casefold().startswith(("<!doctype", "<html", "<head", "<body"))


def retry_after_s(value: str, now: float) -> float | None:
    """Seconds from a Retry-After header, given as seconds or as a date; None if it cannot be read."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def parsed(body: str, whose: str) -> dict[str, Any]:
    """The JSON object of a reply; a page or broken text is named."""
    if is_page(body):
        raise EndpointRefused(f"{whose} answered with a web page, not JSON; check the URL, which often ends in /v1")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestFailed(f"{whose} answered with broken JSON") from error
    if not isinstance(found, dict):
        raise RequestFailed(f"{whose} answered with JSON that is no object")
    if "error" in found and "choices" not in found and "data" not in found:
        raise RequestFailed(f"{whose} answered with an error in place of a result: {message_of(body, '')}")
    return found


def text_of(body: Mapping[str, Any], whose: str) -> str:
    """The generated text of a completion or chat completion, or of one streamed piece of it."""
    try:
        choice = body["choices"][0]
        for field in ("delta", "message"):
            if field in choice:
                return str((choice[field] or {}).get("content") or "")
        return str(choice.get("text") or "")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise RequestFailed(f"{whose} answered without choices") from error


def usage_of(body: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Prompt and output tokens as the server counts them."""
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return None, None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    prompt, output = (n if isinstance(n, int) and n >= 0 else None for n in counts)
    return prompt, output


def _line(text: str, key: str) -> str:
    return " ".join(redacted(text, key).split())[:SAID]
