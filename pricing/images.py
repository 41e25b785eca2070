"""How many prompt tokens an image takes: sellers bill images as input tokens, by size."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from pricing import tables

NAMED_SIZES = {"12MP": (4000, 3000)}


def size(text: str) -> tuple[int, int]:
    """``1024x1024`` or ``12MP`` → width and height in pixels. Raises ValueError."""
    if text.strip().upper() in NAMED_SIZES:
        return NAMED_SIZES[text.strip().upper()]
    found = re.fullmatch(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", text.strip().lower())
    if not found or not all(int(side) for side in found.groups()):
        raise ValueError(f"the image size is {text!r}; give width and height in pixels such as 1024x1024")
    return int(found[1]), int(found[2])


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, str]]:
    return tables.rows("image_tokens")


def tokens(model: str, width: int, height: int) -> tuple[int, str] | None:
    """(prompt tokens of one image, where the figure comes from); None where neither rule nor count is known."""
    for row in _rows():
        if not re.fullmatch(row["model_pattern"], model.rsplit("/", 1)[-1].lower()):
            continue
        if row["tile_px"]:
            return _tiled(width, height, row), row["source"]
        if (width, height) == (int(row["width_px"]), int(row["height_px"])):
            return int(row["tokens"]), row["source"]
    return None


def _tiled(width: int, height: int, row: dict[str, str]) -> int:
    """Shrunk into a square of ``most_px``, then to ``short_px`` on the shorter side, cut into tiles."""
    shrink = min(1.0, int(row["most_px"]) / max(width, height))
    shrink *= min(1.0, int(row["short_px"]) / (min(width, height) * shrink))
    edge = int(row["tile_px"])
    tiles = math.ceil(round(width * shrink) / edge) * math.ceil(round(height * shrink) / edge)
    return int(row["base_tokens"]) + int(row["tokens_per_tile"]) * tiles


def known_sizes(model: str) -> list[str]:
    """Sizes whose count is in the table, for messages."""
    name = model.rsplit("/", 1)[-1].lower()
    return [
        f"{row['width_px']}x{row['height_px']}"
        for row in _rows()
        if not row["tile_px"] and re.fullmatch(row["model_pattern"], name)
    ]
