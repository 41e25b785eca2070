"""A byte-level BPE tokenizer (``tokenizer.json``) as GGUF fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
from transformers import AutoTokenizer

# How text is cut before merging, by the expression in tokenizer.json; llama.cpp knows each by a name.
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PRE_TOKENIZERS = {
    "": "gpt-2",
    _WORDS + r"\p{N}{1,3}" + _REST: "llama-bpe",
    _WORDS + r"\p{N}" + _REST: "qwen2",
}


def add_tokenizer(writer: gguf.GGUFWriter, folder: Path, config: dict[str, Any]) -> None:
    """Vocabulary, merges and special tokens; ``ValueError`` names what llama.cpp would read differently."""
    described = json.loads((folder / "tokenizer.json").read_text())
    cut = pre_tokenizer(described, folder.name)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    added = {token["id"]: token for token in described.get("added_tokens", [])}
    by_id = {index: token for token, index in described["model"]["vocab"].items()}
    by_id |= {index: token["content"] for index, token in added.items()}
    tokens, types = [], []
    for index in range(config["vocab_size"]):
        tokens.append(by_id.get(index, f"[PAD{index}]"))
        types.append(_type(index, by_id, added))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in described["model"]["merges"]])
    first = tokenizer.encode("a")[:1]
    writer.add_add_bos_token(tokenizer.bos_token_id is not None and first == [tokenizer.bos_token_id])
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    if tokenizer.eos_token_id is not None:
        writer.add_eos_token_id(tokenizer.eos_token_id)
    if tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    if isinstance(tokenizer.chat_template, str):
        writer.add_chat_template(tokenizer.chat_template)


def pre_tokenizer(described: dict[str, Any], name: str) -> str:
    """llama.cpp's name for how this tokenizer cuts text before merging."""
    kind = described["model"]["type"]
    cut = described.get("pre_tokenizer") or {}
    steps = cut.get("pretokenizers", [cut])
    if kind != "BPE" or described["model"].get("byte_fallback") or steps[-1].get("type") != "ByteLevel":
        raise ValueError(
            f"the tokenizer of {name} is not byte-level BPE ({kind}); convert the folder with llama.cpp's "
            "convert_hf_to_gguf.py and give the .gguf file as the model"
        )
    splits = [step["pattern"].get("Regex", "") for step in steps if step.get("type") == "Split"]
    plain = steps[-1].get("use_regex", True) and not splits and len(steps) == 1
    expression = "" if plain else "|||".join(splits) or "none"
    if expression not in PRE_TOKENIZERS or described.get("normalizer") not in (None, {"type": "NFC"}):
        raise ValueError(
            f"the tokenizer of {name} cuts text by rules that have no known name in llama.cpp ({expression[:60]!r}); "
            "convert the folder with llama.cpp's convert_hf_to_gguf.py and give the .gguf file as the model"
        )
    return PRE_TOKENIZERS[expression]


def _type(index: int, by_id: dict[int, str], added: dict[int, dict[str, Any]]) -> gguf.TokenType:
    if index not in by_id:
        return gguf.TokenType.UNUSED
    if index not in added:
        return gguf.TokenType.NORMAL
    return gguf.TokenType.CONTROL if added[index]["special"] else gguf.TokenType.USER_DEFINED
