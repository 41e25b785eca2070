"""What this machine has: memory, graphics memory, disk. Nothing is loaded to find out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psutil

from evals.availability import Device, devices_here

GROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def device_here() -> Device:
    """Where a model is loaded: on CUDA if there is a driver, else on the CPU."""
    return "cuda" if "cuda" in devices_here() else "cpu"


def memory_bytes(device: Device) -> int:
    """Free memory where a model is loaded: of the largest GPU, or of the machine within its container's limit."""
    if device == "cuda" and (free := _gpu_bytes()):
        return free
    available = int(psutil.virtual_memory().available)
    for limit, used in GROUPS:
        try:
            return min(available, int(limit.read_text()) - int(used.read_text()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return available


def disk_bytes(folder: Path) -> int:
    """Free space where a folder is, or will be."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


def _gpu_bytes() -> int:
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return max(int(line) for line in said.split()) << 20
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0
