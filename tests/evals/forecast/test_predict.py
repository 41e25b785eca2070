from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.__main__ import app
from evals.forecast.evidence import COLUMNS, published_rows, read_rows
from evals.forecast.predict import forecast, validate
from evals.names import UnknownName

ROW = {
    "model": "Newmodel-9B", "params_b": "9", "method": "NewQuant", "format_label": "W4A16", "bits_per_weight": "4",
    "task": "Quizbowl", "task_group": "trivia", "metric": "acc", "higher_is_better": "True", "score": "68.5",
    "baseline_label": "BF16", "baseline_score": "70", "n_items": "", "source_id": "nobody_2027",
}  # fmt: skip


def table(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_fewer_bits_lose_more() -> None:
    made = [forecast("Llama-3.1-8B-Instruct", q, "GSM8K") for q in ("Q8_0", "Q4_K_M", "IQ3_XXS", "IQ2_XXS")]
    lost = [m.lost_points for m in made]
    assert lost == sorted(lost) and lost[0] < 1 < lost[-1]
    assert all(m.low <= m.lost_points <= m.high for m in made)
    assert {m.origin for m in made} == {"forecast"}


def test_tuned_methods_lose_less_than_plain_rounding() -> None:
    tuned, plain = (forecast("Llama-3-8B", q, "MMLU") for q in ("gptq-int3-g128", "rtn-int3-g128"))
    assert tuned.method_class == "tuned" and plain.method_class == "plain rounding"
    assert tuned.lost_points < plain.lost_points


def test_unknown_names_are_pooled_and_said() -> None:
    made = forecast("Zzz", "nf4", "Qqq")
    assert made.low < made.lost_points < made.high
    assert made.notes == (
        "no published row of this benchmark: pooled over all groups",
        "no published row of this model: pooled over models",
        "the size is not in the model's name: taken as usual",
    )


def test_a_forecast_names_the_rows_it_rests_on() -> None:
    made = forecast("Meta-Llama-3-8B-Instruct", "gptq-int4-g128", "MMLU")
    assert len(made.rests_on) == 8
    assert {(r.cell.method_class, r.cell.group) for r in made.rests_on} == {("tuned", "knowledge")}
    assert all(abs(r.cell.bits - made.bits_per_weight) < 0.6 for r in made.rests_on)
    assert made.alike > 20 and made.n_sources > 30 and made.n_rows == len(published_rows())


def test_a_quantization_without_width_is_answered_with_examples() -> None:
    with pytest.raises(UnknownName, match=r"quantization 'mystery'.*Q4_K_M"):
        forecast("m-8b", "mystery", "MMLU")


def test_rows_that_cannot_be_judged_are_counted_by_reason(tmp_path: Path) -> None:
    rows, left_out = read_rows(
        table(
            tmp_path / "f.csv",
            ROW,
            ROW | {"metric": "perplexity", "higher_is_better": "False"},
            ROW | {"baseline_score": ""},
            ROW | {"baseline_label": "Q8_0"},
            ROW | {"baseline_score": "9"},
            ROW | {"bits_per_weight": "", "format_label": "secret"},
            ROW | {"bits_per_weight": "16", "format_label": "BF16"},
        )
    )
    assert [row.lost_points for row in rows] == [1.5]
    assert sum(left_out.values()) == 6 and all(count == 1 for count in left_out.values())


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("model,score\nm,1\n")
    with pytest.raises(ValueError, match=r"no column params_b, method.*expected model"):
        read_rows(path)


def test_a_shipped_source_is_held_out_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    rows, _ = read_rows(table(tmp_path / "f.csv", ROW, ROW | {"source_id": "baichuan2_readme"}))
    found = validate(rows)
    assert found.held_out_sources == ("baichuan2_readme",) and found.n == 2


def test_every_shipped_row_has_a_full_precision_baseline() -> None:
    rows = published_rows()
    assert len(rows) > 1000 and all(r.baseline_points >= 10 and r.cell.bits < 16 for r in rows)
    assert all(-100 <= r.lost_points <= r.baseline_points for r in rows)
    # Meta's card: Llama-3.2-1B GSM8K 44.4 at BF16; a score of it is there with that baseline
    mine = [r for r in rows if r.model == "Llama-3.2-1B-Instruct" and r.task.startswith("GSM8K")]
    assert mine and {round(r.baseline_points, 1) for r in mine} == {44.4}


def test_command_line(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["forecast", "--model", "a-8b", "--quantization", "Q4_K_M", "--task", "X", "--json"])
    made = json.loads(run.stdout)
    assert run.exit_code == 0 and made["origin"] == "forecast" and made["low"] < made["lost_points"] < made["high"]
    checked = CliRunner().invoke(app, ["forecast", "--validate", str(table(tmp_path / "f.csv", ROW)), "--json"])
    assert {"n", "band80_coverage", "median_abs_error", "naive_median_abs_error"} <= set(json.loads(checked.stdout))
    assert CliRunner().invoke(app, ["forecast", "--model", "a"]).exit_code == 2
    bad = CliRunner().invoke(app, ["forecast", "--model", "a", "--quantization", "mystery", "--task", "X"])
    assert bad.exit_code == 2 and "mystery" in bad.output
