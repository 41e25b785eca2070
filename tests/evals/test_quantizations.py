from __future__ import annotations

from itertools import product

import pytest

from evals.availability import why_not
from evals.catalogue.entry import Quantization
from evals.catalogue.page import page
from evals.measurements import Measurement
from evals.models import model
from evals.names import UnknownName
from evals.plan import methods_plan, variant_key
from evals.quantizations import ENTRIES, QUANTIZATIONS, quantization
from evals.speeds import SpeedMeasurement
from pricing import formats


def test_every_label_is_there_once() -> None:
    assert len(QUANTIZATIONS) == len(ENTRIES)


def test_effective_bits_are_codes_and_scales() -> None:
    assert quantization("nf4").effective_bits == 4 + 32 / 64
    assert quantization("gptq-int4-g128").effective_bits == 4 + (16 + 4) / 128
    assert quantization("rtn-int3").expected_bits(256) == 3 + 16 / 256
    assert quantization("llm-int8").effective_bits == 8 + 32 / 4096


@pytest.mark.parametrize("label", [how.label for how in ENTRIES if how.engine == "transformers"])
def test_prices_know_every_label_at_about_the_same_bits(label: str) -> None:
    assert formats.find(label).bits_per_weight == pytest.approx(quantization(label).effective_bits, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"nominal_bits": 0.5}, "nominal_bits of made is 0.5; expected 1 to 32"),
        ({"group_size": 0}, "group_size of made is 0"),
        ({"devices": ("tpu",)}, "devices of made are"),
        ({"execution": "simulated"}, "execution of made is 'simulated'; expected native, packed, dequantized"),
    ],
)
def test_a_wrong_entry_is_refused(changes: dict[str, object], told: str) -> None:
    given = {"label": "made", "title": "", "method": "rtn", "format": "", "nominal_bits": 4}
    with pytest.raises(ValueError, match=told):
        Quantization(**{**given, **changes})  # type: ignore[arg-type]


def test_an_unknown_label_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="awq-int4-g128"):
        quantization("awq-int8-g128")


def test_a_result_belongs_to_the_recipe_not_to_its_wording() -> None:
    how, small = quantization("nf4"), model("tiny-1m")
    renamed = Quantization(**{**_fields(how), "title": "another title", "note": "a note"})
    regrouped = Quantization(**{**_fields(how), "group_size": 128})
    assert variant_key(small, renamed) == variant_key(small, how) != variant_key(small, regrouped)


def _fields(how: Quantization) -> dict[str, object]:
    return {name: getattr(how, name) for name in how.__dataclass_fields__}


def test_the_methods_plan_covers_twenty_variants_of_each_model_on_all_tasks() -> None:
    plan = methods_plan().checked()
    assert len(plan.quantizations) >= 20 and len(plan.tasks) == 5
    assert {"gptq", "awq", "bitsandbytes", "torchao", "hqq", "mixed-rounding", "round-to-nearest"} <= {
        quantization(label).method for label in plan.quantizations
    }


def test_the_page_names_every_quantization_and_what_was_measured() -> None:
    seen = Measurement(
        model="small", quantization="nf4", task="shop_math", task_group="math", metric="final_answer", score=0.5,
        n_items=60, low=0.38, high=0.62, origin="measured", protocol="p", bits_per_weight=6.16, date="2026-11-21",
    )  # fmt: skip
    speed = SpeedMeasurement(
        model="small", quantization="nf4", execution="packed", hardware="a processor", threads=1,
        stored_bytes=1_460_000, memory_bytes=1_500_000, working_bytes=None, prefill_tokens_per_s=1234.0,
        decode_tokens_per_s=56.0, prompt_tokens=128, output_tokens=16,
    )  # fmt: skip
    text = page([seen], [speed])
    assert all(f"| `{label}` |" in text for label in QUANTIZATIONS)
    assert "| `nf4` | 6.16 | 50.0 (38–62) |" in text
    assert "| small | `nf4` | 1.46 MB | 1.50 MB | not known | 1,234 | 56 | a processor, 1 thread(s) |" in text
    assert "Nothing yet: `python -m evals run --plan methods`" in page([], []) and "`make gpu-check`" in page([], [])


def test_the_methods_plan_has_no_cell_that_must_fail() -> None:
    plan = methods_plan().checked()
    cells = {*product(plan.models, plan.quantizations), *plan.variants}
    trained = {(name, label) for name, label in cells if quantization(label).applied == "QAT"}
    assert {("tiny-1m", f"qat-int{bits}-g128") for bits in (4, 3, 2)} <= trained
    assert all(model(name).trained_hash(label) for name, label in trained)
    assert not any(why_not(quantization(label)) for _, label in cells)
    assert {("tiny-1m-distilled-2of4", "rtn-int4-g128"), ("tiny-13m", "onnx-int8")} <= cells
