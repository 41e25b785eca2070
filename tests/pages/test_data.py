"""Your data: a file becomes a task on the page; what cannot be read says so with the click that helps."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from evals.tasks import task, tasks
from tests.pages.conftest import opened, words

ROWS = "".join(f"ticket {n},{('refund', 'login')[n % 2]}\n" for n in range(40))
GOOD = f"ticket,intent\n{ROWS}".encode()


def uploaded(raw: bytes, name: str = "tickets.csv") -> AppTest:
    app = opened("Data")
    app.file_uploader(key="data_file").set_value((name, raw, "text/csv"))
    return app.run(timeout=90)


def pressed(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run(timeout=90)


def test_a_table_is_proposed_previewed_and_saved(fresh_home: Path) -> None:
    app = uploaded(GOOD)
    assert not app.exception
    assert "tickets.csv: 40 items, classification by labels, 2 of them" in words(app).replace("\\", "")
    assert "Ticket: ticket 0\nIntent:" in [code.value for code in app.code]
    assert "1,546" in [metric.value for metric in app.metric]
    pressed(app, "Save the task")
    assert not app.exception
    assert task("tickets").n_items == 40
    links = {element.proto.label: element.proto.query_string for element in app.get("page_link")}
    run = links["Evaluate two variants on it"]
    assert "tasks=tickets" in run
    assert "quantizations=bf16%2Crtn-int4-g128" in run
    assert "scenario=task-tickets" in run


def test_the_run_page_opens_with_the_new_task_chosen(fresh_home: Path) -> None:
    pressed(uploaded(GOOD), "Save the task")
    app = opened("Run", tasks="tickets", models="tiny-1m", quantizations="bf16,rtn-int4-g128", scenario="task-tickets")
    assert not app.exception
    assert "2 cells, 80 items" in words(app)
    for page in ("", "Compare", "Cliff"):
        assert not opened(page, scenario="task-tickets").exception


def test_semicolons_take_one_click(fresh_home: Path) -> None:
    app = uploaded(GOOD.replace(b",", b";"))
    assert "semicolons" in app.error[0].value
    app = pressed(app, "Yes, separate at “;”")
    assert not app.error
    assert "40 items" in words(app)


def test_what_cannot_be_read_is_said_and_nothing_is_saved(fresh_home: Path) -> None:
    app = uploaded(GOOD + b"one,two,three\n")
    assert "line 42 has 3 fields" in app.error[0].value.replace("\\", "")
    assert not app.exception
    assert all(one.shipped for one in tasks().values())


def test_a_name_that_is_taken_asks_before_it_replaces(fresh_home: Path) -> None:
    pressed(uploaded(GOOD), "Save the task")
    app = uploaded(GOOD.replace(b"ticket 0,", b"ticket x,"))
    save = next(button for button in app.button if button.label == "Save the task")
    assert save.disabled
    app.checkbox(key="data_replace").check().run(timeout=90)
    pressed(app, "Save the task")
    assert any(item["prompt"].startswith("Ticket: ticket x") for item in _items("tickets"))


def test_own_tasks_are_listed_and_removed(fresh_home: Path) -> None:
    pressed(uploaded(GOOD), "Save the task")
    app = opened("Data")
    assert "Your tasks" in words(app)
    pressed(app, "Remove")
    assert "tickets" not in tasks()


def test_model_text_and_tricks_in_cells_are_shown_as_text(fresh_home: Path) -> None:
    trick = b"<script>alert(1)</script> ![](http://x/?q) {{7*7}}"
    app = uploaded(b"question,answer\n" + b"".join(trick + b" %d,a%d\n" % (n, n) for n in range(9)))
    assert not app.exception
    assert any("<script>alert(1)</script> ![](http://x/?q) {{7*7}} 0" in code.value for code in app.code)
    assert "<script>" not in words(app)


def _items(name: str) -> list[dict[str, str]]:
    from evals.tasks import items

    return items(task(name).config["metadata"]["items"])
