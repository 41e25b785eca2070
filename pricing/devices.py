"""Devices people own: does a variant fit in what the system leaves an app, how fast does it decode, what to download.

    seconds a token = bytes read / (share of the bandwidth used × bandwidth)

Macs have the fitted speed model of their chips. For the others there are no measurements to fit: their rows name the
share of the bandwidth that decoding uses, low, usual and high, with its source; the band spans it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from pricing import accelerators, engines, memory, names, speed, tables
from pricing.accelerators import Accelerator
from pricing.deployment import Variant
from pricing.memory import GIB
from pricing.quotes import Band
from pricing.rental import UNCALIBRATED_LOG_WIDTH

KINDS = ("phone", "browser", "board", "laptop", "desktop")


@dataclass(frozen=True, kw_only=True)
class Device:
    """``usable_gib`` is what one app may hold; ``bandwidth_gb_s`` is None where no figure was found. ``used`` is the
    share of it that decoding uses; ``chip`` is set instead where a fitted speed model exists."""

    name: str
    description: str
    kind: str
    memory_gib: float
    usable_gib: float
    bandwidth_gb_s: float | None
    used: Band | None
    chip: Accelerator | None
    source: str
    note: str
    date: str


@dataclass(frozen=True, kw_only=True)
class OnDevice:
    """A variant on a device. ``tokens_per_s`` is None where it does not fit or no bandwidth is known; ``reason`` says
    why in one sentence."""

    device: Device
    fits: bool
    needed_gib: float
    download_gb: float
    tokens_per_s: Band | None
    answer_s: Band | None
    reason: str = ""


@lru_cache(maxsize=1)
def load() -> dict[str, Device]:
    """The devices by name, smallest first as in the table."""
    found = {}
    for row in tables.rows("devices"):
        chip = accelerators.find(row["accelerator"]) if row["accelerator"] else None
        usable = tables.number(row["usable_gib"])
        found[row["name"]] = Device(
            name=row["name"],
            description=row["description"],
            kind=row["kind"],
            memory_gib=float(row["memory_gib"]),
            usable_gib=usable if usable is not None else accelerators.metal_gib(float(row["memory_gib"])),
            bandwidth_gb_s=tables.number(row["bandwidth_gb_s"]) or (chip.bandwidth_gb_s if chip else None),
            used=Band(value=float(row["used"]), low=float(row["used_low"]), high=float(row["used_high"]))
            if row["used"]
            else None,
            chip=chip if chip and chip.device_class == "apple" else None,
            source=row["source"],
            note=row["note"],
            date=row["date"],
        )
    return found


def find(name: str) -> Device:
    """The device called ``name``. Raises UnknownName."""
    return load()[names.resolve(name, names.index((device, ()) for device in load()), what="device")]


def on_device(chosen: Variant, device: Device, *, prompt_tokens: int, output_tokens: int) -> OnDevice:
    """One request at a time, in llama.cpp's memory: weights, the cache of one request, the buffer of a batch."""
    tokens = prompt_tokens + output_tokens
    model = chosen.model
    needed = chosen.weight_bytes + model.kv_bytes(tokens) + memory.llama_cpp_buffer_bytes(model, tokens)
    common = {"device": device, "needed_gib": needed / GIB, "download_gb": chosen.weight_bytes / 1e9}
    if tokens > model.context_tokens:
        reason = f"{model.name} holds {model.context_tokens:,} tokens of context; a request here needs {tokens:,}"
        return OnDevice(fits=False, tokens_per_s=None, answer_s=None, reason=reason, **common)  # type: ignore[arg-type]
    if needed > device.usable_gib * GIB:
        reason = f"needs {needed / GIB:.1f} GiB; {device.description} leaves an app {device.usable_gib:.1f} GiB"
        return OnDevice(fits=False, tokens_per_s=None, answer_s=None, reason=reason, **common)  # type: ignore[arg-type]
    if device.bandwidth_gb_s is None or not (device.used or device.chip):
        reason = f"no memory bandwidth is known for {device.description}: measure one answer"
        return OnDevice(fits=True, tokens_per_s=None, answer_s=None, reason=reason, **common)  # type: ignore[arg-type]
    rate, answer = _speed(chosen, device, prompt_tokens, output_tokens)
    unknown = "" if answer else "the time to read the prompt is not known: no arithmetic rate of this device"
    return OnDevice(fits=True, tokens_per_s=rate, answer_s=answer, reason=unknown, **common)  # type: ignore[arg-type]


def _speed(chosen: Variant, device: Device, prompt_tokens: int, output_tokens: int) -> tuple[Band, Band | None]:
    """(tokens a second, seconds of a whole answer or None)."""
    context = prompt_tokens + output_tokens / 2
    if device.chip is not None:
        return _fitted_speed(chosen, device.chip, prompt_tokens, output_tokens)
    read = chosen.weight_bytes * speed.read_fraction(chosen.model, chosen.format) + chosen.model.kv_bytes(context)
    assert device.used is not None and device.bandwidth_gb_s is not None  # on_device has asked
    full = device.bandwidth_gb_s * 1e9 / read
    return Band(value=device.used.value * full, low=device.used.low * full, high=device.used.high * full), None


def _fitted_speed(
    chosen: Variant, chip: Accelerator, prompt_tokens: int, output_tokens: int
) -> tuple[Band, Band | None]:
    """By the speed model of the chip."""
    engine = engines.find("llama.cpp")
    fitted = speed.constants(engine.name, chip.device_class)
    pace = speed.pace(
        chosen.model,
        chosen.format,
        engine,
        chip,
        1,
        fitted,
        weight_bytes=chosen.weight_bytes,
        prompt_tokens=prompt_tokens,
        context_tokens=prompt_tokens + output_tokens / 2,
    )
    factor = math.exp(fitted.tpot_log_q90)
    if speed.outside_calibration(chosen.model, chip, chosen.format, fitted):
        factor *= math.exp(UNCALIBRATED_LOG_WIDTH)
    rate = 1 / pace.step_s(1)
    band = Band(value=rate, low=rate / factor, high=rate * factor)
    first = pace.first_s(1)
    if first is None:
        return band, None
    wide, later = max(factor, math.exp(fitted.ttft_log_q90)), output_tokens - 1
    answer = Band(
        value=first + later / rate, low=first / wide + later / band.high, high=first * wide + later / band.low
    )
    return band, answer
