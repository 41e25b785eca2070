"""Which addresses are called, and which spellings of the inside of a network are not."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx2
import pytest

from evals.endpoints.address import BadAddress, allowed_addresses, clean_url, is_public
from evals.endpoints.entry import Endpoint
from evals.endpoints.replies import EndpointRefused
from evals.engines.endpoint_check import check
from evals.engines.endpoint_http import Client
from tests.evals.endpoints.stub import Stub, served, text_answer


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/v1", "gopher://host", "localhost:8000/v1", "//host"])
def test_row_58_only_http_is_called(url: str) -> None:
    with pytest.raises(BadAddress, match="only http:// and https:// are called"):
        clean_url(url)


@pytest.mark.parametrize(
    "url", ["https://user:pw@host/v1", "https://sk-abcdef123456@host/v1", "http://h/v1?key=sk-abcdef123456", "http://h/#k"]
)
def test_row_60_a_key_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadAddress, match="environment variable") as raised:
        clean_url(url)
    assert not any(secret in str(raised.value) for secret in ("pw", "sk-abcdef"))


def test_routes_are_taken_off_the_url() -> None:
    assert clean_url("http://localhost:8000/v1/chat/completions/") == "http://localhost:8000/v1"
    assert clean_url("HTTPS://api.openai.com/v1/") == "https://api.openai.com/v1"


INSIDE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0.0.0.0", "169.254.169.254",
    "2852039166", "0xa9fea9fe", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::]", "10.0.0.8",
    "192.168.1.1", "172.16.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_row_59_the_inside_of_the_network_is_refused_to_a_team(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_TEAM", "on")
    one = Endpoint(name="x", base_url=f"http://{host}:9/v1", model="m")
    found = check(one)
    assert not found.works and not found.reachable
    assert "BITBUDGET_TEAM=on only public endpoints are called" in found.problem


def test_public_addresses_are_told_from_all_others() -> None:
    assert is_public("8.8.8.8") and is_public("2606:4700:4700::1111") and is_public("::ffff:8.8.8.8")
    assert not any(map(is_public, ("224.0.0.1", "ff02::1", "198.18.0.1", "192.0.2.1", "255.255.255.255")))


def test_on_ones_own_machine_loopback_is_called() -> None:
    assert allowed_addresses("127.1", 80) == ["127.0.0.1"]


def test_a_name_that_changes_after_the_check_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first look-up says 8.8.8.8, all later ones 127.0.0.1. Where is the connection made?"""
    monkeypatch.setenv("BITBUDGET_TEAM", "on")
    answers = iter(["8.8.8.8"])

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), port))]

    connected: list[tuple[str, str, Any]] = []

    async def connect(_: Any, request: httpx2.Request) -> httpx2.Response:
        connected.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        return httpx2.Response(200, json={"data": []}, request=request)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", connect)

    async def twice() -> None:
        async with Client(Endpoint(name="x", base_url="https://models.example/v1", model="m")) as client:
            await client.listed()
            with pytest.raises(EndpointRefused, match=r"'models.example' is 127.0.0.1, an address inside"):
                await client.listed()

    asyncio.run(twice())
    assert connected == [("8.8.8.8", "models.example", "models.example")]


def test_a_redirect_to_the_inside_is_not_followed() -> None:
    with served(Stub(text_answer(str))) as stub:
        stub.faults = [(307, {"Location": "http://169.254.169.254/latest"}, "")] * 9
        found = check(Endpoint(name="x", base_url=stub.url, model="tiny"))
    assert "redirects to http://169.254.169.254/latest; redirects are not followed" in found.problem
    assert len(stub.asked) <= 2  # one try a route
