"""Inputs ↔ URL: the address holds every input, so a link opens the same screen and a page change keeps it.

The address is the truth. A widget writes its change there before the page runs again; the page reads it back.
A value that cannot be read is named on the page and replaced by the default; the others stay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import streamlit as st

NONE = "none"
SEPARATOR = ","
LONGEST_TEXT = 300  # characters: an address holds some thousands


def parse_number(text: str, label: str, low: float, high: float, *, optional: bool) -> float | None:
    """A number from an address. Raises ValueError naming field, value and range."""
    if optional and text.strip().lower() in ("", NONE):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"“{label}” in the link is {text!r}; it takes a number from {low:g} to {high:,g}.")
    return value


def parse_choice(text: str, label: str, options: Sequence[str]) -> str:
    """One of ``options``. Raises ValueError that offers the nearest valid one."""
    if text in options:
        return text
    near = get_close_matches(text, options, n=1, cutoff=0.3)
    hint = f" Did you mean {near[0]!r}?" if near else f" It takes one of: {', '.join(list(options)[:8])}."
    raise ValueError(f"“{label}” in the link is {text!r}, which is not known here.{hint}")


def parse_choices(text: str, label: str, options: Sequence[str]) -> list[str]:
    """Several of ``options``, comma-separated; ``none`` is the empty choice. Raises ValueError like parse_choice."""
    if text == NONE:
        return []
    return [parse_choice(part.strip(), label, options) for part in text.split(SEPARATOR) if part.strip()]


def format_value(value: Any) -> str:
    """A value as the address writes it."""
    if value is None or value == []:
        return NONE
    if isinstance(value, list | tuple):
        return SEPARATOR.join(str(part) for part in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def link_parameters(**changes: str) -> dict[str, str]:
    """The inputs of the present address with some changed, for links to other pages."""
    return {**{name: st.query_params[name] for name in st.query_params}, **changes}


def number(
    name: str,
    label: str,
    *,
    default: float | None,
    low: float,
    high: float,
    step: float | None = None,
    optional: bool = False,
    format: str | None = None,
    **widget: Any,
) -> float | None:
    """A number field bound to the address."""
    value = _read(name, default, lambda text: parse_number(text, label, low, high, optional=optional))
    whole = isinstance(default, int) and not optional
    key = _prepare(name, None if value is None else int(value) if whole else float(value))
    kind = int if whole else float
    if optional:
        widget.setdefault("placeholder", "no limit")
        widget["value"] = None
    st.number_input(
        label,
        min_value=kind(low),
        max_value=kind(high),
        step=None if step is None else kind(step),
        key=key,
        format=format,
        on_change=_write,
        args=(name, default),
        **widget,
    )
    return value


def choice(
    name: str,
    label: str,
    options: Sequence[str],
    *,
    default: str,
    titles: Mapping[str, str] | None = None,
    clears: bool = False,
    **widget: Any,
) -> str:
    """A select box bound to the address; ``clears`` drops every other input when it changes."""
    value = _read(name, default, lambda text: parse_choice(text, label, options))
    names = titles or {}
    key = _prepare(name, value)
    st.selectbox(
        label,
        list(options),
        key=key,
        format_func=lambda option: names.get(option, option),
        on_change=_write,
        args=(name, default, clears),
        **widget,
    )
    return str(value)


def choices(
    name: str,
    label: str,
    options: Sequence[str],
    *,
    default: Sequence[str],
    titles: Mapping[str, str] | None = None,
    **widget: Any,
) -> list[str]:
    """A multi-select bound to the address."""
    value = _read(name, list(default), lambda text: parse_choices(text, label, options))
    names = titles or {}
    key = _prepare(name, list(value))
    st.multiselect(
        label,
        list(options),
        key=key,
        format_func=lambda option: names.get(option, option),
        on_change=_write,
        args=(name, list(default)),
        **widget,
    )
    return list(value)


def text(name: str, label: str, **widget: Any) -> str:
    """A line of text bound to the address."""
    value = str(_read(name, "", lambda given: given[:LONGEST_TEXT]))
    key = _prepare(name, value)
    st.text_input(label, key=key, max_chars=LONGEST_TEXT, on_change=_write, args=(name, ""), **widget)
    return value


def put(name: str, value: str | None) -> None:
    """Write one input into the address (None removes it)."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def complain(message: str) -> None:
    """Say on the page what could not be used; the frame reserves the place."""
    place = st.session_state.get("_problems")
    (place or st).warning(message.replace("$", "\\$"), icon=":material/link_off:")


def _read(name: str, default: Any, parse: Callable[[str], Any]) -> Any:
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return parse(text)
    except ValueError as error:
        complain(f"{error} Using {'no limit' if default is None else format_value(default)} instead.")
        return default


def _prepare(name: str, value: Any) -> str:
    key = f"input_{name}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def _write(name: str, default: Any, clears: bool = False) -> None:
    value = st.session_state[f"input_{name}"]
    if clears:
        st.query_params.clear()
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = format_value(value)
