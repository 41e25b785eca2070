"""Accelerators: memory, bandwidth and arithmetic rates of one chip or card."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pricing import names, tables

SMALL_UNIFIED_GIB = 36.0


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One chip. Rates are dense (no sparsity), FP16 with FP32 accumulation; None where no figure was found.

    ``memory_gib`` is what the driver reports as usable, not the number on the box. ``device_class`` is gddr, hbm,
    amd, apple or edge; ``link`` is nvlink, pcie or none.
    """

    name: str
    description: str
    device_class: str
    memory_gib: float
    bandwidth_gb_s: float
    fp16_tflops: float | None = None
    fp8_tflops: float | None = None
    int8_tops: float | None = None
    fp32_tflops: float | None = None
    link: str = "pcie"
    link_gb_s: float | None = None
    aliases: tuple[str, ...] = ()
    source: str = ""
    note: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        if self.memory_gib <= 0 or self.bandwidth_gb_s <= 0:
            raise ValueError(f"accelerator {self.name} needs a memory and a bandwidth above 0")

    @property
    def fp16_accumulate_tflops(self) -> float | None:
        """FP16 rate with FP16 accumulation, which llama.cpp uses: GeForce cards run it at twice the FP32 one."""
        doubled = 2.0 if self.description.startswith("GeForce") else 1.0
        return None if self.fp16_tflops is None else doubled * self.fp16_tflops

    def tflops(self, compute: str) -> float | None:
        """Dense rate for ``compute`` (fp16, fp8, int8); falls back to FP16 where the chip has no such unit."""
        if compute == "fp8" and self.fp8_tflops:
            return self.fp8_tflops
        if compute == "int8" and self.int8_tops:
            return self.int8_tops
        return self.fp16_tflops


def metal_gib(unified_gib: float) -> float:
    """What macOS lets the GPU hold of unified memory unless ``iogpu.wired_limit_mb`` is raised.

    Load logs of llama.cpp print ``recommendedMaxWorkingSetSize``: 10,922.67 MB of 16 GB (abetlen/llama-cpp-python
    issue 687), 21,845.34 of 32 (ggml-org/llama.cpp pull request 2011), 49,152 of 64 (issue 1870) and 73,728 of 96
    (issue 3213). Later macOS allows more.
    """
    return unified_gib * (2 / 3 if unified_gib <= SMALL_UNIFIED_GIB else 3 / 4)


@lru_cache(maxsize=1)
def load() -> dict[str, Accelerator]:
    """The accelerators table by name."""
    numbers = ["bandwidth_gb_s", "fp16_tflops", "fp8_tflops", "int8_tops", "fp32_tflops", "link_gb_s"]
    return {
        row["name"]: Accelerator(
            memory_gib=(metal_gib if row["device_class"] == "apple" else float)(float(row["memory_gib"])),
            aliases=tables.names(row["aliases"]),
            **{field: tables.number(row[field]) for field in numbers},  # type: ignore[arg-type]
            **{
                field: row[field] for field in ("name", "description", "device_class", "link", "source", "note", "date")
            },  # type: ignore[arg-type]
        )
        for row in tables.rows("accelerators")
    }


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    return names.index((card.name, card.aliases) for card in load().values())


def find(name: str) -> Accelerator:
    """The accelerator called ``name`` or one of its aliases. Raises UnknownName."""
    return load()[names.resolve(name, _index(), what="accelerator")]
