"""The commands and files of docs/ci-gate.md do what the document says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from decisions.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "ci-gate.md").read_text(encoding="utf-8")
BLOCKS = {
    title: body
    for title, body in re.findall(
        r"^## ([^\n]+)\n.*?```(?:yaml|bash)\n(.*?)```", DOCUMENT, flags=re.MULTILINE | re.DOTALL
    )
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's two files."""
    for name in ("sla.yaml", "workload.yaml"):
        (tmp_path / name).write_text(BLOCKS[name], encoding="utf-8")
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, folder: Path
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a ``python -m decisions …`` of the document, in its folder."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "decisions"]
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", words[2:])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out, said.err


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (("", ""), 0, "meets your SLA for about $"),
        (("usd_per_month: 6000", "usd_per_month: 100"), 1, "Nearest miss"),
        (("78 %", "82 %"), 3, "Nothing is proven yet"),
        (("78 %", "high"), 2, "minimum is 'high'"),
    ],
)
def test_each_exit_code_of_the_document_comes_with_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    code: int,
    says: str,
) -> None:
    (folder / "sla.yaml").write_text((folder / "sla.yaml").read_text().replace(*change))
    seen, out, err = run(monkeypatch, capsys, BLOCKS["The gate"].splitlines()[0], folder)
    assert seen == code, out + err
    said = err if code == 2 else out
    assert says in said and len(said.splitlines()) == 1


def test_json_says_everything(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = BLOCKS["The gate"].splitlines()[0].replace("--quiet", "--json")
    answer = json.loads(run(monkeypatch, capsys, command, folder)[1])
    assert answer["status"] == "meets" and answer["options"]


def test_the_workflow_is_valid_and_its_decide_step_runs(folder: Path) -> None:
    workflow = yaml.safe_load(BLOCKS[".github/workflows/sla.yml"])
    steps = workflow["jobs"]["sla"]["steps"]
    decide = next(step for step in steps if step.get("name") == "Decide")
    script = decide["run"].replace("python -m", f"{shlex.quote(sys.executable)} -m")
    summary = folder / "summary"
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary), "BITBUDGET_HOME": str(folder / "home")}
    assert decide["working-directory"] == "bitbudget"
    # a linked folder has its own parent, so the paths beside it are given in full
    for name in ("sla.yaml", "workload.yaml"):
        assert f"../{name}" in script
        script = script.replace(f"../{name}", str(folder / name))
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "meets your SLA" in summary.read_text()


def test_the_install_step_names_pinned_requirements() -> None:
    steps = yaml.safe_load(BLOCKS[".github/workflows/sla.yml"])["jobs"]["sla"]["steps"]
    step = next(step for step in steps if step.get("name", "").startswith("Install"))
    names = re.search(r"\^\(([^)]+)\)==", step["run"])
    assert names
    listed = (ROOT / "requirements-app.txt").read_text().splitlines()
    pinned = {line.partition("==")[0] for line in listed if "==" in line}
    assert set(names[1].split("|")) <= pinned


def test_deciding_needs_no_library_of_the_report_or_the_pages() -> None:
    unwanted = ("plotly", "pandas", "jinja2", "typst", "docx", "pptx", "xlsxwriter", "streamlit", "torch")
    code = f"import sys, decisions.__main__; sys.exit(', '.join(set({unwanted!r}) & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
