"""Every sandbox that works on this machine, one after the other.

BITBUDGET_TEST_CONTAINER="podman python:3.11-slim" adds a container.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from evals.sandbox.choice import report_of
from evals.sandbox.container import Container
from evals.sandbox.session import Session
from evals.sandbox.walls import Bubblewrap, Landlock, Walls
from tests.evals.sandbox.suite import QUICK

PROGRAM, _, IMAGE = os.environ.get("BITBUDGET_TEST_CONTAINER", "").partition(" ")
TRIED: list[Walls] = [Bubblewrap(), Landlock(), *([Container(program=PROGRAM, image=IMAGE)] if IMAGE else [])]


@pytest.fixture(scope="session", params=TRIED, ids=lambda walls: walls.name)
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
    with Session(walls, QUICK) as session:
        yield session
