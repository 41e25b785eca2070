from __future__ import annotations

from pathlib import Path

import pytest

from evals.engines.calibration import VARIABLE, Calibration, calibration, overlap, read_texts, require_usable
from evals.models import model
from evals.plan import variant_key
from evals.quantizations import quantization
from evals.tasks import items, task


class Words:
    """A tokenizer that takes every word for a token."""

    class Ids:
        def __init__(self, ids: list[int]) -> None:
            self.input_ids = ids

    def __call__(self, text: str) -> Words.Ids:
        return Words.Ids([0] * len(text.split()))


def test_the_shipped_text_holds_no_eval_item() -> None:
    require_usable(calibration(), Words(), 256)


def test_too_little_text_is_refused_with_both_numbers() -> None:
    given = Calibration(source="mine.txt", texts=("one two three", "four"))
    with pytest.raises(ValueError, match=r"\(mine\.txt\) has 4 tokens; a layer with 256 inputs"):
        require_usable(given, Words(), 256)


def test_text_that_holds_eval_items_is_refused_by_name() -> None:
    first = items(task("math").config["metadata"]["items"])[0]
    given = Calibration(source="mine.txt", texts=(f"before {first['prompt'].upper()}\n\n after", "word " * 300))
    with pytest.raises(ValueError, match=f"holds eval items: shop_math {first['id']}"):
        require_usable(given, Words(), 256)


def test_a_part_of_a_prompt_counts_if_it_is_long() -> None:
    prompts = {"one": "Stock: lamp 34, chair 17, table 90. Which of these costs most?"}
    assert overlap(["stock: lamp 34, chair 17,   table 90. Which of"], prompts) == ["one"]
    assert overlap(["lamp 34", "something else altogether, and of some length"], prompts) == []


def test_a_file_replaces_the_shipped_text_and_the_identity_of_what_it_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = model("tiny-1m")
    before = {label: variant_key(small, quantization(label)) for label in ("gptq-int4-g128", "nf4")}
    path = tmp_path / "mine.jsonl"
    path.write_text('{"text": "one"}\n\n{"prompt": "two ", "answer": "three"}\n')
    monkeypatch.setenv(VARIABLE, str(path))
    assert calibration() == Calibration(source="mine.jsonl", texts=("one", "two three"))
    assert variant_key(small, quantization("gptq-int4-g128")) != before["gptq-int4-g128"]
    assert variant_key(small, quantization("nf4")) == before["nf4"]


def test_a_missing_or_malformed_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_texts(tmp_path / "none.txt")
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "one"}\n["two"]\n')
    with pytest.raises(ValueError, match=r"line 2 of calibration file bad\.jsonl"):
        read_texts(path)
