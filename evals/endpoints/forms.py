"""How a task is asked of an endpoint, and which choice an answer in free text means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
STATED = re.compile(r"(?:final answer|answer|choice|option)\s*(?:is|:)\s*(.+)", re.IGNORECASE)
LETTER = re.compile(r"\W*([A-Za-z])(?:[.):\]*\n]|\s*$)")
CHAT = "\0messages\0"  # begins no text that anybody writes
GENERATIVE = "generative form"


def chat_prompt(history: list[dict[str, str]]) -> str:
    """Messages as one prompt, which is sent as the messages it was made of."""
    return CHAT + json.dumps(history, ensure_ascii=False)


def chat_history(prompt: str) -> list[dict[str, str]] | None:
    """The messages of a prompt that was made of them; None for any other."""
    return json.loads(prompt.removeprefix(CHAT)) if prompt.startswith(CHAT) else None


def asked(context: str, choices: Sequence[str], kind: str) -> str:
    """The prompt of a multiple-choice item whose answer is written out.

    A completion model goes on after the task's own prompt; a chat model is told the choices, each with a letter.
    """
    if kind == "completions":
        return context
    if (history := chat_history(context)) is not None:
        last = history[-1]
        return chat_prompt([*history[:-1], {**last, "content": asked(last["content"], choices, kind)}])
    named = [choice.strip() for choice in choices]
    if all(len(choice) == 1 for choice in named):
        return f"{context}\n\nAnswer with one of {', '.join(named)} and nothing else."
    listed = "\n".join(f"{letter}. {choice}" for letter, choice in zip(ascii_uppercase, named, strict=False))
    return f"{context}\n\n{listed}\n\nAnswer with one of these {len(named)} choices and nothing else."


def chosen(answer: str, choices: Sequence[str], kind: str) -> int | None:
    """Index of the choice that an answer means; None if it means none or several.

    In this order: the whole answer or its last stated answer is a choice, or the letter of one; it begins with a
    choice; exactly one choice is mentioned.
    """
    text = THOUGHT.sub("", answer).strip()
    named = [_plain(choice) for choice in choices]
    lettered = kind != "completions" and not all(len(choice) == 1 for choice in named)
    stated = STATED.findall(text)
    for part in [text, *([stated[-1]] if stated else [])]:
        if (found := _exact(part, named, lettered)) is not None:
            return found
    plain = _plain(text)
    begun = [i for i, choice in enumerate(named) if len(choice) > 1 and re.match(rf"{re.escape(choice)}\b", plain)]
    if begun:
        return max(begun, key=lambda i: len(named[i]))
    words = [i for i, choice in enumerate(named) if len(choice) > 1]
    mentioned = [i for i in words if re.search(rf"\b{re.escape(named[i])}\b", plain)]
    longest = [i for i in mentioned if not any(i != j and named[i] in named[j] for j in mentioned)]
    return longest[0] if len(longest) == 1 else None


def _exact(part: str, named: list[str], lettered: bool) -> int | None:
    plain = _plain(part)
    if plain in named:
        return named.index(plain)
    found = LETTER.match(part)
    if not found:
        return None
    letter = found[1]
    if not lettered:
        single = [i for i, choice in enumerate(named) if choice == letter.casefold()]
        return single[0] if single and letter.isupper() else None
    rest = _plain(part[found.end() :])
    index = ascii_uppercase.find(letter.upper())
    if index >= len(named) or (rest and rest != named[index]):
        return None
    return index


def _plain(text: str) -> str:
    """Lower case, one space between words, no punctuation around."""
    return re.sub(r"\s+", " ", text).strip(" \t\n.,;:!?\"'`*_()[]{}").casefold()


def protocol(usual: str, output_type: str, facts: Mapping[str, Any]) -> str:
    """The task's protocol with what an endpoint does otherwise; ``facts`` are those kept with the variant."""
    served = facts.get("endpoint")
    if not served:
        return usual
    chat = "chat template of the endpoint" if served["kind"] == "chat" else "no chat template"
    words = usual.replace("no chat template", chat)
    if not served["greedy"]:
        words = words.replace("greedy", "the endpoint's own sampling")
    if output_type == "multiple_choice" and served["multiple_choice"] == "generative":
        words += f", {GENERATIVE}"
    return words
