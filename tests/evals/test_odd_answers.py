"""Rows 71, 72 and 74: endless, empty and unreadable answers are kept short, counted and told with the cell."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals.odd_answers import LONGEST_ANSWER, kept_answer, odd_words
from evals.sink import ItemSink
from evals.store import Store
from evals.tasks import items, task


def stored(answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The answer to one item as the store gives it back."""
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    store = Store(tmp_path / "store.sqlite")
    row: dict[str, Any] = {"run": "r", "digest": "r", "plan": "{}", "state": "running", "created": 1.0}
    cell = {
        "run": "r", "model": "m", "quantization": "q", "task": "shop_math", "position": 0, "variant_key": "v",
        "cell_key": "c", "state": "running", "items_total": 1,
    }  # fmt: skip
    store.add_run(row | {"provenance": json.dumps({})}, [cell])
    what = task("shop_math")
    with ItemSink(store, cell, what) as sink:
        sink.accept(SimpleNamespace(index=0, metrics={what.metric: 0.0}, output=answer))
    (kept,) = store.items("c")
    assert kept["item"] == items("shop_math.jsonl")[0]["id"]
    return str(kept["output"])


def test_row_71_a_megabyte_of_repeats_is_cut_and_counted_as_runaway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stored("again " * 166_667, tmp_path, monkeypatch)
    assert kept.endswith("… [cut: 1,000,002 characters]") and len(kept) < LONGEST_ANSWER + 50
    assert odd_words([kept, "42"]) == "1 answer runaway, cut after 100,000 characters"


def test_row_72_empty_answers_are_counted() -> None:
    assert odd_words(["", " \n", "42"]) == "2 answers empty"
    assert odd_words(["42"]) == ""


def test_row_74_half_characters_are_replaced_and_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = stored("caf\udce9", tmp_path, monkeypatch)
    assert kept == "caf\ufffd"
    assert odd_words([kept]) == "1 answer with bytes that are no text, shown as \ufffd"


def test_an_answer_that_speaks_of_a_cut_is_no_runaway() -> None:
    assert odd_words(["the film has … [cut: 5 scenes]"]) == ""
    assert kept_answer("x" * LONGEST_ANSWER) == "x" * LONGEST_ANSWER
