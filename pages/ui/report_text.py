"""A report as text for a phone: words wrap, tables scroll sideways."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from decisions.report.document import Document, Table
from decisions.report.markdown import block_lines
from pages.ui.wording import md


def report_text(document: Document) -> None:
    """All sections in their order; charts are named, not drawn."""
    st.markdown(f"#### {md(document.question)}")
    for section in document.sections:
        if section.id != "decision":
            st.markdown(f"#### {md(section.title)}")
        for block in section.blocks:
            if isinstance(block, Table):
                _table(block)
            else:
                st.markdown("\n".join(block_lines(block)).replace("$", "\\$"))


def _table(block: Table) -> None:
    if block.title:
        st.markdown(f"**{md(block.title)}**")
    names = [name + " " * block.head[:i].count(name) for i, name in enumerate(block.head)]
    rows = [[cell.text for cell in row] for row in block.rows]
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True, alt=block.title or "A table of the report")
