"""Editable tables of prices; an edit becomes one of the user's own prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from decisions.scenarios import Scenario
from pages.ui.access import look_only, may_write, write_button, writing
from pages.ui.wording import md
from pricing import api, bill, feeds, overrides
from pricing.catalogue import PriceBook, load_price_book
from pricing.offers import STALE_AFTER_DAYS, Offer

PRICE = st.column_config.NumberColumn(min_value=0.0001, max_value=10_000, format="$%.3f", required=True)
RATE = st.column_config.NumberColumn(min_value=0.0001, max_value=10_000, format="$%.4g")
LINK = st.column_config.LinkColumn(display_text="open", width="small")


def offers_table(offers: Sequence[Offer], as_of: date) -> None:
    """Offers of one accelerator, cheapest first, the hourly price editable."""
    rows = [
        {
            "Provider": offer.provider,
            "Kind": offer.provider_class,
            "Cards": offer.count,
            "Terms": offer.terms,
            "Machine": offer.instance,
            "Region": offer.region,
            "$ an hour": offer.usd_per_hour,
            "Date": offer.date,
            "Age": _age(offer, as_of),
            "Source": offer.source,
            "Link": offer.url,
            "Note": offer.note,
        }
        for offer in offers
    ]
    bases = [
        {
            "kind": "rental",
            "provider": o.provider,
            "provider_class": o.provider_class,
            "accelerator": o.accelerator,
            "count": o.count,
            "tier": o.tier,
            "commitment_months": o.commitment_months,
            "instance": o.instance,
            "region": o.region,
            "scales_per_card": int(o.scales_per_card),
        }
        for o in offers
    ]
    _editor("offers", rows, bases, {"$ an hour": "usd_per_hour"})


def api_table(scenario: Scenario, book: PriceBook) -> None:
    """The scenario's API models, dollars per million tokens editable."""
    rows: list[dict[str, Any]] = []
    bases: list[dict[str, Any]] = []
    for candidate in scenario.api:
        load = scenario.workload
        price = api.price_request(
            provider=candidate.provider,
            model=candidate.model,
            prompt_tokens=load.prompt_tokens,
            output_tokens=load.output_tokens,
            cached_fraction=load.cached_fraction,
            as_of=scenario.as_of,
            overrides=book.api_overrides,
        )
        rates: tuple[Any, Any, Any] = (None, None, None)
        if price:
            rates = (price.input_usd_per_mtok, price.output_usd_per_mtok, price.cached_usd_per_mtok)
        rows.append(
            {
                "Model": candidate.label,
                "Provider": price.provider_name if price else candidate.provider,
                "Input $ per M tokens": _float(rates[0]),
                "Output $ per M tokens": _float(rates[1]),
                "Cached $ per M tokens": _float(rates[2]),
                "$ a request": _float(price.usd_per_request) if price else None,
                "Priced as": f"{price.provider} / {price.model}" if price else "unpriced",
                "Date": price.date if price else "",
                "Age": _api_age(price, scenario.as_of),
                "Source": price.source if price else "unpriced",
                "Link": price.url if price else "",
            }
        )
        bases.append(
            {
                "kind": "api",
                "provider": candidate.provider,
                "model": candidate.model,
                "input_usd_per_mtok": _float(rates[0]),
                "output_usd_per_mtok": _float(rates[1]),
                "cached_usd_per_mtok": _float(rates[2]),
            }
        )
    _editor(
        "api",
        rows,
        bases,
        {
            "Input $ per M tokens": "input_usd_per_mtok",
            "Output $ per M tokens": "output_usd_per_mtok",
            "Cached $ per M tokens": "cached_usd_per_mtok",
        },
    )


def own_prices() -> None:
    """What the user overwrote, with the way back."""
    try:
        rows = overrides.read()
    except ValueError:
        return
    if not rows:
        return
    st.markdown("#### Your own prices")
    imported = Counter(str(row["imported"]) for row in rows if row.get("imported"))
    for source, n in imported.items():
        day = next(row.get("date") for row in rows if row.get("imported") == source)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(md(f"{n} offers imported from {source}, prices of {day}"))
            if write_button(
                "Remove",
                "remove imported prices",
                source,
                partial(feeds.forget, source),
                key=f"forget_{source}",
                icon=":material/undo:",
            ):
                st.rerun()
    for index, row in enumerate(rows):
        if row.get("imported"):
            continue
        what = row.get("accelerator") or row.get("model")
        price = (
            f"${row['usd_per_hour']} an hour"
            if "usd_per_hour" in row
            else (f"${row.get('input_usd_per_mtok')} in, ${row.get('output_usd_per_mtok')} out per M tokens")
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                md(f"{row.get('provider')} {what} ×{row.get('count', 1)}: {price}, since {row.get('date')}")
                if "usd_per_hour" in row
                else md(f"{row.get('provider')} {what}: {price}, since {row.get('date')}")
            )
            rest = [other for at, other in enumerate(rows) if at != index]
            if write_button(
                "Remove",
                "remove a price",
                str(what),
                partial(overrides.write, rest),
                key=f"remove_{index}",
                icon=":material/undo:",
            ):
                st.rerun()


