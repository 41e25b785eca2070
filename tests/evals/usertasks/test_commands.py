"""``python -m evals task``: JSON in one object, bad input in one line with exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.__main__ import app

ROWS = "".join(f"ticket {n};{('refund', 'login')[n % 2]}\n" for n in range(40))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Our tickets.csv"
    path.write_text(f"ticket;intent\n{ROWS}")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["task", *arguments])


def test_a_file_is_added_listed_and_removed(file: Path, home: Path) -> None:
    added = run("add", str(file), "--delimiter", ";", "--shots", "2", "--margin", "0.05", "--json")
    said = json.loads(added.stdout)
    assert (said["task"], said["kind"], said["metric"], said["n_items"], said["shots"]) == (
        "our-tickets", "classification", "acc", 38, 2,
    )  # fmt: skip
    assert said["folder"] == str(home / "tasks" / "our-tickets")
    assert said["labels"] == ["login", "refund"]
    # (1.645 + 0.842)² × 0.1 ÷ 0.05² = 247.3
    assert said["sizing"]["needed"] == 248
    assert [t["task"] for t in json.loads(run("list", "--json").stdout)["tasks"]] == ["our-tickets"]
    assert run("remove", "our-tickets").exit_code == 0
    assert "none yet" in run("list").stdout


def test_a_dry_run_writes_nothing(file: Path, home: Path) -> None:
    said = run("add", str(file), "--delimiter", ";", "--dry-run")
    assert "nothing was written" in said.stdout
    assert "| Ticket: ticket 0" in said.stdout
    assert not (home / "tasks").exists()


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ((), "delimiter ';'"),
        (("--delimiter", ";", "--kind", "classified"), "did you mean classification?"),
        (("--delimiter", ";", "--answer-column", "label"), "choose from ticket, intent"),
        (("--delimiter", ";", "--name", "shop_math"), "shipped task"),
        (("--delimiter", ";", "--name", "../../etc/passwd"), "name of the task"),
        (("--delimiter", ";", "--kind", "math"), "line 2: intent is 'refund', no number"),
        (("--delimiter", ";", "--shots", "40"), "from 0 to 32"),
        (("--delimiter", ";", "--margin", "0"), "margin"),
    ],
)
def test_bad_input_ends_in_one_line(file: Path, home: Path, more: tuple[str, ...], complaint: str) -> None:
    found = run("add", str(file), *more)
    assert found.exit_code == 2
    assert complaint in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not (home / "tasks").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    found = run("add", str(tmp_path / "none.csv"))
    assert found.exit_code == 2
    assert "cannot be read" in found.stderr
