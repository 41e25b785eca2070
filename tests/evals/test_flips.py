from __future__ import annotations

import pytest

from evals.statistics.flips import answer_change_fraction, excess_flips, holm


def test_flips_beyond_the_noise() -> None:
    baseline = [1.0] * 100
    repeat = [0.0] * 4 + [1.0] * 96  # 4 % flip by repeating
    quantized = [0.0] * 4 + [1.0] * 86 + [0.0] * 10  # 14 % flip, 10 % beyond
    found = excess_flips(baseline, repeat, quantized)
    assert (found.noise_fraction, found.flips_fraction, found.excess) == pytest.approx((0.04, 0.14, 0.10))
    assert found.low is not None and found.low > 0
    same = excess_flips(baseline, repeat, repeat)
    assert same.excess == 0 and same.low is not None and same.low < 0 < (same.high or 0)


def test_changed_answers_see_wrong_to_another_wrong() -> None:
    assert answer_change_fraction(["7", "8", "9", "1"], ["7", "5", "9", "2"]) == 0.5
    with pytest.raises(ValueError, match="first has 1 answers, second 0"):
        answer_change_fraction(["7"], [])


def test_holm_of_the_textbook() -> None:
    # Holm 1979: sorted 0.01·4, 0.02·3, 0.03·2 (kept at 0.06), 0.04·1 (kept at 0.06)
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
    with pytest.raises(ValueError, match=r"p_values\[0\] is 1.5"):
        holm([1.5])
