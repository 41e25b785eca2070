"""A task of the user brings its scenario along; the user's own scenario files are read too."""

from __future__ import annotations

from pathlib import Path

import pytest

from decisions.scenarios import scenario, scenarios
from decisions.task_scenario import scenario_id
from evals.tabular import Table
from evals.usertasks.adding import drafted, remove, save
from evals.usertasks.proposal import proposal

TABLE = Table(
    columns=("question", "label"), rows=tuple((f"x{n:03d} word", "yesno"[: 3 - n % 2]) for n in range(20)),
    lines=tuple(range(2, 22)),
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def test_a_new_task_can_be_decided_on_at_once_and_a_removed_one_no_more() -> None:
    before = list(scenarios())
    save(drafted(TABLE, proposal(TABLE, "own.csv")))
    assert list(scenarios()) == [*before, "task-own"]
    found = scenario(scenario_id("own"))
    assert found.title == "Measured here: own"
    assert (found.task, found.evidence) == ("own", "measured")
    assert "tiny-1m" in found.models
    assert found.sla.quality["own"].minimum_of_baseline == 0.98
    # "Question: x000 word\nLabel:" has 26 characters, so about 6 tokens
    assert (found.workload.prompt_tokens, found.workload.output_tokens) == (6, 1)
    remove("own")
    assert list(scenarios()) == before


def test_scenario_files_of_the_user_are_read_and_broken_ones_passed_over(home: Path) -> None:
    folder = home / "scenarios"
    folder.mkdir()
    text = (Path(__file__).parents[2] / "data" / "scenarios" / "support-desk.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace("id: support-desk", "id: mine"))
    (folder / "same.yaml").write_text(text.replace("5000000000", "1"))
    (folder / "broken.yaml").write_text("id: [")
    assert scenario("mine").question == scenario("support-desk").question
    assert scenario("support-desk").workload.requests_per_month == 5e9
