"""What providers ask an hour for the same card: a choice, not an uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed
from decisions.wording import money
from pricing.offers import Offer

ROW_PX = 24


def spread_chart(offers: Sequence[Offer], colours: Palette, *, narrow: bool = False) -> go.Figure:
    """The cheapest offer of each provider for one card, cheapest on top; own prices are filled diamonds."""
    cheapest: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda one: one.usd_per_hour / one.count):
        cheapest.setdefault(offer.provider, offer)
    shown = list(cheapest.values())[:14]
    figure = go.Figure(
        go.Scatter(
            x=[offer.usd_per_hour / offer.count for offer in shown],
            y=[offer.provider for offer in shown],
            mode="markers+text",
            text=[f"  {money(offer.usd_per_hour / offer.count)}" for offer in shown],
            textposition="middle right",
            textfont={"color": colours.quiet, "size": 12},
            hovertext=[f"<b>{o.label}</b><br>{o.tier}, {o.provider_class}<br>{o.date}, {o.source}" for o in shown],
            hoverinfo="text",
            cliponaxis=False,
            marker={
                "size": 11,
                "color": [colours.misses if offer.is_override else colours.meets for offer in shown],
                "symbol": ["diamond" if offer.is_override else "circle" for offer in shown],
            },
        )
    )
    most = max((offer.usd_per_hour / offer.count for offer in shown), default=1.0)
    return dressed(
        figure,
        colours,
        height=ROW_PX * max(2, len(shown)) + 50,
        xaxis={"range": [0, (1.3 if narrow else 1.15) * most], "tickprefix": "$", "nticks": 5 if narrow else 6},
        yaxis={"autorange": "reversed", "tickfont": {"color": colours.text, "size": 12}},
    )
