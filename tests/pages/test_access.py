"""Roles on a team's server: who may look, who may write, and that a refused write is not done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from decisions.fields import BadInput
from pages.ui import access
from pages.ui.roles import Roles, read_roles, team_mode
from tests.pages.conftest import opened, words


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("anna@company.com", "editor"),
        ("ANNA@company.com", "editor"),
        ("ben@company.com", "viewer"),
        ("eve@other.com", "stranger"),
        ("eve@evilcompany.com", "stranger"),
        ("", "stranger"),
    ],
)
def test_roles(email: str, role: str) -> None:
    assert Roles(editors=("anna@company.com",), viewers=("@company.com",)).of(email) == role


def test_nobody_edits_where_no_roles_are_written(tmp_path: Path) -> None:
    assert read_roles(tmp_path / "roles.yaml").of("anna@company.com") == "viewer"


def test_a_name_that_is_no_address_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roles.yaml").write_text("editors: [anna]")
    with pytest.raises(BadInput, match="'anna' is no address"):
        read_roles(tmp_path / "roles.yaml")


def test_team_mode_is_off_by_default() -> None:
    assert not team_mode({}) and team_mode({"BITBUDGET_TEAM": "on"})


def signed_in(monkeypatch: pytest.MonkeyPatch, home: Path, email: str) -> None:
    monkeypatch.setenv("BITBUDGET_TEAM", "on")
    monkeypatch.setattr(access, "me", lambda: email)
    monkeypatch.setattr(access, "get_secrets_auth_section", lambda: {"redirect_uri": "x"})
    (home / "roles.yaml").write_text("editors: [anna@company.com]\nviewers: ['@company.com']")


def test_a_viewer_is_refused_at_the_write_and_the_refusal_is_on_record(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(monkeypatch, fresh_home, "ben@company.com")
    done = []
    with pytest.raises(access.NotAllowed, match=r"ben@company\.com"), access.writing("edit prices", "A100"):
        done.append(1)
    assert done == []
    line = json.loads((fresh_home / "audit.jsonl").read_text())
    assert (line["who"], line["action"], line["outcome"]) == ("ben@company.com", "edit prices", "refused")


def test_an_editor_writes_and_it_is_on_record(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch, fresh_home, "anna@company.com")
    with access.writing("edit prices", "A100"):
        pass
    with pytest.raises(ZeroDivisionError), access.writing("edit prices", "A100"):
        raise ZeroDivisionError
    lines = [json.loads(line)["outcome"] for line in (fresh_home / "audit.jsonl").read_text().splitlines()]
    assert lines == ["done", "failed"]


def test_without_sign_in_a_team_server_shows_nothing(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_TEAM", "on")
    app = opened()
    assert "without sign-in" in app.error[0].value
    assert len(app.markdown) == 0


def test_a_stranger_sees_nothing(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch, fresh_home, "eve@other.com")
    app = opened("Saved")
    assert "not on this server's list" in app.error[0].value
    assert len(app.markdown) == 0


def test_a_viewer_looks_but_cannot_save(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch, fresh_home, "ben@company.com")
    app = opened("Saved")
    assert "You may look but not save a decision" in " ".join(one.value for one in app.caption)
    assert app.button(key="FormSubmitter:save-Save this decision").disabled
    assert not (fresh_home / "decisions").exists()
    assert "No decision is saved yet" in words(app)


@pytest.mark.parametrize(("email", "started"), [("anna@company.com", 1), ("ben@company.com", 0)])
def test_only_an_editors_visit_starts_the_demo(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch, email: str, started: int
) -> None:
    signed_in(monkeypatch, fresh_home, email)
    monkeypatch.setenv("BITBUDGET_DEMO", "on")
    calls: list[str] = []
    monkeypatch.setattr("evals.runs.ensure_demo", lambda: calls.append(email))
    opened()
    assert len(calls) == started
