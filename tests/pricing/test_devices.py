"""Devices: what fits by counted bytes, how fast by bandwidth, and rows that name their sources."""

from __future__ import annotations

import pytest

from pricing import memory, tables
from pricing.deployment import variant
from pricing.devices import KINDS, find, load, on_device
from pricing.names import UnknownName


def test_tokens_a_second_are_the_used_bandwidth_over_the_bytes_read() -> None:
    chosen, phone = variant(model="Llama-3.2-1B", quantization="Q4_K_M"), find("iphone-15-pro")
    seen = on_device(chosen, phone, prompt_tokens=600, output_tokens=150)
    read = chosen.weight_bytes + chosen.model.kv_bytes(675)  # its output matrix is the embedding: all of it is read
    assert seen.fits and seen.tokens_per_s is not None
    assert seen.tokens_per_s.value == pytest.approx(0.55 * 51.2e9 / read)
    assert seen.tokens_per_s.low == pytest.approx(0.33 * 51.2e9 / read)
    assert seen.download_gb == pytest.approx(chosen.weight_bytes / 1e9)
    assert seen.answer_s is None and "time to read the prompt is not known" in seen.reason


def test_it_fits_where_weights_cache_and_buffer_fit_what_an_app_may_hold() -> None:
    chosen = variant(model="Llama-3.1-8B", quantization="Q4_K_M")
    seen = on_device(chosen, find("iphone-15-pro"), prompt_tokens=600, output_tokens=150)
    model = chosen.model
    needed = chosen.weight_bytes + model.kv_bytes(750) + memory.llama_cpp_buffer_bytes(model, 750)
    assert seen.needed_gib == pytest.approx(needed / 2**30) and seen.fits == (needed / 2**30 <= 5.6)
    tight = on_device(chosen, find("browser-laptop"), prompt_tokens=600, output_tokens=150)
    assert not tight.fits and "leaves an app 4.0 GiB" in tight.reason and tight.tokens_per_s is None


def test_a_mac_has_the_speed_model_of_its_chip_and_an_answer_time() -> None:
    chosen = variant(model="Llama-3.1-8B", quantization="Q4_K_M")
    seen = on_device(chosen, find("mac-studio-m4-max"), prompt_tokens=600, output_tokens=150)
    assert seen.tokens_per_s is not None and seen.answer_s is not None
    # 546 GB/s over 4.9 GB is 111 tokens a second at most; the fitted model gives about half
    assert 30 < seen.tokens_per_s.value < 111
    assert seen.answer_s.low < seen.answer_s.value < seen.answer_s.high
    assert find("mac-studio-m4-max").usable_gib == 96  # three quarters of 128


def test_an_unknown_bandwidth_gives_no_speed_and_too_long_a_context_does_not_fit() -> None:
    small = variant(model="Llama-3.2-1B", quantization="Q4_K_M")
    seen = on_device(small, find("pixel-8-pro"), prompt_tokens=600, output_tokens=150)
    assert seen.fits and seen.tokens_per_s is None and "no memory bandwidth is known" in seen.reason
    long = on_device(small, find("mac-studio-m4-max"), prompt_tokens=200_000, output_tokens=150)
    assert not long.fits and "tokens of context" in long.reason


def test_an_unknown_device_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="iphone-15-pro"):
        find("iphone-15")


@pytest.mark.parametrize("row", tables.rows("devices"), ids=lambda row: row["name"])
def test_every_row_names_its_source_and_date(row: dict[str, str]) -> None:
    device = load()[row["name"]]
    assert row["source"] and row["date"] >= "2026-01-01" and row["kind"] in KINDS
    assert 0 < device.usable_gib <= device.memory_gib
    assert device.chip or device.used or device.bandwidth_gb_s is None
