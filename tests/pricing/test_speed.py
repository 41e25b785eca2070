"""Speed of a replica: the formulas, worked by hand, and what more cards do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pricing import accelerators, engines, fitting, formats, models, speed

LLAMA = models.find("Meta-Llama-3-8B")
CARD = accelerators.Accelerator(
    name="card", description="card", device_class="hbm", memory_gib=80, bandwidth_gb_s=1000, fp16_tflops=100,
    link="nvlink",
)
FITTED = replace(
    fitting.blank("vllm", "any"), efficiency=0.8, layer_us=50.0, nvlink_layer_us=10.0, pcie_layer_us=200.0,
    prompt_efficiency=0.5,
)


def pace(
    card: accelerators.Accelerator = CARD, count: int = 1, engine: str = "vllm", label: str = "fp16"
) -> speed.Pace:
    stored = formats.find(label)
    return speed.pace(
        LLAMA, stored, engines.find(engine), card, count, FITTED,
        weight_bytes=stored.weight_bytes(LLAMA), prompt_tokens=1000, context_tokens=1000,
    )


def test_a_step_by_hand() -> None:
    # 16.0605 GB less the input embedding 128,256 × 4,096 × 2 = 1.0507 GB, at 0.8 × 1000 GB/s: 18.762 ms;
    # 32 layers × 50 µs = 1.6 ms; KV of 1,000 tokens 131.072 MB: 0.164 ms.
    assert pace().step_s(1) == pytest.approx(0.018762 + 0.0016 + 0.000164, abs=2e-6)


def test_a_prompt_by_hand() -> None:
    # 2 × 6.979 B × 1,000 + 2 × 32 × 4,096 × 1,000² operations at 0.5 × 100 TFLOPS, + 32 × 50 µs
    assert LLAMA.active_linear_parameters == 6_979_321_856
    assert pace().prompt_s == pytest.approx((2 * 6_979_321_856e3 + 2 * 32 * 4_096e6) / 50e12 + 0.0016)


def test_tensor_parallel_divides_the_reading_and_adds_a_hop_a_layer() -> None:
    # two cards: half the reading, 32 × (50 + 10 × log2 2) µs
    assert pace(count=2).step_s(1) == pytest.approx((0.018762 + 0.000164) / 2 + 32 * 60e-6, abs=2e-6)


def test_without_nvlink_cards_talk_slowly() -> None:
    assert pace(replace(CARD, link="pcie"), 2).fixed_s == pytest.approx(32 * 250e-6)


def test_splitting_layers_adds_no_speed() -> None:
    assert pace(count=4, engine="llama.cpp").step_s(1) == pytest.approx(pace(engine="llama.cpp").step_s(1))


def test_fewer_bits_decode_faster() -> None:
    times = [pace(label=label).step_s(1) for label in ("fp16", "fp8", "gptq-int4-g128")]
    assert times == sorted(times, reverse=True)


def test_an_unknown_rate_leaves_the_prompt_unknown() -> None:
    assert pace(replace(CARD, fp16_tflops=None)).prompt_s is None


@pytest.mark.parametrize(
    ("model", "label", "card", "measured"),
    [  # llama-bench tg512, one card: tokens/s
        ("Meta-Llama-3-8B", "Q4_K_M", "A6000", 102.22),
        ("Meta-Llama-3-70B", "Q4_K_M", "A6000", 14.58),
        ("Meta-Llama-3-8B", "GGUF F16", "RTX4090", 54.34),
        ("Meta-Llama-3-8B", "Q4_K_M", "RTX3070", 72.79),
    ],
)
def test_shipped_constants_stay_within_their_own_band(model: str, label: str, card: str, measured: float) -> None:
    shape, stored, chip = models.find(model), formats.find(label), accelerators.find(card)
    fitted = speed.constants("llama.cpp", chip.device_class)
    step = speed.pace(
        shape, stored, engines.find("llama.cpp"), chip, 1, fitted,
        weight_bytes=stored.weight_bytes(shape), prompt_tokens=1, context_tokens=256,
    ).step_s(1)
    assert abs(1 / step / measured - 1) < 0.15


def test_tiny_models_are_outside_the_calibrated_range() -> None:
    fitted = speed.constants("vllm", "gddr")
    card, stored = accelerators.find("T4"), formats.find("fp16")
    assert "parameters; calibrated on" in speed.outside_calibration(models.find("tiny-13m"), card, stored, fitted)
    assert speed.outside_calibration(models.find("8B"), card, stored, fitted) == ""
    assert "below 4 bits" in speed.outside_calibration(models.find("8B"), card, formats.find("rtn-int2-g64"), fitted)
