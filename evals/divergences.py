"""How far variants moved from their baseline, token by token: what was measured here, one file a variant and task."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data.files import write_atomically
from evals.home import home


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """Next-token distributions of a variant against its baseline's, both reading the same prompts and right answers.

    ``kl`` is the mean divergence an answer token in nats, ``kl_p99`` its 99th percentile; ``top1_agreement`` the share
    of answer tokens where both hold the same one likeliest. Intervals are 95 %, tokens of one item being one cluster;
    None where one item is too few.
    """

    model: str
    quantization: str
    baseline: str
    task: str
    items: int
    tokens: int
    kl: float
    kl_low: float | None
    kl_high: float | None
    kl_p99: float
    top1_agreement: float
    top1_low: float | None
    top1_high: float | None
    date: str
    variant_key: str

    def __post_init__(self) -> None:
        for name in ("kl", "kl_p99", "top1_agreement"):
            if not math.isfinite(value := getattr(self, name)):
                who = f"{self.model}@{self.quantization}"
                raise ValueError(f"{name} of {who} on {self.task} is {value}; nothing is kept")


def keep(found: Divergence) -> None:
    """Write one result; an older one of the same variant and task is replaced."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.variant_key}-{found.task}.json"
    write_atomically(path, json.dumps(asdict(found), indent=1) + "\n")


def kept() -> Mapping[tuple[str, str, str], Divergence]:
    """Every result by model, quantization and task, the newest of each."""
    found: dict[tuple[str, str, str], Divergence] = {}
    for path in sorted(_folder().glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
        try:
            one = Divergence(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path.name} in the folder divergences cannot be read ({error}); delete it") from error
        found[one.model, one.quantization, one.task] = one
    return found


def _folder() -> Path:
    return home() / "divergences"
