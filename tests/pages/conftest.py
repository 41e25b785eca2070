"""Pages under test write to a fresh home and start no workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty BITBUDGET_HOME; the demo does not start by itself."""
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr("evals.runs.ensure_demo", lambda *_: None)
    return tmp_path


def opened(page: str = "", **parameters: str) -> AppTest:
    """A page as the address opens it, run once."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    for name, value in parameters.items():
        app.query_params[name] = value
    if page:
        app.switch_page(f"pages/{page}.py")
    return app.run()


def words(app: AppTest) -> str:
    """All Markdown and messages of the page, for looking things up."""
    shown = [*app.markdown, *app.caption, *app.warning, *app.info, *app.error]
    return "\n".join(element.value for element in shown)
