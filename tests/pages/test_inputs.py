"""Inputs of the address: read, refused with a reason, written back."""

from __future__ import annotations

import pytest

from pages.ui.inputs import format_value, parse_choice, parse_choices, parse_number


@pytest.mark.parametrize("text", ["nan", "inf", "", "1e999", "75%", "0x10", "-1", "101"])
def test_only_numbers_in_range_are_read(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        parse_number(text, "Accuracy", 0, 100, optional=False)


def test_none_means_no_limit_only_where_that_is_allowed() -> None:
    assert parse_number("none", "Accuracy", 0, 100, optional=True) is None
    with pytest.raises(ValueError, match="Accuracy"):
        parse_number("none", "Accuracy", 0, 100, optional=False)


def test_an_unknown_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'H100'"):
        parse_choice("H10O", "Accelerators", ["A100", "H100", "L4"])


@pytest.mark.parametrize("value", [["H100", "L4"], [], None, 2000.0, 0.0005, 12, "gpt-4o"])
def test_what_is_written_reads_back(value: object) -> None:
    text = format_value(value)
    if isinstance(value, list):
        assert parse_choices(text, "Accelerators", ["H100", "L4"]) == value
    elif isinstance(value, str):
        assert parse_choice(text, "Today", ["gpt-4o"]) == value
    else:
        assert parse_number(text, "Budget", 0, 1e9, optional=True) == value
