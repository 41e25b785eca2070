"""The commands, variables and files that README.md names are there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

HOUSE = Path(__file__).resolve().parent.parent
README = (HOUSE / "README.md").read_text(encoding="utf-8")


def named() -> list[tuple[str, tuple[str, ...]]]:
    """Room and words of every command in the README's blocks; ``a | b`` are two of one room or group."""
    found = []
    for line in re.findall(r"^python -m (.+)$", README, flags=re.MULTILINE):
        room, *words = re.split(r"\s{3,}", line)[0].split()
        group = (words[0],) if words[0] in ("task", "endpoint", "store", "sandbox", "saved") else ()
        for part in " ".join(words[len(group) :]).split(" | "):
            found.append((room, (*group, part.split()[0])))
    return found


@pytest.mark.parametrize(("room", "words"), named(), ids=str)
def test_every_command_exists(room: str, words: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(importlib.import_module(f"{room}.__main__").app)
    for word in words:
        assert word in command.commands, f"python -m {room} {' '.join(words)}"
        command = command.commands[word]


def test_every_variable_is_read_somewhere() -> None:
    rooms = ("evals", "decisions", "pricing", "pages")
    source = "".join(path.read_text(encoding="utf-8") for room in rooms for path in (HOUSE / room).rglob("*.py"))
    told = set(re.findall(r"BITBUDGET_[A-Z_]+", README))
    assert told == set(re.findall(r"BITBUDGET_[A-Z_]+", source))


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 5 and [link for link in links if not (HOUSE / link).exists()] == []
