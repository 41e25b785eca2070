"""Write ``docs/benchmarks.md`` from the results beside it: ``python -m tests.benchmarks.write``."""

from __future__ import annotations

import json
from typing import Any

from evals.home import ROOT

FOLDER = ROOT / "docs" / "benchmarks"


def grid(found: dict[str, Any]) -> str:
    """The demo grid beside plain lm-eval."""
    return f"""## The demo grid beside the plain `lm_eval` command

`{found["command"]}`, {found["date"]}, {found["processors"]} processors: {found["cells"]} cells of
{found["items_per_cell"]} items, the same variants, items and batch size on both sides.

| | wall time |
|---|---|
| Bitbudget, the whole grid | {found["ours_s"]:.0f} s |
| `lm_eval`, once per variant with all tasks | {found["plain_once_per_variant_s"]:.0f} s |
| `lm_eval`, once per cell (one variant of each model, scaled to all) | {found["plain_cell_by_cell_s"]:.0f} s |

Bitbudget takes {found["of_once_per_variant"]:.2f} of the first and {found["of_cell_by_cell"]:.2f} of the second
time. Of {found["items_compared"]:,} item scores compared, {found["items_differing"]:,} differ.
"""


def pages(found: dict[str, Any]) -> str:
    """Opening and rerunning pages."""
    return f"""## Pages

`{found["command"]}`, {found["date"]}, {found["processors"]} processors: server time, without the browser's drawing.

| | seconds |
|---|---|
| open Decide in a new session | {found["open_decide_s"]:.2f} |
| open Compare in a new session | {found["open_compare_s"]:.2f} |
| Decide again after the accuracy line moved | {found["rerun_decide_s"]:.2f} |
| Compare again after the accuracy line moved | {found["rerun_compare_s"]:.2f} |
"""


SECTIONS = {"grid": grid, "pages": pages}


def main() -> None:
    parts = ["# Benchmarks\n\n`make bench` measures all of this again and rewrites the page.\n"]
    for name, section in SECTIONS.items():
        path = FOLDER / f"{name}.json"
        missing = f"## The {name}\n\nNot measured on the shipped models yet: run `make bench`.\n"
        parts.append(section(json.loads(path.read_text())) if path.exists() else missing)
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
