"""Further answers to a request, drawn at a temperature, each from a random sequence of its own.

The likeliest token after adding Gumbel noise to logits / T is a draw from softmax(logits / T) (Gumbel 1954; Maddison et
al. 2014, arXiv 1411.0030). So a draw is a greedy answer to noisy logits, and its noise comes from its own generator:
``do_sample`` takes one generator for a whole batch, and then a draw would depend on its neighbours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from lm_eval.api.instance import Instance
from transformers import LogitsProcessor

from evals.engines.lm_eval_code import program_of
from evals.statistics.agreement import EXTRA_CALLS, Draws, agreement
from evals.statistics.confidence import AGREEMENT

KEPT = ("until", "max_gen_toks", "max_new_tokens", "max_tokens")  # of a task's own options: where an answer ends


class Noisy(LogitsProcessor):
    """Row by row: logits / T plus Gumbel noise from the row's generator."""

    def __init__(self, generators: Sequence[torch.Generator], temperature: float) -> None:
        self._generators, self._temperature = generators, temperature

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        size = scores.shape[1]
        waits = torch.stack([torch.empty(size).exponential_(generator=each) for each in self._generators])
        noisy: Any = scores / self._temperature - waits.log().to(scores.device)
        return noisy


def generators(draws: Draws, item: str) -> list[torch.Generator]:
    """One for each draw, on the processor: the same draws whatever the model runs on."""
    return [torch.Generator().manual_seed(seed) for seed in draws.seeds(item)]


def self_consistency(
    lm: Any, task: Any, request: Instance, item: str, greedy: str, metric: str, draws: Draws
) -> dict[str, float]:
    """Agreement of an item's draws with its ``greedy`` answer (filtered), and what they took: calls, tokens, seconds.

    ``lm`` is an ``AnsweringLM``, ``task`` lm-eval's. The draws of one item are asked together and with nothing else.
    """
    started = time.perf_counter()
    options = {name: value for name, value in request.args[1].items() if name in KEPT} | {"do_sample": False}
    copies = [
        Instance(
            request_type="generate_until",
            doc=request.doc,
            arguments=(request.args[0], options),
            idx=draw,
            metadata=request.metadata,
        )
        for draw in range(draws.count)
    ]
    texts, tokens = lm.drawn(copies, generators(draws, item), draws.temperature)
    for copy, text in zip(copies, texts, strict=True):
        copy.resps.append(text)
    for ensemble in task._filters:
        ensemble.apply(copies)
    name = next(iter(copies[0].filtered_resps))
    said = [program_of(copy.filtered_resps[name]) for copy in copies]
    return {
        AGREEMENT: agreement(greedy, said, metric),
        EXTRA_CALLS: float(draws.count),
        "extra_output_tokens": float(tokens),
        "extra_seconds": time.perf_counter() - started,
    }
