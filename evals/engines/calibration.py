"""Calibration text for methods that need it: the training split of the shipped generators, never eval items."""

from __future__ import annotations

from data.models.generators import GENERATORS, sample

SEED = 11
ITEMS_PER_TASK = 26


def calibration_texts() -> list[str]:
    """130 training texts, the same every time."""
    return [item.prompt + item.answer for group in GENERATORS for item in sample(group, "train", SEED, ITEMS_PER_TASK)]
