"""Names as measurement files write them."""

from __future__ import annotations

import pytest

from pricing import accelerators, engines, formats, lookup, memory, models


@pytest.mark.parametrize(
    ("written", "note", "meant"),
    [
        ("h200_sxm", "", "H200"), ("NVIDIA H200-SXM-141GB", "", "H200"), ("RTX 6000 Ada 48GB", "", "RTX6000Ada"),
        ("A100", "PCIe no NVLink", "A100-80GB-PCIe"), ("A100", "", "A100-80GB-SXM"), ("A100 40GB", "", "A100-40GB"),
        ("3090 24GB", "", "RTX3090"), ("L40S 48GB", "", "L40S"), ("gb200", "", "B200"), ("H100 80G", "", "H100-SXM"),
        ("AMD Instinct MI300X 192GB HBM3", "", "MI300X"),
    ],
)  # fmt: skip
def test_cards(written: str, note: str, meant: str) -> None:
    found = lookup.accelerator(written, note)
    assert found is not None and found.name == meant


def test_unified_memory_takes_the_size_in_the_name() -> None:
    found = lookup.accelerator("M3 Max 40‑Core GPU 64GB")
    assert found is not None and (found.name, found.memory_gib) == ("Apple-M3-Max", 48.0)
    assert lookup.accelerator("GTX 970") is None


def test_macos_lets_the_gpu_hold_a_share_of_unified_memory() -> None:
    # What Metal reports: 10,922.67 MiB of 16 GB, 49,152 MiB of 64 GB.
    assert accelerators.find("Apple-M1").memory_gib * 1024 == pytest.approx(10922.67, abs=0.01)
    assert accelerators.find("M1 Max").memory_gib * 1024 == 49152
    small = accelerators.find("M1 8GB")
    named = lookup.accelerator("M1 7‑Core GPU 8GB")
    assert named is not None and named.memory_gib == small.memory_gib == pytest.approx(5.333, abs=0.001)


@pytest.mark.parametrize(("tokens", "fits"), [(1024, True), (8192, False)])
def test_llama_3_8b_on_the_small_m1_runs_out_of_memory_where_it_did(tokens: int, fits: bool) -> None:
    # GiB: weights 4.58, cache 2 × 32 layers × 8 heads × 128 × 2 B a token: 0.125 and 1.0, buffers 0.25, of 5.33
    shape, small = models.find("Llama-3-8B"), accelerators.find("M1 8GB")
    room = memory.of_replica(
        shape, engines.find("llama.cpp"), small, 1, prompt_tokens=1, output_tokens=tokens - 1,
        weight_bytes=formats.find("Q4_K_M").weight_bytes(shape),
    )  # fmt: skip
    assert room.fits == fits and room.overhead_bytes == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B"), ("nvidia/DeepSeek-R1-NVFP4", "DeepSeek-V3"),
        ("Qwen/Qwen3-235B-A22B-FP8", "Qwen3-235B-A22B"), ("MiniMaxAI/MiniMax-M2.5", "MiniMax-M2.5"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "Llama-3.1-8B"),
        ("Qwen2.9-Thinker-32B", "Qwen2.5-32B"),  # nobody's: the nearest of its family by parameters
    ],
)  # fmt: skip
def test_models(written: str, meant: str) -> None:
    found = lookup.model(written)
    assert found is not None and found.name == meant


def test_a_model_nobody_knows_stays_unknown() -> None:
    assert lookup.model("Nobody-7B") is None
    assert lookup.model("Qwen9-40B-A4B") is None


# As their makers state them, in billions: all parameters.
@pytest.mark.parametrize(("name", "billions"), [("MiniMax-M2.5", 229), ("Kimi-K2.5", 1026), ("GLM-5", 744)])
def test_models_known_from_measurements_have_their_parameters(name: str, billions: float) -> None:
    found = lookup.model(name)
    assert found is not None and found.parameters == pytest.approx(billions * 1e9, rel=0.005)


def test_formats_and_engines() -> None:
    shape = lookup.model("8B")
    assert shape is not None
    labels = [lookup.quantization(text, shape, "vllm") for text in ("fp4", "GPTQ-Int4", "UNSTATED(16-bit?)", "FP8")]
    assert [one.label for one in labels if one] == ["nvfp4", "gptq-int4-g128", "bf16", "fp8"]
    assert lookup.quantization("F16", shape, "llama.cpp") is not None
    assert lookup.quantization("three bits or so", shape, "vllm") is None
    assert lookup.engine("TensorRT-LLM 0.14") == ("tensorrt-llm", "vllm")
    assert lookup.engine("vllm 0.19.0") == ("vllm", "vllm") and lookup.engine("vLLM TP") == ("vllm-2023", "vllm")
    assert lookup.engine("transformers") is None
