"""Runs one hostile program and lists what it got away with."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

from evals.home import ROOT
from evals.sandbox.limits import Limits
from evals.sandbox.scene import Scene
from evals.sandbox.session import Session
from evals.sandbox.walls import unprivileged_uid
from tests.evals.sandbox.hostile import Hostile, filled

# little CPU, so that what never ends is soon over; a busy machine may take sixty times the wall time for it
QUICK = Limits(cpu_s=1, wall_s=2, patience=30, memory_bytes=128 * 2**20)
GONE_WITHIN_S = 0.5
ANSWER = 42  # what the liars are asked for


def escapes(session: Session, hostile: Hostile, scene: Scene) -> list[str]:
    """Every way in which ``hostile`` was not held; empty when it was."""
    session.start()
    zygote, before = session.pid, processes(session)
    source = filled(hostile.source, scene)
    outcome = session.call(source, [ANSWER]) if hostile.lie else session.run(source)
    found = []
    if hostile.lie:
        if outcome.outputs is not None and repr(list(outcome.outputs)) == repr([ANSWER]):
            found.append(f"scored as right: {outcome}")
        if outcome.verdict == "sandbox_error":
            found.append(f"broke the sandbox: {outcome.reason}")
    elif outcome.verdict not in hostile.verdicts:
        found.append(f"{outcome.verdict} ({outcome.reason}), not {' or '.join(hostile.verdicts)}")
    if "REACHED" in outcome.stdout:
        found.append(outcome.stdout[:2000])
    if len(outcome.stdout.encode()) > 4 * session.limits.output_bytes:  # a byte that is no text becomes three
        found.append(f"{len(outcome.stdout)} characters of output")
    if scene.heard():
        found.append("a listener heard it")
    if scene.secret.read_text() != "planted" or os.listdir(scene.open_folder):
        found.append("it wrote outside")
    if left := survivors(session, before):
        found.append(f"processes {sorted(left)} outlived it")
    if session.pid != zygote:
        found.append("the sandbox had to be started again")
    return found


def processes(session: Session) -> set[int]:
    """All below the session, and all of the sandbox's own user."""
    found = set(descendants(session.pid or 0))
    if os.getuid() == 0:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if entry.stat().st_uid == unprivileged_uid():
                    found.add(int(entry.name))
            except OSError:
                continue
    return found


def survivors(session: Session, before: set[int]) -> set[int]:
    deadline = time.monotonic() + GONE_WITHIN_S
    while (left := processes(session) - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def descendants(pid: int) -> list[int]:
    """The processes below ``pid``, at any depth."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [below for child in listed for below in (int(child), *descendants(int(child)))]


@cache
def code_items() -> list[dict[str, Any]]:
    """The shipped functions with inputs and expected outputs."""
    lines = (ROOT / "data" / "items" / "shop_code.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def score(session: Session, item: dict[str, Any]) -> bool:
    """Whether the item's own answer scores as right, compared outside."""
    outcome = session.call(f"def f(x): return {item['answer'].strip()}", json.loads(item["inputs"]))
    return outcome.outputs is not None and list(outcome.outputs) == json.loads(item["outputs"])


def memory_kib() -> int:
    """What this process holds now."""
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])
