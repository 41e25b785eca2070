"""What the user of this machine says about the sandbox: ``sandbox.yaml`` in BITBUDGET_HOME.

    container: {program: podman, image: python:3.11-slim}
    allow_unsandboxed_code: true

The second takes effect only once a sentence has been typed on this very machine (``confirm``).
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from data.files import write_atomically
from evals.home import home
from evals.names import known

FILE, CONSENT_FILE = "sandbox.yaml", "unsandboxed.json"
PROGRAMS = ("docker", "podman")


class SettingsError(ValueError):
    """``sandbox.yaml`` says something that cannot be meant."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``container_image`` is "" where none is named."""

    container_program: str = "docker"
    container_image: str = ""
    allow_unsandboxed_code: bool = False


def path() -> Path:
    """Where the settings are written, whether or not the file exists."""
    return home() / FILE


def read() -> Settings:
    """The settings of this machine; the defaults where there is no file. Raises SettingsError."""
    file = path()
    if not file.exists():
        return Settings()
    try:
        told = _mapping("", yaml.safe_load(file.read_text(encoding="utf-8")), ("container", "allow_unsandboxed_code"))
        container = _mapping("container", told.get("container"), ("program", "image"))
        allow = told.get("allow_unsandboxed_code", False)
        if not isinstance(allow, bool):
            raise ValueError(f"allow_unsandboxed_code is {allow!r}; write true or false")
        return Settings(
            container_program=known("program of container", str(container.get("program", "docker")), PROGRAMS),
            container_image=_image(container.get("image", "")),
            allow_unsandboxed_code=allow,
        )
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise SettingsError(f"{file}: {problem}") from problem


def _mapping(name: str, told: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise ValueError(f"{name or 'the file'} is {told!r}; expected {', '.join(keys)}")
    return {known(f"setting {name}".strip(), str(key), keys): value for key, value in told.items()}


def _image(told: object) -> str:
    if not isinstance(told, str) or told.startswith("-"):
        raise ValueError(f"the image of container is {told!r}; name one such as python:3.11-slim")
    return told


def sentence() -> str:
    """What has to be typed to run model-written code without a sandbox on this machine."""
    return f"run model-written code without a sandbox on {platform.node()}"


def confirm(typed: str) -> bool:
    """Record the consent if ``typed`` is the sentence, letter for letter."""
    if typed.strip() != sentence():
        return False
    consent = {"typed": sentence(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    write_atomically(home() / CONSENT_FILE, json.dumps(consent))
    return True


def withdraw() -> None:
    """Forget the consent."""
    (home() / CONSENT_FILE).unlink(missing_ok=True)


def unsandboxed_allowed() -> bool:
    """Whether both the setting and the typed sentence, for this machine, are there."""
    try:
        typed = json.loads((home() / CONSENT_FILE).read_text(encoding="utf-8"))["typed"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return read().allow_unsandboxed_code and typed == sentence()
