"""``python -m pricing`` as a user runs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from pricing.__main__ import main

QUOTE = ["quote", "--model", "llama-3.1-70b", "--quantization", "Q4_K_M", "--accelerator", "A6000",
         "--requests-per-month", "1e6", "--prompt-tokens", "1200", "--output-tokens", "300", "--as-of", "2026-11-21"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.delenv("BITBUDGET_PRICE_FEEDS", raising=False)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m pricing`` within this process, which saves the start of Python each time."""
    out, err = io.StringIO(), io.StringIO()
    command = ["pricing", *arguments]
    with mock.patch.object(sys, "argv", command), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "pricing", *QUOTE, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(run(*QUOTE, "--json").stdout)


def test_a_quote_as_json() -> None:
    done = run(*QUOTE, "--json")
    assert done.returncode == 0, done.stderr
    quote = json.loads(done.stdout)
    assert {
        "fits", "memory_gib", "accelerator", "count", "replicas", "usd_per_month", "usd_per_query",
        "low_usd_per_month", "high_usd_per_month", "parts", "ttft_p95_s", "tpot_p95_s", "e2e_p95_s",
        "utilisation_fraction",
    } <= set(quote)
    assert quote["fits"] and quote["accelerator"] == "A6000" and quote["count"] == 1
    assert quote["low_usd_per_month"] <= quote["usd_per_month"] <= quote["high_usd_per_month"]
    assert quote["usd_per_month"] == pytest.approx(sum(quote["parts"].values()))


def test_a_quote_line_by_line() -> None:
    text = run(*QUOTE).stdout
    for line in ("Model: 70.554 B", "Memory: weights", "Speed of a replica:", "Replicas:", "Offer: RunPod",
                 "Bill a month:", "in all", "Engine class: llama.cpp-like"):
        assert line in text


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--requests-per-month", "-5"], "requests_per_month of the workload is -5"),
        (["--requests-per-month", "nan"], "--requests-per-month is 'nan'"),
        (["--requests-per-month", "1e15"], "give a number from 1 to 1e+12"),
        (["--requests-per-month", "1,5"], "with a decimal point"),
        (["--accelerator", "A600"], "unknown accelerator 'A600'; nearest: A6000"),
        (["--count", "1.5"], "--count is '1.5'; give a whole number"),
        (["--as-of", "soon"], "--as-of is 'soon'"),
        (["--requests-per-month", "0"], "requests_per_month of the workload is 0.0; give a number from 1 to 1e+12"),
        (["--tier", "spott"], "unknown tier 'spott'; nearest: spot"),
        (["--region", "eurpe"], "unknown region 'eurpe'; nearest: europe"),
        (["--preset", "prod"], "unknown preset 'prod'; nearest: production"),
        (["--set", "people_hours_per_month=10,5"], "with a decimal point, not a comma"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(extra: list[str], message: str) -> None:
    done = run(*QUOTE, *extra)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_api_and_offers_as_json() -> None:
    bill = json.loads(run("api", "--provider", "openai", "--model", "gpt-4o", "--as-of", "2026-11-21", "--json").stdout)
    assert bill["usd_per_month"] == pytest.approx(6000)
    assert bill["e2e_p95_s"] is None
    offers = json.loads(run("offers", "--accelerator", "H100", "--as-of", "2026-11-21", "--json").stdout)
    assert offers and {offer["accelerator"] for offer in offers} == {"H100-SXM"}
    assert all(offer["date"] and offer["source"] for offer in offers)


def test_loading_prices_is_light() -> None:
    heavy = ("torch", "streamlit", "pandas", "scipy", "genai_prices")
    code = f"import sys, pricing.quote as q; q.load_price_book(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_price_saved_in_the_product_is_used_unless_refused(home: Path) -> None:
    saved = [{"kind": "rental", "provider": "Acme", "accelerator": "A6000", "usd_per_hour": 0.1, "date": "2026-11-01"}]
    (home / "price-overrides.json").write_text(json.dumps(saved))
    mine = json.loads(run(*QUOTE, "--json").stdout)
    assert (mine["provider"], mine["price_is_override"], mine["price_age_days"]) == ("Acme", True, 20)
    shipped = json.loads(run(*QUOTE, "--no-overrides", "--json").stdout)
    assert not shipped["price_is_override"] and shipped["usd_per_month"] > mine["usd_per_month"]
    # 730 h × $0.10 × replicas
    assert mine["parts"]["accelerators"] == pytest.approx(73.0 * mine["replicas"])


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '[{"provider": "Acme"}]'])
def test_a_broken_price_file_is_named(home: Path, content: str) -> None:
    (home / "price-overrides.json").write_text(content)
    done = run(*QUOTE)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert "price" in done.stderr and done.stdout == ""


def test_offers_are_imported_and_then_used(home: Path) -> None:
    folder = home / "lambda"
    folder.mkdir()
    file = folder / "vms.csv"
    header = "InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region"
    file.write_text(f"{header}\ngpu_1x_a6000,RTXA6000,1,0.21,,us-x")
    done = run("offers", "import", str(file), "--date", "2026-11-20", "--json")
    assert json.loads(done.stdout) == {"provider": "Lambda", "offers": 1, "left_out": {}}, done.stderr
    rows = json.loads(run("offers", "--accelerator", "A6000", "--provider", "Lambda", "--json").stdout)
    assert [(row["usd_per_hour"], row["is_override"], row["source"]) for row in rows] == [(0.21, True, "vms.csv")]


def test_refresh_is_off() -> None:
    done = run("refresh")
    assert done.returncode == 2 and "refresh is off" in done.stderr


def test_break_even_is_a_staircase() -> None:
    done = run("breakeven", "--model", "8B", "--quantization", "fp16", "--accelerator", "L40S",
               "--api", "openai/gpt-4o", "--highest", "1e7", "--as-of", "2026-11-21", "--json")  # fmt: skip
    found = json.loads(done.stdout)
    assert [stair["replicas"] for stair in found["stairs"]] == sorted({s["replicas"] for s in found["stairs"]})
    assert [row["utilisation_fraction"] for row in found["utilisation"]] == [0.05, 0.25, 0.5, 1.0]
    begin = found["cheaper_requests_per_month"][0][0]
    first = found["stairs"][0]
    # gpt-4o asks $0.006 a request of 1,200 → 300 tokens
    assert begin * 0.006 == pytest.approx(first["low_self_host_usd_per_month"], rel=0.01)


def test_every_default_of_the_presets_is_listed() -> None:
    shown = json.loads(run("presets", "--json").stdout)
    assert set(shown) == {"pilot", "production", "regulated"}
    assert all(term["source"] for preset in shown.values() for term in preset.values())


def test_spot_serverless_and_reserved_quotes_differ_in_kind() -> None:
    quotes = {
        tier: json.loads(run("quote", "--model", "8B", "--quantization", "fp16", "--requests-per-month", "1000",
                             "--tier", tier, "--as-of", "2026-11-21", "--json").stdout)
        for tier in ("on-demand", "spot", "reserved", "serverless")
    }  # fmt: skip
    assert {tier: quote["tier"] for tier, quote in quotes.items()} == {tier: tier for tier in quotes}
    assert "interruptions" in quotes["spot"]["parts"]
    assert {"idle_windows", "cold_starts"} <= set(quotes["serverless"]["parts"])
    assert quotes["serverless"]["usd_per_month"] < quotes["on-demand"]["usd_per_month"]  # a thousand requests a month
    for quote in quotes.values():
        assert quote["usd_per_month"] == pytest.approx(sum(quote["parts"].values()))
