"""Scorer of a task made from pictures. Copied beside its YAML as utils.py, where plain lm-eval finds it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load_items(items: str = "items.jsonl", **_: Any) -> dict[str, Any]:
    """The items as lm-eval's test split."""
    from datasets import Dataset

    lines = (FOLDER / Path(items).name).read_text(encoding="utf-8").splitlines()
    return {"test": Dataset.from_list([json.loads(line) for line in lines])}


def load_images(doc: dict[str, Any], folder: Path = FOLDER) -> list[Any]:
    """The picture of an item."""
    from PIL import Image

    with Image.open(folder / "pictures" / Path(doc["picture"]).name) as picture:
        return [picture.convert("RGB")]


def likeliest_label(doc: dict[str, Any], results: list[tuple[float, bool]]) -> dict[str, float]:
    """1 if the label with the highest log-likelihood is the expected one."""
    likelihoods = [likelihood for likelihood, _ in results]
    return {"acc": float(likelihoods.index(max(likelihoods)) == doc["target"])}
