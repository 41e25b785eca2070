"""Text to tokens and back for llama.cpp: by the folder a model came from, or by the GGUF file itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from evals.engines.llama_cpp import Model


class Tokenizer(Protocol):
    """What the harness needs; ``ends`` are the tokens that end a generation."""

    ends: frozenset[int]
    prefix: int

    def encode(self, text: str, add_special: bool | None = None) -> list[int]: ...
    def decode(self, tokens: Sequence[int]) -> str: ...


class FolderTokenizer:
    """The tokenizer of a Hugging Face folder, so that every variant of a model sees the same tokens."""

    def __init__(self, tokenizer: Any, ends: Iterable[int]) -> None:
        self._tokenizer = tokenizer
        own = [t for t in (tokenizer.bos_token_id, tokenizer.eos_token_id) if t is not None]
        self.ends = frozenset([*ends, *([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id])])
        self.prefix = own[0] if own else min(self.ends, default=0)

    def encode(self, text: str, add_special: bool | None = None) -> list[int]:
        bos = self._tokenizer.bos_token
        if add_special is None and bos and text.startswith(bos):
            add_special = False
        if add_special is None:
            return list(self._tokenizer.encode(text))
        return list(self._tokenizer.encode(text, add_special_tokens=add_special))

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


class FileTokenizer:
    """The tokenizer inside a GGUF file."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.ends = model.ends()
        bos = model.bos if model.adds_bos else None  # llama.cpp makes one up where the file names none
        self.prefix = model.eos if bos is None else bos

    def encode(self, text: str, add_special: bool | None = None) -> list[int]:
        tokens = self._model.tokenize(text, self._model.adds_bos if add_special is None else add_special)
        if add_special is None and tokens[:2] == [self._model.bos] * 2:  # the text brought its own
            return tokens[1:]
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        return self._model.detokenize(tokens)
