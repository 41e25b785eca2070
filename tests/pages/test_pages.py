"""Every page opens, with plain and with odd addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from evals import runs
from evals.plan import Plan
from pages.ui.menu import MORE
from pages.ui.menu import PAGES as PAGES_FIRST
from pricing import overrides
from tests.pages.conftest import opened, words

PAGES = tuple("" if file == "app.py" else Path(file).stem for file, _ in (*PAGES_FIRST, *MORE))


def answer(app: AppTest) -> str:
    """The page's first sentence."""
    return next(element.value for element in app.markdown if element.value.startswith("## "))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scenario", ["seventy-or-eight", "support-desk"])
def test_every_page_opens_in_both_scenarios(page: str, scenario: str) -> None:
    app = opened(page, scenario=scenario)
    assert not app.exception
    assert answer(app)
    assert "nan" not in words(app).lower().split()


def test_what_is_known_before_the_first_score_is_on_the_cards() -> None:
    app = opened(scenario="image-catalogue")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards["Accuracy, Catalogue attributes"] == "not yet known"
    assert f"about {cards['Monthly cost']} a month" in answer(app).replace("\\$", "$")
    assert cards["Against today"].startswith("−$") and cards["p95 latency"].endswith(" s")


def test_the_accuracy_line_in_the_address_changes_the_answer() -> None:
    low, high = (opened(**{"min.MMLU": line, "p95": "none", "budget": "none"}) for line in ("60", "99.5"))
    assert "meets your SLA" in answer(low)
    assert "meets your SLA" not in answer(high)


def test_moving_the_accuracy_line_writes_it_into_the_address() -> None:
    app = opened()
    app.number_input(key="input_min.MMLU").set_value(60.0).run()
    assert app.query_params["min.MMLU"] == "60"
    app.number_input(key="input_min.MMLU").set_value(78.0).run()
    assert "min.MMLU" not in app.query_params


def test_an_unknown_scenario_is_named_with_the_nearest_and_the_rest_is_kept() -> None:
    app = opened(scenario="seventy-or-nine", budget="1234")
    assert "'seventy-or-nine'" in app.warning[0].value
    assert "seventy-or-eight" in app.warning[0].value
    assert app.number_input(key="input_budget").value == 1234


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("min.MMLU", "150", "from 0 to 100"),
        ("min.MMLU", "high", "'high'"),
        ("p95", "-1", "p95"),
        ("requests", "0", "Requests a month"),
        ("accelerators", "H1000", "H100"),
        ("today", "gpt-5o", "gpt-4o"),
        ("option", "nobody", "Explain"),
    ],
)
def test_a_value_out_of_range_is_named_and_the_others_stay(name: str, value: str, complaint: str) -> None:
    app = opened(**{name: value, "budget": "1234"})
    assert not app.exception
    assert complaint in "\n".join(warning.value for warning in app.warning)
    assert app.number_input(key="input_budget").value == 1234


def test_changing_the_scenario_drops_the_other_inputs() -> None:
    app = opened(budget="1234")
    app.selectbox(key="input_scenario").set_value("support-desk").run()
    assert not app.exception
    assert dict(app.query_params) == {"scenario": "support-desk"}


def test_menu_links_carry_the_inputs() -> None:
    app = opened(budget="1234")
    links = [element.proto for element in app.get("page_link")]
    menu = [label for _, label in (*PAGES_FIRST, *MORE)]
    assert [link.label for link in links[: len(menu)]] == menu
    assert all("budget=1234" in link.query_string for link in links)


def test_no_line_at_all_still_gives_an_answer() -> None:
    app = opened(**{"min.MMLU": "none", "p95": "none", "budget": "none"})
    assert not app.exception
    assert "no line is set" in words(app).lower()


def test_compare_takes_any_two_options_from_the_address() -> None:
    first = opened("Compare")
    a, b = (first.selectbox(key=f"input_{side}").value for side in "ab")
    swapped = opened("Compare", a=b, b=a)
    assert not swapped.exception
    assert (swapped.selectbox(key="input_a").value, swapped.selectbox(key="input_b").value) == (b, a)


def test_prices_shows_own_prices_and_takes_them_back(fresh_home: Path) -> None:
    overrides.write(
        [{"kind": "rental", "provider": "My rack", "accelerator": "H100", "usd_per_hour": 0.5, "date": "2026-11-01"}]
    )
    app = opened("Prices", card="H100")
    assert "My rack H100" in words(app)
    app.button(key="remove_0").click().run()
    assert json.loads((fresh_home / "price-overrides.json").read_text()) == []
    assert "My rack H100" not in words(app)


def test_an_unreadable_price_file_is_named_and_shipped_prices_are_shown(fresh_home: Path) -> None:
    (fresh_home / "price-overrides.json").write_text("{oh")
    app = opened()
    assert not app.exception
    assert "price-overrides.json" in app.warning[0].value
    assert answer(app)


def test_report_offers_every_format_of_the_present_decision() -> None:
    app = opened("Report", budget="1234")
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == ["PDF", "HTML", "Slides", "Word", "Excel", "Markdown", "CSV", "JSON", "Scenario"]
    assert answer(app).removeprefix("## ").replace("\\", "") == answer(opened(budget="1234")).removeprefix(
        "## "
    ).replace("\\", "")


def test_row_80_a_table_of_0_rows_cannot_be_downloaded_and_says_why() -> None:
    app = opened("Report", scenario="support-desk", today="")
    shown = {element.proto.label: element.proto for element in app.get("download_button")}
    assert shown["CSV"].disabled and "0 rows" in shown["CSV"].help
    assert not shown["PDF"].disabled


def test_row_77_back_and_refresh_show_the_run_that_is_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "resume", lambda *_: None)
    name = runs.start(Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math",), limit=5))
    for _ in range(2):  # a new session each, as after a refresh
        shown = opened("Run")
        assert not shown.exception
        tables = [list(table.value["Run"]) for table in shown.dataframe if "Run" in table.value]
        assert tables == [[name]]
    assert len(runs.runs()) == 1


def test_run_says_so_where_nothing_is_measured() -> None:
    app = opened("Run")
    assert "Nothing has been measured here yet" in answer(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scenario", ["seventy-or-eight", "support-desk"])
def test_a_damaged_store_is_named_and_the_page_stays_usable(page: str, scenario: str, fresh_home: Path) -> None:
    (fresh_home / "bitbudget.sqlite").write_bytes(b"not a database" * 100)
    app = opened(page, scenario=scenario)
    assert not app.exception
    assert "bitbudget.sqlite" in "\n".join(message.value for message in [*app.warning, *app.error])
    assert answer(app)
