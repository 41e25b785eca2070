"""What a model wrote is shown as text: no markup, no script, no picture fetched from elsewhere."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.ui.wording import md

HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil.example/?q=1) **bold** <img src=x onerror=alert(1)> [a](javascript:x)"
)


def screen(hostile: str) -> None:
    """A script of its own: Streamlit runs its source."""
    from evals.results import ItemText
    from pages.ui.items import _item

    told = ItemText(item="i1", prompt=hostile, expected=hostile, output=hostile, score=0.0)
    _item(told, told, hostile, "second")


def test_items_are_plain_text_and_titles_are_escaped() -> None:
    app = AppTest.from_function(screen, kwargs={"hostile": HOSTILE}).run()
    assert not app.exception
    assert [element.value for element in app.text] == [HOSTILE] * 4
    marked = [element.value for element in [*app.markdown, *app.caption]]
    assert marked
    for text in marked:
        assert "![x](" not in text and "[a](" not in text and "<script>" not in text.replace("\\<", "")


def test_words_of_others_do_not_become_markdown() -> None:
    assert "![x](" not in md(HOSTILE) and "**bold**" not in md(HOSTILE) and "[a](" not in md(HOSTILE)
