"""The command line of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.sandbox import choice
from evals.sandbox.cli import app


def test_check_lists_every_sandbox_with_its_checks() -> None:
    done = CliRunner().invoke(app, ["check", "--json"])
    told = json.loads(done.stdout)
    assert [each["backend"] for each in told["backends"]] == ["bubblewrap", "landlock"]
    assert done.exit_code == (0 if told["chosen"] else 2)
    assert all(each["works"] != bool(each["why_not"]) for each in told["backends"])


@pytest.mark.parametrize(
    ("source", "verdict", "code"),
    [("print('hello')", "pass", 0), ("1 / 0", "fail", 1), ("x = bytearray(2**31)", "memory", 1)],
)
def test_run_prints_the_verdict_of_one_program(tmp_path: Path, source: str, verdict: str, code: int) -> None:
    if choice.choose() is None:
        pytest.skip(choice.why_not())
    file = tmp_path / "program.py"
    file.write_text(source)
    done = CliRunner().invoke(app, ["run", str(file), "--json"])
    told = json.loads(done.stdout)
    assert (told["verdict"], done.exit_code) == (verdict, code)
    assert told["stdout"] == ("hello\n" if verdict == "pass" else "")
    assert told["seconds"] > 0


def test_run_refuses_where_nothing_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "IN_ORDER", ())
    file = tmp_path / "program.py"
    file.write_text("print('hello')")
    done = CliRunner().invoke(app, ["run", str(file), "--json"])
    assert (json.loads(done.stdout)["verdict"], done.exit_code) == ("sandbox_error", 2)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(tmp_path / "none.py")])
    assert done.exit_code == 2
    assert "none.py" in done.output
