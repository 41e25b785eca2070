from __future__ import annotations

from pathlib import Path

import pytest

from decisions.fields import BadInput
from decisions.inputs import load_sla, load_workload
from decisions.scenarios import (
    Scenario,
    load_scenario,
    scenario,
    scenario_from_inputs,
    scenario_to_json,
    scenario_to_yaml,
    scenarios,
    with_sla,
)
from decisions.sla import QualityLine, Sla


def test_the_famous_question_opens_first() -> None:
    assert next(iter(scenarios())) == "seventy-or-eight" and "support-desk" in scenarios()


@pytest.mark.parametrize("name", list(scenarios()))
def test_scenarios_survive_yaml_and_json(name: str, tmp_path: Path) -> None:
    shipped = scenario(name)
    for text in (scenario_to_yaml(shipped), scenario_to_json(shipped)):
        assert load_scenario(write(tmp_path, text)) == shipped


def test_inputs_replace_fields_of_the_scenario_its_workload_and_its_sla() -> None:
    base = scenario("seventy-or-eight")
    changed = scenario_from_inputs(base, requests_per_month=2e6, usd_per_month=900.0, max_count=2)
    assert (changed.workload.requests_per_month, changed.sla.usd_per_month, changed.max_count) == (2e6, 900.0, 2)
    assert changed.workload.prompt_tokens == base.workload.prompt_tokens and base.max_count == 8
    for bad in ({"requests": 5}, {"usd_per_month": -1}, {"prompt_tokens": 0}, {"max_count": 0}, {"tasks": {}}):
        with pytest.raises(BadInput):
            scenario_from_inputs(base, **bad)


def test_sla_tasks_may_be_named_by_their_label() -> None:
    desk = scenario("support-desk")
    changed = with_sla(desk, Sla(quality={"math": QualityLine(minimum=0.5)}))
    assert list(changed.sla.quality) == ["shop_math"]
    with pytest.raises(BadInput, match="did you mean Math"):
        with_sla(desk, Sla(quality={"Maths": QualityLine(minimum=0.5)}))


def write(folder: Path, text: str) -> Path:
    path = folder / "input.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_sla_file_takes_fractions_percentages_and_money_as_people_write_them(tmp_path: Path) -> None:
    text = "quality:\n  MMLU: {minimum: 75 %, minimum_of_baseline: 0.98}\n  HumanEval: 60 %\nusd_per_month: $2,000\n"
    sla = load_sla(write(tmp_path, text))
    assert sla.quality == {
        "MMLU": QualityLine(minimum=0.75, minimum_of_baseline=0.98),
        "HumanEval": QualityLine(minimum=0.6),
    }
    assert sla.usd_per_month == 2000.0


def test_a_workload_file_keeps_defaults_for_what_is_left_out(tmp_path: Path) -> None:
    workload = load_workload(write(tmp_path, '{"requests_per_month": 5e5, "cached_fraction": "20 %"}'))
    assert (workload.requests_per_month, workload.cached_fraction, workload.prompt_tokens) == (5e5, 0.2, 1200)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quality: {MMLU: {minimum: 75}}", "quality: MMLU: minimum is 75"),
        ("quality: {MMLU: {minimum: .nan}}", "minimum is nan"),
        ("quality: {MMLU: {minimun: 0.7}}", "unknown field 'minimun'; did you mean minimum"),
        ("quality: {MMLU: {}}", "max_drop_from_baseline"),
        ("usd_per_mont: 5", "unknown field 'usd_per_mont'; did you mean usd_per_month"),
        ("usd_per_month: -5", "usd_per_month is -5; give a number from"),
        ("usd_per_month: true", "usd_per_month is True"),
        ("usd_per_month: [1", "line 1 is not valid YAML"),
        ("- 1", "expected fields with values, got list"),
        ("", "expected fields with values"),
        ("quality: 3", "expected fields with values, got 3"),
    ],
)
def test_bad_slas_are_answered_with_file_field_and_value(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadInput) as caught:
        load_sla(path)
    assert str(path) in str(caught.value) and said in str(caught.value) and "\n" not in str(caught.value)


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_sla(tmp_path / "nothing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_sla(tmp_path / "binary.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("evidence: published", "evidence: publishd", "did you mean published"),
        ("as_of: 2026-11-21", "as_of: soon", "as_of is 'soon'; give a date"),
        ("MMLU: {minimum: 78 %}", "MMUL: {minimum: 78 %}", "did you mean MMLU"),
        ("prompt_tokens: 1200", "prompt_tokens: 12.5", "give a whole number"),
        ("title:", "titel:", "title is missing"),
    ],
)
def test_bad_scenarios_name_file_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    source = Path("data/scenarios/seventy-or-eight.yaml").resolve().read_text(encoding="utf-8")
    assert old in source
    with pytest.raises(BadInput) as caught:
        load_scenario(write(tmp_path, source.replace(old, new)))
    assert said in str(caught.value) and "input.yaml" in str(caught.value)


def test_an_unknown_scenario_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean support-desk"):
        scenario("suport-desk")
    assert isinstance(scenario("SUPPORT-DESK"), Scenario)
