"""KL divergence and top-token agreement of a variant against its baseline, on eval items with their right answers.

Teacher-forced: both read the same tokens, so that one early difference does not spoil all that follow. The baseline's
logits are kept on disk, 4 bytes × vocabulary for each answer token; a variant then takes one pass.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evals.divergences import Divergence
from evals.engines.artefacts import artefact
from evals.engines.loaded import LoadedVariant
from evals.engines.variants import load_variant
from evals.models import LocalModel
from evals.plan import chosen_items, digest_of, task_hash, variant_key
from evals.quantizations import Quantization, quantization
from evals.statistics.intervals import clustered_half_width, clustered_interval
from evals.tasks import Task, items

BASELINE = "bf16"
BATCH_SIZE = 16
FILE = "baseline.npz"
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Text:
    """Tokens of a prompt and its right answer; the last ``answer`` of them are the answer's."""

    tokens: list[int]
    answer: int


def measure(local: LocalModel, how: Quantization, what: Task, limit: int | None = None, seed: int = 0) -> Divergence:
    """Read the items with the variant and, unless that was done before, with the baseline."""
    texts, before = _baseline(local, what, limit, seed)
    key = variant_key(local, how)
    per_text = [
        token_divergence(base, own)
        for base, own in zip(before, answer_logits(load_variant(local, how, key), texts), strict=True)
    ]
    clusters = [str(index) for index, (kl, _) in enumerate(per_text) for _ in kl]
    kl = np.concatenate([kl for kl, _ in per_text])
    same = np.concatenate([same for _, same in per_text]).astype(float).tolist()
    half, mean = clustered_half_width(kl.tolist(), clusters), float(kl.mean())
    agreement = clustered_interval(same, clusters)
    return Divergence(
        model=local.name,
        quantization=how.label,
        baseline=BASELINE,
        task=what.name,
        items=len(texts),
        tokens=len(kl),
        kl=mean,
        kl_low=None if half is None else max(0.0, mean - half),
        kl_high=None if half is None else mean + half,
        kl_p99=float(np.quantile(kl, 0.99)),
        top1_agreement=float(np.mean(same)),
        top1_low=agreement.low if agreement else None,
        top1_high=agreement.high if agreement else None,
        date=time.strftime("%Y-%m-%d"),
        variant_key=key,
    )


def token_divergence(base: Logits, own: Logits) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Σ p (ln p − ln q) of each token, p the baseline's distribution, and whether both find the same token likeliest.

    Both are logits, tokens × vocabulary. An engine may pad its vocabulary; only the common part counts.
    """
    width = min(base.shape[1], own.shape[1])
    p, q = _log_softmax(base[:, :width]), _log_softmax(own[:, :width])
    return (np.exp(p) * (p - q)).sum(-1), p.argmax(-1) == q.argmax(-1)


def answer_logits(variant: LoadedVariant, texts: Sequence[Text]) -> Iterator[Logits]:
    """For each text the logits that predict its answer tokens, answer × vocabulary."""
    if variant.lm is not None and not hasattr(variant.lm, "logits"):
        raise ValueError("this engine does not hand over its logits; there is no divergence to measure")
    for at in range(0, len(texts), BATCH_SIZE):
        batch = texts[at : at + BATCH_SIZE]
        rows = [variant.lm.logits(one.tokens) for one in batch] if variant.lm else _forward(variant.model, batch)
        for one, row in zip(batch, rows, strict=True):
            yield row[len(one.tokens) - one.answer - 1 : len(one.tokens) - 1]


def _forward(model: Any, batch: Sequence[Text]) -> list[Logits]:
    longest = max(len(one.tokens) for one in batch)
    ids = torch.tensor([one.tokens + [0] * (longest - len(one.tokens)) for one in batch], device=model.device)
    mask = torch.tensor([[k < len(one.tokens) for k in range(longest)] for one in batch], device=model.device)
    with torch.inference_mode():
        return list(model(input_ids=ids, attention_mask=mask.long()).logits.float().cpu().numpy())


def _baseline(local: LocalModel, what: Task, limit: int | None, seed: int) -> tuple[list[Text], list[Logits]]:
    """The texts as the baseline's tokenizer cuts them, and its logits of their answers."""
    how = quantization(BASELINE)
    key = variant_key(local, how)

    def make(folder: Path) -> None:
        variant = load_variant(local, how, key)
        texts = _texts(variant.tokenizer, what, limit, seed)
        np.savez(
            folder / FILE,
            tokens=np.concatenate([one.tokens for one in texts]),
            lengths=[len(one.tokens) for one in texts],
            answers=[one.answer for one in texts],
            logits=np.concatenate(list(answer_logits(variant, texts))),
        )

    chosen = [limit, seed] if limit is None or limit < what.n_items else [None, seed]
    folder = artefact(digest_of(["divergence", key, task_hash(what.name), chosen]), make, FILE)
    with np.load(folder / FILE) as there:
        ends, answers = np.cumsum(there["lengths"])[:-1], there["answers"]
        texts = [
            Text(tokens.tolist(), int(answer))
            for tokens, answer in zip(np.split(there["tokens"], ends), answers, strict=True)
        ]
        return texts, np.split(there["logits"], np.cumsum(answers)[:-1])


def _texts(tokenizer: Any, what: Task, limit: int | None, seed: int) -> list[Text]:
    listed = items(what.config["metadata"]["items"])
    found = []
    for index in chosen_items(what, limit, seed):
        prompt = tokenizer(listed[index]["prompt"]).input_ids
        answer = listed[index]["answer"] if what.shipped else f" {listed[index]['answer']}"
        whole = tokenizer(listed[index]["prompt"] + answer).input_ids
        if len(whole) > len(prompt):
            found.append(Text(whole, len(whole) - len(prompt)))
    return found


def _log_softmax(logits: Logits) -> NDArray[np.float64]:
    wide = logits.astype(np.float64)
    wide -= wide.max(-1, keepdims=True)
    return wide - np.log(np.exp(wide).sum(-1, keepdims=True))
