"""An encoder with a classification head (``AutoModelForSequenceClassification``) under lm-eval.

The seam between the two is lm-eval's own: a task of choices asks an ``LM`` for the log-likelihood of every choice
after the prompt, and a classifier has just that, the log-softmax over its labels. A choice belongs to the label of
``id2label`` that reads the same but for case, spaces, ``_`` and ``-``. The task's YAML, its scorer, the items in the
store and the confidences shown are those of every other model; nothing knows that no text was written.

The classifier reads the prompt as the task writes it, cut on the right where it is longer than the model's context.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

HEAD = "ForSequenceClassification"
LEAST_CONTEXT = 512


def is_classifier(folder: Path) -> bool:
    """Whether the folder's configuration names a model with a classification head."""
    named = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or [""]
    return str(named[0]).endswith(HEAD)


class ClassifierLM(LM):  # type: ignore[misc]
    """Answers tasks of choices; refuses to write text."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self._model, self._tokenizer = model, tokenizer
        self._labels = {_plain(label): int(index) for index, label in model.config.id2label.items()}
        self._longest = int(getattr(model.config, "max_position_embeddings", LEAST_CONTEXT))

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Of each (prompt, choice); "greedy" where no label of the model is likelier."""
        self._require_labels(dict.fromkeys(request.args[1] for request in requests))
        answers: list[tuple[float, bool]] = []
        seen: dict[str, torch.Tensor] = {}
        for request in requests:
            prompt, choice = request.args
            if prompt not in seen:
                seen = {prompt: self._log_probabilities(prompt)}  # the choices of one prompt come one after the other
            index = self._labels[_plain(choice)]
            answers.append((float(seen[prompt][index]), index == int(seen[prompt].argmax())))
            self.cache_hook.add_partial("loglikelihood", request.args, answers[-1])
        return answers

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Refused."""
        raise ValueError("this model is a classifier and writes no text; choose tasks that are answered by a label")

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """Refused."""
        raise ValueError("this model is a classifier and gives no likelihood of a text; choose tasks of choices")

    def _log_probabilities(self, prompt: str) -> torch.Tensor:
        """One prompt at a time, so that neither padding nor neighbours move an answer."""
        given = self._tokenizer(prompt, return_tensors="pt", truncation=True, max_length=self._longest)
        with torch.inference_mode():
            logits = self._model(**given.to(self._model.device)).logits[0]
        return logits.double().log_softmax(-1).cpu()

    def _require_labels(self, choices: dict[str, None]) -> None:
        missing = sorted(choice.strip() for choice in choices if _plain(choice) not in self._labels)
        if missing:
            own = ", ".join(str(label) for label in self._model.config.id2label.values())
            raise ValueError(
                f"the task asks for {', '.join(missing)}, and the labels of the model are {own}; name its labels in "
                "id2label of its config.json, in the order it was trained with"
            )


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", " ", str(label)).strip().casefold()
