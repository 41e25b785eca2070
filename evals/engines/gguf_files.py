"""What a GGUF file holds: sizes by its own tensors, and whether it is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import gguf
from gguf import GGML_QUANT_SIZES, GGUFReader

from evals.engines.llama_cpp import EngineError, library
from evals.home import ROOT
from evals.models import gguf_parts

FULL_WIDTH = ("F32", "F16", "BF16")
NOT_WEIGHTS = ("rope_freqs.weight",)
PROBE_TIMEOUT_S = 600


class DamagedFile(ValueError):
    """Not a GGUF file, cut short, or with contents that cannot be right."""


@dataclass(frozen=True, kw_only=True)
class GgufFacts:
    """Sizes over all weights of the file, all its parts together. ``types`` counts tensors by format."""

    file_type: str
    architecture: str
    parameters: int
    weight_bytes: int
    quantized_weights: int
    quantized_bytes: int
    types: dict[str, int]

    @property
    def bits_per_weight(self) -> float:
        return self.weight_bytes * 8 / self.parameters

    @property
    def quantized_bits(self) -> float | None:
        """Bits per weight of the tensors that are quantized, scales included."""
        return self.quantized_bytes * 8 / self.quantized_weights if self.quantized_weights else None


def facts(path: Path, validate: bool = False) -> GgufFacts:
    """Read the header; with ``validate`` every block too. Raises ``DamagedFile``."""
    readers = [_reader(part) for part in gguf_parts(path)]
    tensors = [t for reader in readers for t in reader.tensors if t.name not in NOT_WEIGHTS]
    if not tensors:
        raise DamagedFile(f"{path.name} holds no weights")
    quantized = [t for t in tensors if t.tensor_type.name not in FULL_WIDTH]
    if validate:
        _validate(path, readers)
    return GgufFacts(
        file_type=_file_type(readers[0]),
        architecture=str(_field(readers[0], "general.architecture") or ""),
        parameters=sum(int(t.n_elements) for t in tensors),
        weight_bytes=sum(int(t.n_bytes) for t in tensors),
        quantized_weights=sum(int(t.n_elements) for t in quantized),
        quantized_bytes=sum(int(t.n_bytes) for t in quantized),
        types=dict(Counter(t.tensor_type.name for t in tensors)),
    )


def probe(path: Path) -> None:
    """Load the file and run one token in a process of its own: a crash there is an error here, not the worker's end."""
    command = [sys.executable, "-m", "evals.engines.llama_cpp_probe", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
    )
    if told.returncode < 0:
        raise EngineError(
            f"llama.cpp crashed while loading {path.name}: file damaged or hostile (signal {-told.returncode}); get it "
            "again from its source"
        )
    if told.returncode:
        raise EngineError((told.stderr.strip().splitlines() or [f"llama.cpp cannot load {path.name}"])[-1])


def _reader(path: Path) -> GGUFReader:
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise DamagedFile(f"{path.name} is not a GGUF file; its first bytes are not GGUF")
        reader = GGUFReader(path)
    except OSError as error:
        raise DamagedFile(f"{path.name} cannot be read ({error.strerror}); split files need all parts") from error
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, MemoryError, OverflowError) as error:
        raise DamagedFile(f"{path.name} is damaged or cut short ({error}); copy it again") from error
    for tensor in reader.tensors:
        block, size = GGML_QUANT_SIZES[tensor.tensor_type]
        if tensor.n_bytes != tensor.n_elements // block * size or tensor.data.nbytes != tensor.n_bytes:
            raise DamagedFile(f"{path.name} is cut short within {tensor.name}; copy it again")
    return reader


def _validate(path: Path, readers: list[GGUFReader]) -> None:
    lib = library()
    for reader in readers:
        for tensor in reader.tensors:
            if not lib.ggml_validate_row_data(int(tensor.tensor_type), tensor.data.ctypes.data, tensor.n_bytes):
                raise DamagedFile(f"{path.name} is damaged: {tensor.name} holds values that are not finite")


def _file_type(reader: GGUFReader) -> str:
    """The name of the mixture as the file gives it, "" where it gives none."""
    number = _field(reader, "general.file_type")
    known = {int(kind): kind.name for kind in gguf.LlamaFileType}
    return known.get(int(str(number)), "").removeprefix("MOSTLY_").removeprefix("ALL_") if number is not None else ""


def _field(reader: GGUFReader, name: str) -> object:
    field = reader.get_field(name)
    return None if field is None else field.contents()
