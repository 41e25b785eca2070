"""Which addresses an endpoint may have. With ``BITBUDGET_TEAM=on`` only public ones, whatever they are spelled like."""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit

ROUTES = ("/chat/completions", "/completions", "/models")
SAFE_SCHEMES = ("http", "https")


class BadAddress(ValueError):
    """A URL that is not called; the message says why and what to give instead."""


def team_mode() -> bool:
    """Whether several people share this server, so that its own network must stay out of their reach."""
    return os.environ.get("BITBUDGET_TEAM", "").lower() in ("on", "1", "yes", "true")


def clean_url(url: str) -> str:
    """The base URL without route and trailing slash, e.g. ``https://api.openai.com/v1``.

    Raises BadAddress without repeating what may be a key.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress("the URL of the endpoint cannot be read; give one such as http://localhost:8000/v1") from error
    if parts.scheme.lower() not in SAFE_SCHEMES:
        raise BadAddress(
            f"the URL of the endpoint starts with {parts.scheme or 'nothing'!r}; only http:// and https:// are called"
        )
    if not host:
        raise BadAddress("the URL of the endpoint names no host; give one such as http://localhost:8000/v1")
    if "@" in parts.netloc:
        raise BadAddress(
            "the URL of the endpoint carries a name or password before @; take it out, put the key into an environment "
            "variable and name that variable as key_env"
        )
    if parts.query or parts.fragment:
        raise BadAddress(
            "the URL of the endpoint has a part after ? or #, where keys leak into logs; take it out, put the key into "
            "an environment variable and name that variable as key_env"
        )
    path = parts.path.rstrip("/")
    for route in ROUTES:
        path = path.removesuffix(route)
    return f"{parts.scheme.lower()}://{parts.netloc}{path}"


def allowed_addresses(host: str, port: int) -> list[str]:
    """IP addresses of the host, looked up once: connect to these, not to the name.

    In team mode raises BadAddress if any of them is not public: loopback, private, link-local (cloud metadata),
    reserved, or an IPv6 spelling of such an IPv4 address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAddress(f"no address is known for host {host!r}; check the URL of the endpoint") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if team_mode() and (inside := [a for a in addresses if not is_public(a)]):
        raise BadAddress(
            f"host {host!r} is {inside[0]}, an address inside this network; with BITBUDGET_TEAM=on only public "
            "endpoints are called"
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is globally reachable; IPv4 addresses wrapped in IPv6 are judged as what they wrap."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if wrapped is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is not None:
            return wrapped.is_global and not wrapped.is_multicast
    return ip.is_global and not ip.is_multicast
