"""Small untrained models on the shipped tokenizer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from evals.models import FAMILY

torch.set_num_threads(1)  # more are slower than one at this size
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
SIZES = {
    "vocab_size": 768,
    "hidden_size": 256,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.1,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "bos_token_id": None,
}


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder with random weights of the family named, and our tokenizer."""

    def make(kind: str = "llama", **settings: Any) -> Path:
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp(kind)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**SIZES, **settings}))
        for name, parameter in model.named_parameters():
            if name.endswith("bias") or "norm" in name:  # freshly made ones are all 0 or all 1
                torch.nn.init.uniform_(parameter, 0.5, 1.5)
        model.save_pretrained(folder)
        for name in TOKENIZER:
            shutil.copy(FAMILY / "tiny-1m" / name, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def llama(random_folder: Callable[..., Path]) -> Path:
    return random_folder()


