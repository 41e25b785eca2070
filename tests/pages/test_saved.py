"""Saving a decision on the page, opening its link, and what it says when something has changed."""

from __future__ import annotations

import json
from pathlib import Path

from decisions.history.shelf import kept
from tests.pages.conftest import opened, words


def save(name: str = "Board") -> str:
    app = opened("Saved")
    app.text_input[0].set_value(name)
    app.button(key="FormSubmitter:save-Save this decision").click().run()
    assert not app.exception
    assert "1 decision saved here" in words(app)
    return kept()[0][0].id


def test_a_saved_decision_opens_from_its_link_and_nothing_has_changed() -> None:
    app = opened(decision=save())
    assert "Nothing has changed since" in words(app)


def test_a_price_that_changed_is_named_and_both_answers_are_shown(fresh_home: Path) -> None:
    name = save()
    file = fresh_home / "decisions" / f"{name}.json"
    plain = json.loads(file.read_text())
    option = next(o for o in plain["report"]["options"] if o["usd_per_month"])
    option["usd_per_month"] = option["usd_per_month"] * 2
    file.write_text(json.dumps(plain))
    app = opened("Saved", decision=name)
    assert "1 price" in words(app)
    assert "**Then**" in words(app) and "**Now:**" in words(app)


def test_a_link_to_a_decision_that_is_not_here_says_so_and_shows_today() -> None:
    app = opened(decision="gone-12345678")
    assert "gone-12345678" in app.warning[0].value
    assert "meets your SLA" in words(app)


def test_another_accuracy_line_on_an_opened_decision_is_an_input_that_differs() -> None:
    app = opened("Saved", **{"decision": save(), "min.MMLU": "60"})
    assert "1 input" in words(app)


def test_delete_takes_it_away() -> None:
    name = save()
    app = opened("Saved")
    app.button(key=f"delete_{name}").click().run()
    assert kept() == ([], [])


def test_row_78_a_second_tab_is_told_of_the_first_and_overwrites_nothing() -> None:
    first, second = opened("Saved"), opened("Saved")
    for tab in (first, second):
        tab.text_input[0].set_value("Board")
        tab.button(key="FormSubmitter:save-Save this decision").click().run()
    shown = [*first.success, *first.toast], [*second.success, *second.toast]
    told = ["".join(element.value for element in each) for each in shown]
    assert "Another one of that name" not in told[0]
    assert "Another one of that name was saved at" in told[1] and "both are kept" in told[1]
    assert [one.name for one in kept()[0]] == ["Board", "Board"]
