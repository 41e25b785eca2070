"""Saved decisions: one file, read back; what differs is what a reader would see."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decisions.__main__ import app
from decisions.asking import asked, decided
from decisions.fields import BadInput
from decisions.history.differences import differences, summary
from decisions.history.shelf import drop, folder, keep, kept, taken
from decisions.history.snapshot import Snapshot, from_text, renamed, snapshot, to_text

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def one() -> Snapshot:
    scenario = asked("seventy-or-eight")
    return snapshot("Board, November", scenario, decided(scenario), AT)


@pytest.fixture(autouse=True)
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))


def test_a_saved_decision_reads_back_equal(one: Snapshot) -> None:
    keep(one)
    assert taken(one.id) == one
    assert from_text(to_text(one), "copy") == one


def test_the_same_file_taken_in_twice_is_one_entry(one: Snapshot) -> None:
    for _ in range(2):
        keep(from_text(to_text(one), "sent"))
    assert [entry.id for entry in kept()[0]] == [one.id]


def test_a_copy_keeps_what_was_known_under_another_name(one: Snapshot) -> None:
    copied = renamed(one, "Board, December", AT)
    assert copied.id != one.id and copied.report == one.report and copied.scenario == one.scenario


def test_nothing_differs_from_itself(one: Snapshot) -> None:
    assert differences(one.report, one.report) == []
    assert summary([]) == ""


def test_prices_scores_and_verdicts_that_moved_are_named_largest_first(one: Snapshot) -> None:
    now = copy.deepcopy(one.report)
    first, second = _two(now)
    first["usd_per_month"] = 2 * first["usd_per_month"]
    second["usd_per_month"] = second["usd_per_month"] + 1000 + first["usd_per_month"]
    seen = next(iter(second["scores"].values()))
    seen["score"] = seen["score"] - 0.1
    found = differences(one.report, now)
    assert [d.kind for d in found] == ["price", "price", "score"]
    assert found[0].weight > found[1].weight
    assert second["label"] in found[0].subject
    assert found[2].weight == pytest.approx(0.1)
    assert summary(found) == "The answer is the same; different: 2 prices, 1 score."


def test_a_price_that_reads_the_same_has_not_moved(one: Snapshot) -> None:
    now = copy.deepcopy(one.report)
    first, _ = _two(now)
    first["usd_per_month"] = float(f"{first['usd_per_month']:.3g}")
    assert differences(one.report, now) == []


def test_options_that_came_and_went_are_named(one: Snapshot) -> None:
    now = copy.deepcopy(one.report)
    gone = now["options"].pop()
    (found,) = differences(one.report, now)
    assert (found.kind, found.now) == ("option", "gone") and gone["label"] in found.subject


def test_a_changed_line_reads_as_a_share(one: Snapshot) -> None:
    now = copy.deepcopy(one.report)
    now["sla"]["quality"]["MMLU"]["minimum"] = 0.6
    (found,) = differences(one.report, now)
    assert found.sentence == "MMLU minimum: 78 % → 60 %"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not valid JSON"),
        ("[1]", "not a saved decision"),
        ("[" * 100_000, "not valid JSON"),
        ('{"bitbudget_decision": 9}', "this version reads 1"),
        ('{"bitbudget_decision": 1, "id": "../x", "name": "n", "written": "yesterday", "report": {}}', "'yesterday'"),
    ],
)
def test_a_file_that_is_no_decision_is_refused_and_nothing_is_kept(text: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint.replace("(", r"\(")):
        from_text(text, "sent.json")
    assert kept() == ([], [])


def test_an_id_that_would_leave_the_folder_is_refused(one: Snapshot) -> None:
    plain = json.loads(to_text(one)) | {"id": "../../etc"}
    with pytest.raises(BadInput, match="small letters"):
        from_text(json.dumps(plain), "sent.json")


def test_one_broken_file_does_not_hide_the_others(one: Snapshot) -> None:
    keep(one)
    (folder() / "broken.json").write_text("{")
    every, trouble = kept()
    assert [entry.id for entry in every] == [one.id]
    assert len(trouble) == 1 and "broken.json" in trouble[0]


def test_an_unknown_one_is_answered_with_the_nearest(one: Snapshot) -> None:
    keep(one)
    with pytest.raises(BadInput, match=one.id):
        drop(one.id[:-1])


def test_the_command_line_keeps_lists_and_compares() -> None:
    run = CliRunner()
    saved = run.invoke(app, ["saved", "keep", "Board", "--json"])
    name = json.loads(saved.output)["id"]
    assert [row["id"] for row in json.loads(run.invoke(app, ["saved", "list", "--json"]).output)["saved"]] == [name]
    compared = json.loads(run.invoke(app, ["saved", "compare", name, "--json"]).output)
    assert compared == {"summary": "", "differences": []}


def _two(report: dict) -> list[dict]:  # type: ignore[type-arg]
    return [option for option in report["options"] if option["usd_per_month"] and option["scores"]][:2]
