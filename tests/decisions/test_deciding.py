"""One decision for the same question on the same facts, a new one as soon as any of them changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from decisions import benchmarks, deciding
from decisions.deciding import cliff_points, compared, decided
from decisions.evidence import EVERY, scenario_measurements
from decisions.scenarios import scenario as built_in
from decisions.scenarios import scenario_from_inputs
from decisions.sla import QualityLine, Sla
from evals.endpoints.book import save
from evals.endpoints.entry import Endpoint
from evals.importing.taking import take
from evals.store import StoreError
from pricing.catalogue import load_price_book
from tests.decisions.conftest import measured, scenario
from tests.evals.importing.examples import report

ASKED = scenario()
BOOK = load_price_book((), ASKED.as_of)
OWN_PRICE = {
    "kind": "api", "provider": "OpenAI", "model": "gpt-4o", "input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0,
    "date": "2026-11-01",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(deciding, "decide", lambda *asked: asked)  # a new tuple each time it is asked
    return tmp_path


def imported(folder: Path) -> None:
    file = folder / "benchmarks.json"
    file.write_text(json.dumps(report()))
    take([file], hardware="1x H100")


def test_who_asks_the_same_gets_the_same_object() -> None:
    assert decided(ASKED, BOOK) is decided(scenario(), load_price_book((), ASKED.as_of))


def test_another_line_is_another_decision() -> None:
    stricter = scenario(sla=Sla(quality={"quiz": QualityLine(minimum=0.9)}, e2e_p95_s=2.0, usd_per_month=1000.0))
    first = decided(ASKED, BOOK)
    assert decided(stricter, BOOK) is not first
    assert decided(ASKED, BOOK) is first


def test_a_price_of_ones_own_is_another_decision() -> None:
    own = load_price_book([OWN_PRICE], ASKED.as_of)
    assert decided(ASKED, own) is not decided(ASKED, BOOK)


def test_a_write_to_the_store_is_another_decision(home: Path) -> None:
    first = decided(ASKED, BOOK)
    imported(home)
    assert decided(ASKED, BOOK) is not first


def test_an_endpoint_is_another_decision() -> None:
    first = decided(ASKED, BOOK)
    save(Endpoint(name="ours", base_url="https://example.org/v1", model="llama"))
    second = decided(ASKED, BOOK)
    save(Endpoint(name="ours", base_url="https://example.org/v1", model="llama", usd_per_mtok_prompt=1.0,
                  usd_per_mtok_output=2.0))  # fmt: skip
    assert len({id(one) for one in (first, second, decided(ASKED, BOOK))}) == 3


def test_nothing_is_kept_of_a_store_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def stamp(self) -> object:
            raise StoreError("away")

    monkeypatch.setattr(deciding, "shared_store", Broken)
    with pytest.raises(StoreError, match="away"):
        decided(ASKED, BOOK)


def test_a_benchmark_imported_a_moment_after_the_last_look_counts_in_what_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speaks(*_: Any) -> bool:
        return bool(benchmarks.tested_accelerators("llama-8b", "FP8"))

    monkeypatch.setattr(deciding, "decide", speaks)
    monkeypatch.setattr(benchmarks.time, "monotonic", lambda: 1e6)  # the second in which the store is asked once
    assert not speaks() and not decided(ASKED, BOOK)
    imported(home)
    assert decided(ASKED, BOOK)


def test_evidence_is_one_tuple_until_there_is_more_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [(measured("big", "FP16", 0.9),), (measured("big", "FP16", 0.9), measured("big", "Q4", 0.8))]
    monkeypatch.setitem(EVERY, "published", lambda: known[0])  # type: ignore[index]
    first = scenario_measurements(ASKED)
    assert scenario_measurements(scenario(max_count=1)) is first and len(first) == 1
    monkeypatch.setitem(EVERY, "published", lambda: known[1])  # type: ignore[index]
    assert [m.quantization for m in scenario_measurements(ASKED)] == ["FP16", "Q4"]
    assert len(scenario_measurements(scenario(models={"small": "Small"}))) == 0


def test_the_cliff_is_the_same_for_every_line_and_another_for_another_tolerance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = (measured("big", "FP16", 0.9), measured("big", "Q4", 0.85))
    monkeypatch.setitem(EVERY, "published", lambda: known)  # type: ignore[index]
    points = cliff_points(ASKED, tolerance=0.02)
    assert cliff_points(scenario(sla=Sla(usd_per_month=5.0)), tolerance=0.02) is points
    assert [row.lost for row in points.seen] == pytest.approx([0.0, 0.05])  # 90 % − 85 %
    assert points.rows == (*points.seen, *points.expected)
    # 5 points lost of 1,000 items, give or take 2.9: beyond 2, not within 1, unproven at 5
    zones = [cliff_points(ASKED, tolerance=t).seen[1].zone for t in (0.02, 0.05, 0.09)]
    assert zones == ["cliff", "unproven", "safe"]


def test_a_comparison_is_made_once_for_a_pair_of_one_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    asked = scenario_from_inputs(built_in("seventy-or-eight"), accelerators=("A100 80 GB",))
    book = load_price_book((), asked.as_of)
    decision = decided(asked, book)
    one, two = (option.id for option in decision.options[:2])
    first = compared(asked, decision, one, two, book)
    assert compared(asked, decision, one, two, book) is first
    assert compared(asked, decision, two, one, book).first.id == two
