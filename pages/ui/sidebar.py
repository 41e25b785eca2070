"""The SLA, today's choice, the workload and the candidates: the inputs every page shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from decisions.evidence import COMMON, ITEMS, OWN
from decisions.scenarios import Scenario, scenario_from_inputs
from decisions.sla import QualityLine
from pages.ui import inputs


def sidebar(base: Scenario, *, accelerators: Sequence[str], provider_classes: Sequence[str]) -> Scenario:
    """Draw the inputs; ``base`` with what the user set."""
    with st.sidebar:
        changes: dict[str, Any] = _sla(base)
        changes |= _today(base)
        if base.evidence == "imported":
            changes |= _items(base)
        with st.expander("Workload", icon=":material/stacked_line_chart:"):
            changes |= _workload(base)
        with st.expander("Candidates", icon=":material/checklist:"):
            changes |= _candidates(base, accelerators, provider_classes)
    try:
        return scenario_from_inputs(base, **changes)
    except ValueError as error:
        inputs.complain(str(error))
        return base


def _sla(base: Scenario) -> dict[str, Any]:
    st.markdown("**What it must meet**")
    quality: dict[str, QualityLine] = {}
    st.caption("Share right at least, in %; or as % of the same model at full precision; or points below that at most")
    for task, title in base.tasks.items():
        line = base.sla.quality.get(task, QualityLine())
        left, middle, right = st.columns([4, 3, 3], gap="xxsmall", vertical_alignment="bottom")
        with left:
            minimum = inputs.number(
                f"min.{task}",
                title,
                default=_percent(line.minimum),
                low=0,
                high=100,
                step=0.5,
                optional=True,
                format="%.4g",
            )
        with middle:
            share = inputs.number(
                f"base.{task}",
                "of baseline",
                default=_percent(line.minimum_of_baseline),
                low=0,
                high=100,
                step=0.5,
                optional=True,
                format="%.4g",
            )
        with right:
            drop = inputs.number(
                f"drop.{task}",
                "points lost",
                default=_percent(line.max_drop_from_baseline),
                low=0,
                high=100,
                step=0.5,
                optional=True,
                format="%.4g",
            )
        if any(value is not None for value in (minimum, share, drop)):
            quality[task] = QualityLine(
                minimum=_fraction(minimum),
                minimum_of_baseline=_fraction(share),
                max_drop_from_baseline=_fraction(drop),
            )
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        e2e = inputs.number(
            "p95",
            "p95 latency ≤, s",
            default=base.sla.e2e_p95_s,
            low=0.001,
            high=3600,
            step=0.5,
            optional=True,
            format="%.4g",
            help="95 of 100 requests finish within this time.",
        )
    with right:
        budget = inputs.number(
            "budget",
            "Monthly ≤, $",
            default=base.sla.usd_per_month,
            low=0.01,
            high=1e9,
            step=100,
            optional=True,
            format="%.10g",
            help="All costs of one month.",
        )
    with st.expander("More lines", icon=":material/tune:"):
        query = inputs.number(
            "query",
            "Cost per query ≤, $",
            default=base.sla.usd_per_query,
            low=1e-9,
            high=1000,
            step=0.0005,
            optional=True,
            format="%.6g",
        )
        ttft = inputs.number(
            "ttft",
            "First token p95 ≤, s",
            default=base.sla.ttft_p95_s,
            low=0.001,
            high=3600,
            step=0.1,
            optional=True,
            format="%.4g",
            help="Time to first token (TTFT).",
        )
        tpot = inputs.number(
            "tpot",
            "Per output token p95 ≤, ms",
            default=_thousand(base.sla.tpot_p95_s),
            low=0.01,
            high=60_000,
            step=5,
            optional=True,
            format="%.4g",
            help="Time per output token (TPOT).",
        )
    return {
        "quality": quality,
        "e2e_p95_s": e2e,
        "usd_per_month": budget,
        "usd_per_query": query,
        "ttft_p95_s": ttft,
        "tpot_p95_s": None if tpot is None else tpot / 1000,
    }


def _today(base: Scenario) -> dict[str, Any]:
    titles: Mapping[str, str] = {"": "nothing yet"} | {c.id: c.label for c in base.api}
    if base.status_quo and base.status_quo not in titles:
        titles = {**titles, base.status_quo: status_quo_title(base)}
    return {
        "status_quo": inputs.choice("today", "What you use today", list(titles), default=base.status_quo, titles=titles)
    }


def _items(base: Scenario) -> dict[str, Any]:
    titles = {"own": OWN, "common": COMMON}
    chosen = inputs.choice(
        "items-of-files",
        ITEMS,
        list(titles),
        default="common" if base.common_items else "own",
        titles=titles,
        help="Files made with other limits hold other items. They are not compared, unless only the common ones are.",
    )
    return {"common_items": chosen == "common"}


def status_quo_title(scenario: Scenario) -> str:
    """What is used today, in the scenario's short names."""
    model, _, quantization = scenario.status_quo.partition("@")
    rented = {candidate.id: candidate.label for candidate in scenario.api}
    shown = rented.get(scenario.status_quo) or scenario.models.get(model, model)
    return f"{shown} {quantization}".strip()


