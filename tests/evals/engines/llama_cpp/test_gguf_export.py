"""A converted file computes what transformers computes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.engines import gguf_export
from evals.engines.gguf_export import UnsupportedModel, export, quantize
from evals.engines.llama_cpp import Model
from evals.engines.llama_cpp_lm import LlamaCppLM
from evals.engines.llama_cpp_tokenizers import FolderTokenizer

TEXTS = ("Stock: lamp34, chair17. What is 12 plus 30?", "I'd return\n the  lamp\n\n (2 of 345)!", "ünïcode 你好 🙂\t.")
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("llama", {"tie_word_embeddings": True}),
    ("llama", {"tie_word_embeddings": False, "head_dim": 32, "rope_parameters": LLAMA3}),
    ("mistral", {"sliding_window": None}),
    ("qwen2", {}),
    ("qwen3", {"head_dim": 64}),
]


def logits(folder: Path, file: Path, ids: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of transformers and of llama.cpp at full precision."""
    hf = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        expected = hf(torch.tensor([ids])).logits[0].numpy()
    model = Model(file, threads=1)
    found = LlamaCppLM(model, FolderTokenizer(AutoTokenizer.from_pretrained(folder), [1]), exact=True).logits(ids)
    model.close()
    return expected, found


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_an_unquantized_file_has_the_logits_of_transformers(
    random_folder: Callable[..., Path], tmp_path: Path, kind: str, settings: dict[str, Any]
) -> None:
    folder = random_folder(kind, **settings)
    export(folder, tmp_path / "f32.gguf", "F32")
    expected, found = logits(folder, tmp_path / "f32.gguf", [5 + 7 * i % 700 for i in range(120)])
    assert np.abs(expected).max() > 0.5
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 1e-5


def test_the_file_cuts_text_into_the_same_tokens(llama: Path, tmp_path: Path) -> None:
    export(llama, tmp_path / "f16.gguf", "F16")
    tokenizer, model = AutoTokenizer.from_pretrained(llama), Model(tmp_path / "f16.gguf", threads=1)
    for text in TEXTS:
        ids = tokenizer.encode(text)
        assert model.tokenize(text, model.adds_bos) == ids
        assert model.detokenize(ids) == text
    assert model.ends() == {tokenizer.eos_token_id}


def test_whole_numbers_up_to_127_survive_eight_bits() -> None:
    # Blocks of 32 with largest magnitude 127 have scale 127 / 127 = 1.
    values = np.tile(np.array([127, -127, 1, 64] * 8, np.float32), (2, 2))
    assert dequantize(quantize("w", values, Type.Q8_0, None), Type.Q8_0).tolist() == values.tolist()


def test_importance_moves_the_error_to_columns_that_do_not_matter() -> None:
    values = np.random.default_rng(0).normal(size=(16, 256)).astype(np.float32)
    weights = np.where(np.arange(256) < 128, 100.0, 0.01).astype(np.float32)
    plain, weighed = (dequantize(quantize("w", values, Type.Q2_K, w), Type.Q2_K) - values for w in (None, weights))
    assert np.square(weighed[:, :128]).sum() < np.square(plain[:, :128]).sum()


def test_equal_folders_give_equal_bytes_whatever_the_threads(
    llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gguf_export, "CHUNK_WEIGHTS", 4096)
    for threads in (1, 3):
        export(llama, tmp_path / f"{threads}.gguf", "Q4_K_M", threads=threads)
    assert len({hashlib.sha256((tmp_path / f"{n}.gguf").read_bytes()).hexdigest() for n in (1, 3)}) == 1


def refused(llama: Path, tmp_path: Path, file: str, change: Callable[[dict[str, Any]], object], match: str) -> None:
    folder = tmp_path / "other"
    shutil.copytree(llama, folder)
    content = json.loads((folder / file).read_text())
    change(content)
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=match):
        export(folder, tmp_path / "x.gguf", "F16")


def test_what_would_be_read_differently_is_refused_by_name(llama: Path, tmp_path: Path) -> None:
    def stretched(config: dict[str, Any]) -> None:
        config["rope_parameters"] = {"rope_type": "yarn", "rope_theta": 10000.0}

    def words(tokenizer: dict[str, Any]) -> None:
        tokenizer["pre_tokenizer"]["type"] = "Metaspace"

    refused(llama, tmp_path / "1", "config.json", lambda c: c.update(architectures=["OPTForCausalLM"]), "is a OPTFor")
    refused(llama, tmp_path / "2", "config.json", stretched, "stretches its context by 'yarn'")
    refused(llama, tmp_path / "3", "tokenizer.json", lambda t: t.update(normalizer={"type": "NFKC"}), "no known name")
    refused(llama, tmp_path / "4", "tokenizer.json", words, "not byte-level BPE")


def test_infinite_weights_are_named(random_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = random_folder()
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[0, 0] = float("inf")
    model.save_pretrained(folder)
    with pytest.raises(ValueError, match=r"model\.layers\.1\.mlp\.up_proj\.weight .* not finite"):
        export(folder, tmp_path / "x.gguf", "Q8_0")


def test_an_unknown_tensor_is_named(llama: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"tensor model\.vision\.weight .* has no place in GGUF"):
        gguf_export.Source(llama).gguf_name("model.vision.weight")
