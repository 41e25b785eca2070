"""Items whose answer changed between two variants, regressions first, as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from decisions.comparison import Comparison, ItemFlips
from decisions.options import Option
from decisions.report.clean import clean_text, visible
from evals.importing.measurements import imported_texts
from evals.results import ItemText, item_texts
from pages.ui.wording import md

SHOWN = 5


def changed_items(flips: ItemFlips, comparison: Comparison, title: str) -> None:
    """Counts, then examples: what the first option broke, then what it fixed."""
    first, second = comparison.first, comparison.second
    same = flips.both_right + flips.both_wrong
    st.markdown(
        f"**{md(title)}**: {len(flips.broken)} broken, {len(flips.fixed)} fixed, {same} the same "
        f":gray[(exact McNemar p = {flips.p_mcnemar:.2g})]"
    )
    for kind, ids in (("Broken", flips.broken), ("Fixed", flips.fixed)):
        if not ids:
            continue
        with st.expander(
            f"{kind}: {min(SHOWN, len(ids))} of {len(ids)} items",
            icon=":material/heart_broken:" if kind == "Broken" else ":material/build:",
        ):
            wanted = ids[:SHOWN]
            ours, theirs = (_texts(option, flips.task, wanted) for option in (first, second))
            for item in wanted:
                _item(ours.get(item), theirs.get(item), first.label, second.label)


def _texts(option: Option, task: str, wanted: Sequence[str]) -> Mapping[str, ItemText]:
    """The items as this option's evidence has them."""
    texts = imported_texts if option.measurements[task].origin == "imported" else item_texts
    return texts(option.model, option.quantization, task, wanted)


def _item(ours: ItemText | None, theirs: ItemText | None, first: str, second: str) -> None:
    asked = ours or theirs
    if asked is None:
        return
    with st.container(border=True):
        st.text(visible(asked.prompt))
        columns = st.columns(3)
        answers = (
            (f"{first} said", ours.output if ours else "not measured"),
            (f"{second} said", theirs.output if theirs else "not measured"),
            ("Expected", asked.expected),
        )
        for column, (title, text) in zip(columns, answers, strict=True):
            with column:
                st.caption(md(title))
                st.text(clean_text(text) or "(nothing)")
