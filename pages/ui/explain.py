"""Why an option meets, misses or is unproven, with a link to every source."""

from __future__ import annotations

import streamlit as st

from decisions.options import Decision, Option
from decisions.wording import money, money_band, score, seconds_band
from evals.measurements import UNSANDBOXED, Measurement
from pages.ui.links import address
from pages.ui.wording import NOT_KNOWN, VERDICT_COLOURS, VERDICT_MARKS, check_sentence, md
from pricing.quotes import Quote


def explain(option: Option, decision: Decision) -> None:
    """The checks of one option in words, then where each number comes from."""
    is_answer = decision.choice is not None and option.id == decision.choice.id
    title = (
        "Why this one"
        if is_answer
        else f"Why it {option.verdict}"
        if option.verdict != "unproven"
        else "Why it is unproven"
    )
    st.markdown(f"**{title}**  \n{md(option.label)} · :gray[{md(option.quote.label)}]")
    with st.container(gap="xsmall"):
        for check in option.checks:
            mark = f":{VERDICT_COLOURS[check.status]}[**{VERDICT_MARKS[check.status]}**]"
            st.markdown(f"{mark} {md(check_sentence(check))}")
            if check.status != "meets" and check.reason:
                st.caption(md(check.reason))
    if not option.checks:
        st.caption("No line is set; every option qualifies. Set one on the left.")
    if option.quote.reason:
        st.markdown(f":gray[{md(option.quote.reason)}]")
    for measurement in option.measurements.values():
        if measurement.note.startswith(UNSANDBOXED):
            st.warning(f"{md(measurement.task)}: {md(measurement.note)}.", icon=":material/lock_open:")
    with st.popover("Sources", icon=":material/link:", width="stretch"):
        for measurement in option.measurements.values():
            _measurement_source(measurement)
        _quote_source(option.quote)


def sources_line(measurement: Measurement) -> str:
    """Markdown: origin, n, date and a link to the source of a measurement."""
    parts = [measurement.origin, f"n = {measurement.n_items:,}" if measurement.n_items else "n not published"]
    parts += [md(part) for part in (measurement.date, measurement.hardware) if part]
    if measurement.note.startswith(UNSANDBOXED):
        parts.append(md(measurement.note))
    title = md(measurement.source_title or measurement.run or "source")
    url = address(measurement.source, measurement.source_locator)
    link = f"[{title}]({url})" if url else title
    where = f", {md(measurement.source_locator)}" if measurement.source_locator else ""
    return f"{' · '.join(parts)}  \n{link}{where}"


def _measurement_source(measurement: Measurement) -> None:
    seen = score(measurement.score, measurement.low, measurement.high)
    st.markdown(f"**{md(measurement.task)}** {md(seen)}  \n{sources_line(measurement)}")
    if measurement.protocol:
        st.caption(f"Protocol: {md(measurement.protocol)}")
    if measurement.note and not measurement.note.startswith(UNSANDBOXED):
        st.caption(md(measurement.note))


def _quote_source(quote: Quote) -> None:
    age = f", {quote.price_age_days} days old" if quote.price_age_days else ""
    mark = " · your override" if quote.price_is_override else ""
    st.markdown(f"**Monthly cost** {md(money_band(quote.usd_per_month))}{mark}  \n{md(quote.label)}")
    if quote.price_source:
        text = f"price of {quote.price_date}{age}"
        url = address(quote.price_source, *(fact.url for fact in quote.facts if fact.date == quote.price_date))
        st.markdown(
            f"[{md(text)}]({url}) :gray[{md(quote.price_source)}]" if url else md(f"{text}: {quote.price_source}")
        )
    if quote.parts:
        st.markdown(
            " · ".join(f"{md(name.replace('_', ' '))} {md(money(usd))}" for name, usd in quote.parts.items() if usd)
        )
    speeds = (
        ("Time to first token, p95", quote.ttft_p95_s),
        ("Time per token, p95", quote.tpot_p95_s),
        ("End to end, p95", quote.e2e_p95_s),
    )
    st.markdown("  \n".join(f"{name}: {md(seconds_band(band))}" for name, band in speeds))
    memory = NOT_KNOWN if quote.memory_gib is None else f"{quote.memory_gib:.1f} GiB"
    st.markdown(
        f"Memory: {memory}" + (f" of {quote.memory_available_gib:.0f} GiB" if quote.memory_available_gib else "")
    )
    if quote.outside_calibration:
        st.caption("Speed lies outside what the model was calibrated on; the band is wider than it looks.")
    for fact in quote.facts:
        url = address(fact.url, fact.source)
        origin = f"[source]({url})" if url else f":gray[{md(fact.source)}]" if fact.source else ""
        parts = [f":gray[{md(fact.name)}:] {md(fact.value)}", origin, f":gray[{md(fact.date)}]" if fact.date else ""]
        st.markdown(" · ".join(part for part in parts if part))
