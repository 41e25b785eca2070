"""lm-eval gets from llama.cpp what it gets from transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from lm_eval.api.instance import Instance
from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.engines import llama_cpp_lm
from evals.engines.answering import AnsweringLM
from evals.engines.gguf_export import export
from evals.engines.llama_cpp import CONTEXT_DEFAULTS, ContextParams, EngineError, Model, check_layout
from evals.engines.llama_cpp_lm import LlamaCppLM
from evals.engines.llama_cpp_tokenizers import FileTokenizer, FolderTokenizer

CONTEXTS = ("Ticket: where is my lamp?\nIntent:", "Stock: lamp34, chair17. ", "12 plus 30 makes", "")
CHOICES = (" refund", " delivery status", " a", " order 66 chairs", " x1")
UNTIL = {"until": ["\n"], "max_gen_toks": 24, "do_sample": False}


class Hook:
    """Keeps what is handed over while the engine works."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any, Any]] = []

    def add_partial(self, kind: str, request: Any, response: Any) -> None:
        self.seen.append((kind, request, response))


class Sure:
    """Keeps how probable the tokens of each text were, as they are handed over."""

    def __init__(self, lm: AnsweringLM | LlamaCppLM) -> None:
        self.seen: dict[str, list[float]] = {}
        self._lm = lm

    def add_partial(self, kind: str, request: Any, response: Any) -> None:
        self.seen[request[0]] = self._lm.answer_logprobs.popleft()


def instances(kind: Any, arguments: list[tuple[Any, ...]]) -> list[Instance]:
    return [Instance(request_type=kind, doc={}, arguments=a, idx=i) for i, a in enumerate(arguments)]


LIKELIHOODS = instances("loglikelihood", [(context, choice) for context in CONTEXTS for choice in CHOICES])
GENERATIONS = instances("generate_until", [(f"{text} {i}", UNTIL) for i in range(5) for text in CONTEXTS[:3]])


@pytest.fixture(scope="module")
def hf(llama: Path) -> AnsweringLM:
    model = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(llama)
    return AnsweringLM(pretrained=model, tokenizer=tokenizer, batch_size=8, max_length=256)


