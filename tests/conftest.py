"""Tests keep out of the user's results and off the network."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A fresh BITBUDGET_HOME for the whole run; a test that wants its own sets it again."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BITBUDGET_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("BITBUDGET_DB", raising=False)
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_DATASETS_OFFLINE", "1")


@pytest.fixture
def house() -> Path:
    """The root of the repository."""
    return Path(__file__).parent.parent
