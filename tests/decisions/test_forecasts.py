from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import pytest

from decisions.candidates import build_options
from decisions.claims import claims
from decisions.cliff import cliff
from decisions.edges import edges
from decisions.forecasts import forecast_rows, with_forecast
from decisions.quality import quality_checks
from decisions.sla import QualityLine, Sla
from evals.measurements import Measurement
from pricing.catalogue import PriceBook
from pricing.quotes import Quote
from tests.decisions.conftest import measured, quote, scenario

MODEL = "Llama-3-8B"


def seen(quantization: str, score: float, task: str, bits: float, n: int | None = 10_000) -> Measurement:
    group = {"MMLU": "knowledge", "GSM8K": "math"}[task]
    return measured(
        MODEL, quantization, score, n, task=task, task_group=group, bits_per_weight=bits, method="RTN", baseline="bf16"
    )


FULL = [seen("bf16", 0.65, "MMLU", 16), seen("bf16", 0.60, "GSM8K", 16)]
Q2 = seen("rtn-int2-g128", 0.30, "MMLU", 2.14)
Q8 = seen("rtn-int8-g128", 0.65, "MMLU", 8.19)


def checked(line: QualityLine, variant: Measurement) -> list[tuple[str, str, float | None, float | None]]:
    raw = quality_checks("GSM8K", "GSM8K", line, None, None)
    made = [with_forecast(check, [variant], [*FULL, variant]) for check in raw]
    return [(c.status, c.reason.partition(",")[0], c.seen, c.low) for c in made]


def test_a_forecast_never_meets_a_line_however_low_it_is() -> None:
    line = QualityLine(minimum=0.01, minimum_of_baseline=0.01)
    for status, reason, value, low in checked(line, Q8):
        assert (status, reason, low) == ("unproven", "forecast: likely meets", None)
        assert value is not None and value > 0.5


def test_a_forecast_never_misses_a_line_however_high_it_is() -> None:
    for status, reason, _, low in checked(QualityLine(minimum=0.99, minimum_of_baseline=0.99), Q2):
        assert (status, reason, low) == ("unproven", "forecast: likely misses", None)


def test_a_line_inside_the_band_may_be_met() -> None:
    middle = checked(QualityLine(minimum=0.5), Q2)[0][2]
    assert middle is not None
    assert checked(QualityLine(minimum=middle), Q2)[0][1] == "forecast: may meet"


def test_without_a_baseline_of_the_model_on_the_task_nothing_is_forecast() -> None:
    check = quality_checks("GSM8K", "GSM8K", QualityLine(minimum=0.5), None, None)[0]
    assert with_forecast(check, [Q8], [FULL[0], Q8]) == check


def test_an_option_with_a_forecast_cell_is_unproven_and_says_why(
    priced: Callable[[Mapping[str, Quote]], None],
) -> None:
    priced({f"{MODEL} bf16": quote(500), f"{MODEL} rtn-int8-g128": quote(300)})
    given = scenario(
        tasks={"MMLU": "MMLU", "GSM8K": "GSM8K"},
        models={MODEL: "8B"},
        sla=Sla(quality={"MMLU": QualityLine(minimum=0.6), "GSM8K": QualityLine(minimum=0.3)}),
    )
    options = build_options(given, [*FULL, Q8], cast(PriceBook, None))
    found = {o.quantization: o for o in options}
    assert found["bf16"].verdict == "meets"
    assert found["rtn-int8-g128"].verdict == "unproven"
    cell = next(c for c in found["rtn-int8-g128"].checks if c.task == "GSM8K")
    assert cell.origin == "forecast" and cell.reason.startswith("forecast: likely meets, 80 % band")


def test_missing_cells_of_the_grid_are_forecast_and_prove_nothing() -> None:
    rows = forecast_rows([*FULL, Q2, Q8, seen("rtn-int8-g128", 0.6, "GSM8K", 8.19)])
    assert [(r.quantization, r.task) for r in rows] == [("rtn-int2-g128", "GSM8K")]  # tried on MMLU only
    other = [
        measured(
            "Llama-3-70B", q, s, task="MMLU", task_group="knowledge", bits_per_weight=b, method="RTN", baseline="bf16"
        )
        for q, s, b in (("bf16", 0.8, 16.0),)
    ]
    rows = forecast_rows([FULL[0], Q2, Q8, *other])
    assert [(r.model, r.quantization, r.origin, r.zone) for r in rows] == [
        ("Llama-3-70B", "rtn-int8-g128", "forecast", "unproven"),
        ("Llama-3-70B", "rtn-int2-g128", "forecast", "unproven"),
    ]
    assert all(
        r.low is not None and r.lost is not None and r.high is not None and r.low <= r.lost <= r.high for r in rows
    )
    assert rows[0].lost is not None and rows[1].lost is not None and rows[0].lost < rows[1].lost


def test_no_forecast_for_models_far_smaller_than_any_published() -> None:
    tiny = [
        measured(name, q, 0.9, task="MMLU", bits_per_weight=b, method="RTN", baseline="bf16")
        for name, q, b in (("tiny-1m", "bf16", 16.0), ("tiny-3m", "bf16", 16.0), ("tiny-3m", "rtn-int3-g128", 3.1))
    ]
    assert forecast_rows(tiny) == ()


def test_edges_name_the_lowest_safe_the_highest_broken_and_what_lies_between() -> None:
    rows = cliff(
        [
            seen("bf16", 0.9, "MMLU", 16, 100_000),
            seen("q8", 0.9, "MMLU", 8, 100_000),
            seen("q4", 0.895, "MMLU", 4, 100_000),  # half a point of 2 lost, ± 0.3: safe
            seen("q3", 0.88, "MMLU", 3, 100_000),  # two points lost: on the line
            seen("q2", 0.6, "MMLU", 2, 100_000),
            seen("q1", 0.3, "MMLU", 1.5, 100_000),
        ]
    )
    (edge,) = edges(rows)
    assert edge.safe is not None and edge.cliff is not None
    assert (edge.safe.quantization, edge.cliff.quantization) == ("q4", "q2")
    assert [r.quantization for r in edge.unproven] == ["q3"] and not edge.crossed


def test_an_edge_may_be_open_on_both_sides_or_crossed() -> None:
    (unknown,) = edges(cliff([seen("bf16", 0.9, "MMLU", 16, None), seen("q4", 0.7, "MMLU", 4, None)]))
    assert unknown.safe is None and unknown.cliff is None and len(unknown.unproven) == 1
    crossed = cliff(
        [
            seen("bf16", 0.9, "MMLU", 16, 100_000),
            seen("poor-q4", 0.6, "MMLU", 4, 100_000),
            seen("good-q3", 0.9, "MMLU", 3, 100_000),
        ]
    )
    assert edges(crossed)[0].crossed


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("INT8", {"mostly holds"}),
        ("Code loses 15 %", {"overstated"}),
        ("Math loses 8 %", {"overstated"}),
        ("70B at 4 bits", {"holds"}),
    ],
)
def test_rules_of_thumb_beside_the_evidence(start: str, says: set[str]) -> None:
    claim = next(c for c in claims() if c.rule.startswith(start))
    assert claim.says in says and claim.rows >= 20 and claim.sources >= 3 and claim.evidence
