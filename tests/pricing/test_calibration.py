"""Fitting finds the constants that made the rows, and knows its error on a GPU it has not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pricing import accelerators, calibration, fitting, formats, models, observations, predict, validation
from pricing.observations import Observation

TRUE = replace(
    fitting.blank("llama.cpp", "any"), efficiency=0.8, layer_us=100.0, kernel_operations_per_weight=4.0
)
SEARCH = (
    ("efficiency", 0.9, 0.3, 1.2), ("layer_us", 90.0, 5.0, 800.0), ("kernel_operations_per_weight", 3.5, 0.05, 40.0),
)
CARDS = ("A6000", "RTX4090", "A100-80GB-PCIe", "RTX3070")


def row(card: str, model: str, label: str) -> Observation:
    bare = Observation(
        phase="decode", model=models.find(model), format=formats.find(label), accelerator=accelerators.find(card),
        gpu=card, count=1, engine="llama.cpp", family="llama.cpp", engine_label="llama.cpp", prompt_tokens=0,
        output_tokens=512, batch=1, seconds=1.0,
    )
    return replace(bare, seconds=predict.seconds(bare, TRUE)[0])


ROWS = [row(card, model, label) for card in CARDS for model in ("8B", "70B") for label in ("Q4_K_M", "GGUF F16")]


def test_the_fit_finds_what_made_the_rows() -> None:
    fitted = fitting.fit(ROWS, fitting.blank("llama.cpp", "any"), SEARCH)
    assert fitted.efficiency == pytest.approx(0.8, rel=0.02)
    assert fitted.layer_us == pytest.approx(100, rel=0.03)
    assert fitted.kernel_operations_per_weight == pytest.approx(4, rel=0.05)


def test_a_gpu_twice_as_slow_shows_only_when_it_is_held_out() -> None:
    rows = [replace(one, seconds=(one.seconds or 0) * (2 if one.gpu == "RTX3070" else 1)) for one in ROWS]
    errors, _ = fitting.held_out(rows, replace(TRUE, layer_us=90.0), SEARCH)
    strange = np.array([one.gpu == "RTX3070" for one in rows])
    assert errors[strange] == pytest.approx(np.log(0.5), abs=0.02)


def test_growth_of_a_batch_by_hand() -> None:
    # 2 and 4 at once take 1.25 and 1.75 times the step of one; 8 and 16 take 2.1 and 2.2: 2 + a hundredth a request…
    rates = {1: 10.0, 2: 16.0, 4: 40 / 1.75, 8: 80 / 2.1, 16: 160 / 2.2}
    rows = [{"phase": "decode", "engine": "llama.cpp batched-bench", "model": "m", "gen_len": "128", "batch": str(n),
             "tok_s": str(rate)} for n, rate in rates.items()]
    assert calibration.batch_growth(rows) == pytest.approx(
        {"batch_growth": 0.25, "many_base": 2.0, "many_growth": 0.0125}
    )
    assert calibration.batch_growth(rows[:1]) == {}


def test_two_servers_share_constants_and_differ_by_a_factor() -> None:
    names, values = ("layer_us", "factor@sglang", "first_fixed_s@sglang"), (40.0, 1.5, 0.2)
    start = fitting.blank("vllm", "any")
    assert fitting.constants(start, names, values, "sglang").layer_us == 60.0
    assert fitting.constants(start, names, values, "vllm").layer_us == 40.0
    each = fitting.constants(start, names, values, np.array(["vllm", "sglang"]))
    assert list(each.layer_us) == [40.0, 60.0] and list(each.first_fixed_s) == [0.0, 0.2]


def test_holding_out_a_gpu_and_a_model_leaves_neither_to_train_on() -> None:
    # With two GPUs and two models, what is left for each row is the one cell that shares neither.
    rows = [one for one in ROWS if one.gpu in ("A6000", "RTX4090")]
    slow = [replace(one, seconds=(one.seconds or 0) * (3 if one.gpu == "A6000" else 1)) for one in rows]
    errors, _ = fitting.held_out(slow, TRUE, SEARCH, fitting.by_gpu_and_model)
    assert np.isfinite(errors).all()
    assert all((error > 0.3) == (one.gpu == "RTX4090") for one, error in zip(slow, errors, strict=True))


def test_each_gpu_and_model_counts_alike_in_a_band() -> None:
    # nine rows of one cell weigh 1/9 each, one of another 1: half the weight lies at 0.1, the 80 % quantile at 0.5
    sizes, weights = np.array([0.1] * 9 + [0.5]), np.array([1 / 9] * 9 + [1.0])
    assert fitting.quantile(sizes, weights, 0.4) == 0.1
    assert fitting.quantile(sizes, weights, 0.8) == 0.5


HEADER = "model,quant,gpu,n_gpu,phase,prompt_len,batch,tok_s,gen_len,engine,note\n"


def test_validation_counts_errors_oom_and_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "measured.csv"
    file.write_text(
        HEADER
        + "Llama-3-8B,Q4_K_M,RTX A6000 48GB,1,decode,0,1,102.22,512,llama.cpp b2837,\n"
        + "Llama-3-70B,F16,RTX A6000 48GB,1,decode,0,1,OOM,512,llama.cpp b2837,\n"
        + "Llama-3-8B,Q4_K_M,RTX A6000 48GB,1,prompt,512,1,3780,,llama.cpp b2837,\n"
        + "Llama-3-8B,Q4_K_M,GTX 970,1,decode,0,1,9,512,llama.cpp b2837,\n"
        + "Nobody-7B,Q4_K_M,RTX A6000 48GB,1,decode,0,1,9,512,llama.cpp b2837,\n"
    )
    report = validation.validate(file, "decode")
    assert report["n"] == 1 and report["mape"] == report["median_ape"] < 0.1
    assert report["mape"] == abs(report["bias"])
    assert report["oom_rows"] == 1 and report["oom_right_fraction"] == 1.0
    assert report["skipped"] == {"GPU not in the tables": 1, "model not in the tables": 1, "phase prompt": 1}
    assert report["by"]["gpu"]["A6000"]["n"] == 1


def test_validation_of_memory_by_hand(tmp_path: Path) -> None:
    # the load log of Llama-3-8B Q4_K_M at a context of 8,192: 4,403 + 1,024 + 560 MiB = 5.847 GiB
    file = tmp_path / "memory.csv"
    file.write_text("model,quant,context_len,mem_gb,engine,n_gpu,gpu\nLlama-3-8B,Q4_K_M,8192,5.847,llama.cpp,1,3070\n")
    assert validation.validate(file, "memory")["mape"] < 0.005


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    for kind in ("decode", "latency", "memory"):
        with pytest.raises(ValueError, match=r"other.csv has the columns a, b; expected"):
            validation.validate(file, kind)
    with pytest.raises(ValueError, match="kind is 'speed'; give decode, latency or memory"):
        validation.validate(file, "speed")


def test_rows_the_source_contradicts_are_left_out_by_reason(tmp_path: Path) -> None:
    file = tmp_path / "measured.csv"
    file.write_text(HEADER + "Llama-3-8B,F16,A100 SXM 80GB,4,decode,0,1,45,512,llama.cpp b2837,\n")
    observed = observations.read(file)
    assert not observed.rows
    assert list(observed.skipped) == [
        "wrong in the source: 4 × A100 SXM slower than 4 × PCIe: a broken machine"
    ]
