"""Prices: what everything costs, since when, according to whom; overwrite what you know better."""

from __future__ import annotations

import streamlit as st

from decisions.charts.spread import spread_chart
from decisions.wording import money
from pages.ui import inputs, prices
from pages.ui.api_prices import api_by_date
from pages.ui.frame import frame
from pages.ui.price_tables import api_table, import_form, offers_table, own_prices, terms_table
from pages.ui.wording import md
from pricing.catalogue import provider_spread
from pricing.offers import GEOGRAPHIES, PROVIDER_CLASSES, STALE_AFTER_DAYS, TIERS, matching

workspace = frame("Prices")
book, scenario = workspace.book, workspace.scenario
names = prices.accelerators(book)
answer = workspace.decision.shown
usual = answer.quote.accelerator if answer and answer.quote.accelerator in names else names[0]

headline = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    accelerator = inputs.choice("card", "Accelerator", names, default=usual, width=220)
    terms = inputs.choice("terms", "Terms", ["all", *TIERS], default="all", width=150)
    kind = inputs.choice("sellerkind", "Kind of provider", ["all", *PROVIDER_CLASSES], default="all", width=170)
    place = inputs.choice("place", "Region", ["all", *GEOGRAPHIES], default="all", width=150)
spread = provider_spread(book, accelerator)
offers = matching(
    book.offers,
    accelerator=accelerator,
    tier=None if terms == "all" else terms,
    provider_classes=None if kind == "all" else (kind,),
    region=None if place == "all" else place,
)
if spread is None:
    headline.markdown(f"## Nobody here rents out a single {md(accelerator)}")
elif spread.providers == 1:
    headline.markdown(f"## {md(accelerator)} rents for {md(money(spread.low_usd_per_hour))} an hour from one provider")
else:
    headline.markdown(
        f"## {md(accelerator)} rents for {md(money(spread.low_usd_per_hour))} to "
        f"{md(money(spread.high_usd_per_hour))} an hour from {spread.providers} providers"
    )
headline.markdown(
    "A quote is for one named offer, the cheapest you would accept; the spread over providers is your choice, "
    "not an uncertainty."
)
on_demand = matching(book.offers, accelerator=accelerator)
if on_demand:
    st.plotly_chart(
        spread_chart(on_demand, workspace.colours, narrow=workspace.narrow),
        config={"displayModeBar": False},
        key="spread",
        alt=f"Hourly price of {accelerator} by provider",
    )
    st.caption("Cheapest on-demand offer of each provider, dollars per card and hour. :orange[◆] your own price.")

st.markdown(f"#### Rental offers, {md(accelerator)}")
if offers:
    offers_table(offers, scenario.as_of)
    st.caption(
        "Change a price to use your own; it is dated, marked as yours and used on every page and by the command line. "
        f"Older than {STALE_AFTER_DAYS} days counts as stale."
    )
else:
    st.info(
        "No offer passes these filters. Without a price an option is unpriced, never free.",
        icon=":material/filter_alt_off:",
    )
import_form()
if scenario.api:
    st.markdown("#### API models of this scenario")
    api_table(scenario, book)
own_prices()
st.markdown("#### API prices by date")
api_by_date(scenario, workspace.colours, narrow=workspace.narrow)
st.markdown("#### What a month includes besides the cards")
terms_table()
st.caption(
    "Idle hours are paid: a rented card costs the same whether it answers or waits. Serverless is billed while up."
)
