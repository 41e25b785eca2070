"""Offers out of SkyPilot-schema files and addresses: exact names, slips left out, nothing lost when a feed fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pricing import feeds, overrides, skypilot
from pricing.catalogue import load_price_book

AS_OF = date(2026, 11, 21)
HEADER = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone"


def info(mib: int) -> str:
    return f"\"{{'Gpus': [{{'Name': 'x', 'MemoryInfo': {{'SizeInMiB': {mib}}}}}], 'TotalGpuMemoryInMiB': {mib}}}\""


def line(machine: str, card: str, count: str, price: str, spot: str = "", region: str = "r1", gpu: str = "") -> str:
    return f"{machine},{card},{count},8,64,{gpu},{price},{spot},{region},a"


def read(*lines: str, provider: str = "lambda") -> skypilot.Imported:
    return skypilot.read([HEADER, *lines], provider=provider, date="2026-11-20", source="vms.csv")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(feeds.VARIABLE, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("machine", "card", "gpu", "meant"),
    [
        ("gpu_8x_h100_sxm5", "H100", "", "H100-SXM"),
        ("gpu_1x_h100_pcie", "H100", "", "H100-PCIe"),
        ("Standard_NC40ads_H100_v5", "H100", "", "H100-NVL"),
        ("p5.48xlarge", "H100", "", "H100-SXM"),
        ("p4d.24xlarge", "A100", "", "A100-40GB"),
        ("p4de.24xlarge", "A100-80GB", "", "A100-80GB-SXM"),
        ("Standard_NC24ads_A100_v4", "A100-80GB", "", "A100-80GB-PCIe"),
        ("1x", "A100", info(81920), "A100-80GB-PCIe"),
        ("1x", "A100", info(80), "A100-80GB-PCIe"),
        ("1x", "RTXA6000", "", "A6000"),
        ("1x", "RTX6000-Ada", "", "RTX6000Ada"),
    ],
)
def test_cards_get_their_exact_name(machine: str, card: str, gpu: str, meant: str) -> None:
    (row,) = read(line(machine, card, "1", "2.00", gpu=gpu)).rows
    assert row["accelerator"] == meant
    assert bool(row["note"]) == (meant == "A100-80GB-PCIe" and machine == "1x")


def test_the_cheapest_zone_of_a_region_is_kept_and_spot_is_an_offer_of_its_own() -> None:
    rows = read(line("a", "L4", "4", "2.8", "1.2"), line("a", "L4", "4", "2.6", "1.4"), line("a", "L4", "4", "2.9", "",
                "r2")).rows  # fmt: skip
    assert sorted((row["tier"], row["region"], row["usd_per_hour"]) for row in rows) == [
        ("on-demand", "r1", 2.6), ("on-demand", "r2", 2.9), ("spot", "r1", 1.2)
    ]  # fmt: skip
    assert {(row["provider"], row["count"], row["date"]) for row in rows} == {("Lambda", 4, "2026-11-20")}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("a", "B200", "1", "0.01"), "B200 outside the sane $3 to $20 a card-hour"),
        (line("a", "A10", "0.167", "0.45"), "a slice of a card"),
        (line("", "H100", "8", "40"), "a card priced without its host machine"),
        (line("a", "L4", "1", "", "0.00"), "no price: unpriced"),
        (line("a", "L4", "1", "0.5", "0.8"), "spot above on demand: one of the two is wrong"),
        (line("a", "TPU-v5e", "1", "1.2"), "unknown accelerator 'TPU-v5e'"),
        (line("a", "L4", "1", "free"), "Price is 'free'"),
    ],
)
def test_a_slip_is_left_out_with_its_reason(bad: str, reason: str) -> None:
    found = read(line("b", "T4", "1", "0.6"), bad)
    assert [row["accelerator"] for row in found.rows] == ["T4"]
    assert any(key.startswith(reason) for key in found.left_out), found.left_out


@pytest.mark.parametrize("spot", ["5.00", "0.50"])
def test_a_spot_price_that_stands_for_no_market_is_dropped_alone(spot: str) -> None:
    found = read(line("a", "H100-SXM", "1", "5.00", spot))
    assert [row["tier"] for row in found.rows] == ["on-demand"]


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"vms\.csv lacks the columns InstanceType, AcceleratorName"):
        skypilot.read(["provider,price", "x,1"], provider="x", date="2026-11-20", source="vms.csv")
    with pytest.raises(ValueError, match="holds no offer that can be used: 1 × a slice of a card"):
        read(line("a", "A10", "0.5", "1"))


def test_an_import_replaces_the_providers_shipped_prices_and_its_last_import(home: Path) -> None:
    file = home / "vms.csv"
    file.write_text("\n".join([HEADER, line("gpu_1x_a10", "A10", "1", "1.11")]))
    for _ in range(2):
        feeds.import_file(file, provider="lambda", day=date(2026, 11, 20))
    assert len(overrides.read()) == 1
    book = load_price_book(overrides.read(), AS_OF)
    mine = [offer for offer in book.offers if (offer.provider, offer.accelerator) == ("Lambda", "A10")]
    assert [(o.usd_per_hour, o.date, o.source, o.is_override) for o in mine] == [(1.11, "2026-11-20", "vms.csv", True)]
    assert feeds.forget("vms.csv") == 1 and overrides.read() == []


def test_a_price_by_hand_wins_over_an_import(home: Path) -> None:
    file = home / "vms.csv"
    file.write_text("\n".join([HEADER, line("gpu_1x_a10", "A10", "1", "1.11")]))
    feeds.import_file(file, provider="lambda", day=date(2026, 11, 20))
    by_hand = {"provider": "Lambda", "accelerator": "A10", "usd_per_hour": 1.5, "date": "2026-11-21"}
    book = load_price_book(overrides.put(overrides.read(), by_hand), AS_OF)
    mine = [o.usd_per_hour for o in book.offers if o.provider == "Lambda" and o.accelerator == "A10"]
    assert mine == [1.5]


def test_refresh_is_off_by_default() -> None:
    with pytest.raises(ValueError, match="refresh is off: no price feed is named"):
        feeds.refresh()


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(home))) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_refresh_reads_each_feed_and_a_failing_one_loses_nothing(
    home: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "lambda.csv").write_text("\n".join([HEADER, line("gpu_1x_a10", "A10", "1", "1.2")]))
    overrides.write([{"provider": "Acme", "accelerator": "L4", "usd_per_hour": 0.3, "date": "2026-11-01"}])
    monkeypatch.setenv(feeds.VARIABLE, f"lambda={server}/lambda.csv vast={server}/gone.csv")
    good, bad = feeds.refresh()
    assert (good.provider, good.rows, good.error) == ("lambda", 1, "")
    assert good.date == date.today().isoformat()  # Last-Modified of a file just written
    assert "404" in bad.error
    assert {row["provider"] for row in overrides.read()} == {"Acme", "Lambda"}


@pytest.mark.parametrize("pair", ["lambda", "lambda=", "lambda=ftp://x/y.csv", "=http://x"])
def test_a_feed_that_cannot_be_read_is_named(pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(feeds.VARIABLE, pair)
    with pytest.raises(ValueError, match="give Provider=https://"):
        feeds.configured()
