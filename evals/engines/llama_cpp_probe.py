"""``python -m evals.engines.llama_cpp_probe FILE``: load a GGUF file and run one token; exit 0 if that went well."""

from __future__ import annotations

import sys
from pathlib import Path

from evals.engines.llama_cpp import EngineError, Model


def main(path: str) -> None:
    try:
        model = Model(Path(path), threads=1)
        model.open(1, 64)
        model.decode([model.eos if model.eos >= 0 else 0], [0], [0], [True])
        model.close()
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
