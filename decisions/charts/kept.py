"""Charts drawn once for what they show: the next one who asks for the same gets the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import plotly.graph_objects as go

from decisions.same import Same, Told, told

T = TypeVar("T")
KEPT = 96  # figures, of about 0.2 MiB each


def drawn(draw: Callable[..., go.Figure], shown: T, **settings: Any) -> go.Figure:
    """``draw(shown, **settings)``; not to be changed afterwards.

    ``shown`` is taken to be the same only as the same object, which must not change; the settings where equal.
    """
    return _drawn(draw, Same(shown), told(settings))


@lru_cache(maxsize=KEPT)
def _drawn(draw: Callable[..., go.Figure], shown: Same[Any], settings: Told[dict[str, Any]]) -> go.Figure:
    return draw(shown.value, **settings.value)
