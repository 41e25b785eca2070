"""From a table to a folder: proposals, checks, refusals, and files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from data import files
from evals.plan import task_hash
from evals.tabular import Table
from evals.tasks import task, tasks, user_tasks
from evals.usertasks.adding import Draft, drafted, remove, save
from evals.usertasks.proposal import proposal
from evals.usertasks.sizing import sizing
from evals.usertasks.spec import TaskSpec
from evals.usertasks.tests_column import TestsError, parsed_tests
from tests.evals.usertasks.conftest import table

TICKETS = table("ticket intent", *((f"ticket {n}", ("refund", "login")[n % 2]) for n in range(40)))


def spec(given: Table, **changes: object) -> TaskSpec:
    return replace(proposal(given, "my tickets.csv"), **changes)  # type: ignore[arg-type]


def codes(draft: Draft) -> set[str]:
    return {warned.code for warned in draft.warnings} - {"few items"}


@pytest.mark.parametrize(
    ("given", "kind", "prompt", "answer"),
    [
        (TICKETS, "classification", "ticket", "intent"),
        (table("id question answer", *((str(n), f"q{n}", f"name {n}") for n in range(9))), "short-answer", "question",
         "answer"),
        (table("problem answer", *((f"p{n}", str(17 * n)) for n in range(30))), "math", "problem", "answer"),
        (table("article summary", *((f"text {n}", f"short {n}") for n in range(9))), "summarization", "article",
         "summary"),
        (table("spec tests", ("double", "f(2) == 4"), ("half", "assert g(4) == 2")), "code", "spec", "tests"),
        (table("prompt steps", ("order", "get a; add"), ("buy", "get b; add")), "steps", "prompt", "steps"),
        (table("review stars", *((f"r{n}", str(n % 5)) for n in range(40))), "classification", "review", "stars"),
    ],
)  # fmt: skip
def test_kind_and_columns_are_proposed(given: Table, kind: str, prompt: str, answer: str) -> None:
    found = proposal(given, "t.csv")
    assert (found.kind, found.prompt_column, found.answer_column) == (kind, prompt, answer)
    assert drafted(given, found).made.items


def test_row_11_without_an_answer_column_the_columns_found_are_listed() -> None:
    with pytest.raises(ValueError, match="question, author, mood"):
        proposal(table("question author mood", ("a", "b", "c")), "t.csv")
    with pytest.raises(ValueError, match="unknown answer column 'label': choose from ticket, intent"):
        proposal(TICKETS, "t.csv", answer_column="label")


def test_the_prompt_is_the_template_with_cells_and_nothing_else() -> None:
    given = table("question answer", ("{answer} {{7*7}} %s ${1}", "a"), ("b", "c"))
    made = drafted(given, spec(given, kind="short-answer", template="Q {question}\n{unknown brace")).made
    assert made.items[0]["prompt"] == "Q {answer} {{7*7}} %s ${1}\n{unknown brace"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"template": "no column"}, "names no column"),
        ({"template": "{ticket} {intent}"}, "the expected answer: every model would be right"),
        ({"template": "{tickets}"}, r"names \{tickets\}"),
        ({"prompt_column": "intent"}, "both in column 'intent'"),
        ({"metric": "f1"}, "metric"),
        ({"shots": 33}, "from 0 to 32"),
        ({"max_tokens": 0}, "from 1 to 4,096"),
        ({"group": "nothing"}, "task group"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        spec(TICKETS, **change)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "A", '"; DROP TABLE', "{{7*7}}", ".", "x" * 65])
def test_rows_46_and_81_a_name_that_is_a_path_or_a_trick_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name of the task"):
        spec(TICKETS, name=name)


def test_row_14_a_long_cell_is_counted_in_tokens() -> None:
    given = table("question answer", ("word " * 40_000, "a"), ("b", "c"))
    warned = {w.code: w for w in drafted(given, spec(given, kind="short-answer")).warnings}
    assert "the longest about 50,0" in warned["long prompts"].text
    assert warned["beyond the tiny models"].lines == (2,)


def test_row_18_repeated_questions_are_counted() -> None:
    given = table("question answer", ("a", "x"), ("A  ", "x"), ("b", "y"), ("a", "z"))
    found = {w.code: w for w in drafted(given, spec(given, kind="short-answer")).warnings}
    assert (found["duplicate questions"].count, found["duplicate questions"].lines) == (2, (3, 5))
    assert found["contradicting answers"].count == 1


def test_row_19_equal_answers_cannot_tell_models_apart() -> None:
    given = table("question label", *((f"q{n}", "yes") for n in range(40)))
    draft = drafted(given, spec(given, kind="classification"))
    assert codes(draft) == {"constant answers"}
    assert "cannot tell models apart" in draft.warnings[0].text


def test_empty_cells_are_left_out_and_counted() -> None:
    given = table("question answer", ("a", "x"), (" ", "y"), ("b", ""), ("c", "NA"))
    draft = drafted(given, spec(given, kind="short-answer"))
    assert [item["answer"] for item in draft.made.items] == ["x", "NA"]
    assert draft.made.empty_lines == (3, 4)
    assert "empty cells" in codes(draft)


def test_worked_examples_are_no_items_and_what_repeats_them_is_left_out() -> None:
    rows = [(f"q{n // 2}", f"label{n // 2 % 2}") for n in range(40)]  # every question twice
    draft = drafted(table("question label", *rows), spec(table("question label", *rows), shots=2))
    shown = {shot["prompt"] for shot in draft.made.shots}
    assert len(shown) == 2
    assert {shot["answer"] for shot in draft.made.shots} == {"label0", "label1"}
    assert not shown & {item["prompt"] for item in draft.made.items}
    assert len(draft.made.leaked_lines) == 2
    assert "leakage" in codes(draft)
    shot = draft.made.shots[0]
    assert draft.preview[0][0].startswith(f"{shot['prompt']} {shot['answer']}\n\n")


def test_formula_cells_are_kept_and_told() -> None:
    given = table("question answer", ("=1+1", "a"), ("b", "c"))
    draft = drafted(given, spec(given, kind="short-answer"))
    assert "formulas" in codes(draft)
    assert "=1+1" in draft.made.items[0]["prompt"]


def test_an_answer_of_another_kind_is_refused_with_its_line() -> None:
    given = table("problem answer", ("a", "1"), ("b", "many"))
    with pytest.raises(ValueError, match="line 3: answer is 'many', no number"):
        drafted(given, spec(given, kind="math"))
    code = table("spec tests", ("a", "f(1) == 2"), ("b", "import os"))
    with pytest.raises(ValueError, match="line 3: tests: line 1 is no test"):
        drafted(code, spec(code, kind="code"))


def test_tests_are_read_and_never_run() -> None:
    found = parsed_tests("f(1, 'a') == [2]\nassert f(-3) == {'x': (1,)}")
    assert (found.function, found.inputs, found.outputs) == ("f", [(1, "a"), (-3,)], [[2], {"x": (1,)}])
    for bad in ("f(1) == g(2)", "f(1) == 1\ng(1) == 1", "f(x) == 1", "f(1) > 0", "f(", "__import__('os')"):
        with pytest.raises(TestsError):
            parsed_tests(bad)


def test_items_needed_follow_the_margin() -> None:
    # (1.645 + 0.842)² × 0.1 ÷ 0.02² = 1,546
    assert sizing(300, 0.02).needed == 1546
    assert "300 can show a loss of no more than 4.6 points" in sizing(300, 0.02).sentence
    assert "are enough" in sizing(2000, 0.02).sentence


def test_a_saved_task_is_known_at_once_and_gone_at_once() -> None:
    before = set(tasks())
    save(drafted(TICKETS, spec(TICKETS, shots=2)))
    assert set(tasks()) - before == {"my-tickets"}
    one = task("my-tickets")
    assert (one.shipped, one.group, one.metric, one.n_items) == (False, "classification", "acc", 38)
    assert "2-shot" in one.protocol
    remove("my-tickets")
    assert set(tasks()) == before


def test_a_shipped_name_cannot_be_taken_and_a_taken_one_not_twice() -> None:
    for name in ("shop_math", "math", "agent"):
        with pytest.raises(ValueError, match="shipped"):
            save(drafted(TICKETS, spec(TICKETS, name=name)))
    save(drafted(TICKETS, spec(TICKETS)))
    with pytest.raises(ValueError, match="there already"):
        save(drafted(TICKETS, spec(TICKETS)))
    assert task("math").name == "shop_math"


def test_a_folder_put_there_by_hand_never_stands_in_for_a_shipped_task(home: Path) -> None:
    folder = save(drafted(TICKETS, spec(TICKETS)))
    fake = folder.rename(home / "tasks" / "shop_math")
    text = (fake / "my-tickets.yaml").read_text().replace("task: my-tickets", "task: shop_math")
    (fake / "shop_math.yaml").write_text(text)
    assert task("shop_math").shipped


def test_replacing_changes_the_identity_of_results() -> None:
    save(drafted(TICKETS, spec(TICKETS)))
    first = task_hash("my-tickets")
    other = replace(TICKETS, rows=(("another", "refund"), *TICKETS.rows[1:]))
    save(drafted(other, spec(other)), replace=True)
    assert task("my-tickets").n_items == 40
    assert task_hash("my-tickets") != first


@pytest.mark.parametrize("fails", ["write_text", "replace"])
def test_nothing_is_left_behind_where_writing_fails(home: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    save(drafted(TICKETS, spec(TICKETS)))
    before = sorted(p.relative_to(home) for p in home.rglob("*"))
    real = os.replace

    def full(*arguments: object, **_: object) -> None:
        if fails == "write_text" or (".draft" in str(arguments[0]) and "-old" not in str(arguments[0])):
            raise OSError("no space left")
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(*((Path, "write_text", full) if fails == "write_text" else (files.os, "replace", full)))
    with pytest.raises(OSError, match="no space"):
        save(drafted(TICKETS, spec(TICKETS)), replace=True)
    monkeypatch.undo()
    monkeypatch.setenv("BITBUDGET_HOME", str(home))
    assert sorted(p.relative_to(home) for p in home.rglob("*")) == before
    assert task("my-tickets").n_items == 40


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("items: items.jsonl", "items: ../../secret.jsonl"), "own folder"),
        (("output_type: multiple_choice", "output_type: loglikelihood"), "output_type"),
        (("task: my-tickets", "task: another"), "alike"),
        (("version: 1.0", "version: &a [1]\n  again: *a"), "aliases"),
        (("version: 1.0", "version: 1.0\n  more: " + "x" * 70_000), "64 KiB"),
        (("task: my-tickets", "task: ["), "Error"),
    ],
)
def test_a_damaged_task_is_named_and_the_others_stay(change: tuple[str, str], complaint: str) -> None:
    save(drafted(TICKETS, spec(TICKETS, name="good")))
    folder = save(drafted(TICKETS, spec(TICKETS)))
    file = folder / "my-tickets.yaml"
    file.write_text(file.read_text().replace(*change))
    assert complaint in user_tasks().broken["my-tickets"]
    assert "good" in tasks()
    assert "my-tickets" not in tasks()


def test_items_say_nothing_but_what_lm_eval_needs() -> None:
    folder = save(drafted(TICKETS, spec(TICKETS)))
    first = json.loads((folder / "items.jsonl").read_text().splitlines()[0])
    assert first == {
        "id": first["id"], "prompt": "Ticket: ticket 0\nIntent:", "answer": "refund", "labels": ["login", "refund"],
        "target": 1,
    }  # fmt: skip
    assert sorted(p.name for p in folder.iterdir()) == ["items.jsonl", "my-tickets.yaml", "utils.py"]
