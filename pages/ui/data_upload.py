"""The upload: a file becomes a table, or a message with the one click that would make it readable."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from evals.tabular import Options, Table, TableError, read_table
from pages.ui.wording import md

KINDS = ["csv", "tsv", "jsonl", "json", "xlsx"]
KEPT = 3
OFFERS = {
    "encoding": "Read it as {}",
    "delimiter": "Yes, separate at “{}”",
    "sample": "Take {:,} rows at random",
}


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A table with the name of its file; ``key`` changes with every file and way to read it."""

    name: str
    key: str
    table: Table


def upload() -> Loaded | None:
    """The uploader; None while there is no readable table."""
    file = st.file_uploader("A table with questions and answers", type=KINDS, key="data_file")
    if file is None:
        return None
    raw = file.getvalue()
    digest = hashlib.sha256(raw).hexdigest()[:12]
    chosen = st.session_state.setdefault(f"data_options_{digest}", {})
    try:
        with st.spinner("Reading …"):
            table = _read(raw, file.name, chosen)
    except TableError as error:
        st.error(md(str(error)), icon=":material/error:")
        _offers(error.offers, chosen)
        return None
    for note in table.notes:
        st.info(md(f"{note[0].upper()}{note[1:]}."), icon=":material/info:")
    return Loaded(name=file.name, key=f"{digest}_{hash(frozenset(chosen.items()))}", table=table)


@st.cache_data(max_entries=KEPT, ttl=3600, show_spinner=False)
def _read(raw: bytes, name: str, chosen: dict[str, Any]) -> Table:
    return read_table(raw, name, Options(**{**asdict(Options()), **chosen}))


def _offers(offers: dict[str, Any], chosen: dict[str, Any]) -> None:
    for option, value in offers.items():
        shown = {"\t": "tab"}.get(value, value)
        if st.button(OFFERS[option].format(shown), type="primary", icon=":material/check:", key=f"offer_{option}"):
            chosen[option] = value
            st.rerun()
