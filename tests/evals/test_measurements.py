"""A measurement checks itself."""

from __future__ import annotations

import math
from typing import Any

import pytest

from evals.measurements import Measurement

KNOWN: dict[str, Any] = {
    "model": "m", "quantization": "q", "task": "t", "task_group": "g", "metric": "x", "score": 0.5, "n_items": 3,
    "low": 0.0, "high": 1.0, "origin": "measured", "protocol": "p",
}  # fmt: skip


@pytest.mark.parametrize("field", ["score", "low", "high"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.001, 1.001])
def test_a_share_that_is_none_is_refused_by_name(field: str, value: float) -> None:
    assert Measurement(**KNOWN).score == 0.5
    with pytest.raises(ValueError, match=f"{field} of m q on t is {value}; expected 0 to 1"):
        Measurement(**{**KNOWN, field: value})
