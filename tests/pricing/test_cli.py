"""``python -m pricing`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

QUOTE = ["quote", "--model", "llama-3.1-70b", "--quantization", "Q4_K_M", "--accelerator", "A6000",
         "--requests-per-month", "1e6", "--prompt-tokens", "1200", "--output-tokens", "300", "--as-of", "2026-11-21"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pricing", *arguments], capture_output=True, text=True, timeout=60)


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
