"""Write ``docs/benchmarks.md`` from the results beside it: ``python -m tests.benchmarks.write``.

Each benchmark module writes ``docs/benchmarks/<name>.json`` and has ``section(found) -> str``, its Markdown.
"""

from __future__ import annotations

import json
from importlib import import_module

from evals.home import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
NAMES = [
    "grid", "race", "intervals", "forecast", "speed", "enumeration", "patterns", "backtest", "pages", "sandbox",
    "stores", "cluster",
]  # fmt: skip


def main() -> None:
    parts = ["# Benchmarks\n\n`make bench` measures all of this again and rewrites the page.\n"]
    for name in NAMES:
        path = FOLDER / f"{name}.json"
        if path.exists():
            parts.append(import_module(f"tests.benchmarks.{name}").section(json.loads(path.read_text())))
        else:
            parts.append(f"## {name.capitalize()}\n\nNot measured yet: run `make bench`.\n")
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
