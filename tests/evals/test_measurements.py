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


def test_fields_are_checked_as_by_the_constructor() -> None:
    every = vars(Measurement(**KNOWN))
    assert Measurement.of({**every, "score": 0.25, "run": "r"}) == Measurement(**{**KNOWN, "score": 0.25, "run": "r"})
    assert Measurement(**KNOWN).score == 0.5
    with pytest.raises(ValueError, match="score of m q on t is 2; expected 0 to 1"):
        Measurement.of({**every, "score": 2})
    with pytest.raises(TypeError, match="not the fields of a measurement: scroe"):
        Measurement.of({**every, "scroe": 0.5})
    with pytest.raises(TypeError, match="not the fields of a measurement: low"):
        Measurement.of({name: value for name, value in every.items() if name != "low"})
