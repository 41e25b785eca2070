"""Which cells are known and from where, and the filters of the table of evidence."""

from __future__ import annotations

from datetime import date

from decisions.coverage import counts, coverage, matching, most_covered
from decisions.imported import imported_scenario
from evals.measurements import Measurement, Origin


def seen(model: str, label: str, group: str, origin: Origin, n: int = 10, bits: float | None = None) -> Measurement:
    return Measurement(
        model=model,
        quantization=label,
        task=f"{group} task",
        task_group=group,
        metric="acc",
        score=0.5,
        n_items=n,
        low=None,
        high=None,
        origin=origin,
        protocol="p",
        method="rounding",
        bits_per_weight=bits,
    )


EVERY = (
    seen("a", "bf16", "math", "published", bits=16.0),
    seen("a", "bf16", "math", "measured", n=5),
    seen("a", "nf4", "math", "forecast", bits=4.5),
    seen("a", "bf16", "code", "imported", n=7),
    seen("a", "bf16", "code", "imported", n=70),
    seen("b", "bf16", "math", "published"),
)


def test_a_cell_has_the_strongest_standing_and_every_cell_of_the_grid_is_there() -> None:
    cells = {(c.model, c.quantization, c.task_group): c for c in coverage(EVERY, ["a", "b"])}
    assert {key: cell.standing for key, cell in cells.items()} == {
        ("a", "bf16", "math"): "measured",
        ("a", "bf16", "code"): "imported",
        ("a", "nf4", "math"): "forecast",
        ("a", "nf4", "code"): "missing",
        ("b", "bf16", "math"): "published",
        ("b", "bf16", "code"): "missing",
        ("b", "nf4", "math"): "missing",
        ("b", "nf4", "code"): "missing",
    }
    best = cells["a", "bf16", "code"].best
    assert best is not None and best.n_items == 70


def test_standings_are_counted() -> None:
    found = counts(coverage(EVERY, ["a", "b"]))
    assert found == {"measured": 1, "imported": 1, "published": 1, "forecast": 1, "missing": 4}


def test_rows_fall_in_bits() -> None:
    assert [c.quantization for c in coverage(EVERY, ["a"])] == ["bf16", "bf16", "nf4", "nf4"]


def test_a_model_nobody_knows_has_no_cells() -> None:
    assert coverage(EVERY, ["c"]) == ()


def test_filters_narrow_and_every_word_must_occur() -> None:
    assert len(matching(EVERY)) == 6
    assert len(matching(EVERY, origins=["published"], models=["a"])) == 1
    assert len(matching(EVERY, text="CODE imported")) == 2
    assert matching(EVERY, text="code nf4") == []


def test_models_measured_here_come_before_those_only_published() -> None:
    assert most_covered(EVERY, 2) == ["a", "b"]
    assert most_covered((*EVERY, seen("c", "bf16", "math", "measured")), 1) == ["a"]


def test_imported_runs_are_a_scenario_the_most_common_task_first() -> None:
    scenario = imported_scenario([m for m in EVERY if m.origin == "imported"], date(2026, 11, 21))
    assert scenario is not None
    assert (scenario.evidence, list(scenario.tasks), list(scenario.models)) == ("imported", ["code task"], ["a"])
    assert imported_scenario([], date(2026, 11, 21)) is None
