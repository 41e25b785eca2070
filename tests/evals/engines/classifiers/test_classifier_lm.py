"""A small DistilBERT, taught in seconds to tell tickets apart by the same code that real ones take."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

from evals.engines.classifier_lm import ClassifierLM
from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.engines.variants import load_variant
from evals.models import LocalModel, model
from evals.plan import Plan, variant_key
from evals.quantizations import quantization
from evals.results import item_texts, measured_measurements
from evals.runs import runs, start
from evals.store import Store
from evals.tasks import items, task
from evals.worker import Worker

ITEMS = items("shop_classification.jsonl")[:32]
LABELS = ITEMS[0]["labels"]
SIZES = {"vocab_size": 768, "dim": 64, "hidden_dim": 64, "n_layers": 1, "n_heads": 2, "max_position_embeddings": 128}


def teach(network: Any, tokenizer: Any) -> None:
    """Learn the 32 tickets by heart."""
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    texts = tokenizer([item["prompt"] for item in ITEMS], return_tensors="pt", padding=True, padding_side="right")
    wanted = torch.tensor([LABELS.index(item["answer"].strip()) for item in ITEMS])
    steps = torch.optim.AdamW(network.parameters(), lr=3e-3)
    network.train()
    for _ in range(40):
        loss = network(**texts, labels=wanted).loss
        steps.zero_grad()
        loss.backward()
        steps.step()
    network.eval()


def save(folder: Path, labels: list[str], network: Any = None) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(model("tiny-1m").folder)
    if network is None:
        torch.manual_seed(0)
        network = DistilBertForSequenceClassification(DistilBertConfig(**SIZES, num_labels=len(LABELS)))
        teach(network, tokenizer)
    network.config.id2label = dict(enumerate(labels))
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """Labels in another case, as people write them."""
    return model(str(save(tmp_path_factory.mktemp("classifier"), [label.upper() for label in LABELS])))


def load(local: LocalModel, label: str) -> LoadedVariant:
    return load_variant(local, quantization(label), variant_key(local, quantization(label)))


def answered(variant: LoadedVariant, count: int = len(ITEMS)) -> list[ItemResult]:
    found: list[ItemResult] = []
    Harness(variant).run(task("classification"), range(count), found.append)
    return sorted(found, key=lambda item: item.index)


def probabilities(found: list[ItemResult]) -> torch.Tensor:
    """Items × labels."""
    rows = [json.loads(item.output)["loglikelihoods"] for item in found]
    return torch.tensor([[row[label] for label in LABELS] for row in rows]).exp()


def test_a_choice_is_as_likely_as_the_model_says(taught: LocalModel) -> None:
    found = answered(load(taught, "fp32"))
    network = DistilBertForSequenceClassification.from_pretrained(taught.folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(taught.folder)
    with torch.inference_mode():
        rows = [network(**tokenizer(item["prompt"], return_tensors="pt")).logits.softmax(-1)[0] for item in ITEMS]
    assert torch.allclose(probabilities(found), torch.stack(rows), atol=1e-3)
    assert torch.allclose(probabilities(found).sum(-1), torch.ones(len(ITEMS)), atol=1e-3)
    right = [row.argmax() == LABELS.index(item["answer"].strip()) for row, item in zip(rows, ITEMS, strict=True)]
    assert [item.metrics["acc"] for item in found] == [float(each) for each in right] and sum(right) > 24


@pytest.mark.parametrize("label", ["onnx-fp32", "onnx-int8", "torchao-int8", "llm-int8", "rtn-int4-g64"])
def test_fewer_bits_run_through_the_same_calls(taught: LocalModel, label: str) -> None:
    variant = load(taught, label)
    moved = (probabilities(answered(variant)) - probabilities(answered(load(taught, "fp32")))).abs().max()
    if label == "onnx-fp32":
        assert moved < 1e-3 and variant.facts["logits_changed"] < 1e-4
        return
    assert 1e-4 < moved < 0.5
    assert variant.bits_per_weight < 32 and variant.facts["logits_changed"] > 0
    if label != "rtn-int4-g64":  # six matrices of 64 × 64 in the one layer; the head stays as it is
        assert variant.facts["quantized_weights"] == 6 * 64 * 64
        # a scale of 32 bits a row of 64, and in ONNX a zero point of 8
        assert variant.facts["quantized_bits"] == pytest.approx(quantization(label).expected_bits(64), abs=0.15)


def test_the_answers_are_those_of_the_quantized_weights(taught: LocalModel) -> None:
    variant = load(taught, "rtn-int4-g64")
    before = probabilities(answered(variant, 4))
    assert isinstance(variant.lm, ClassifierLM)
    with torch.no_grad():
        variant.lm._model.distilbert.transformer.layer[0].ffn.lin2.weight.zero_()
    assert (probabilities(answered(variant, 4)) - before).abs().max() > 1e-3


def test_a_run_stores_items_scores_and_confidences_and_names_tasks_that_need_text(
    taught: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr("evals.runs.resume", lambda *_: None)  # the worker runs here instead
    store = Store()
    run = start(Plan(models=(taught.name,), quantizations=("bf16",), tasks=("classification", "math"), limit=8), store)
    (tmp_path / "logs" / run).mkdir(parents=True)
    Worker(store, run, f"{run}.here").work()
    states = {cell.task_group: (cell.state, cell.reason) for cell in runs(store)[0].cells}
    assert states["classification"] == ("done", "")
    assert states["math"][0] == "failed" and "is a classifier and writes no text" in states["math"][1]
    [seen] = measured_measurements(store)
    assert (seen.model, seen.n_items, seen.metric) == (taught.name, 8, "acc") and seen.score > 0.5
    texts = item_texts(taught.name, "bf16", "shop_classification", store=store)
    assert sum(text.output == text.expected for text in texts.values()) == 8 * seen.score
    likelihoods = json.loads(store.items(store.cells(run)[0]["cell_key"])[0]["output"])["loglikelihoods"]
    assert sum(math.exp(each) for each in likelihoods.values()) == pytest.approx(1, abs=1e-3)


def test_labels_that_are_not_those_of_the_task_are_named(taught: LocalModel, tmp_path: Path) -> None:
    network = DistilBertForSequenceClassification.from_pretrained(taught.folder)
    folder = save(tmp_path, ["refund", "shipping", *(f"LABEL_{n}" for n in range(2, 8))], network)
    with pytest.raises(ValueError, match=r"asks for billing, bug, cancel, .* labels of the model are refund, shipping"):
        answered(load(model(str(folder)), "fp32"), 1)


def test_spaces_underscores_and_case_do_not_part_labels() -> None:
    named = type("Named", (), {"config": type("C", (), {"id2label": {0: "Money_Back", 1: "sign-in"}})})
    lm = ClassifierLM(named, None)
    lm._require_labels({" money back": None, "Sign In": None})


@pytest.mark.parametrize("label", ["Q4_K_M", "gptq-int4-g128", "qat-int4-g128"])
def test_methods_for_models_that_write_are_refused(taught: LocalModel, label: str) -> None:
    with pytest.raises(ValueError, match=f"is a classifier, and {label} is for models that write text"):
        load(taught, label)
