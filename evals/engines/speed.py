"""Speed and memory of a loaded torch model on this machine, one request at a time."""

from __future__ import annotations

import platform
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

PROMPT_TOKENS = 128
OUTPUT_TOKENS = 16
PASSES = 3
LONGEST_S = 10.0  # after that no further pass


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Tokens a second of prompt pass and generation at batch 1, and the most memory taken beyond the weights."""

    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    prompt_tokens: int
    output_tokens: int
    working_bytes: int | None
    threads: int
    processor: str


def measured_speed(model: Any, context: int) -> dict[str, Any]:
    """Prompt of 128 tokens and 16 generated ones, less where the context is short; as kept with a variant."""
    output = min(OUTPUT_TOKENS, max(1, context // 4))
    prompt = min(PROMPT_TOKENS, context - output)
    ids = torch.arange(prompt, device=model.device).remainder(model.config.vocab_size)[None]
    with torch.inference_mode():
        model(input_ids=ids[:, :2])  # first passes may compile or repack
        before = _start_peak(model)
        prefill_s = _fastest_s(lambda: model(input_ids=ids, use_cache=True))
        decode_s = _fastest_s(lambda: _generate(model, ids, output)) - prefill_s
        peak = _peak(model, before)
    return asdict(
        Speed(
            prefill_tokens_per_s=prompt / prefill_s,
            decode_tokens_per_s=(output - 1) / max(decode_s, 1e-9),
            prompt_tokens=prompt,
            output_tokens=output,
            working_bytes=peak,
            threads=torch.get_num_threads(),
            processor=processor(),
        )
    )


def processor() -> str:
    """The GPU, or the processor with the widest vector unit that decides which kernels it has."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {torch.backends.cpu.get_cpu_capability()}"


def _generate(model: Any, ids: torch.Tensor, count: int) -> None:
    seen = model(input_ids=ids, use_cache=True)
    for _ in range(count - 1):
        last = seen.logits[:, -1:].argmax(-1)
        seen = model(input_ids=last, past_key_values=seen.past_key_values, use_cache=True)
    if model.device.type == "cuda":
        torch.cuda.synchronize()


def _fastest_s(work: Callable[[], object]) -> float:
    """The fastest of a few passes: the one that other programs disturbed least."""
    taken: list[float] = []
    while len(taken) < PASSES and sum(taken) < LONGEST_S:
        started = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return min(taken)


def _start_peak(model: Any) -> int | None:
    """Bytes in use now, with the highest mark set back to it; None where the system does not let us."""
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.memory_allocated())
    try:
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak of the resident set
    except OSError:
        return None
    return _resident_peak()


def _peak(model: Any, before: int | None) -> int | None:
    if before is None:
        return None
    peak = int(torch.cuda.max_memory_allocated()) if model.device.type == "cuda" else _resident_peak()
    return max(0, peak - before)


def _resident_peak() -> int:
    status = Path("/proc/self/status").read_text()
    found = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
    return int(found.split()[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