def _editor(name: str, rows: list[dict[str, Any]], bases: list[dict[str, Any]], fields: dict[str, str]) -> None:
    round_key = f"_{name}_round"
    key = f"{name}_editor_{st.session_state.setdefault(round_key, 0)}"
    st.data_editor(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        num_rows="fixed",
        alt=f"Prices, {name}",
        disabled=[column for column in (rows[0] if rows else {}) if column not in fields] if may_write() else True,
        column_config={
            **{column: RATE if "Cached" in column else PRICE for column in fields},
            "$ a request": st.column_config.NumberColumn(format="$%.6f"),
            "Link": LINK,
        },
        on_change=_save,
        args=(key, round_key, bases, fields),
    )
    if message := st.session_state.pop("_price_error", None):
        st.error(message, icon=":material/error:")


def _save(key: str, round_key: str, bases: list[dict[str, Any]], fields: dict[str, str]) -> None:
    edits = st.session_state[key]["edited_rows"]
    st.session_state[round_key] += 1
    try:
        rows = with_edits(overrides.read(), edits, bases, fields, date.today())
        load_price_book(rows)
        with writing("edit prices", ", ".join(str(bases[int(index)]) for index in edits)):
            overrides.write(rows)
    except (ValueError, OSError) as error:
        st.session_state["_price_error"] = f"This price was not saved: {error}"


def with_edits(
    saved: Sequence[overrides.Row],
    edits: Mapping[Any, Mapping[str, Any]],
    bases: Sequence[Mapping[str, Any]],
    fields: Mapping[str, str],
    today: date,
) -> list[overrides.Row]:
    """``saved`` with the edited cells (row → column → value) as the user's own prices of that day."""
    rows = list(saved)
    for index, changed in edits.items():
        row = {**bases[int(index)], "date": today.isoformat(), "source": "your own price"}
        row |= {fields[column]: value for column, value in changed.items() if column in fields}
        rows = overrides.put(rows, row)
    return rows


def _age(offer: Offer, as_of: date) -> str:
    if offer.is_override:
        return "your own price"
    days = offer.age_days(as_of)
    return f"{days} days, stale" if offer.stale(as_of) else f"{days} days"


def _api_age(price: api.ApiPrice | None, as_of: date) -> str:
    if price is None:
        return ""
    if not price.is_override:
        return "of that day"
    days = (as_of - date.fromisoformat(price.date)).days
    return "your own price" + (f", {days} days old" if days > STALE_AFTER_DAYS else "")


def terms_table() -> None:
    """What a month includes besides the cards, for each preset, with where every default comes from."""
    plans = list(bill.PRESETS.values())
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Term": what[:1].upper() + what[1:],
                    **{plan.name.capitalize(): float(getattr(plan, name)) for plan in plans},
                    "Default from": source,
                }
                for name, (_, _, what, source) in bill.TERMS.items()
            ]
        ),
        hide_index=True,
        height="content",
        alt="Terms of the three presets",
        column_config={plan.name.capitalize(): st.column_config.NumberColumn(format="%g") for plan in plans},
    )


def import_form() -> None:
    """A price list of the user's own: a CSV in SkyPilot's catalogue schema."""
    with st.expander("Import a price list", icon=":material/upload_file:"), st.form("import_offers", border=False):
        blocked = look_only("import prices")
        file = st.file_uploader("CSV in SkyPilot's catalogue schema", type="csv", disabled=blocked)
        provider = st.text_input("Whose prices", placeholder="Lambda")
        day = st.date_input("Prices of", value="today", max_value="today")
        if st.form_submit_button("Import", disabled=blocked) and file and provider.strip():
            try:
                lines = file.getvalue().decode("utf-8-sig").splitlines()
                with writing("import prices", file.name):
                    found = feeds.keep(lines, provider=provider, day=day, source=file.name)
            except (ValueError, OSError) as error:
                st.error(f"Nothing was imported: {error}", icon=":material/error:")
            else:
                left = "; ".join(f"{n} × {reason}" for reason, n in found.left_out.most_common())
                st.success(f"{len(found.rows)} offers imported." + (f" Left out: {left}." if left else ""))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
