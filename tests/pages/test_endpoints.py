"""Your model or endpoint on the Run page."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from evals.endpoints.book import endpoints, save
from evals.endpoints.entry import Endpoint
from tests.evals.endpoints.stub import Stub, served, text_answer
from tests.pages.conftest import opened, words


def labelled(kind: object, label: str) -> object:
    return next(one for one in kind if one.label == label)  # type: ignore[attr-defined]


def test_a_typed_model_is_judged_before_anything_is_loaded(fresh_home: Path) -> None:
    app = opened("Run")
    labelled(app.text_input, "Model").set_value("tiny-1m").run()  # type: ignore[attr-defined]
    assert not app.exception
    assert {metric.label for metric in app.metric} >= {"Memory needed", "Memory free"}
    assert "here already" in words(app)
    labelled(app.text_input, "Model").set_value("org/name/extra").run()  # type: ignore[attr-defined]
    assert not app.exception and "write org/name or org/name@revision" in words(app)


def test_an_endpoint_is_checked_kept_and_offered(fresh_home: Path) -> None:
    with served(Stub(text_answer(lambda prompt: "Paris"))) as stub:
        app = opened("Run")
        for label, value in (("Name here", "our-vllm"), ("Model there", "tiny"), ("Address", stub.url)):
            labelled(app.text_input, label).set_value(value)  # type: ignore[attr-defined]
        press(app, "Check and keep")
        assert not app.exception and "our-vllm" in "\n".join(one.value for one in app.success)
        assert endpoints()["our-vllm"].kind == "chat"
        app = opened("Run", models="endpoint:our-vllm", tasks="shop_math", items="10")
        assert not app.exception and "endpoint:our-vllm: 10 requests" in words(app).replace("\\", "")


def test_a_key_in_the_address_is_refused(fresh_home: Path) -> None:
    app = opened("Run")
    for label, value in (("Name here", "x"), ("Model there", "m"), ("Address", "https://h/v1?api_key=sk-abcdefgh1")):
        labelled(app.text_input, label).set_value(value)  # type: ignore[attr-defined]
    press(app, "Check and keep")
    assert "where keys leak into logs" in words(app) and "sk-abcdefgh1" not in words(app) and endpoints() == {}


def test_a_damaged_file_of_endpoints_does_not_take_the_page_down(fresh_home: Path) -> None:
    (fresh_home / "endpoints.yaml").write_text("a: [unclosed")
    app = opened("Run")
    assert not app.exception and "cannot be read (line 1)" in words(app)


def test_an_endpoint_can_be_removed(fresh_home: Path) -> None:
    save(Endpoint(name="x", base_url="http://127.0.0.1:9/v1", model="m"))
    app = opened("Run")
    press(app, "Remove")
    assert not app.exception and endpoints() == {}


def press(app: AppTest, label: str) -> None:
    labelled(app.button, label).click().run()  # type: ignore[attr-defined]
