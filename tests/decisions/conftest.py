"""Small fakes: measurements with round numbers, quotes without a price book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from decisions import quoting
from decisions.scenarios import ApiCandidate, Scenario
from decisions.sla import QualityLine, Sla
from evals.measurements import Measurement
from evals.statistics.intervals import wilson
from pricing.quotes import Band, Quote


def measured(
    model: str, quantization: str, score: float, n: int | None = 1000, *, task: str = "quiz", **more: Any
) -> Measurement:
    """A published share of ``n`` items with its Wilson interval."""
    interval = wilson(score * n, n) if n else None
    known = {"task_group": "knowledge", "metric": "acc", "origin": "published", "protocol": "5-shot", "source": "paper"}
    return Measurement(
        model=model,
        quantization=quantization,
        task=task,
        score=score,
        n_items=n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        **(known | more),
    )


def quote(usd: float | None, latency_s: float | None = 1.0, *, spread: float = 0.1, **more: Any) -> Quote:
    """A quote with bands of ± ``spread``."""

    def band(value: float | None) -> Band | None:
        return None if value is None else Band(value=value, low=value * (1 - spread), high=value * (1 + spread))

    known = {"kind": "rental", "label": "1× card", "fits": True}
    return Quote(usd_per_month=band(usd), e2e_p95_s=band(latency_s), **(known | more))


def scenario(**changes: Any) -> Scenario:
    """Two models, one task, 80 % within $1,000 and 2 s."""
    known: dict[str, Any] = {
        "id": "test",
        "title": "Test",
        "question": "",
        "evidence": "published",
        "tasks": {"quiz": "Quiz"},
        "models": {"big": "Big", "small": "Small"},
        "sla": Sla(quality={"quiz": QualityLine(minimum=0.8)}, e2e_p95_s=2.0, usd_per_month=1000.0),
        "as_of": date(2026, 11, 21),
    }
    return Scenario(**(known | changes))


API = ApiCandidate(id="hosted", label="Hosted", provider="p", model="hosted", evidence="hosted")


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Quote]], None]:
    """Give quotes by ``model quantization`` (or API id) in place of pricing's."""

    def use(quotes: Mapping[str, Quote]) -> None:
        unpriced = quote(None, None, reason="unpriced: not on any list")
        monkeypatch.setattr(
            quoting, "rental", lambda s, m, book, thorough=True: quotes.get(f"{m.model} {m.quantization}", unpriced)
        )
        monkeypatch.setattr(quoting, "api", lambda s, candidate, book: quotes.get(candidate.id, unpriced))
        monkeypatch.setattr(quoting, "ask_together", lambda s, measurements, book: None)

    return use