def _workload(base: Scenario) -> dict[str, Any]:
    usual = base.workload
    requests = inputs.number(
        "requests", "Requests a month", default=int(usual.requests_per_month), low=1, high=10**12, step=100_000
    )
    left, right = st.columns(2)
    with left:
        prompt = inputs.number("prompt", "Prompt tokens", default=usual.prompt_tokens, low=1, high=2_000_000, step=100)
    with right:
        output = inputs.number("output", "Output tokens", default=usual.output_tokens, low=1, high=200_000, step=50)
    with left:
        cached = inputs.number(
            "cached",
            "Cached, %",
            default=100 * usual.cached_fraction,
            low=0.0,
            high=100.0,
            step=5.0,
            format="%.4g",
            help="Share of prompt tokens read from the prefix cache.",
        )
    with right:
        peak = inputs.number(
            "peak",
            "Peak ÷ mean",
            default=float(usual.peak_to_mean),
            low=1.0,
            high=100.0,
            step=0.5,
            format="%.4g",
            help="The busiest hour over the mean hour; replicas are sized for it.",
        )
    hours = inputs.number(
        "hours",
        "Hours served a month",
        default=float(usual.hours_per_month),
        low=1.0,
        high=744.0,
        step=10.0,
        format="%.4g",
    )
    given = {
        "requests_per_month": requests,
        "prompt_tokens": prompt,
        "output_tokens": output,
        "cached_fraction": None if cached is None else cached / 100,
        "peak_to_mean": peak,
        "hours_per_month": hours,
    }
    whole = ("prompt_tokens", "output_tokens")
    return {name: int(value) if name in whole else value for name, value in given.items() if value is not None}


def _candidates(base: Scenario, accelerators: Sequence[str], provider_classes: Sequence[str]) -> dict[str, Any]:
    chosen = inputs.choices(
        "accelerators",
        "Accelerators",
        accelerators,
        default=list(base.accelerators or ()),
        placeholder="any",
    )
    classes = inputs.choices(
        "providers",
        "Kinds of provider",
        provider_classes,
        default=list(base.provider_classes),
        help="Offers of other kinds are left out.",
    )
    count = inputs.number("cards", "Cards per replica, at most", default=base.max_count, low=1, high=64, step=1)
    return {
        "accelerators": tuple(chosen) or None,
        "provider_classes": tuple(classes) or base.provider_classes,
        "max_count": int(count or base.max_count),
    }


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(100 * fraction, 6)


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _thousand(value_s: float | None) -> float | None:
    return None if value_s is None else 1000 * value_s
