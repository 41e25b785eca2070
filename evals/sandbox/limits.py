"""What one program may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """CPU time decides; wall time is the backstop for a program that waits."""

    cpu_s: int = 2
    wall_s: float = 8.0  # 3 × cpu_s + 2
    patience: int = 6  # times wall_s for a program that computes but gets little of a busy machine
    memory_bytes: int = 512 * 2**20  # address space, the interpreter's included
    output_bytes: int = 64 * 2**10
    answer_bytes: int = 64 * 2**10
    threads: int = 32
    open_files: int = 64

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ValueError(f"the sandbox limit {name} is {value}; it must be above 0")
        if self.memory_bytes < 64 * 2**20:
            raise ValueError(f"memory_bytes is {self.memory_bytes}; Python itself needs {64 * 2**20}")
