"""How long a page takes to answer again: ``python -m tests.benchmarks.pages``.

Server time of a rerun after one changed input, the median of several, without the browser's drawing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from evals.home import ROOT

OUT = ROOT / "docs" / "benchmarks" / "pages.json"
COMPARE = "pages/Compare.py"
REPEATS = 7


def opened(page: str) -> AppTest:
    """A new session on a page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return (app if page == "app.py" else app.switch_page(page)).run()


def opening_s(page: str) -> float:
    """The first run of a page in a new session, with tables already read by another."""
    started = time.perf_counter()
    opened(page)
    return time.perf_counter() - started


def rerun_s(page: str) -> float:
    """Median time of reruns after the accuracy line moved."""
    app = opened(page)
    seconds = []
    for step in range(REPEATS):
        started = time.perf_counter()
        app.number_input(key="input_min.MMLU").set_value(60.0 + step).run()
        seconds.append(time.perf_counter() - started)
        if app.exception:
            raise SystemExit(f"{page} failed: {app.exception[0].message}")
    return statistics.median(seconds)


def section(found: dict[str, Any]) -> str:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    os.environ["BITBUDGET_DEMO"] = "off"
    with tempfile.TemporaryDirectory() as home:
        os.environ["BITBUDGET_HOME"] = home
        opening_s("app.py")
        result = {
            "command": "python -m tests.benchmarks.pages",
            "date": time.strftime("%Y-%m-%d"),
            "processors": os.cpu_count(),
            "open_decide_s": round(opening_s("app.py"), 3),
            "open_compare_s": round(opening_s(COMPARE), 3),
            "rerun_decide_s": round(rerun_s("app.py"), 3),
            "rerun_compare_s": round(rerun_s(COMPARE), 3),
        }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
