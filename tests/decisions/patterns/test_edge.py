"""The bill of devices people own: downloads and what the cloud still answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from decisions.fields import BadInput
from decisions.options import Option
from decisions.patterns.edge import Fleet, edge
from decisions.patterns.sentences import edge_detail, edge_sentence
from decisions.scenarios import Scenario
from tests.decisions.conftest import measured
from tests.decisions.patterns.conftest import option

BIG = option("big", 0.92, 600.0)


def variant(model: str, quantization: str) -> Option:
    own = option("small", 0.9, 100.0)
    seen = measured(model, quantization, 0.9, 400)
    return replace(own, model=model, quantization=quantization, measurements={"quiz": seen})


def test_downloads_and_fallback_are_the_whole_bill(asked: Scenario, prices: Callable[[float, float], None]) -> None:
    prices(0.0, 1e-3)
    asked = replace(asked, workload=replace(asked.workload, prompt_tokens=200, output_tokens=50))
    fleet = Fleet(
        devices=1000, mix={"iphone-15-pro": 0.75, "browser-phone": 0.25}, updates_per_month=0.5,
        egress_usd_per_gb=0.1, fallback_fraction=0.2,
    )  # fmt: skip
    found = edge(asked, variant("Llama-3.2-3B", "Q4_K_M"), fleet, None, fallback=BIG)  # type: ignore[arg-type]
    assert [place.fits for place in found.places] == [True, False]
    # 75 % of the devices answer 80 % of their requests: 40 % of all are left to the cloud
    assert found.fallback_fraction == pytest.approx(0.4)
    downloads = 1000 * 0.75 * 0.5 * found.download_gb * 0.1
    assert found.quote.parts == {"downloads": pytest.approx(downloads), "cloud fallback": pytest.approx(1 + 400)}
    assert found.quote.usd_per_month is not None
    assert found.quote.usd_per_month.value == pytest.approx(downloads + 401)
    assert "runs on 1 of 2 kinds of device" in edge_sentence(found) and "40 % of the requests" in edge_sentence(found)
    assert "downloads $" in edge_detail(found)
    assert found.verdict == "unproven"  # the time to a phone's whole answer is not known


def test_without_a_fallback_the_bill_is_unknown_and_says_why(asked: Scenario) -> None:
    fleet = Fleet(devices=1000, mix={"iphone-15-pro": 1.0})
    found = edge(asked, variant("Llama-3.2-1B", "Q4_K_M"), fleet, None)  # type: ignore[arg-type]
    assert found.quote.usd_per_month is None
    assert "5 % of the requests need the cloud and no fallback is chosen" in found.problems[0]


def test_a_model_too_large_for_every_device_says_so(asked: Scenario) -> None:
    fleet = Fleet(devices=10, mix={"raspberry-pi-5": 1.0})
    found = edge(asked, variant("Llama-3.1-70B", "Q4_K_M"), fleet, None)  # type: ignore[arg-type]
    assert edge_sentence(found).startswith("Small fits on none of these devices: needs 4")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"mix": {}}, "no devices are chosen"),
        ({"mix": {"iphone-15-pro": 0.5}}, "add to 50.0 %, not 100 %"),
        ({"devices": 0}, "devices at the edge is 0"),
        ({"fallback_fraction": 1.5}, "fallback_fraction at the edge is 1.5"),
    ],
)
def test_a_fleet_checks_itself(changes: dict, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Fleet(**({"devices": 1000, "mix": {"iphone-15-pro": 1.0}} | changes))


def test_an_api_cannot_be_put_on_a_device(asked: Scenario) -> None:
    sold = replace(BIG, kind="api")
    with pytest.raises(BadInput, match="sold by the token"):
        edge(asked, sold, Fleet(devices=1, mix={"iphone-15-pro": 1.0}), None)  # type: ignore[arg-type]
