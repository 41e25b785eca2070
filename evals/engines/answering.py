"""lm-eval's ``HFLM`` that also notes how probable each token of an answer was, from the logits it generates by."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from transformers import LogitsProcessor, LogitsProcessorList

from evals.engines.drawing import Noisy


class AnsweringLM(HFLM):
    """``answer_logprobs`` gets one list a generated text, before the text is handed over, in the same order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.answer_logprobs: deque[list[float]] = deque()
        self._generators: deque[torch.Generator] = deque()
        self._temperature = 1.0

    def drawn(
        self, requests: list[Instance], generators: Sequence[torch.Generator], temperature: float
    ) -> tuple[list[str], int]:
        """An answer a request, drawn by its generator, and the tokens of all; the requests must be equal."""
        self._generators, self._temperature = deque(generators), temperature
        self.answer_logprobs.clear()
        try:
            texts = self.generate_until(requests, disable_tqdm=True)
            return texts, sum(len(values) for values in self.answer_logprobs)
        finally:
            self._generators.clear()
            self.answer_logprobs.clear()

    def _model_generate(self, context: Any, max_length: int, stop: list[str], **options: Any) -> Any:
        noted = _Noted()
        processors = LogitsProcessorList([noted])
        if self._generators:
            rows = [self._generators.popleft() for _ in range(context.shape[0])]
            processors.append(Noisy(rows, self._temperature))
        texts = super()._model_generate(
            context=context, max_length=max_length, stop=stop, logits_processor=processors, **options
        )
        logprobs = noted.finish(texts).tolist()
        for row, values in zip(texts[:, context.shape[1] :].tolist(), logprobs, strict=True):
            self.answer_logprobs.append(values[: self._answer_length(row, stop)])
        return texts

    def _answer_length(self, tokens: list[int], stops: list[str]) -> int:
        """Tokens up to and with the one that ends the answer; a batch goes on until its last text has ended."""
        length = tokens.index(self.eot_token_id) + 1 if self.eot_token_id in tokens else len(tokens)

        def ended(count: int) -> bool:
            text = self.tok_decode(tokens[:count])
            return any(stop in text for stop in stops)

        return min(length, bisect_left(range(1, length + 1), True, key=ended) + 1)


class _Noted(LogitsProcessor):
    """Changes nothing; keeps the log-probability of each token chosen, known when the next one is asked for."""

    def __init__(self) -> None:
        self._asked: torch.Tensor | None = None
        self._chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self._note(input_ids)
        self._asked = scores
        return scores

    def finish(self, texts: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (texts × generated tokens) once generation is over."""
        self._note(texts)
        return torch.stack(self._chosen, dim=1)

    def _note(self, texts: torch.Tensor) -> None:
        if self._asked is not None:
            chosen = self._asked.gather(1, texts[:, -1:]).squeeze(1)
            self._chosen.append(chosen - self._asked.logsumexp(1))
