"""The endpoints of ``BITBUDGET_HOME/endpoints.yaml``."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from data.files import write_atomically
from evals.endpoints.entry import Endpoint
from evals.home import home
from evals.names import UnknownName, known

FILE = "endpoints.yaml"
MOST_BYTES = 64 * 1024
HEAD = "# Endpoints by name. Keys are never written here: key_env names the environment variable that holds one.\n"
LOCAL_URLS = {
    "vLLM": "http://localhost:8000/v1",
    "SGLang": "http://localhost:30000/v1",
    "llama.cpp": "http://localhost:8080/v1",
    "Ollama": "http://localhost:11434/v1",
    "LM Studio": "http://localhost:1234/v1",
    "Jan": "http://localhost:1337/v1",
    "TGI": "http://localhost:3000/v1",
}
SELLERS = {
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
}


def endpoints() -> dict[str, Endpoint]:
    """All endpoints by name; ValueError names the entry and field that is wrong."""
    return {name: _entry(name, given) for name, given in _raw().items()}


def endpoint(name: str) -> Endpoint:
    """One endpoint; an unknown name is answered with the nearest."""
    raw = _raw()
    if not raw:
        raise UnknownName(
            f"no endpoint {name!r}: none is defined yet; python -m evals endpoint add {name} --url URL --model MODEL"
        )
    found = known("endpoint", name, raw)
    return _entry(found, raw[found])


def save(one: Endpoint) -> None:
    """Add the endpoint or replace the one of its name; the others stay as they are."""
    raw = _raw()
    raw[one.name] = {
        f.name: list(value) if isinstance(value := getattr(one, f.name), tuple) else value
        for f in fields(one)
        if f.name != "name" and (f.default is MISSING or getattr(one, f.name) != f.default)
    }
    _write(raw)


def remove(name: str) -> None:
    """Forget an endpoint; what was measured with it stays."""
    raw = _raw()
    del raw[known("endpoint", name, raw)]
    _write(raw)


def _path() -> Path:
    return home() / FILE


def _raw() -> dict[str, dict[str, Any]]:
    path = _path()
    if not path.exists():
        return {}
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{FILE} is larger than {MOST_BYTES // 1024} KiB; remove endpoints that are not used")
    text = path.read_text(encoding="utf-8")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise ValueError(f"{FILE} uses a YAML alias (*name); write each endpoint out")
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "its content"
        raise ValueError(f"{FILE} in BITBUDGET_HOME cannot be read ({where}); correct it or move it away") from error
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise ValueError(f"{FILE} in BITBUDGET_HOME must hold one block of fields for each endpoint name")
    return {str(name): entry for name, entry in found.items()}


def _entry(name: str, given: dict[str, Any]) -> Endpoint:
    valid = [f.name for f in fields(Endpoint) if f.name != "name"]
    for field in given:
        if field not in valid:
            raise ValueError(f"endpoint {name!r} in {FILE} has a field {field!r}; expected some of {', '.join(valid)}")
    for field in ("base_url", "model"):
        if not isinstance(given.get(field), str):
            raise ValueError(f"endpoint {name!r} in {FILE} lacks {field}")
    values = {**given, "omits": tuple(given.get("omits", ()))}
    try:
        return Endpoint(name=name, **values)
    except TypeError as error:
        raise ValueError(f"endpoint {name!r} in {FILE} has a value of the wrong type: {error}") from error


def _write(raw: dict[str, dict[str, Any]]) -> None:
    write_atomically(_path(), HEAD + yaml.safe_dump(raw, sort_keys=True, allow_unicode=True))
