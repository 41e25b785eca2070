"""Keys: read from the environment when a request is made, and kept out of everything that is written."""

from __future__ import annotations

import os
import re

from evals.endpoints.entry import Endpoint

HIDDEN = "[key removed]"
SHAPES = re.compile(
    r"sk-[A-Za-z0-9_-]{8,}|hf_[A-Za-z0-9]{8,}|AKIA[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{8,}"
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
SHORTEST = 6  # shorter values would be found in ordinary words


class NoKey(ValueError):
    """The environment variable that an endpoint names is not set."""


def key_of(endpoint: Endpoint) -> str:
    """The key, "" if the endpoint needs none."""
    if not endpoint.key_env:
        return ""
    key = os.environ.get(endpoint.key_env, "").strip()
    if not key:
        raise NoKey(
            f"the key of endpoint {endpoint.name!r} is not there: set the environment variable {endpoint.key_env}, or "
            "write it into .streamlit/secrets.toml, and start again"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NoKey(f"{endpoint.key_env} holds characters that no key has; copy it again")
    return key


def redacted(text: str, key: str = "") -> str:
    """The text without the key and without anything shaped like one."""
    if len(key) >= SHORTEST:
        text = text.replace(key, HIDDEN)
    return SHAPES.sub(HIDDEN, text)
