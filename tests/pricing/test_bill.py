"""The bill by hand: idle hours, spares, regions, logs, spot, serverless, discounts."""

from __future__ import annotations

import math

import pytest

from pricing import bill
from pricing.names import UnknownName
from pricing.serverless import uptime
from pricing.workload import Workload

LOAD = Workload(requests_per_month=1e6, prompt_tokens=1200, output_tokens=300)


def parts(plan: bill.Preset, **changed: object) -> dict[str, float]:
    given: dict[str, object] = {"usd_per_hour": 2.0, "replicas": 3, "spare_replicas": plan.spare_replicas,
                                "weight_bytes": 40e9, "workload": LOAD, "plan": plan}  # fmt: skip
    return bill.parts_usd_per_month(**given | changed)  # type: ignore[arg-type]


def test_a_pilot_by_hand() -> None:
    # 3 × $2 × 730 h; 2 copies × 40 GB × $0.023; 1e6 × 300 tokens × 5 B = 1.5 GB × $0.09
    assert parts(bill.preset("pilot")) == pytest.approx(
        {"accelerators": 4380.0, "spare_replicas": 0.0, "storage": 1.84, "egress": 0.135, "people": 0.0}
    )


def test_production_by_hand() -> None:
    # one spare; a month of 1,500 tokens × 5 B × 1e6 = 7.5 GB of logs; 10 h × $100; $150 fixed
    assert parts(bill.preset("production")) == pytest.approx(
        {"accelerators": 4380.0, "spare_replicas": 1460.0, "storage": (80 + 7.5) * 0.023, "egress": 0.135,
         "people": 1000.0, "fixed": 150.0}
    )  # fmt: skip


def test_regulated_pays_a_second_region_whole() -> None:
    # two regions of 3 + 1 replicas; (80 + 12 × 7.5) GB in each; 40 h; $150 a region
    found = parts(bill.preset("regulated"))
    assert found["further_regions"] == pytest.approx(found["accelerators"] + found["spare_replicas"]) == 5840.0
    assert found["storage"] == pytest.approx(2 * 170 * 0.023)
    assert (found["people"], found["fixed"]) == (4000.0, 300.0)
    assert bill.preset("regulated").fleet(3) == 8


def test_idle_hours_are_paid() -> None:
    quiet, busy = (parts(bill.preset("pilot"), workload=Workload(requests_per_month=n)) for n in (1, 1_000_000))
    assert quiet["accelerators"] == busy["accelerators"] == 4380.0


def test_a_discount_of_yours_is_off_the_cards_alone() -> None:
    found = parts(bill.preset("production", discount_fraction=0.25))
    assert (found["accelerators"], found["spare_replicas"], found["people"]) == (3285.0, 1095.0, 1000.0)


def test_spot_pays_for_its_interruptions() -> None:
    # 20 % of 3 replicas is one more: $2 × 730; a tenth of the hours of 3 replicas at $5 − $2 more: 219 h × $3
    found = parts(bill.preset("pilot"), tier="spot", fallback_usd_per_hour=5.0)
    assert found["interruptions"] == pytest.approx(1460 + 657)
    assert parts(bill.preset("pilot"), tier="spot")["interruptions"] == 1460.0


def test_serverless_by_hand() -> None:
    # 730 requests in 730 h: one an hour. Service 20 s, idle window 60 s: up 1 − e^(−80/3600), at work 1 − e^(−20/3600)
    load = Workload(requests_per_month=730)
    up = uptime(load, service_s=20, requests_per_s=1, idle_window_s=60, peak_containers=1)
    billed_hours = up.busy_hours + up.idle_hours
    assert billed_hours == pytest.approx(730 * (1 - math.exp(-80 / 3600)))
    assert up.busy_hours == pytest.approx(730 * (1 - math.exp(-20 / 3600)))
    assert up.cold_starts == pytest.approx(730 * math.exp(-80 / 3600))
    assert up.cold_fraction == pytest.approx(0.978, abs=0.001)
    found = parts(bill.preset("pilot"), tier="serverless", uptime=up, workload=load)
    assert found["cold_starts"] == pytest.approx(2.0 * up.cold_starts * 118 / 3600)
    assert found["accelerators"] + found["idle_windows"] == pytest.approx(2.0 * billed_hours)
    assert found["accelerators"] + found["idle_windows"] + found["cold_starts"] < 1460  # a card the whole month


def test_a_busy_service_pays_for_the_containers_it_needs() -> None:
    # 2,628,000 requests a month are 1 a second; a container carries 0.25: four at work all month
    up = uptime(Workload(requests_per_month=2_628_000), service_s=10, requests_per_s=0.25, idle_window_s=60,
                peak_containers=1)  # fmt: skip
    assert up.busy_hours == pytest.approx(4 * 730)
    assert up.idle_hours == 0 and up.cold_starts == pytest.approx(0, abs=1e-20)


def test_every_term_is_shown_with_its_source() -> None:
    shown = bill.terms(bill.preset("production", people_hours_per_month=12))
    assert {fact.name for fact in shown} == set(bill.TERMS)
    assert all(fact.source for fact in shown)
    assert next(fact for fact in shown if fact.name == "people_hours_per_month").source == "yours"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"discount_fraction": 1.5}, "discount_fraction of the preset pilot is 1.5; give a number from 0 to 0.95"),
        ({"people_hours_per_month": -1}, "people_hours_per_month of the preset pilot is -1"),
        ({"spare_replicas": 0.5}, "spare_replicas of the preset pilot is 0.5; give a whole number"),
        ({"people_hours": 3}, "unknown term of a preset 'people_hours'; nearest: people_"),
        ({"cold_start_s": float("nan")}, "cold_start_s of the preset pilot is nan; give a finite number"),
    ],
)
def test_a_bad_term_is_named(changed: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bill.preset("pilot", **changed)


def test_an_unknown_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown preset 'regulate'; nearest: regulated"):
        bill.preset("regulate")
