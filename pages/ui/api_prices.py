"""API prices on a day of one's choice: every model of a seller, and how one model's price changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from decisions.charts.palette import Palette
from decisions.charts.price_history import price_history_chart
from decisions.scenarios import Scenario
from pages.ui import inputs
from pages.ui.wording import md
from pricing import api, api_prices
from pricing.api_prices import Period

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2027, 12, 31)
MONEY = st.column_config.NumberColumn(format="$%.4g")


def day_input(name: str, label: str, default: date) -> date:
    """A date bound to the address; one that cannot be read is named and replaced."""
    text, value = st.query_params.get(name), default
    if text is not None:
        try:
            value = date.fromisoformat(text)
            if not FIRST_DAY <= value <= LAST_DAY:
                raise ValueError
        except ValueError:
            value = default
            inputs.complain(
                f"“{label}” in the link is {text!r}; it takes a day from {FIRST_DAY} to {LAST_DAY}. "
                f"Using {default.isoformat()} instead."
            )
    key = f"input_{name}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value

    def write() -> None:
        chosen = st.session_state[key]
        inputs.put(name, None if chosen in (None, default) else chosen.isoformat())

    st.date_input(label, key=key, min_value=FIRST_DAY, max_value=LAST_DAY, on_change=write, width=180)
    return value


def api_by_date(scenario: Scenario, colours: Palette, *, narrow: bool) -> None:
    """The section: day, seller and model above, the price's history, then the seller's list."""
    usual = scenario.api[0] if scenario.api else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        day = day_input("apiday", "API prices on", scenario.as_of)
        sellers = {name: seller.name for name, (seller, _) in api.catalogue().items()}
        first = usual.provider if usual and usual.provider in sellers else next(iter(sellers))
        seller = inputs.choice("seller", "Seller", list(sellers), default=first, titles=sellers, width=220)
        rows = api_prices.prices(day, seller)
        models = [row["model"] for row in rows]
        if not models:
            st.info(f"No model of {md(sellers[seller])} has a price.", icon=":material/money_off:")
            return
        started = usual.model if usual and usual.provider == seller and usual.model in models else models[0]
        model = inputs.choice("sold", "Model", models, default=started, width=300)
    periods = api_prices.history(seller, model)
    st.plotly_chart(
        price_history_chart(periods, day, colours, narrow=narrow),
        config={"displayModeBar": False},
        key="price_history",
        alt=history_sentence(model, periods, day),
    )
    st.caption(md(history_sentence(model, periods, day)))
    st.dataframe(
        listing(sorted(rows, key=lambda row: row["model"] != model)),
        hide_index=True,
        placeholder="",
        alt=f"API prices of {sellers[seller]} on {day.isoformat()}",
        column_config={
            "Source": st.column_config.LinkColumn(display_text="open", width="small"),
            **{name: MONEY for name in ("Input", "Cached input", "Output", "Batch input", "Batch output")},
        },
    )
    st.caption(
        f"{len(rows)} models of {md(sellers[seller])}, dollars per million tokens on {day.isoformat()} at 12:00 UTC, "
        "from genai-prices, which ships with the product. "
        "Empty means not known, not free. Images are billed as input tokens. "
        "A model that came later shows its first price."
    )


def listing(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The seller's models as the page shows them."""
    return pd.DataFrame(
        [
            {
                "Model": row["model"],
                "Input": row["input_usd_per_mtok"],
                "Cached input": row["cached_usd_per_mtok"],
                "Output": row["output_usd_per_mtok"],
                "Batch input": row["batch_input_usd_per_mtok"],
                "Batch output": row["batch_output_usd_per_mtok"],
                "Longer prompts": "; ".join(
                    f"over {start:,}: {_rate(into)}/{_rate(out)}" for start, into, out in row["tiers"][1:]
                ),
                "Until": row["turned_off"] or ("deprecated" if row["deprecated"] else ""),
                "Source": row["url"],
            }
            for row in rows
        ]
    )


def history_sentence(model: str, periods: list[Period], day: date) -> str:
    """What the history shows, in words."""
    dated = [period for period in periods if not period.hours]
    changes = [period for period in dated if period.start]
    text = f"{model}: "
    if not changes:
        text += "no change of price is known."
    else:
        last = changes[-1]
        verb = "changed" if last.start and last.start <= day else "changes"
        text += (
            f"{len(changes)} known change{'s' if len(changes) > 1 else ''}; the price {verb} last on {last.start} to "
            f"{_rate(last.input_usd_per_mtok)} in and {_rate(last.output_usd_per_mtok)} out per million tokens."
        )
    hours = [period for period in periods if period.hours]
    if hours:
        text += " Other prices hold " + ", ".join(
            f"{period.hours} ({_rate(period.input_usd_per_mtok)} in, {_rate(period.output_usd_per_mtok)} out)"
            for period in hours
        )
    return text


def _rate(value: Any) -> str:
    return "unknown" if value is None else f"${float(value):g}"
