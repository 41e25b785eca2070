"""Whether a quantization can run here, and if not, why: packages and devices, without loading any of them."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path

from evals.catalogue.entry import Device, Quantization
from evals.home import ROOT

BF16_FLAGS = {"avx512_bf16", "amx_bf16"}


class Unavailable(ValueError):
    """A quantization cannot run on this machine as it is; the message says what to do."""


def devices_here() -> tuple[Device, ...]:
    """The CPU, and CUDA where the NVIDIA driver is."""
    return ("cpu", "cuda") if shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists() else ("cpu",)


def why_not(how: Quantization, devices: tuple[Device, ...] | None = None) -> str:
    """What keeps the quantization from running here; "" if nothing does."""
    devices = devices_here() if devices is None else devices
    missing = [package for package in how.packages if not _installed(package)]
    if missing:
        return f"{how.label} needs {' and '.join(missing)}: pip install {' '.join(pin(m) for m in missing)}"
    if not set(how.devices) & set(devices):
        return f"{how.label} runs on {' or '.join(how.devices)} only, and this machine has {' and '.join(devices)}"
    return ""


def slow_here(how: Quantization) -> str:
    """Why the quantization runs many times slower on this processor than on others; "" if it does not."""
    if not how.slow_without or "cuda" in devices_here() or set(how.slow_without) & processor_flags():
        return ""
    return f"{how.label} is slow on this processor: it has none of {', '.join(how.slow_without)}"


@lru_cache(maxsize=1)
def processor_flags() -> frozenset[str]:
    """What the processor says it can do; empty where it is not said."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = next((line.split(":", 1)[1] for line in lines if line.startswith(("flags", "Features"))), "")
    return frozenset(found.split())


def arithmetic(label: str, device: Device) -> str:
    """The type a variant computes in: 16 bits where the hardware does so, else 32 (weights then keep their values)."""
    if label == "fp32":
        return "float32"
    half = "float16" if label == "fp16" else "bfloat16"
    if device == "cuda":
        return half
    native = bool(BF16_FLAGS & processor_flags())
    return half if native and label == "bf16" else "float32"


def require(how: Quantization, devices: tuple[Device, ...] | None = None) -> None:
    """Raise ``Unavailable`` with the reason unless the quantization can run here."""
    if why := why_not(how, devices):
        raise Unavailable(why)


@lru_cache(maxsize=64)
def pin(package: str) -> str:
    """The package as a requirements file of ours pins it, or its name."""
    for path in sorted(ROOT.glob("requirements*.txt")):
        if found := re.search(rf"(?mi)^{re.escape(package)}(\[\w+\])?==\S+", path.read_text(encoding="utf-8")):
            return found[0]
    return package


def _installed(package: str) -> bool:
    # asked often, and reading a version parses the whole metadata of the package
    return any(True for _ in Distribution.discover(name=package))


def shows_only() -> str:
    """Why no run can be started by this installation, "" where one can."""
    if find_spec("torch") is not None:
        return ""
    return "This installation only shows results; start runs where all of requirements.txt is installed"


def require_engines() -> None:
    """Raise ValueError where no run can be started."""
    if why := shows_only():
        raise ValueError(why)
