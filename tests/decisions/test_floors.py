"""Row 66: a latency line below what the memory of the cards allows is warned of."""

from __future__ import annotations

from datetime import date

import pytest

from decisions.floors import floor_warning
from decisions.options import Option
from decisions.sla import Sla
from pricing.catalogue import load_price_book
from pricing.floor import token_bytes, token_floor_s
from pricing.workload import Workload
from tests.decisions.conftest import quote, scenario

BOOK = load_price_book((), date(2026, 11, 21))


def variant(model: str, quantization: str) -> Option:
    return Option(
        id=f"{model}@{quantization}", kind="deployment", label="8B", model=model, quantization=quantization, method="",
        quote=quote(None),
    )  # fmt: skip


def test_a_token_takes_a_read_of_the_weights() -> None:
    # Llama-3.1-8B: 8.03e9 weights of 2 bytes less the input embedding of 128,256 × 4,096 × 2 bytes: 15.01 GB; an H100
    # reads 3,350 GB/s: 4.48 ms, on eight of them 0.56 ms
    card = BOOK.accelerators["H100-SXM"]
    assert card.bandwidth_gb_s == 3350
    read = token_bytes("Llama-3.1-8B", "bf16")
    assert read == pytest.approx(15.01e9, rel=0.001)
    assert token_floor_s(15.01e9, card, 1) == pytest.approx(0.00448, rel=0.001)
    assert token_floor_s(15.01e9, card, 8) == pytest.approx(0.00056, rel=0.001)
    assert token_bytes("nobody's model", "bf16") is None


@pytest.mark.parametrize(("line_s", "warned"), [(0.1, True), (0.3, False)])
def test_row_66_a_p95_below_the_physical_floor_is_warned_of(line_s: float, warned: bool) -> None:
    # 300 tokens at 0.56 ms a token are 0.17 s on eight H100
    place = scenario(sla=Sla(e2e_p95_s=line_s), workload=Workload(output_tokens=300), accelerators=("H100-SXM",))
    said = floor_warning(place, [variant("Llama-3.1-8B", "bf16")], BOOK)
    assert bool(said) == warned
    if warned:
        assert "p95 latency of 0.1 s is below what any card here can do" in said and "0.17 s for 300 tokens" in said
        assert "Allow more time" in said


def test_what_is_not_known_warns_of_nothing() -> None:
    place = scenario(sla=Sla(e2e_p95_s=0.001), accelerators=("H100-SXM",))
    assert floor_warning(place, [variant("nobody's model", "bf16")], BOOK) == ""
