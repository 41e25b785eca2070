"""What a quantization is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Applied = Literal["none", "PTQ", "QAT"]
Device = Literal["cpu", "cuda"]
Execution = Literal["native", "packed", "dequantized"]
USUAL_ROW = 4096  # columns of a row where a scale serves a whole row and no model is named
BROKEN = {("awq", 8.0): "AWQ at 8 bits comes out worse than at 4 (gptqmodel 7.6.0)"}


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """Method + format + bits per weight.

    ``nominal_bits`` is the width of one code; ``scale_bits`` what is stored beside the codes of one group of
    ``group_size`` weights (None: one row). ``execution`` says what happens in memory: "packed" weights stay small,
    "dequantized" ones are rounded to the format and then computed with at full width, so they show the accuracy but
    not the speed or memory. ``method`` names the family in ``evals/engines`` that loads it, ``engine`` what executes
    it here, ``engines`` what serves the format elsewhere. ``optional`` ones need packages that are installed apart.
    ``options`` is what the family needs to know beyond that.
    """

    label: str
    title: str
    method: str
    format: str
    nominal_bits: float
    scale_bits: float = 0.0
    group_size: int | None = None
    embeddings_too: bool = False
    needs_calibration: bool = False
    applied: Applied = "PTQ"
    execution: Execution = "packed"
    engine: str = "transformers"
    engines: tuple[str, ...] = ("transformers",)
    devices: tuple[Device, ...] = ("cpu", "cuda")
    packages: tuple[str, ...] = ("torch", "transformers")
    optional: bool = False
    options: tuple[tuple[str, str | float | bool], ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        for name, valid in (("applied", get_args(Applied)), ("execution", get_args(Execution))):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} of {self.label} is {getattr(self, name)!r}; expected {', '.join(valid)}")
        if not 1 <= self.nominal_bits <= 32:
            raise ValueError(f"nominal_bits of {self.label} is {self.nominal_bits}; expected 1 to 32")
        if self.group_size is not None and self.group_size < 1:
            raise ValueError(f"group_size of {self.label} is {self.group_size}; expected at least 1, or None for a row")
        if not self.devices or not set(self.devices) <= set(get_args(Device)):
            raise ValueError(f"devices of {self.label} are {self.devices}; expected cpu, cuda or both")
        if why := BROKEN.get((self.method, float(self.nominal_bits))):
            raise ValueError(f"{self.label} is not offered: {why}")

    def expected_bits(self, columns: int = USUAL_ROW) -> float:
        """Bits per quantized weight, scales included, in a matrix with this many columns."""
        return self.nominal_bits + self.scale_bits / (self.group_size or columns)

    @property
    def effective_bits(self) -> float:
        """Bits per quantized weight by the format. What a variant really takes is measured when it is loaded."""
        return self.expected_bits()

    @property
    def option(self) -> dict[str, str | float | bool]:
        """``options`` by name."""
        return dict(self.options)

    @property
    def recipe(self) -> dict[str, Any]:
        """What decides the weights that come out: part of every result's identity. Wording is not."""
        wording = ("title", "format", "engines", "devices", "optional", "note", "scale_bits")
        return {name: value for name, value in asdict(self).items() if name not in wording}
