"""Scores of tasks made from a table. A copy lies in each task's folder as ``utils.py``, so that plain lm-eval runs it.

Every function takes lm-eval's document and the model's responses and returns the metrics of one item, each 0 to 1.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

NUMBER = re.compile(r"[-−]?\d+(?:[.,]\d+)*")
OUTSIDE = " \t\r\n.,;:!?\"'`*()[]«»“”‘’"


def load_items(items: str, shots: str = "", **_: Any) -> dict[str, Any]:
    """What lm-eval's ``custom_dataset`` calls: the items as split ``test``, worked examples as ``shots``."""
    from datasets import Dataset

    here = Path(__file__).parent
    files = {"test": items, **({"shots": shots} if shots else {})}
    return {split: Dataset.from_list(_lines(here / file)) for split, file in files.items()}


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def normalised(text: str) -> str:
    """Compatible characters unified, case folded, spaces collapsed, punctuation and quotes at both ends dropped."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(OUTSIDE)


def likeliest_label(doc: dict[str, Any], results: list[tuple[float, bool]]) -> dict[str, float]:
    """``acc``: 1 if the label with the highest log-likelihood is the expected one."""
    likelihoods = [likelihood for likelihood, _ in results]
    return {"acc": float(likelihoods.index(max(likelihoods)) == doc["target"])}


def written_label(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``acc``: 1 if the answer is the expected label, or names it and no other label, as whole words.

    A label inside a longer one (``spam`` in ``not spam``) does not count as named there.
    """
    said, expected = normalised(results[0]), normalised(doc["answer"])
    if said == expected:
        return {"acc": 1.0}
    named, rest = set(), said
    for label in sorted({normalised(label) for label in doc["labels"]}, key=len, reverse=True):
        rest, count = re.subn(rf"(?<!\w){re.escape(label)}(?!\w)", " | ", rest)
        if count:
            named.add(label)
    return {"acc": float(named == {expected})}


def short_answer(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``exact_match`` after ``normalised``; ``contains``: the expected answer as whole words; ``f1`` of the words."""
    said, expected = normalised(results[0]), normalised(doc["answer"])
    found = re.search(rf"(?<!\w){re.escape(expected)}(?!\w)", said) is not None
    return {"exact_match": float(said == expected), "contains": float(found), "f1": _f1(said.split(), expected.split())}


def _f1(said: list[str], expected: list[str]) -> float:
    common = sum(min(said.count(word), expected.count(word)) for word in set(expected))
    return 2 * common / (len(said) + len(expected)) if common else 0.0


@lru_cache(maxsize=1)
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL", "rouge1"])


def summary(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``rougeL`` (longest common subsequence) and ``rouge1`` (common words), F-measures against the reference."""
    scores = _rouge().score(doc["answer"], results[0].strip())
    return {"rougeL": scores["rougeL"].fmeasure, "rouge1": scores["rouge1"].fmeasure}


def as_number(text: str) -> Decimal | None:
    """The last number in the text. Commas before groups of three digits separate thousands; any other is a point."""
    found = NUMBER.findall(text)
    if not found:
        return None
    last = found[-1].replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", last):
        last = last.replace(",", "")
    try:
        return Decimal(last.replace(",", "."))
    except InvalidOperation:
        return None


def last_number(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``final_answer``: 1 if the last number written equals the expected one: 1,200 and 1200.0 are equal."""
    expected = as_number(doc["answer"])
    return {"final_answer": float(expected is not None and as_number(results[0]) == expected)}


def split_steps(text: str) -> list[str]:
    """Steps written as a JSON list, or apart by semicolons or lines."""
    try:
        listed = json.loads(text)
    except ValueError:
        listed = None
    steps = listed if isinstance(listed, list) else re.split(r"[;\n]", text)
    return [" ".join(str(step).split()) for step in steps if str(step).strip()]


def every_step(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``all_steps``: 1 if all steps are as expected; ``steps_before_error``: the share right before the first error."""
    said, expected = split_steps(results[0]), doc["steps"]
    right = 0
    for seen, wanted in zip(said, expected, strict=False):
        if normalised(seen) != normalised(wanted):
            break
        right += 1
    return {"all_steps": float(right == len(expected) == len(said)), "steps_before_error": right / len(expected)}


def program(prompt: str, answer: str, name: str) -> str:
    """The source to run: a fenced block or a whole definition if there is one, else the prompt's ``def`` goes on."""
    fenced = re.search(r"```(?:python|py)?\s*\n(.*?)```", answer, flags=re.DOTALL)
    source = fenced[1] if fenced else answer
    if re.search(rf"^\s*def\s+{re.escape(name)}\b", source, flags=re.MULTILINE):
        return source
    head = prompt[prompt.rfind("def ") :] if "def " in prompt else f"def {name}(x): return"
    joint = "" if head.endswith((" ", "\n")) or source.startswith((" ", "\n")) else " "
    return head + joint + source


def passes_tests(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``passed``: 1 if every input gives the expected output. It runs in Bitbudget's sandbox or not at all."""
    try:
        from evals.usertasks.running import returned
    except ImportError as error:
        raise RuntimeError("this task runs model-written code in Bitbudget's sandbox; run it from Bitbudget") from error
    name, calls = doc["function"], ast.literal_eval(doc["inputs"])
    outputs, marks = returned(program(doc["prompt"], results[0], name), name, calls)
    # Compared as written, so that True is not 1 and a tuple is not a list.
    return {"passed": float(outputs is not None and repr(outputs) == repr(ast.literal_eval(doc["outputs"]))), **marks}
