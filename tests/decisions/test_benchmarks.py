"""An imported benchmark decides on latency where it speaks for the option, and says why where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from decisions import quoting
from decisions.limits import limit_checks
from decisions.sla import Sla
from decisions.verdicts import Check
from evals.importing.taking import take
from pricing import slices
from pricing.quotes import Quote
from pricing.workload import Workload
from tests.decisions.conftest import measured, quote, scenario
from tests.evals.importing.examples import report

SEEN = measured("llama-8b", "FP8", 0.9)
# one request a second at the peak; the report of the tests was made at 1.7, with p95 3.0 s between 2.25 and 3.75 s
WORKLOAD = Workload(requests_per_month=730 * 3600, peak_to_mean=1.0, prompt_tokens=1200, output_tokens=300)
CARD = slices.find("H100").name


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    return tmp_path


def imported(folder: Path, hardware: str = "1x H100", without: str = "", **changes: Any) -> tuple[str, ...]:
    """Import the report, one metric left out; the notes on it."""
    file, whole = folder / "benchmarks.json", report(**changes)
    whole["benchmarks"][0]["metrics"].pop(without, None)
    file.write_text(json.dumps(whole))
    [run] = take([file], hardware=hardware).runs
    return run.warnings


def asked(
    monkeypatch: pytest.MonkeyPatch, line_s: float = 4.0, sla: Sla | None = None, **found: Any
) -> tuple[Quote, Check]:
    """The quote for a variant whose predicted p95 is 1 s, and the check on its latency."""
    predicted = quote(400.0, 1.0, **({"accelerator": CARD, "count": 1, "replicas": 1} | found))
    monkeypatch.setattr(quoting.pricing_quote, "cheapest_rental", lambda *_, **__: predicted)
    place = scenario(sla=sla or Sla(e2e_p95_s=line_s), workload=WORKLOAD, accelerators=(CARD,))
    book: Any = type("Book", (), {"rentables": lambda *_, **__: []})()
    seen = quoting.rental(place, SEEN, book)
    return seen, limit_checks(place.sla, seen)[0]


@pytest.mark.parametrize(("line_s", "status"), [(4.0, "meets"), (3.5, "unproven"), (2.0, "misses")])
def test_what_was_measured_replaces_the_prediction(
    home: Path, monkeypatch: pytest.MonkeyPatch, line_s: float, status: str
) -> None:
    imported(home)
    _, check = asked(monkeypatch, line_s)
    assert (check.status, check.origin, check.seen, check.low, check.high) == (status, "imported", 3.0, 2.25, 3.75)
    assert "guidellm 0.8.1, 100 requests at 1.7 a second, 7.5 at once (concurrent 8)" in check.reason
    assert f"on 1× {CARD}; a replica takes 1 a second at the peak" in check.reason


def test_without_an_import_the_prediction_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, check = asked(monkeypatch)
    assert (check.origin, check.seen, seen.facts) == ("", 1.0, ())


@pytest.mark.parametrize(
    ("why", "more", "changes"),
    [
        ("it does not say on which hardware", {}, {"hardware": ""}),
        ("its hardware 'abacus' is no accelerator", {}, {"hardware": "abacus"}),
        (f"measured on 2× {CARD}, this option runs on 1× {CARD}", {}, {"hardware": "2x H100"}),
        ("each of 4 replicas takes 0.25 at the peak", {"replicas": 4}, {}),
        ("8 of 80 requests failed or were cut off", {}, {"successful": 72, "errored": 6}),
        ("it bounds no p95 latency: that takes 72 requests", {}, {"successful": 71, "errored": 0}),
        ("it bounds no p95 time to first token", {"sla": Sla(ttft_p95_s=1.0)}, {"without": "time_to_first_token_ms"}),
        ("it does not say how long its requests were", {}, {"without": "prompt_token_count"}),
    ],
)
def test_a_benchmark_of_another_thing_stays_evidence_and_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch, why: str, more: dict[str, Any], changes: dict[str, Any]
) -> None:
    imported(home, **changes)
    seen, check = asked(monkeypatch, **more)
    assert check.origin == ""
    [fact] = [fact for fact in seen.facts if fact.name == "imported benchmark"]
    assert fact.value.startswith("not used: ") and why in fact.value
    assert "benchmarks.json" in fact.source


def test_other_variants_keep_their_prediction(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(home)
    for other in (measured("llama-8b", "bf16", 0.9), measured("llama-70b", "fp8", 0.9)):
        monkeypatch.setattr("tests.decisions.test_benchmarks.SEEN", other)
        seen, check = asked(monkeypatch)
        assert (check.origin, check.seen, seen.facts) == ("", 1.0, ())


def test_the_import_asks_for_the_hardware_once(home: Path) -> None:
    assert any("--hardware '1x H100'" in note for note in imported(home, hardware=""))
    assert imported(home)[0] == "already imported on unknown hardware; forget it first to change that"
