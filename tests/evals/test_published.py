import csv
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from genai_prices import Usage, calc_price

from evals.measurements import Measurement
from evals.names import UnknownName
from evals.published import FOLDER, api_models, published_measurements, source, sources

TODAY = date(2026, 11, 21)
GROUPS = {
    "agent", "classification", "code", "instruction-following", "knowledge", "long-context", "math", "open-ended",
    "reasoning", "retrieval", "summarization",
}  # fmt: skip


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one(**wanted: object) -> Measurement:
    found = [m for m in published_measurements() if all(getattr(m, k) == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def test_70b_at_4_bits_as_its_source_prints_it():
    m = one(model="Meta-Llama-3-70B-Instruct", quantization="IQ4_XS", source="matt_c1_llama3_mmlu")
    assert (m.score, m.n_items, m.bits_per_weight, m.origin) == (0.8046, 2850, 4.26, "published")
    assert m.weight_bytes == round(35.30 * 2**30)
    # Wilson at z² = 3.8415: middle (2293.11 + 1.9207)/2853.84 = 0.80419, half 1.96·√(448.07 + 0.9604)/2853.84 = 0.01455
    assert (m.low, m.high) == pytest.approx((0.80419 - 0.01455, 0.80419 + 0.01455), abs=2e-5)
    assert "matt-c1" in m.source_locator and "57 subjects" in m.note
    assert m.baseline == "Q5_K_M"


def test_8b_at_16_bits_shares_the_protocol_of_the_70b():
    small = one(model="Meta-Llama-3-8B-Instruct", quantization="fp16", source="matt_c1_llama3_mmlu")
    large = one(model="Meta-Llama-3-70B-Instruct", quantization="IQ4_XS", source="matt_c1_llama3_mmlu")
    assert (small.score, small.n_items, small.weight_bytes) == (0.652, 14042, round(14.97 * 2**30))
    assert small.protocol == large.protocol == "matt_c1_llama3_mmlu · MMLU · acc · 5-shot"
    assert small.high is not None and large.low is not None and small.high < large.low


def test_the_mmlu_scenario_has_both_models_over_many_formats():
    rows = [m for m in published_measurements() if m.source == "matt_c1_llama3_mmlu"]
    assert Counter(m.model for m in rows) == {"Meta-Llama-3-8B-Instruct": 33, "Meta-Llama-3-70B-Instruct": 10}
    assert all(m.weight_bytes and m.bits_per_weight and m.low is not None and m.task == "MMLU" for m in rows)


def test_every_named_baseline_is_a_row_of_its_own():
    rows = [m for m in published_measurements() if m.method != "API"]
    present = {(m.model, m.quantization, m.protocol) for m in rows}
    missing = {(m.model, m.baseline, m.protocol) for m in rows if m.baseline} - present
    assert not missing
    assert not [m.variant for m in rows if m.baseline == m.quantization and (m.bits_per_weight or 0) < 5]


def test_no_row_twice():
    key = ("source_id", "model", "quantization", "method", "task", "metric", "shots")
    assert [k for k, n in Counter(tuple(row[c] for c in key) for row in table("results.csv")).items() if n > 1] == []
    key = ("source_id", "model", "task", "metric", "shots")
    assert [k for k, n in Counter(tuple(row[c] for c in key) for row in table("api_models.csv")).items() if n > 1] == []


def test_every_row_has_a_source_and_every_source_a_use():
    used = {row["source_id"] for name in ("results.csv", "api_models.csv", "perplexity.csv") for row in table(name)}
    assert used == set(sources())
    for entry in sources().values():
        assert entry.title and entry.locator and entry.terms and entry.year.isdigit(), entry
    assert [row["source_id"] for row in table("sources.csv")] == sorted(sources())


def test_figures_are_plausible():
    for m in published_measurements():
        assert 0.0 <= m.score <= 1.0 and m.task_group in GROUPS, m
        assert m.bits_per_weight is None or 1.5 <= m.bits_per_weight <= 16, m
        assert m.weight_bytes is None or 2**28 < m.weight_bytes < 2**40, m
        assert (m.low is None) == (m.n_items is None), m
        assert m.low is None or (m.high is not None and m.low <= m.score <= m.high), m
        assert m.method != "API" or (m.quantization == "api" and m.bits_per_weight is None), m


def test_losses_stay_out_of_the_scores():
    assert not {m.metric for m in published_measurements()} & {row["metric"] for row in table("perplexity.csv")}
    assert all(float(row["value"]) >= 0 for row in table("perplexity.csv") if "KL" not in row["metric"])


@pytest.mark.parametrize("name", [m.name for m in api_models()])
def test_api_model_is_on_the_price_list(name: str):
    entry = next(m for m in api_models() if m.name == name)
    price = calc_price(
        Usage(input_tokens=1_000_000, output_tokens=1_000_000),
        entry.pricing_model,
        provider_id=entry.pricing_provider,
        genai_request_timestamp=datetime(2026, 11, 21, tzinfo=UTC),
    )
    assert price.model.id == entry.pricing_model
    assert price.input_price > 0 and price.output_price > 0


def test_retired_api_models_say_so():
    on_sale = {m.name for m in api_models() if m.available(TODAY)}
    assert on_sale == {"gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gemini-2.5-flash"}
    assert all(m.available_until and m.availability_source for m in api_models())
    assert not next(m for m in api_models() if m.name == "gemini-2.5-flash").available(date(2026, 12, 1))


def test_api_score_names_its_snapshot_and_prompting():
    m = one(model="gpt-4o-mini", task="MMLU")
    assert (m.score, m.n_items, m.quantization) == (0.82, 14042, "api")
    assert "gpt-4o-mini-2024-07-18" in m.note and "harness" in m.note
    assert m.protocol == "openai_simple_evals · MMLU · acc · 0-shot"


def test_a_score_without_item_count_has_no_interval():
    m = one(model="gemini-2.5-flash", task="MMLU")
    assert (m.score, m.n_items, m.low, m.high) == (0.901, None, None, None)


def test_unknown_source_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="matt_c1_llama3_mmlu"):
        source("matt_llama3_mmlu")


def test_reading_needs_neither_pandas_nor_scipy():
    code = (
        "import sys, evals.published as p; n = len(p.published_measurements());"
        "print(n > 1500, sorted({'pandas', 'scipy', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "True []\n"
