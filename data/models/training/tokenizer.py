"""Byte-level BPE of 768 tokens; digits never merge, so that numbers are read digit by digit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from data.models.generators import GENERATORS, stream
from data.models.generators.drills import KINDS
from data.models.training.recipe import VOCABULARY_SIZE

ITEMS_PER_TASK = 6000
SEED = 99


def _corpus() -> Iterator[str]:
    for group in GENERATORS:
        for item in islice(stream(group, "train", SEED), ITEMS_PER_TASK):
            yield item.prompt + item.answer
    # Each label becomes one token: a classification item is then scored in a single forward pass. So does every other
    # word that is looked up: a look-up is then of one token.
    for word in (word for kind in KINDS for word in kind):
        yield f" {word}" * ITEMS_PER_TASK


def build() -> PreTrainedTokenizerFast:
    """Train the tokenizer on training text only."""
    tokenizer = Tokenizer(models.BPE())
    words = Regex(r" ?[A-Za-z]+|\d|[^\sA-Za-z\d]+|\s")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    # No merge contains a digit, so the plain GPT-2 split, which llama.cpp knows, now gives the same tokens.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=256,
    )


def load(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer saved in ``folder``, built there if absent."""
    if not (folder / "tokenizer.json").exists():
        build().save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder, trust_remote_code=False)
