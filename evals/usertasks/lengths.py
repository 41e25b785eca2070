"""How many tokens the shipped tiny models make of a prompt, by their own tokenizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from evals.models import shipped_models


@lru_cache(maxsize=1)
def context_tokens() -> int | None:
    """What the tiny models read at most, None where they are not here."""
    local = next(iter(shipped_models().values()), None)
    return int(json.loads((local.folder / "config.json").read_text())["max_position_embeddings"]) if local else None


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    local = next(iter(shipped_models().values()))
    return Tokenizer.from_file(str(local.folder / "tokenizer.json"))


def too_long(prompts: Sequence[str], answer_tokens: int) -> list[int]:
    """Which prompts, with room for the answer, are longer than the tiny models read; empty where they are not here."""
    most = context_tokens()
    if most is None:
        return []
    certain = [len(prompt) > 16 * most for prompt in prompts]  # no token of theirs is that long
    short = [prompt for prompt, beyond in zip(prompts, certain, strict=True) if not beyond]
    lengths = iter(len(one.ids) for one in _tokenizer().encode_batch(short))
    return [at for at, beyond in enumerate(certain) if beyond or next(lengths) + answer_tokens > most]
