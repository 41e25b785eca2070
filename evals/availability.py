"""Whether a quantization can run here, and if not, why: packages and devices, without loading any of them."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evals.catalogue.entry import Device, Quantization
from evals.home import ROOT


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
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
