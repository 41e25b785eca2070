"""Break-even is a staircase."""

from __future__ import annotations

import math

import pytest

from pricing import breakeven
from pricing.quotes import Band, Quote
from pricing.workload import Workload


def flat(usd: float) -> Band:
    return Band(value=usd, low=usd, high=usd)


def self_host(load: Workload) -> Quote:
    replicas = math.ceil(load.requests_per_month / 1_000_000)
    return Quote(kind="rental", label="x", fits=True, replicas=replicas, usd_per_month=flat(1000.0 * replicas))


def api(load: Workload) -> Quote:
    return Quote(kind="api", label="y", fits=True, usd_per_month=flat(0.0015 * load.requests_per_month))


def test_a_new_replica_can_hand_the_lead_back() -> None:
    # API $0.0015 a request; a replica of $1,000 carries 1 M: cheaper from 0.67 to 1 M, dearer just above, then again
    steps = breakeven.staircase(self_host, api, Workload(), [5e5, 7e5, 1e6, 1.1e6, 1.3e6, 1.4e6, 2e6])
    assert [step.self_host_is_cheaper for step in steps] == [False, True, True, False, False, True, True]


def test_unknown_is_not_cheaper() -> None:
    def unpriced(load: Workload) -> Quote:
        return Quote(kind="rental", label="x", fits=True, reason="unpriced")

    (step,) = breakeven.staircase(unpriced, api, Workload(), [1e6])
    assert step.self_host_usd_per_month is None and step.self_host_is_cheaper is None


def test_volumes_are_even_in_the_logarithm() -> None:
    assert breakeven.volumes(1e3, 1e5, 3) == pytest.approx([1e3, 1e4, 1e5])
    with pytest.raises(ValueError, match="1 ≤ low < high"):
        breakeven.volumes(5, 5)


def test_the_stairs_are_found_to_one_part_in_a_thousand() -> None:
    # a replica carries 1 M requests: edges at 1, 2, 3 M; the API asks $0.0015 a request against $1,000 a replica
    stairs = breakeven.stairs(self_host, api, Workload(), 1e5, 3.5e6)
    assert [stair.replicas for stair in stairs] == [1, 2, 3, 4]
    assert [stair.last.requests_per_month for stair in stairs[:3]] == pytest.approx([1e6, 2e6, 3e6], rel=1e-3)
    # $1,000 / $0.0015 = 667 k on one replica, 1.33 M on two, 2 M on three, 2.67 M on four: from 2 M on always cheaper
    assert breakeven.cheaper_volumes(stairs) == [
        (pytest.approx(2e6 / 3), pytest.approx(1e6, rel=1e-3)),
        (pytest.approx(4e6 / 3, rel=1e-6), pytest.approx(3.5e6)),
    ]


def test_unpriced_on_either_side_is_no_break_even() -> None:
    def unpriced(load: Workload) -> Quote:
        return Quote(kind="api", label="y", fits=True, reason="unpriced")

    stairs = breakeven.stairs(self_host, unpriced, Workload(), 1e5, 1e6)
    assert breakeven.cheaper_volumes(stairs) == []


def test_a_query_costs_twenty_times_more_at_a_twentieth_of_the_load() -> None:
    # $1,000 a month carry 1 M requests at 25 %: 4 M at full load. 5 % are 200 k requests at $0.005 each
    mine = Quote(kind="rental", label="x", fits=True, replicas=1, usd_per_month=flat(1000.0), utilisation_fraction=0.25)
    theirs = Quote(kind="api", label="y", fits=True, usd_per_query=flat(0.0015))
    found = breakeven.loads(mine, theirs, Workload(requests_per_month=1e6, prompt_tokens=700, output_tokens=300))
    assert [one.utilisation_fraction for one in found] == [0.05, 0.25, 0.5, 1.0]
    assert [one.usd_per_query for one in found] == pytest.approx([0.005, 0.001, 0.0005, 0.00025])
    assert found[0].usd_per_mtok == pytest.approx(5.0)  # $0.005 a thousand tokens
    assert found[0].api_usd_per_query == 0.0015
