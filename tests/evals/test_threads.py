"""How many threads a worker gets, and from whom."""

from __future__ import annotations

import os

import pytest

from evals.threads import VARIABLE, settle, threads


def test_the_share_counts_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert (threads(4), threads(0)) == (4, 1)
    monkeypatch.setenv(VARIABLE, " 3 ")
    assert threads(4) == 3


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_another_value_is_named(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(ValueError, match=f"{VARIABLE} is '{said}'"):
        threads(1)


def test_engines_find_the_count_and_wait_without_spinning(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIABLE, "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "TOKENIZERS_PARALLELISM"):
        monkeypatch.setenv(name, "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    settle(2)
    assert (os.environ[VARIABLE], os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]) == ("2", "2", "PASSIVE")
    assert threads(8) == 2
