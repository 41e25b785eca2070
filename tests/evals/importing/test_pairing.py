"""Runs compared by their ids, exported, listed and taken out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from decisions.evidence import baseline_of
from evals.__main__ import app
from evals.importing.keeping import forget, imports
from evals.importing.lm_eval_export import export_lm_eval
from evals.importing.measurements import imported_measurements, imported_scores, imported_texts
from evals.importing.pairing import compare_runs
from evals.importing.taking import take
from evals.results import measured_measurements
from evals.runs import runs, status
from evals.store import Store
from tests.evals.importing.examples import HEADER, Change, inspect_log, lm_eval, report


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


def taken(store: Store, path: Path, **given: Any) -> str:
    found = take([path], store=store, **given)
    assert not found.refused
    [run] = found.runs
    return run.id


def two(store: Store, folder: Path, change: Change | None = None, change_rows: Any = None) -> tuple[str, str]:
    """A run with scores 1 0 1 1 and one with 1 1 0 1, the second changed as told."""
    first = taken(store, lm_eval(folder / "a"))
    return first, taken(store, lm_eval(folder / "b", (1, 1, 0, 1), change=change, change_rows=change_rows))


def test_two_runs_are_paired_by_question(store: Store, tmp_path: Path) -> None:
    [found] = compare_runs(*two(store, tmp_path), store=store)
    assert (found.n, found.b, found.c, found.difference) == (4, 1, 1, 0.0)
    assert (found.task, found.task_group) == ("gsm8k", "math")


def test_rows_in_another_order_are_still_paired(store: Store, tmp_path: Path) -> None:
    [found] = compare_runs(*two(store, tmp_path, change_rows=lambda rows: rows.reverse()), store=store)
    assert (found.b, found.c) == (1, 1)


def limited(store: Store, folder: Path, n: int, scores: Sequence[float]) -> str:
    return taken(store, lm_eval(folder, scores, change=lambda r: r["config"].update(limit=n)))


def test_row_34_files_with_other_limits_are_refused_with_both_and_the_way_on(store: Store, tmp_path: Path) -> None:
    first, second = taken(store, lm_eval(tmp_path / "a")), limited(store, tmp_path / "b", 2, (0, 0))
    with pytest.raises(ValueError) as trouble:
        compare_runs(first, second, store=store)
    assert str(trouble.value) == (
        f"{first} and {second} cannot be compared on gsm8k: limit differs (no limit, 4 items, against limit 2, 2 items)"
        ", 2 in common. Compare the items that both hold with --common"
    )


def test_row_34_the_common_items_are_compared_when_asked_for(store: Store, tmp_path: Path) -> None:
    # 1 0 1 1 against 0 0 on its first two items: one lost of two, whatever the other two say
    first, second = taken(store, lm_eval(tmp_path / "a")), limited(store, tmp_path / "b", 2, (0, 0))
    [found] = compare_runs(first, second, store=store, common_items=True)
    assert (found.n, found.b, found.c, found.only_first_items, found.difference) == (2, 1, 0, 2, -0.5)
    assert "limit differs (no limit, 4 items, against limit 2, 2 items): only the 2 common items" in found.reason


def test_row_34_the_same_limit_is_no_difference(store: Store, tmp_path: Path) -> None:
    first, second = limited(store, tmp_path / "a", 2, (1, 1)), limited(store, tmp_path / "b", 2, (1, 0))
    [found] = compare_runs(first, second, store=store)
    assert (found.n, found.b, found.c) == (2, 1, 0)


def test_row_34_files_that_state_no_limit_are_told_apart_by_their_items(store: Store, tmp_path: Path) -> None:
    names = []
    for name, items in (("bf16", "wxyz"), ("nf4", "wxy")):
        path = tmp_path / name / "tickets.csv"
        path.parent.mkdir()
        path.write_text(HEADER + "".join(f"{item},1,m,{name}\n" for item in items))
        names.append(taken(store, path))
    with pytest.raises(ValueError, match=r"number of items differs \(4 against 3\), 3 in common.*--common"):
        compare_runs(*names, store=store)
    assert compare_runs(*names, store=store, common_items=True)[0].n == 3


def test_row_34_a_limit_beside_other_shots_leaves_no_way_on(store: Store, tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["config"].update(limit=2)
        whole["n-shot"].update(gsm8k=8)

    first, second = taken(store, lm_eval(tmp_path / "a")), taken(store, lm_eval(tmp_path / "b", (0, 0), change=change))
    with pytest.raises(ValueError, match=r"shots differs \(5 against 8\); limit differs") as trouble:
        compare_runs(first, second, store=store)
    assert "--common" not in str(trouble.value)
    with pytest.raises(ValueError, match="shots differs"):
        compare_runs(first, second, store=store, common_items=True)


def named(name: str) -> Change:
    def change(whole: dict[str, Any]) -> None:
        whole["model_name"] = whole["config"]["model_args"]["pretrained"] = name

    return change


@pytest.mark.parametrize(
    ("name", "warned"),
    [("someone/Llama-8B-AWQ-INT4", False), ("org/llama-8b-Q4_K_M-GGUF", False), ("org/llama-70b-AWQ-INT4", True)],
)
def test_row_57_two_base_models_are_paired_with_a_warning(
    store: Store, tmp_path: Path, name: str, warned: bool
) -> None:
    first = taken(store, lm_eval(tmp_path / "a"))
    [found] = compare_runs(first, taken(store, lm_eval(tmp_path / "b", change=named(name))), store=store)
    assert ("two models, so it says nothing of what quantization costs" in found.reason) == warned


def test_row_57_another_model_in_full_precision_is_no_baseline(store: Store, tmp_path: Path) -> None:
    taken(store, lm_eval(tmp_path / "a", change=named("org/llama-70b")))
    taken(store, lm_eval(tmp_path / "b", change=named("org/llama-8b-AWQ-INT4")))
    every = imported_measurements(store)
    quantized = next(m for m in every if m.quantization == "awq-int4")
    assert baseline_of(quantized, every) is None


def reworded(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["prompt_hash"] += "x"


@pytest.mark.parametrize(
    ("change", "change_rows", "named"),
    [
        (lambda r: r["n-shot"].update(gsm8k=8), None, "shots differs (5 against 8)"),
        (lambda r: r.update(chat_template_sha="a" * 64), None, "chat template differs (none against aaaa"),
        (lambda r: r.update(system_instruction="Be brief."), None, "system prompt differs"),
        (lambda r: r["versions"].update(gsm8k=2), None, "task version differs (3.0 against 2)"),
        (lambda r: r["config"].update(gen_kwargs={"temperature": 1}), None, "generation settings differs"),
        (None, reworded, "prompt differs on 4 of 4 common items"),
        (None, lambda rows: rows[2].update(target_hash="x"), "expected answer differs on 1 of 4"),
        (None, lambda rows: [row.update(doc_hash=f"other{i}") for i, row in enumerate(rows)], "no item in common"),
    ],
)
def test_row_34_runs_made_differently_are_refused_with_the_field(
    store: Store, tmp_path: Path, change: Change | None, change_rows: Any, named: str
) -> None:
    pair = two(store, tmp_path, change, change_rows)
    with pytest.raises(ValueError) as trouble:
        compare_runs(*pair, store=store)
    assert named in str(trouble.value)


def test_a_summary_is_not_paired(store: Store, tmp_path: Path) -> None:
    first = taken(store, lm_eval(tmp_path / "a"))
    second = taken(store, lm_eval(tmp_path / "b", with_samples=False))
    with pytest.raises(ValueError, match="summary only: no items to pair"):
        compare_runs(first, second, store=store)


def test_runs_without_a_common_task_say_what_each_has(store: Store, tmp_path: Path) -> None:
    first = taken(store, lm_eval(tmp_path / "a"))
    second = taken(store, lm_eval(tmp_path / "b", task="mmlu"))
    with pytest.raises(ValueError, match=r"gsm8k.*mmlu: no task in common"):
        compare_runs(first, second, store=store)


def test_two_logs_of_inspect_are_paired_by_input(store: Store, tmp_path: Path) -> None:
    ids = []
    for name, scores in (("a.json", ["C", "C", "I"]), ("b.json", ["I", "C", "I"])):
        (tmp_path / name).write_text(json.dumps(inspect_log(scores)))
        ids.append(taken(store, tmp_path / name))
    [found] = compare_runs(*ids, store=store)
    assert (found.n, found.b, found.c) == (3, 1, 0)


def test_imports_are_measurements_of_their_own_origin(store: Store, tmp_path: Path) -> None:
    taken(store, lm_eval(tmp_path / "a"), task_group="")
    [seen] = imported_measurements(store)
    assert (seen.origin, seen.model, seen.quantization, seen.task_group) == ("imported", "org/llama-8b", "bf16", "math")
    assert (seen.score, seen.n_items) == (0.75, 4)
    assert seen.low is not None and seen.low < 0.75
    assert imported_scores("org/llama-8b", "bf16", "gsm8k", store) == {"doc0": 1, "doc1": 0, "doc2": 1, "doc3": 1}
    assert imported_texts("org/llama-8b", "bf16", "gsm8k", ["doc1"], store)["doc1"].prompt == "Question: q1"


def test_imports_are_no_runs_of_this_machine(store: Store, tmp_path: Path) -> None:
    run = taken(store, lm_eval(tmp_path / "a"))
    assert measured_measurements(store) == []
    assert runs(store) == []
    assert status(run, store) is None


def test_a_task_group_can_be_given_and_an_unknown_one_is_other(store: Store, tmp_path: Path) -> None:
    taken(store, lm_eval(tmp_path / "a", task="tickets"))
    taken(store, lm_eval(tmp_path / "b", task="letters"), task_group="classification")
    assert {m.task: m.task_group for m in imported_measurements(store)} == {
        "tickets": "other", "letters": "classification",
    }  # fmt: skip


def test_an_import_can_be_taken_out(store: Store, tmp_path: Path) -> None:
    first, second = two(store, tmp_path)
    forget(first, store)
    assert [run.id for run in imports(store)] == [second]
    assert len(store.cell_keys()) == 1
    with pytest.raises(ValueError, match="no imported run"):
        forget(first, store)


def test_what_is_exported_reads_back_the_same(store: Store, tmp_path: Path) -> None:
    change = {"chat_template_sha": "a" * 64}
    first = taken(store, lm_eval(tmp_path / "a", change=lambda r: r.update(change)))
    export_lm_eval(first, tmp_path / "out", store)
    second = taken(store, tmp_path / "out")
    assert first != second
    [found] = compare_runs(first, second, store=store)
    assert (found.n, found.b, found.c, found.answer_change_fraction) == (4, 0, 0, 0.0)
    one, two_ = imports(store)
    assert (one.model, one.quantization, one.tasks[0].score) == (two_.model, two_.quantization, two_.tasks[0].score)


def test_the_commands_speak_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    folder = tmp_path / "files"
    lm_eval(folder / "a")
    lm_eval(folder / "b", (1, 1, 0, 1), change=lambda r: r["config"]["model_args"].update(dtype="float16"))
    (folder / "speed.json").write_text(json.dumps(report()))
    (folder / "bad.json").write_text("{")
    said = CliRunner().invoke(app, ["import", str(folder), "--json"])
    assert said.exit_code == 0
    answer = json.loads(said.stdout)
    assert set(answer) == {"runs", "refused"}
    assert all(set(run) == {"id", "model", "quantization", "tasks", "warnings"} for run in answer["runs"])
    assert [run["tasks"] for run in answer["runs"]] == [
        [{"task": "gsm8k", "n": 4}], [{"task": "gsm8k", "n": 4}], [{"task": "speed, concurrent 8", "n": 100}],
    ]  # fmt: skip
    assert [Path(each["file"]).name for each in answer["refused"]] == ["bad.json"]
    first, second = (run["id"] for run in answer["runs"][:2])
    compared = json.loads(CliRunner().invoke(app, ["compare", first, second, "--json"]).stdout)
    assert (compared["n"], compared["b"], compared["c"]) == (4, 1, 1)
    (folder / "limited").mkdir()
    short = limited(Store(), folder / "limited", 2, (0, 0))
    refused = CliRunner().invoke(app, ["compare", first, short, "--json"])
    assert refused.exit_code == 2 and "limit differs" in refused.stderr and "--common" in refused.stderr
    assert json.loads(CliRunner().invoke(app, ["compare", first, short, "--common", "--json"]).stdout)["n"] == 2
    assert CliRunner().invoke(app, ["forget", short]).exit_code == 0
    assert len(json.loads(CliRunner().invoke(app, ["imports", "--json"]).stdout)["runs"]) == 3
    assert CliRunner().invoke(app, ["forget", first]).exit_code == 0
    assert CliRunner().invoke(app, ["compare", first, second]).exit_code == 2
