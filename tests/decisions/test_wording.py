from __future__ import annotations

import pytest

from decisions import wording
from pricing.quotes import Band


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (1091, "$1,090"),
        (12_345, "$12,300"),
        (87.4, "$87"),
        (4.2, "$4.20"),
        (0.0042, "$0.0042"),
        (0, "$0"),
        (-4900, "−$4,900"),
        (999.6, "$1,000"),
        (None, "unpriced"),
    ],
)
def test_money_keeps_three_figures(usd: float | None, text: str) -> None:
    assert wording.money(usd) == text


def test_short_money_and_bands() -> None:
    assert [wording.short_money(x) for x in (1091, 87, 2_400_000, 99_999)] == ["$1.1k", "$87", "$2.4M", "$100k"]
    assert wording.money_band(Band(value=1091, low=870, high=1500)) == "$1,090 ($870–1,500)"
    assert wording.money_band(Band(value=5, low=5, high=5)) == "$5"
    assert wording.money_band(None) == "unpriced"


def test_shares_points_and_intervals() -> None:
    assert [wording.percent(x) for x in (0.801, 0.75, 1.0, None)] == ["80.1 %", "75 %", "100 %", "not measured"]
    assert wording.score(0.801, 0.786, 0.816) == "80.1 % ± 1.5"
    assert wording.score(0.8, 0.7, 0.9) == "80 % ± 10"  # no decimals that twenty points of interval do not support
    assert wording.score(0.8, None, None) == "80 % (interval unknown)"
    assert [wording.points(x) for x in (0.014, 0.15, 0.01)] == ["1.4 points", "15 points", "1 point"]
    assert wording.points(-0.014, sign=True) == "−1.4 points"
    assert [wording.points(x, sign=True) for x in (-0.0004, 0.0, 0.01)] == ["0.0 points", "0.0 points", "+1.0 point"]


def test_seconds_and_counts() -> None:
    assert [wording.seconds(x) for x in (0.084, 0.0004, 3.12, 25.4, None)] == [
        "84 ms",
        "0.4 ms",
        "3.1 s",
        "25 s",
        "not yet known",
    ]
    assert [wording.count(x) for x in (260, 1_234_567, 40_000, 5e9)] == ["260", "1.2M", "40k", "5bn"]
    assert wording.listed(["a", "b", "c"]) == "a, b and c" and wording.listed([]) == ""
    assert wording.quantity(42.0, "gib") == "42 GiB"


def test_a_tiny_cost_is_told_by_the_million_and_a_tiny_size_in_mebibytes() -> None:
    assert [wording.per_query(usd) for usd in (0.0017, 8e-8)] == ["$0.0017 a query", "$0.080 a million queries"]
    # 0.005 GiB × 1,024 = 5.1 MiB
    assert [wording.quantity(gib, "gib") for gib in (41.2, 0.005, 0.0)] == ["41.2 GiB", "5.1 MiB", "0 GiB"]
