"""The Patterns page: each pattern answers in its first sentence, or says what is missing."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from decisions.evidence import EVERY, item_scorer
from decisions.patterns.results import ItemResults
from evals.measurements import Measurement
from evals.statistics.intervals import wilson
from tests.pages.conftest import opened, words

N = 400
SMALL = {str(i): float(i < 300 and i % 33 != 32) for i in range(N)}
BIG = {str(i): float(i % 25 >= 2) for i in range(N)}
SCORES = {"tiny-1m": SMALL, "tiny-13m": BIG}
SURE = {str(i): {"answer_margin": (2.0 if i < 300 else 0.5) - i / N} for i in range(N)}

LINE = {"min.shop_classification": "80"}


def answer(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("## "))


@pytest.fixture
def measured_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models of the ticket scenario with 400 answers each: 73 % and 92 % right."""

    def seen(model: str, quantization: str, right: dict[str, float]) -> Measurement:
        score = sum(right.values()) / N
        interval = wilson(score * N, N)
        assert interval
        return Measurement(
            model=model, quantization=quantization, task="shop_classification", task_group="classification",
            metric="acc", score=score, n_items=N, low=interval.low, high=interval.high, origin="measured",
            protocol="one", bits_per_weight=16.0, weight_bytes={"tiny-1m": 2_600_000, "tiny-13m": 26_000_000}[model],
        )  # fmt: skip

    every = [seen("tiny-1m", "bf16", SMALL), seen("tiny-13m", "bf16", BIG)]
    monkeypatch.setitem(EVERY, "measured", lambda: every)
    stored = ItemResults(
        scores=lambda model, quantization, task: SCORES[model],
        confidences=lambda model, quantization, task: SURE,
        prompt_lengths=lambda task: {item: float(item) for item in SMALL},
    )
    for where in ("decisions.patterns.results", "pages.ui.patterns_inputs"):
        monkeypatch.setattr(f"{where}.stored_results", lambda scenario: stored if item_scorer(scenario) else None)


def test_a_cascade_answers_first_and_shows_its_curve_and_reasons(measured_here: None) -> None:
    app = opened("Patterns", scenario="ticket-classification", **LINE)
    assert not app.exception
    assert answer(app).startswith("## A cascade of 1M bf16 then 13M bf16 meets your lines for about")
    assert "on items its thresholds were not chosen on" in words(app) and "AUROC" in words(app)
    assert app.get("plotly_chart")
    assert [metric.label for metric in app.metric][:3] == ["Monthly cost", "Against one model", "Passed on"]


def test_a_router_and_the_stages_come_from_the_address(measured_here: None) -> None:
    app = opened("Patterns", scenario="ticket-classification", pattern="router", **LINE)
    assert not app.exception and answer(app).startswith("## A router that asks 1M bf16 or 13M bf16")
    turned = opened("Patterns", scenario="ticket-classification", first="tiny-13m@bf16", second="tiny-1m@bf16", **LINE)
    assert "13M bf16 keeps every line by itself" in answer(turned)
    same = opened("Patterns", scenario="ticket-classification", first="tiny-1m@bf16", second="tiny-1m@bf16")
    assert "Both stages are 1M bf16" in words(same)


def test_agreement_is_offered_once_it_is_stored(measured_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> list[str]:
        app = opened("Patterns", scenario="ticket-classification")
        assert not app.exception
        [box] = [one for one in app.selectbox if one.label == "How sure the first one is, by"]
        return list(box.options)

    title = "share of its own further answers that agree"
    assert title not in offered()
    for item, told in SURE.items():
        monkeypatch.setitem(SURE, item, told | {"agreement": 1.0})
    assert offered()[-1] == title


def test_two_precisions_need_two(measured_here: None) -> None:
    app = opened("Patterns", scenario="ticket-classification", pattern="dynamic")
    assert not app.exception and "No model has two precisions" in words(app)


@pytest.mark.parametrize(
    ("scenario", "pattern", "first_words"),
    [
        ("image-catalogue", "", "1 of the example"),
        ("attribute-extraction", "", "None of the example"),
        ("seventy-or-eight", "edge", "70B "),
        ("seventy-or-eight", "", "A cascade of 8B "),
        ("seventy-or-eight", "router", "This pattern cannot be worked out yet"),
        ("support-desk", "", "This pattern cannot be worked out yet"),
        ("code-assistant", "", ""),
        ("contract-summarization", "", ""),
    ],
)
def test_every_shipped_scenario_opens(scenario: str, pattern: str, first_words: str) -> None:
    app = opened("Patterns", scenario=scenario, **({"pattern": pattern} if pattern else {}))
    assert not app.exception
    assert answer(app).removeprefix("## ").startswith(first_words)


def test_worked_examples_wear_the_banner_on_every_page_and_others_do_not() -> None:
    for page in ("", "Patterns", "Report"):
        assert "Illustrative figures" in words(opened(page, scenario="image-catalogue"))
    assert "Illustrative figures" not in words(opened("Patterns", scenario="code-assistant"))


def test_no_device_chosen_is_named() -> None:
    app = opened("Patterns", scenario="seventy-or-eight", pattern="edge", devices="none")
    assert not app.exception and "No devices are chosen" in words(app)


def test_shares_that_do_not_add_up_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from decisions.scenarios import scenario

    tasks = scenario("support-desk").tasks

    def seen(model: str, task: str) -> Measurement:
        return Measurement(
            model=model, quantization="bf16", task=task, task_group="x", metric="acc", score=0.95, n_items=400,
            low=0.92, high=0.97, origin="measured", protocol="one", weight_bytes=26_000_000,
        )  # fmt: skip

    every = [seen(model, task) for model in ("tiny-1m", "tiny-13m") for task in tasks]
    monkeypatch.setitem(EVERY, "measured", lambda: every)
    link = {"scenario": "support-desk", "pattern": "hybrid"}
    assert answer(opened("Patterns", **link)).startswith("## No mix beats one option")
    odd = opened("Patterns", **link, **{"share.shop_math": "90"})
    assert "add to 170.0 %, not 100 %" in words(odd)
