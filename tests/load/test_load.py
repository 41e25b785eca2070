"""A few visitors for a few seconds: the driver works, pages come whole, memory stays in bounds."""

from __future__ import annotations

from tests.load.drive import measure


def test_six_sessions_get_whole_pages() -> None:
    load, problems = measure(sessions=6, every_s=4.0, seconds=12.0, idle_s=0.0)
    print(load)
    assert problems == []
    assert load.clicks >= 6
    assert load.memory_peak_mib < 1024
