"""lm-eval item by item: every result belongs to the item that was asked, tasks of the user included."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.sandbox import choose
from evals.tabular import Table
from evals.tasks import items, task
from evals.usertasks.adding import drafted, save
from evals.usertasks.proposal import proposal

ROWS = tuple((f"question {n}", f"answer {n}") for n in range(12))
TABLE = Table(columns=("question", "answer"), rows=ROWS, lines=tuple(range(2, 14)))


class Echo:
    """An LM that answers with the end of its prompt; a token is a word."""

    def __init__(self, context: int = 1000) -> None:
        self.max_length, self.asked = context, list[str]()

    def set_cache_hook(self, hook: Any) -> None:
        pass

    def tok_encode(self, text: str) -> list[str]:
        return text.split()

    def apply_chat_template(self, messages: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        return "".join(f"<{m['role']}>{m['content']}" for m in messages) + "<assistant>"

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        self.asked += [request.args[0] for request in requests]
        return [f" {request.args[0]}" for request in requests]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def made(**changes: Any) -> Any:
    spec = replace(proposal(TABLE, "own.csv", kind="short-answer"), template="{question}", **changes)
    draft = drafted(TABLE, spec)
    save(draft, replace=True)
    return draft


def run(lm: Echo, name: str, indices: list[int]) -> tuple[list[ItemResult], list[int]]:
    found: list[ItemResult] = []
    left_out = Harness(LoadedVariant(lm=lm, tokenizer=None, weight_bytes=1, bits_per_weight=1.0)).run(
        task(name), indices, found.append
    )
    return found, left_out


@pytest.mark.parametrize("name", ["shop_math", "own"])
def test_a_result_belongs_to_its_item_in_whatever_order_items_are_asked(home: Path, name: str) -> None:
    made()
    listed = items(task(name).config["metadata"]["items"])
    found, _ = run(Echo(), name, [7, 2, 5])
    assert {result.index: result.output.strip() for result in found} == {at: listed[at]["prompt"] for at in (2, 5, 7)}


def test_the_model_reads_exactly_what_the_preview_shows(home: Path) -> None:
    draft, lm = made(shots=2), Echo()
    run(lm, "own", list(range(len(draft.made.items))))
    assert {prompt for prompt, _ in draft.preview} <= set(lm.asked)
    assert len(lm.asked) == 10


def test_a_chat_template_goes_around_examples_and_question(home: Path) -> None:
    draft, lm = made(shots=1, chat_template=True), Echo()
    run(lm, "own", [0])
    shot, item = draft.made.shots[0], draft.made.items[0]
    assert lm.asked == [f"<user>{shot['prompt']}<assistant>{shot['answer']}<user>{item['prompt']}<assistant>"]


def test_a_model_without_chat_template_is_refused(home: Path) -> None:
    made(chat_template=True)
    lm = Echo()
    lm.tokenizer = type("Tokenizer", (), {"chat_template": None})()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="this model has none"):
        run(lm, "own", [0])


def test_items_beyond_the_context_are_left_out_and_told(home: Path) -> None:
    file = save(made(max_tokens=8), replace=True) / "items.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[3]["prompt"] = "word " * 13  # 13 words and 8 for the answer are more than 20
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found, left_out = run(Echo(context=20), "own", [4, 3, 0])
    assert sorted(result.index for result in found) == [0, 4]
    assert left_out == [3]


KINDS = {
    "classification": (("refund", "login") * 6, "login", {}),
    "labels": (("refund", "login") * 6, "it is login.", {"kind": "classification", "written": True}),
    "short-answer": (tuple(f"Name {n}" for n in range(12)), " name 1.", {}),
    "summarization": (tuple(f"Name number {n}" for n in range(12)), " name number 1", {}),
    "math": (tuple(str(1000 + n) for n in range(12)), " 1,000 + 1 so 1,001", {}),
    "steps": (tuple(f"get {n}; add" for n in range(12)), " get 1; add", {}),
    "code": (tuple(f"f(2) == {n + 2}" for n in range(12)), "x): return x + 1", {}),
}


@pytest.mark.parametrize("name", list(KINDS))
def test_plain_lm_eval_loads_prompts_and_scores_every_kind(home: Path, name: str) -> None:
    answers, right, more = KINDS[name]
    if name == "code" and choose() is None:
        pytest.skip("no sandbox here")
    table = replace(TABLE, rows=tuple((question, a) for (question, _), a in zip(ROWS, answers, strict=True)))
    proposed = proposal(table, "own.csv", **({"kind": name} | more))
    draft = drafted(table, replace(proposed, shots=0 if name == "code" else 2))
    save(draft, replace=True)
    plain = TaskManager(include_path=str(home / "tasks"), include_defaults=False).load(["own"])["tasks"]["own"]
    plain.build_all_requests(rank=0, world_size=1)
    assert {request.args[0] for request in plain.instances} >= {prompt for prompt, _ in draft.preview}
    at = next(at for at, item in enumerate(draft.made.items) if _fits(item["answer"], right))
    likelihoods = [(float(label == "login"), False) for label in draft.made.labels]
    scores = plain.process_results(plain.eval_docs[at], likelihoods if name == "classification" else [right])
    assert scores[draft.spec.chosen_metric] == 1.0


def _fits(answer: str, right: str) -> bool:
    return answer.casefold().replace("1001", "1,001") in right.casefold() or answer == "f(2) == 3"


def test_no_file_of_a_task_folder_is_run(home: Path) -> None:
    made()
    (home / "tasks" / "own" / "utils.py").write_text("raise SystemExit('run')")
    assert len(run(Echo(), "own", [0])[0]) == 1


def test_a_scorer_that_is_not_ours_is_refused(home: Path) -> None:
    made()
    file = home / "tasks" / "own" / "own.yaml"
    file.write_text(file.read_text().replace("short_answer", "__import__"))
    with pytest.raises(ValueError, match="'__import__'"):
        run(Echo(), "own", [0])
