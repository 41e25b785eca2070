"""The command line of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from evals.sandbox import choice, settings
from evals.sandbox.cli import app
from evals.sandbox.walls import Landlock


def test_check_lists_every_sandbox_with_its_checks() -> None:
    done = CliRunner().invoke(app, ["check", "--json"])
    told = json.loads(done.stdout)
    assert [each["backend"] for each in told["backends"]] == ["bubblewrap", "landlock", "docker"]
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
    monkeypatch.setattr(choice, "in_order", lambda: ())
    file = tmp_path / "program.py"
    file.write_text("print('hello')")
    done = CliRunner().invoke(app, ["run", str(file), "--json"])
    assert (json.loads(done.stdout)["verdict"], done.exit_code) == ("sandbox_error", 2)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = CliRunner(env={"COLUMNS": "500"}).invoke(app, ["run", str(tmp_path / "none.py")])
    assert done.exit_code == 2
    assert "none.py" in done.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(choice, "_reports", {})
    return tmp_path


def test_without_a_sandbox_code_runs_only_when_configured_and_typed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Landlock().missing():
        pytest.skip("no interpreter that an unprivileged user can read")
    monkeypatch.setattr(choice, "in_order", lambda: ())
    (home / "program.py").write_text("print('hello')")
    run = ["run", str(home / "program.py"), "--json"]

    assert CliRunner().invoke(app, ["allow-unsandboxed"], input=settings.sentence()).exit_code == 2
    (home / "sandbox.yaml").write_text(yaml.safe_dump({"allow_unsandboxed_code": True}))
    assert CliRunner().invoke(app, ["allow-unsandboxed"], input="yes\n").exit_code == 2
    assert json.loads(CliRunner().invoke(app, run).stdout)["verdict"] == "sandbox_error"

    allowed = CliRunner().invoke(app, ["allow-unsandboxed"], input=settings.sentence() + "\n")
    assert allowed.exit_code == 0, allowed.output
    told = json.loads(CliRunner().invoke(app, run).stdout)
    assert (told["verdict"], told["backend"], told["stdout"]) == ("pass", "unsandboxed", "hello\n")
    assert "a file outside cannot be read" in CliRunner().invoke(app, ["check"]).stdout

    assert CliRunner().invoke(app, ["allow-unsandboxed", "--withdraw"]).exit_code == 0
    assert choice.choose() is None


def test_the_consent_of_another_machine_does_not_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "sandbox.yaml").write_text("allow_unsandboxed_code: true")
    assert settings.confirm(settings.sentence()) and settings.unsandboxed_allowed()
    monkeypatch.setattr(settings.platform, "node", lambda: "elsewhere")
    assert not settings.unsandboxed_allowed()


def test_a_configured_container_comes_after_the_others(home: Path) -> None:
    (home / "sandbox.yaml").write_text("container: {program: podman, image: 'python:3.11-slim'}")
    assert [walls.name for walls in choice.in_order()] == ["bubblewrap", "landlock", "podman"]
    command = choice.in_order()[-1].command()
    assert command[command.index("--network") + 1] == "none"
    assert command[command.index("--pull") + 1] == "never"
    assert "python:3.11-slim" in command


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("containr: {image: x}", "did you mean container"),
        ("container: {program: dockr, image: x}", "did you mean docker"),
        ("container: {image: --privileged}", "the image of container is '--privileged'"),
        ("allow_unsandboxed_code: maybe", "write true or false"),
        ("[1, 2]", "expected container, allow_unsandboxed_code"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(home: Path, text: str, said: str) -> None:
    (home / "sandbox.yaml").write_text(text)
    with pytest.raises(settings.SettingsError, match=said):
        settings.read()
