"""Every sandbox that works on this machine, one after the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from evals.sandbox.choice import IN_ORDER, report_of
from evals.sandbox.limits import Limits
from evals.sandbox.session import Session
from evals.sandbox.walls import Walls


@pytest.fixture(scope="session", params=IN_ORDER, ids=lambda walls: walls.name)
def walls(request: pytest.FixtureRequest) -> Walls:
    walls: Walls = request.param
    report = report_of(walls)
    if not report.works:
        installed = walls.name == "bubblewrap" and shutil.which("bwrap") is not None
        complain = pytest.fail if installed and os.environ.get("CI") == "true" else pytest.skip
        complain(f"{walls.name} does not work here: {report.why_not}")
    return walls


@pytest.fixture(scope="module")
def session(walls: Walls) -> Iterator[Session]:
    with Session(walls, Limits(cpu_s=1, wall_s=5, memory_bytes=128 * 2**20)) as session:
        yield session
