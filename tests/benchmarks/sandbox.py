"""Hostile programs between correct ones, on every sandbox that works here: ``python -m tests.benchmarks.sandbox``.

The correct programs are scored twice, once by themselves and once with the hostile ones in between.
``--container "podman python:3.11-slim"`` adds a container.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import ExitStack
from typing import Any

from evals.home import ROOT
from evals.sandbox.choice import report_of
from evals.sandbox.container import Container
from evals.sandbox.scene import planted
from evals.sandbox.session import Session
from evals.sandbox.walls import Bubblewrap, Landlock, Walls
from tests.evals.sandbox.correct import CORRECT
from tests.evals.sandbox.hostile import HOSTILE
from tests.evals.sandbox.suite import QUICK, code_items, escapes, memory_kib, score

OUT = ROOT / "docs" / "benchmarks" / "sandbox.json"
FUNCTIONS = 200


def scores(session: Session) -> list[bool]:
    """Of every correct program and function, in order."""
    return [right(session, number) for number in range(len(CORRECT) + FUNCTIONS)]


def right(session: Session, number: int) -> bool:
    if number < len(CORRECT):
        return session.run(CORRECT[number]).verdict == "pass"
    return score(session, code_items()[number - len(CORRECT)])


def measured(walls: Walls) -> dict[str, Any]:
    """What one sandbox held, and what it did to the correct programs."""
    started = time.perf_counter()
    report = report_of(walls)
    self_test_s = time.perf_counter() - started
    if not report.works:
        return {"backend": walls.name, "why_not": report.why_not}
    with ExitStack() as stack:
        plain = stack.enter_context(Session(walls))
        hurried = stack.enter_context(Session(walls, QUICK))
        scene = stack.enter_context(planted())
        plain.start()
        started = time.perf_counter()
        clean = scores(plain)
        seconds = time.perf_counter() - started
        before_kib = memory_kib()
        between: list[bool] = []
        escaped: dict[int, list[str]] = {}
        for at, hostile in enumerate(HOSTILE):
            if found := escapes(hurried, hostile, scene):
                escaped.setdefault(hostile.number, []).append(f"{hostile.name}: {'; '.join(found)}")
            first, last = (n * len(clean) // len(HOSTILE) for n in (at, at + 1))
            between += [right(plain, number) for number in range(first, last)]
        grown_mib = (memory_kib() - before_kib) / 1024
    return {
        "backend": walls.name,
        "self_test_s": self_test_s,
        "checks": len(report.checks),
        "numbers": len({each.number for each in HOSTILE}),
        "held": len({each.number for each in HOSTILE} - set(escaped)),
        "programs": len(HOSTILE),
        "escaped": escaped,
        "correct": len(clean),
        "false_fails": clean.count(False) + between.count(False),
        "changed": sum(a != b for a, b in zip(clean, between, strict=True)),
        "ms_each": 1000 * seconds / len(clean),
        "grown_mib": grown_mib,
    }


def section(found: dict[str, Any]) -> str:
    """Held, failed and changed, a row a sandbox."""
    rows = "\n".join(
        f"| {each['backend']} | {each['held']} of {each['numbers']} ({each['programs']} programs) | "
        f"{each['false_fails']} of {2 * each['correct']} | {each['changed']} | {each['ms_each']:.0f} ms | "
        f"{each['grown_mib']:.1f} MiB | {each['self_test_s']:.1f} s |"
        for each in found["backends"]
        if "held" in each
    )
    return f"""## Sandbox

`{found["command"]}`, {found["date"]}, {found["processors"]} processors under a load of {found["load"]:.0f}, as
{found["user"]}: the hostile programs with the correct ones in between.

| sandbox | hostile held | correct ones failed | scores changed | each | our memory grew by | self-test |
|---|---|---|---|---|---|---|
{rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--container", default="", help='such as "podman python:3.11-slim"')
    program, _, image = parser.parse_args().container.partition(" ")
    tried: list[Walls] = [Bubblewrap(), Landlock(), *([Container(program=program, image=image)] if image else [])]
    found = {
        "command": "python -m tests.benchmarks.sandbox",
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[1],
        "user": "root" if os.getuid() == 0 else "an unprivileged user",
        "backends": [measured(walls) for walls in tried],
    }
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
