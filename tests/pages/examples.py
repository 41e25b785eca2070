"""A small hand-made decision for tests of charts and pages."""

from __future__ import annotations

from decisions.options import Decision, Option
from decisions.verdicts import Check, judge, overall
from evals.measurements import Measurement
from pricing.quotes import Band, Fact, Quote

ROWS = (
    # model, quantization, score, half width, place, usd per month, p95 s
    ("Llama-3 70B", "Q4_K_M", 0.801, 0.015, "1× A6000 48 GB, RunPod", 1090.0, 3.1),
    ("Llama-3 70B", "IQ4_XS", 0.805, 0.015, "1× A6000 48 GB, RunPod", 1090.0, 3.0),
    ("Llama-3 70B", "Q3_K_M", 0.770, 0.016, "1× A6000 48 GB, RunPod", 1090.0, 2.9),
    ("Llama-3 70B", "Q2_K", 0.723, 0.017, "1× A6000 48 GB, RunPod", 1090.0, 2.8),
    ("Llama-3 70B", "IQ1_S", 0.612, 0.018, "1× A5000 24 GB, RunPod", 390.0, 2.8),
    ("Llama-3 70B", "Q5_K_M", 0.809, 0.015, "1× A100 80 GB, Lambda", 2310.0, 3.2),
    ("Llama-3 70B", "FP16", 0.812, 0.015, "2× H100 80 GB, Lambda", 4600.0, 2.1),
    ("Llama-3 8B", "FP16", 0.652, 0.018, "1× A5000 24 GB, RunPod", 390.0, 1.1),
    ("Llama-3 8B", "Q8_0", 0.652, 0.018, "1× A5000 24 GB, RunPod", 390.0, 0.9),
    ("Llama-3 8B", "Q4_K_M", 0.638, 0.018, "1× A5000 24 GB, RunPod", 390.0, 0.8),
    ("Llama-3 8B", "Q2_K", 0.560, 0.019, "1× A5000 24 GB, RunPod", 390.0, 0.8),
)


def example_decision(accuracy: float = 0.75, budget_usd: float = 2000.0, p95_s: float = 4.0) -> Decision:
    """Eleven deployments and one API model judged against three lines; the verdicts follow from the numbers."""
    options = [_option(*row, accuracy=accuracy, budget_usd=budget_usd, p95_s=p95_s) for row in ROWS]
    options.append(
        _option(
            "GPT-4o",
            "",
            0.887,
            0.011,
            "OpenAI API",
            5990.0,
            None,
            accuracy=accuracy,
            budget_usd=budget_usd,
            p95_s=p95_s,
        )
    )
    meeting = sorted((o for o in options if o.verdict == "meets"), key=lambda o: o.quote.usd_per_month.value)  # type: ignore[union-attr]
    return Decision(
        status="meets" if meeting else "none_meets",
        sentence="Llama-3 70B at Q4_K_M meets your SLA for about $1,090 a month."
        if meeting
        else "Nothing here meets it.",
        detail="MMLU 80.1 % ± 1.5.",
        choice=meeting[0] if meeting else None,
        nearest=None if meeting else options[0],
        status_quo=options[-1],
        options=tuple(options),
        task="MMLU",
        saving_usd_per_month=4900.0 if meeting else None,
        would_change=("Above 81 % accuracy the answer is Q5_K_M at $2,310.",),
    )


def _option(
    model: str,
    quantization: str,
    score: float,
    half: float,
    place: str,
    usd: float,
    p95: float | None,
    *,
    accuracy: float,
    budget_usd: float,
    p95_s: float,
) -> Option:
    cost = Band(value=usd, low=usd * 0.8, high=usd * 1.35)
    speed = None if p95 is None else Band(value=p95, low=p95 * 0.8, high=p95 * 1.25)
    seen = Measurement(
        model=model,
        quantization=quantization,
        task="MMLU",
        task_group="knowledge",
        metric="acc",
        score=score,
        n_items=2850,
        low=score - half,
        high=score + half,
        origin="published",
        protocol="5-shot",
        source="https://example.org/scores",
        source_title="A table of scores",
    )
    checks = (
        _check("MMLU", "fraction", "at least", accuracy, score, score - half, score + half),
        _check("p95 latency", "s", "at most", p95_s, p95, speed.low if speed else None, speed.high if speed else None),
        _check("monthly cost", "usd", "at most", budget_usd, usd, cost.low, cost.high),
    )
    return Option(
        id=f"{model}|{quantization}|{place}",
        label=f"{model.removeprefix('Llama-3 ')} {quantization}".strip(),
        kind="deployment" if quantization else "api",
        model=model,
        quantization=quantization,
        method="",
        quote=Quote(
            kind="rental" if quantization else "api",
            label=place,
            fits=True,
            usd_per_month=cost,
            e2e_p95_s=speed,
            price_date="2026-11-21",
            parts={"accelerators": usd},
            facts=(Fact(name="rate", value="$0.50 an hour"),),
        ),
        measurements={"MMLU": seen},
        checks=checks,
        verdict=overall(checks),
        on_frontier=(model, quantization)
        in {("Llama-3 8B", "FP16"), ("Llama-3 70B", "IQ4_XS"), ("Llama-3 70B", "Q5_K_M")},
        is_status_quo=not quantization,
    )


def _check(name, unit, direction, target, seen, low, high):  # type: ignore[no-untyped-def]
    return Check(
        name=name,
        unit=unit,
        direction=direction,
        target=target,
        seen=seen,
        low=low,
        high=high,
        status=judge(direction, target, low, high),
    )
