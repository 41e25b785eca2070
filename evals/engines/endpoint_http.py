"""Requests to an OpenAI-compatible server: several at a time, each with a deadline, tried again where that may help."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx2

from evals.endpoints.address import BadAddress, allowed_addresses, team_mode
from evals.endpoints.entry import Endpoint
from evals.endpoints.keys import key_of
from evals.endpoints.replies import (
    EndpointRefused,
    Reply,
    RequestFailed,
    parsed,
    text_of,
    trouble,
    usage_of,
)

MOST_ATTEMPTS = 5
FIRST_WAIT_S = 0.5
CONNECT_S = 10.0
MOST_BYTES = 8 << 20
for library in ("httpx2", "httpcore2"):
    logging.getLogger(library).setLevel(logging.WARNING)


class Client:
    """One endpoint, for the length of an ``async with``. ``waits`` scales the pauses between attempts."""

    def __init__(self, endpoint: Endpoint, *, attempts: int = MOST_ATTEMPTS, waits: float = 1.0) -> None:
        self._endpoint, self._attempts, self._waits = endpoint, attempts, waits
        self._key = key_of(endpoint)
        self._whose = f"endpoint {endpoint.name!r}"
        self._not_before = 0.0  # monotonic: a server that asks one request to wait asks all of them
        self._http = httpx2.AsyncClient(
            transport=_CheckedTransport() if team_mode() else None,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx2.Timeout(endpoint.timeout_s, connect=min(CONNECT_S, endpoint.timeout_s)),
            limits=httpx2.Limits(max_connections=endpoint.concurrency + 1),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def listed(self) -> dict[str, Any]:
        """The server's list of models."""
        return dict((await self._repeated("GET", "/models", None)).body)

    async def send(self, route: str, payload: Mapping[str, Any]) -> Reply:
        """One answered request. Raises an EndpointError that says what went wrong, after the last attempt."""
        return await self._repeated("POST", route, payload)

    async def _repeated(self, method: str, route: str, payload: Mapping[str, Any] | None) -> Reply:
        for attempt in range(1, self._attempts + 1):
            await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
            try:
                return await self._once(method, route, payload, attempt)
            except RequestFailed as error:
                if attempt == self._attempts:
                    tries = f", after {attempt} attempts" if attempt > 1 else ""
                    raise RequestFailed(f"{error}{tries}") from error
                wait_s = self._waits * FIRST_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
                if error.wait_s is not None:
                    wait_s = error.wait_s + wait_s * 0.2  # no sooner than asked, and not all at once
                    self._not_before = time.monotonic() + error.wait_s
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, method: str, route: str, payload: Mapping[str, Any] | None, attempt: int) -> Reply:
        limit = self._endpoint.timeout_s
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(method, route, payload, attempt)
        except (TimeoutError, httpx2.TimeoutException) as error:
            what = "took no connection" if isinstance(error, httpx2.ConnectTimeout) else "did not finish its answer"
            raise RequestFailed(f"{self._whose} {what} within {limit:g} s") from error
        except httpx2.ConnectError as error:
            raise RequestFailed(f"{self._whose} is not reachable at {self._endpoint.base_url} ({error})") from error
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            raise RequestFailed(f"{self._whose} broke the connection off ({error or type(error).__name__})") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, BadAddress) as error:
            raise EndpointRefused(str(error)) from error
        except httpx2.HTTPError as error:
            raise RequestFailed(f"{self._whose} answered what HTTP does not allow ({type(error).__name__})") from error

    async def _exchange(self, method: str, route: str, payload: Mapping[str, Any] | None, attempt: int) -> Reply:
        started = time.perf_counter()
        url = self._endpoint.base_url + route
        content = None if payload is None else json.dumps(payload).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        async with self._http.stream(method, url, content=content, headers=headers) as response:
            if response.status_code != 200:
                body = (await _read(response, 1 << 16)).decode("utf-8", "replace")
                raise trouble(response.status_code, response.headers, body, self._whose, self._key, time.time())
            if "text/event-stream" in response.headers.get("content-type", ""):
                return await self._streamed(response, started, attempt)
            body = (await _read(response, MOST_BYTES)).decode("utf-8", "replace")
        took = time.perf_counter() - started
        found = parsed(body, self._whose)
        prompt, output = usage_of(found)
        return Reply(
            text=text_of(found, self._whose) if payload is not None else "",
            e2e_s=took,
            prompt_tokens=prompt,
            output_tokens=output,
            served_model=str(found.get("model") or ""),
            attempts=attempt,
            body=found,
        )

    async def _streamed(self, response: httpx2.Response, started: float, attempt: int) -> Reply:
        pieces: list[str] = []
        first: float | None = None
        prompt = output = None
        model, ended = "", False
        async for event in httpx2.EventSource(response):
            if event.data.strip() == "[DONE]":
                ended = True
                break
            piece = parsed(event.data, self._whose)
            model = str(piece.get("model") or model)
            if isinstance(piece.get("usage"), dict):
                prompt, output = usage_of(piece)
            if not piece.get("choices"):
                continue
            text = text_of(piece, self._whose)
            ended = ended or piece["choices"][0].get("finish_reason") is not None
            if text:
                first = first or time.perf_counter()
                pieces.append(text)
        if not ended:
            raise RequestFailed(f"{self._whose} broke its answer off")
        finished = time.perf_counter()
        return Reply(
            text="".join(pieces),
            e2e_s=finished - started,
            ttft_s=first - started if first else None,
            prompt_tokens=prompt,
            output_tokens=output,
            served_model=model,
            attempts=attempt,
            body={},
        )


class _CheckedTransport(httpx2.AsyncHTTPTransport):
    """Connects to the address that was checked, so that a name which changes in between leads nowhere else."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = (await asyncio.to_thread(allowed_addresses, host, port))[0]
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # the Host header still holds the name
        return await super().handle_async_request(request)


async def _read(response: httpx2.Response, most: int) -> bytes:
    kept = bytearray()
    async for chunk in response.aiter_bytes():
        kept += chunk
        if len(kept) > most:
            raise RequestFailed(f"the answer is longer than {most >> 10} KiB")
    return bytes(kept)
