"""The command line on the shipped tables: exit codes, JSON, one line for bad input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from decisions.__main__ import main


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["decisions", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    captured = capsys.readouterr()
    return int(stopped.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize(
    ("sla", "code", "status"),
    [
        ("quality: {MMLU: 60 %}\nusd_per_month: 100000", 0, "meets"),
        ("quality: {MMLU: 99.9 %}\nusd_per_month: 100", 1, "none_meets"),
        ("quality: {MMLU: 89 %}\ne2e_p95_s: 1000", 3, "unproven"),
    ],
)
def test_decide_exits_by_status_and_prints_json(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sla: str,
    code: int,
    status: str,
) -> None:
    (tmp_path / "sla.yaml").write_text(sla)
    (tmp_path / "workload.yaml").write_text("requests_per_month: 100000")
    files = ("--sla", str(tmp_path / "sla.yaml"), "--workload", str(tmp_path / "workload.yaml"))
    seen, out, _ = run(monkeypatch, capsys, "decide", *files, "--json")
    answer = json.loads(out)
    assert (seen, answer["status"]) == (code, status)
    assert (answer["choice"] is not None) == (status == "meets")
    assert {"id", "verdict", "usd_per_month", "checks"} <= answer["options"][0].keys()
    if status == "meets":
        chosen = next(o for o in answer["options"] if o["id"] == answer["choice"])
        assert {c["status"] for c in chosen["checks"]} == {"meets"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("decide", "--scenario", "seventy"), "did you mean seventy-or-eight?"),
        (("decide", "--sla", "absent.yaml"), "absent.yaml: cannot be read"),
        (("decide", "--as-of", "yesterday"), "--as-of is 'yesterday'"),
        (("report", "--out", "x", "--format", "exe"), "unknown format"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert code == 2 and said in err and err.count("\n") == 1 and out == ""


def test_an_sla_for_a_task_the_scenario_lacks_names_file_and_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sla.yaml").write_text("quality: {MMUL: 75 %}")
    code, _, err = run(monkeypatch, capsys, "decide", "--sla", str(tmp_path / "sla.yaml"))
    assert code == 2 and "sla.yaml" in err and "'MMUL'" in err and "did you mean MMLU?" in err


def test_report_writes_the_formats_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["decisions", "report", "--format", "md,csv,md", "--out", str(tmp_path / "new"), "--json"]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    files = [Path(name) for name in json.loads(capsys.readouterr().out)["files"]]
    assert [file.suffix for file in files] == [".md", ".csv"] and all(file.stat().st_size > 500 for file in files)
