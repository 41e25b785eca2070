"""lm-eval on llama.cpp: log-likelihoods and generation, several sequences at a time.

Token by token the same requests as lm-eval's ``HFLM`` makes; no BOS is put in front unless the tokenizer does so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs, postprocess_generated_text
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
from numpy.typing import NDArray

from evals.engines.llama_cpp import Model
from evals.engines.llama_cpp_tokenizers import Tokenizer

MAX_SEQUENCES = 32
MAX_CELLS = 16384  # tokens remembered at once over all sequences: 2 GiB for Llama 3 8B
ROUND_LENGTH = 64
DEFAULT_MAX_GEN = 256


@dataclass
class _Group:
    """Continuations of one context; ``answer`` is called once for each."""

    context: list[int]
    continuations: list[tuple[list[int], Callable[[tuple[float, bool]], None]]]


@dataclass
class _Generation:
    """One text being written; ``logprobs`` also has the end token, which is not written."""

    tokens: list[int]
    index: int
    written: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class LlamaCppLM(TemplateLM):
    """One GGUF file under lm-eval. ``answer_logprobs`` gets those of each text before the text is handed over."""

    def __init__(self, model: Model, tokenizer: Tokenizer, max_length: int | None = None, exact: bool = False) -> None:
        super().__init__()
        self._model, self._tokens, self._exact = model, tokenizer, exact
        self.max_length = max_length or model.context_length
        self.answer_logprobs: deque[list[float]] = deque()

    @property
    def on_gpu(self) -> bool:
        return self._model.on_gpu

    @property
    def eot_token_id(self) -> int:
        return min(self._tokens.ends)

    @property
    def prefix_token_id(self) -> int:
        return self._tokens.prefix

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        return self._tokens.encode(string, add_special_tokens)

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Logits (tokens × vocabulary) of one text."""
        self._model.open(1, len(tokens), self._exact)
        return self._model.decode(tokens, range(len(tokens)), [0] * len(tokens), [True] * len(tokens))

    def time(self, prompt: int, output: int, least: int = 3) -> tuple[float, float]:
        """Seconds for a prompt of this many tokens and for ``output - 1`` more, one by one: medians of a few rounds."""
        ids = [token % self._model.n_vocab for token in range(prompt)]
        self._model.open(1, prompt + output, self._exact)
        taken = []
        for _ in range(least):
            self._model.forget_all()
            started = perf_counter()
            _decode(self._model, [(0, 0, ids, 1)])
            between = perf_counter()
            for position in range(prompt, prompt + output - 1):
                _decode(self._model, [(0, position, ids[:1], 1)])
            taken.append((between - started, perf_counter() - between))
        return median(first for first, _ in taken), median(second for _, second in taken)

    def _loglikelihood_tokens(
        self, requests: list[tuple[tuple[str, str], list[int], list[int]]], **options: Any
    ) -> list[tuple[float, bool]]:
        answers: list[tuple[float, bool]] = [(0.0, False)] * len(requests)

        def answer(index: int) -> Callable[[tuple[float, bool]], None]:
            def kept(value: tuple[float, bool]) -> None:
                answers[index] = value
                asked: Any = requests[index][0]
                if asked is not None:  # part of a whole text
                    self.cache_hook.add_partial("loglikelihood", asked, value)

            return kept

        by_context: dict[tuple[int, ...], _Group] = {}
        for index, (_, context, continuation) in enumerate(requests):
            window = context[max(0, len(context) + len(continuation) - self.max_length - 1) :]
            group = by_context.setdefault(tuple(window), _Group(window, []))
            group.continuations.append((continuation, answer(index)))
        groups = sorted(by_context.values(), key=lambda group: -len(group.context))
        length = max((len(g.context) + max(len(c) for c, _ in g.continuations) for g in groups), default=1)
        sequences = self._open(length)
        for batch in _batches(groups, sequences):
            self._score(batch)
        return answers

    def _score(self, groups: list[_Group]) -> None:
        """Contexts first, each once; then what follows them, each in a sequence of its own."""
        model = self._model
        model.forget_all()
        starts = np.cumsum([0, *(len(g.continuations) for g in groups)])
        rows = _decode(model, [(int(start), 0, g.context, 1) for start, g in zip(starts, groups, strict=False)])
        first = [_log_softmax(row) for row in rows]
        later: list[tuple[int, int, list[int], int]] = []
        for start, group in zip(starts, groups, strict=False):
            for offset, (continuation, _) in enumerate(group.continuations):
                if len(continuation) > 1:
                    if offset:
                        model.copy(int(start), int(start) + offset)
                    later.append((int(start) + offset, len(group.context), continuation[:-1], len(continuation) - 1))
        rest = iter(_decode(model, later))
        for group, after_context in zip(groups, first, strict=True):
            for continuation, answer in group.continuations:
                table = after_context
                if len(continuation) > 1:
                    table = np.concatenate([after_context, _log_softmax(next(rest))])
                chosen = table[np.arange(len(continuation)), continuation]
                answer((float(chosen.sum()), bool((table.argmax(-1) == continuation).all())))

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """Whole texts, in windows of the model's context, as ``HFLM`` cuts them."""
        totals = []
        for request in requests:
            (text,) = request.args
            tokens = self.tok_encode(text, add_special_tokens=False)
            windows = get_rolling_token_windows(tokens, self.prefix_token_id, self.max_length, context_len=1)
            pairs = [(None, *make_disjoint_window(window)) for window in windows]
            total = sum(value for value, _ in self._loglikelihood_tokens(pairs))  # type: ignore[arg-type]
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, total)
            totals.append(total)
        return totals

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Greedy; a text ends at a stop string, an end token or after ``max_gen_toks``."""
        answers = [""] * len(requests)
        by_settings: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            by_settings.setdefault(repr(request.args[1]), []).append(index)
        for indices in by_settings.values():
            settings = normalize_gen_kwargs(requests[indices[0]].args[1], DEFAULT_MAX_GEN)
            if settings.get("do_sample"):
                raise ValueError("this engine generates greedily; leave do_sample and temperature out of the task")
            limit = int(settings["max_gen_toks"])
            if limit >= self.max_length:
                raise ValueError(f"max_gen_toks is {limit}; the model's whole context is {self.max_length} tokens")
            stops = handle_stop_sequences(settings.get("until"), eos=None)

            def done(one: _Generation, stops: list[str] = stops) -> None:
                text = postprocess_generated_text(self._tokens.decode(one.written), stops, None)
                answers[one.index] = text
                self.answer_logprobs.append(one.logprobs)
                self.cache_hook.add_partial("generate_until", requests[one.index].args, text)

            texts = [
                _Generation(self.tok_encode(requests[index].args[0])[-(self.max_length - limit) :], index)
                for index in indices
            ]
            texts.sort(key=lambda one: -len(one.tokens))
            sequences = self._open(max(len(one.tokens) for one in texts) + limit)
            for at in range(0, len(texts), sequences):
                self._generate(texts[at : at + sequences], limit, stops, done)
        return answers

    def _generate(
        self, active: list[_Generation], limit: int, stops: list[str], done: Callable[[_Generation], None]
    ) -> None:
        """All of one batch together; sequence i belongs to ``active[i]``, so that no gaps are decoded."""
        model = self._model
        model.forget_all()
        rows = _decode(model, [(place, 0, one.tokens, 1) for place, one in enumerate(active)])
        while active:
            for one, row in zip(active, rows, strict=True):
                one.written.append(int(row[0].argmax()))
                one.logprobs.append(-float(np.log(np.exp(row[0] - row[0].max()).sum())))
            for place in reversed(range(len(active))):
                one = active[place]
                if not self._ended(one, limit, stops):
                    continue
                done(one)
                last = active.pop()
                if place < len(active):
                    model.copy(len(active), place)
                    active[place] = last
                model.forget(len(active))
            rows = _decode(
                model,
                [(p, len(one.tokens) + len(one.written) - 1, one.written[-1:], 1) for p, one in enumerate(active)],
            )

    def _ended(self, one: _Generation, limit: int, stops: list[str]) -> bool:
        if one.written[-1] in self._tokens.ends:
            one.written.pop()
            return True
        if len(one.written) >= limit:
            return True
        text = self._tokens.decode(one.written)
        return any(stop in text for stop in stops)

    def _open(self, length: int) -> int:
        """Room for as many sequences of ``length`` tokens as is sensible; returns how many."""
        length = -(-length // ROUND_LENGTH) * ROUND_LENGTH
        sequences = max(1, min(MAX_SEQUENCES, MAX_CELLS // length))
        self._model.open(sequences, length, self._exact)
        return sequences


def _decode(model: Model, parts: list[tuple[int, int, list[int], int]]) -> list[NDArray[np.float32]]:
    """Decode (sequence, first position, tokens, how many last tokens give logits); logits of each part."""
    if not parts:
        return []
    tokens: list[int] = []
    positions: list[int] = []
    sequences: list[int] = []
    wanted: list[bool] = []
    for sequence, first, part, last in parts:
        tokens += part
        positions += range(first, first + len(part))
        sequences += [sequence] * len(part)
        wanted += [False] * (len(part) - last) + [True] * last
    rows = model.decode(tokens, positions, sequences, wanted)
    return np.split(rows, np.cumsum([last for *_, last in parts])[:-1])


def _log_softmax(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    return wide - np.logaddexp.reduce(wide, axis=-1, keepdims=True)


def _batches(groups: list[_Group], sequences: int) -> Iterable[list[_Group]]:
    """As many groups as there are sequences for their continuations; a group with more of them is divided."""
    batch: list[_Group] = []
    used = 0
    for group in groups:
        for at in range(0, len(group.continuations), sequences):
            part = _Group(group.context, group.continuations[at : at + sequences])
            if used + len(part.continuations) > sequences:
                yield batch
                batch, used = [], 0
            batch.append(part)
            used += len(part.continuations)
    if batch:
        yield batch
