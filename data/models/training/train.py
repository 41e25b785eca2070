"""Train one member: ``python -m data.models.training.train tiny-1m --seed 1 --steps 4000 --out data/models/tiny-1m``.

Muon on the hidden matrices, AdamW on embeddings and norms; a ramp, then a cosine. ``--resume`` continues from the
last checkpoint of the same command.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from data.models.training.batches import Batch, Batches
from data.models.training.muon import Muon
from data.models.training.network import Llama, to_transformers
from data.models.training.recipe import LEARNING_RATE, SHIPPED_SEED, SIZES
from data.models.training.tokenizer import load

RAMP_STEPS = 60


def rate_at(step: int, first: int, steps: int) -> float:
    """Share of the peak learning rate at a step: a ramp and a cosine from step ``first`` to ``steps``."""
    return min(1.0, (step - first + 1) / RAMP_STEPS) * 0.5 * (1 + math.cos(math.pi * (step - first) / (steps - first)))


def optimizers(network: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for everything else."""
    named = list(network.named_parameters())
    matrices = [w for name, w in named if w.dim() == 2 and "embed" not in name]
    others = [w for name, w in named if w.dim() != 2 or "embed" in name]
    return [
        Muon(matrices, lr=rate),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def loss_of(network: Llama, batch: Batch) -> torch.Tensor:
    """Weighted cross-entropy over the answer tokens."""
    logits = network(batch.ids, batch.positions, batch.groups, batch.answer_index)
    losses = F.cross_entropy(logits, batch.targets, reduction="none")
    return (losses * batch.weights).sum() / batch.weights.sum()


def train(
    member: str, seed: int, steps: int, drill_steps: int, out: Path, resume: bool, cosine_from: int, peak: float | None
) -> None:
    """Train and save BF16 safetensors, tokenizer and ``training.json`` into ``out``."""
    torch.manual_seed(seed)
    size = SIZES[member]
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load(out)
    network = Llama(size)
    peak = peak or LEARNING_RATE[size.hidden]
    chain = optimizers(network, peak)
    checkpoint = out / "checkpoint.pt"
    first, tokens, seconds = 0, 0, 0.0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        for optimizer, saved in zip(chain, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        first, tokens, seconds = state["step"], state["tokens"], state["seconds"]
    batches = Batches(tokenizer, seed + 1000 * first)
    started, smooth = time.process_time(), None
    for step in range(first, steps):
        batch = batches.drills() if step < drill_steps else batches.mixed()
        tokens += len(batch.ids)
        for optimizer in chain:
            for group in optimizer.param_groups:
                group["lr"] = peak * rate_at(step, cosine_from, steps)
        loss = loss_of(network, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in chain:
            optimizer.step()
            optimizer.zero_grad()
        smooth = loss.item() if smooth is None else 0.97 * smooth + 0.03 * loss.item()
        if step % 50 == 49:
            spent = seconds + time.process_time() - started
            print(
                f"{member} seed {seed} step {step + 1} loss {smooth:.4f} tokens {tokens} cpu_s {spent:.0f}", flush=True
            )
        if step % 200 == 199 or step == steps - 1:
            spent = seconds + time.process_time() - started
            state = {"network": network.state_dict(), "optimizers": [o.state_dict() for o in chain]}
            torch.save({**state, "step": step + 1, "tokens": tokens, "seconds": spent}, checkpoint.with_suffix(".tmp"))
            os.replace(checkpoint.with_suffix(".tmp"), checkpoint)
            to_transformers(network, size).to(torch.bfloat16).save_pretrained(out)
            record = {
                "member": member,
                "seed": seed,
                "steps": step + 1,
                "planned_steps": steps,
                "drill_steps": drill_steps,
                "cosine_from": cosine_from,
            }
            record |= {"tokens": tokens, "cpu_seconds": round(spent), "loss": round(smooth, 4)}
            (out / "training.json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("member", choices=SIZES)
    parser.add_argument("--seed", type=int, default=SHIPPED_SEED)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--drill-steps", type=int, default=250)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--cosine-from", type=int, default=0, help="where the cosine begins: 0, or the step of a warm restart"
    )
    parser.add_argument("--peak", type=float, help="peak learning rate, the recipe's if left out")
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.__dict__.pop("threads"))
    train(**vars(given))


if __name__ == "__main__":
    main()
