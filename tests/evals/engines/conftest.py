"""A model of one layer cut from the smallest member."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.models import LocalModel, model


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    source, folder = model("tiny-1m").folder, tmp_path_factory.mktemp("models") / "small"
    AutoModelForCausalLM.from_pretrained(source, num_hidden_layers=1, dtype=torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return model(str(folder))