@pytest.fixture(scope="module")
def file(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "f32.gguf"
    export(llama, path, "F32")
    return path


@pytest.fixture(params=["tokenizer of the folder", "tokenizer of the file"])
def lm(request: pytest.FixtureRequest, llama: Path, file: Path) -> LlamaCppLM:
    model = Model(file, threads=1)
    own = FileTokenizer(model) if "file" in request.param else None
    return LlamaCppLM(model, own or FolderTokenizer(AutoTokenizer.from_pretrained(llama), [1]), exact=True)


def test_log_likelihoods_equal_those_of_transformers(hf: AnsweringLM, lm: LlamaCppLM) -> None:
    expected, found = (each.loglikelihood(LIKELIHOODS, disable_tqdm=True) for each in (hf, lm))
    assert [value for value, _ in found] == pytest.approx([value for value, _ in expected], abs=1e-3)
    assert [greedy for _, greedy in found] == [greedy for _, greedy in expected]
    assert len({round(value, 1) for value, _ in found}) > len(LIKELIHOODS) / 2, "choices are told apart"


def test_generated_texts_equal_those_of_transformers(hf: AnsweringLM, lm: LlamaCppLM) -> None:
    expected, found = (each.generate_until(GENERATIONS, disable_tqdm=True) for each in (hf, lm))
    assert found == expected
    assert len(set(found)) > 5


def test_every_text_is_as_sure_as_in_transformers(hf: AnsweringLM, lm: LlamaCppLM) -> None:
    sure = []
    for each in (hf, lm):
        each.set_cache_hook(hook := Sure(each))
        each.generate_until(GENERATIONS, disable_tqdm=True)
        sure.append(hook.seen)
    assert sure[1] == {prompt: pytest.approx(values, abs=1e-3) for prompt, values in sure[0].items()}
    assert len(sure[0]) == len(GENERATIONS)


def test_whole_texts_in_windows_equal_those_of_transformers(hf: AnsweringLM, lm: LlamaCppLM) -> None:
    requests = instances("loglikelihood_rolling", [("one two three 45. " * 60,), ("short",)])
    expected, found = (each.loglikelihood_rolling(requests, disable_tqdm=True) for each in (hf, lm))
    assert found == pytest.approx(expected, rel=1e-5)


def test_few_sequences_at_a_time_give_the_same(lm: LlamaCppLM, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lm.loglikelihood(LIKELIHOODS, disable_tqdm=True), lm.generate_until(GENERATIONS, disable_tqdm=True)
    monkeypatch.setattr(llama_cpp_lm, "MAX_SEQUENCES", 2)  # fewer than the choices of one item
    after = lm.loglikelihood(LIKELIHOODS, disable_tqdm=True), lm.generate_until(GENERATIONS, disable_tqdm=True)
    assert [v for v, _ in after[0]] == pytest.approx([v for v, _ in before[0]], abs=1e-3)
    assert after[1] == before[1]


def test_every_answer_is_handed_over_once(lm: LlamaCppLM) -> None:
    hook = Hook()
    lm.set_cache_hook(hook)
    lm.loglikelihood(LIKELIHOODS, disable_tqdm=True)
    lm.generate_until(GENERATIONS, disable_tqdm=True)
    assert sorted(str(request) for _, request, _ in hook.seen) == sorted(
        str(i.args) for i in (*LIKELIHOODS, *GENERATIONS)
    )


def test_what_answers_are_the_weights_of_the_file(llama: Path, tmp_path: Path) -> None:
    """Two-bit blocks, read back by other code and put into transformers, say nearly the same; the original does not."""
    export(llama, tmp_path / "q2.gguf", "Q2_K")
    model = Model(tmp_path / "q2.gguf", threads=1)
    ids = [5 + 7 * i % 700 for i in range(64)]
    found = LlamaCppLM(model, FileTokenizer(model)).logits(ids)
    original = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.float32).eval()
    read_back = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="q2.gguf", dtype=torch.float32).eval()
    with torch.inference_mode():
        first, same = (m(torch.tensor([ids])).logits[0].numpy() for m in (original, read_back))
    from_original, from_file = (np.linalg.norm(found - x) / np.linalg.norm(x) for x in (first, same))
    assert from_file < from_original / 4  # what is left: llama.cpp rounds activations to 8 bits


def test_a_prompt_that_leaves_no_room_is_cut_from_the_left(hf: AnsweringLM, lm: LlamaCppLM) -> None:
    long = instances("generate_until", [("lamp chair 12 " * 90, UNTIL)])
    assert lm.generate_until(long, disable_tqdm=True) == hf.generate_until(long, disable_tqdm=True)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"do_sample": True, "temperature": 0.8, "max_gen_toks": 4}, "generates greedily"),
        ({"max_gen_toks": 256}, "max_gen_toks is 256; the model's whole context is 256 tokens"),
    ],
)
def test_what_it_cannot_do_is_said(lm: LlamaCppLM, settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        lm.generate_until(instances("generate_until", [("a", settings)]), disable_tqdm=True)


def test_a_build_with_other_defaults_is_refused() -> None:
    other = ContextParams(**{name: value for name, value in CONTEXT_DEFAULTS.items() if name != "n_seq_max"})
    with pytest.raises(EngineError, match=r"reports n_seq_max = 0, .* laid out differently; pip install xllamacpp=="):
        check_layout(other, CONTEXT_DEFAULTS)


def test_bos_comes_first_only_where_the_tokenizer_puts_it(random_folder: Callable[..., Path], tmp_path: Path) -> None:
    export(random_folder(), tmp_path / "plain.gguf", "F16")
    plain = Model(tmp_path / "plain.gguf", threads=1)
    assert FileTokenizer(plain).encode("lamp") == plain.tokenize("lamp", add_special=False)
    reader = gguf.GGUFReader(tmp_path / "plain.gguf", "r+")
    field = reader.fields["tokenizer.ggml.add_bos_token"]
    field.parts[field.data[0]][0] = True
    reader.data.flush()
    with_bos = FileTokenizer(model := Model(tmp_path / "plain.gguf", threads=1))
    if model.bos is not None:
        assert with_bos.encode("lamp")[0] == model.bos
        assert with_bos.encode("lamp", add_special=False)[0] != model.bos
