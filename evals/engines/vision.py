"""Vision-language models under lm-eval: the likelihood of each label after a picture, or a generated answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs
from transformers import AutoProcessor

PLACEHOLDER = "<image>"  # lm-eval's own mark for where a picture goes
DEFAULT_MAX_GEN = 64


def is_vision(folder: Path) -> bool:
    """Whether the folder holds a model that reads pictures and writes text."""
    path = folder / "config.json"
    return path.exists() and "vision_config" in json.loads(path.read_text(encoding="utf-8"))


class VisionLM(LM):
    """A loaded ``AutoModelForImageTextToText`` with the processor of its folder."""

    MULTIMODAL = True  # what lm-eval asks before it hands over pictures

    def __init__(self, model: Any, folder: Path) -> None:
        super().__init__()
        self._model = model
        self._processor: Any = AutoProcessor.from_pretrained(folder, trust_remote_code=False)

    @torch.inference_mode()
    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """All labels of one picture in one pass."""
        answers: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        for group in _by_item(requests):
            context, _, more = requests[group[0]].args
            asked = self._encoded(context, _pictures(more))
            endings = [self._ending(requests[index].args[1]) for index in group]
            for index, answer in zip(group, self._scored(asked, endings), strict=True):
                answers[index] = answer
                self.cache_hook.add_partial("loglikelihood", requests[index].args, answer)
        return answers

    @torch.inference_mode()
    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Greedy, one picture at a time."""
        answers = []
        for request in requests:
            context, options, more = request.args
            settings = normalize_gen_kwargs(options, DEFAULT_MAX_GEN)
            asked = self._encoded(context, _pictures(more))
            made = self._model.generate(**asked, max_new_tokens=int(settings["max_gen_toks"]), do_sample=False)
            text = self._processor.decode(made[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)
            for stop in handle_stop_sequences(settings.get("until"), eos=None):
                text = text.split(stop)[0] if stop else text
            answers.append(text)
            self.cache_hook.add_partial("generate_until", request.args, text)
        return answers

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """Refused."""
        raise ValueError("the perplexity of whole texts is not measured on a model that reads pictures")

    def _encoded(self, context: str, pictures: Sequence[Any]) -> dict[str, torch.Tensor]:
        """One prompt with its pictures, in the model's own chat template where it has one."""
        if getattr(self._processor, "chat_template", None):
            parts = [{"type": "image"}] * len(pictures)
            said = [*parts, {"type": "text", "text": context.replace(PLACEHOLDER, "").strip()}]
            context = self._processor.apply_chat_template(
                [{"role": "user", "content": said}], add_generation_prompt=True, tokenize=False
            )
        else:
            context = context.replace(PLACEHOLDER, self._processor.image_token)
        found = self._processor(images=list(pictures), text=context, return_tensors="pt")
        moved = found.to(self._model.device)
        return {n: v.to(self._model.dtype) if v.is_floating_point() else v for n, v in moved.items()}

    def _ending(self, text: str) -> torch.Tensor:
        ids = self._processor.tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        return ids[0].to(self._model.device)

    def _scored(self, asked: dict[str, torch.Tensor], endings: list[torch.Tensor]) -> list[tuple[float, bool]]:
        """Log-likelihood of each ending, and whether each of its tokens was the likeliest."""
        prompt, n = asked["input_ids"][0], len(endings)
        longest = max(len(ending) for ending in endings)
        ids = torch.zeros(n, len(prompt) + longest, dtype=prompt.dtype, device=prompt.device)
        mask = torch.zeros_like(ids)
        for row, ending in enumerate(endings):
            whole = torch.cat([prompt, ending])
            ids[row, : len(whole)], mask[row, : len(whole)] = whole, 1
        pictures = {
            name: value.repeat(n, *[1] * (value.dim() - 1))
            for name, value in asked.items()
            if name not in ("input_ids", "attention_mask")
        }
        tables = self._model(input_ids=ids, attention_mask=mask, **pictures).logits.float().log_softmax(-1)
        found = []
        for row, ending in enumerate(endings):
            table = tables[row, len(prompt) - 1 : len(prompt) - 1 + len(ending)]
            chosen = table.gather(1, ending[:, None])
            found.append((float(chosen.sum()), bool((table.argmax(-1) == ending).all())))
        return found


def _by_item(requests: Sequence[Instance]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault(request.doc_id, []).append(index)
    return list(groups.values())


def _pictures(more: dict[str, Any]) -> list[Any]:
    return [picture.convert("RGB") for picture in more["visual"]]
