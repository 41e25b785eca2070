"""A race is started from the Run page, watched to its end, and agrees with the full grid and the command line."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from evals import runs
from evals.__main__ import app
from evals.models import model
from evals.plan import Plan, cell_of
from evals.quantizations import quantization
from evals.race import Standing
from evals.races import standing
from evals.store import Store
from evals.tasks import task
from evals.verdicts import minimum_score
from tests.browser.conftest import servers
from tests.browser.looking import no_error, sentence, settled

CHEAP, DEAR = "tiny-1m@rtn-int2-g128", "tiny-1m@bf16"
LINES = {"shop_math": 30, "shop_classification": 50}
ITEMS = 60
ADDRESS = (
    f"Run?scenario=support-desk&models=tiny-1m&quantizations=bf16,rtn-int2-g128&items={ITEMS}&p95=none&budget=none&"
    + "&".join(f"min.{name}={percent}" for name, percent in LINES.items())
    + "&min.shop_summarization=none&min.shop_code=none&min.shop_agent=none"
)
WITHIN_S = 400  # a busy machine takes minutes to load a model
SHOWN_WITHIN_MS = 90_000


def suspended_half_way(run: str, store: Store) -> psutil.Process:
    """The race's worker, stopped after its first answers."""
    until = time.monotonic() + WITHIN_S
    while not (found := standing(run, store)) or found.result.calls == 0:
        assert time.monotonic() < until, "the race made no call"
        time.sleep(0.2)
    (worker,) = [p for p in psutil.process_iter(["cmdline"]) if {"evals.worker", run} <= set(p.info["cmdline"] or [])]
    worker.suspend()
    return worker


def ended(run: str, store: Store) -> Standing:
    until = time.monotonic() + WITHIN_S
    while runs.state(run, store) != "done":
        assert time.monotonic() < until, f"{run} is {runs.state(run, store)}"
        time.sleep(0.2)
    found = standing(run, store)
    assert found
    return found


def rows(page: Any) -> list[str]:
    """What stands at the right of each candidate's bar."""
    return [str(text) for text in page.locator(".js-plotly-plot .annotation-text").all_text_contents()]


def full_grid_decision(store: Store) -> str | None:
    """The first candidate, cheapest first, whose every task meets its line on all items of the grid."""
    for candidate in (CHEAP, DEAR):
        name, _, label = candidate.partition("@")
        verdicts = []
        for task_name, percent in LINES.items():
            key = cell_of(model(name), quantization(label), task(task_name), ITEMS).cell_key
            scores = list(store.scores([key])[key].values())
            assert len(scores) == ITEMS
            verdicts.append(minimum_score(scores, percent / 100, 0.95).status)
        if set(verdicts) == {"meets"}:
            return candidate
    return None


@pytest.mark.timeout(1800)
def test_a_race_is_watched_to_its_end_and_decides_as_the_full_grid_does(
    page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    with servers(lambda _: tmp_path) as serve:
        page.goto(f"{serve()}/{ADDRESS}")
        settled(page)
        page.get_by_role("button", name="Race for the cheapest that meets").click()
        headline = page.locator("h2").first
        expect(headline).to_have_text(re.compile("^Racing: "), timeout=SHOWN_WITHIN_MS)
        page.wait_for_url("**run=**")
        store = Store()
        (row,) = store.runs()
        run = row["run"]

        worker = suspended_half_way(run, store)
        try:
            live = standing(run, store)
            assert live and live.result.state == "running"
            calls = rf", {live.result.calls:,} of {4 * ITEMS} model calls so far\.$"
            expect(headline).to_have_text(re.compile(calls), timeout=SHOWN_WITHIN_MS)
            page.reload()
            settled(page)
            expect(headline).to_have_text(re.compile(calls), timeout=SHOWN_WITHIN_MS)
            page.wait_for_selector(".js-plotly-plot .annotation-text")
            assert "not begun" in rows(page)
            no_error(page)
        finally:
            worker.resume()

        expect(headline).to_have_text(re.compile("is the cheapest"), timeout=1000 * WITHIN_S)
        settled(page)
        no_error(page)
        found = ended(run, store)
        assert live.result.calls < found.result.calls <= found.result.full_grid_calls == 4 * ITEMS
        assert found.result.decision
        assert sentence(page).startswith(
            f"{found.result.decision.replace('@', ' @ ')} is the cheapest proven to meet your lines: "
            f"{found.result.calls:,} model calls of the {4 * ITEMS} of a full grid"
        )
        for c in found.candidates:
            assert any(text.startswith(f"{c.status} · {c.items}") for text in rows(page))

        tasks = tuple(LINES)
        grid = Plan(models=("tiny-1m",), quantizations=("bf16", "rtn-int2-g128"), tasks=tasks, limit=ITEMS, seed=1)
        until = time.monotonic() + WITHIN_S
        whole = runs.start(grid, store)
        while runs.state(whole, store) != "done":
            assert time.monotonic() < until
            time.sleep(0.2)
        assert found.result.decision == full_grid_decision(store) == DEAR

        spec = json.loads(row["plan"])["race"]
        weighted = [{"id": c, "weight": spec["weights"][c]} for c in spec["candidates"]]
        order, sla = tmp_path / "order.json", tmp_path / "sla.yaml"
        order.write_text(json.dumps(weighted))
        sla.write_text(json.dumps({"quality": {name: {"minimum": percent / 100} for name, percent in LINES.items()}}))
        told = CliRunner().invoke(
            app, ["race", "--sla", str(sla), "--order", str(order), "--limit", str(ITEMS), "--json"]
        )
        assert told.exit_code == 0, told.output
        printed = json.loads(told.stdout)
        assert printed["run"] != run
        assert (printed["decision"], printed["calls"]) == (found.result.decision, found.result.calls)
        assert [(c["id"], c["items"]) for c in printed["candidates"]] == [(c.id, c.items) for c in found.candidates]
