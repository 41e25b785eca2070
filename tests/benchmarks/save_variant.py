"""``python -m tests.benchmarks.save_variant MODEL QUANTIZATION FOLDER``: a variant as a plain Hugging Face folder."""

from __future__ import annotations

import sys
from pathlib import Path

from evals.engines.export import export_variant
from evals.models import model
from evals.plan import variant_key
from evals.quantizations import quantization


def main() -> None:
    name, label, folder = sys.argv[1:]
    local, how = model(name), quantization(label)
    export_variant(local, how, variant_key(local, how), Path(folder))


if __name__ == "__main__":
    main()
