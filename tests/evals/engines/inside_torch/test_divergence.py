"""Divergence from the baseline: two distributions by hand, and what a real model's variants show."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from evals.divergences import keep, kept
from evals.engines.divergence import measure, token_divergence
from evals.models import LocalModel
from evals.quantizations import quantization
from evals.tasks import task


def test_divergence_of_two_tokens_by_hand() -> None:
    # first token: (1/2, 1/2) against (3/4, 1/4): ½ ln(2/3) + ½ ln 2 = ½ ln(4/3); second: the same on both sides
    base = np.log(np.array([[0.5, 0.5], [0.9, 0.1]], dtype=np.float32)) + 7.0
    own = np.log(np.array([[0.25, 0.75], [0.9, 0.1]], dtype=np.float32))
    kl, same = token_divergence(base, own)
    assert kl == pytest.approx([0.5 * math.log(4 / 3), 0.0], abs=1e-6) and same.tolist() == [False, True]


def test_a_padded_vocabulary_counts_for_nothing() -> None:
    base = np.array([[1.0, 2.0]], dtype=np.float32)
    kl, same = token_divergence(base, np.array([[1.0, 2.0, 50.0]], dtype=np.float32))
    assert kl == pytest.approx([0.0], abs=1e-12) and same.all()


def test_fewer_bits_move_further_and_results_are_kept(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    found = [measure(small, quantization(label), task("math"), 4) for label in ("bf16", "rtn-int4", "rtn-int2")]
    same, four, two = found
    assert same.kl == pytest.approx(0.0, abs=1e-9) and same.top1_agreement == 1.0
    assert 0 < four.kl < two.kl and two.top1_agreement < 1.0
    assert four.items == 4 and four.tokens == same.tokens > 40
    assert four.kl_low is not None and four.kl_high is not None and four.kl_low <= four.kl <= four.kl_high
    for one in found:
        keep(one)
    assert kept()[small.name, "rtn-int2", "shop_math"] == two and len(kept()) == 3


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    (tmp_path / "divergences").mkdir()
    (tmp_path / "divergences" / "half.json").write_text('{"model": "tiny')
    with pytest.raises(ValueError, match=r"half.json in the folder divergences cannot be read .* delete it"):
        kept()
