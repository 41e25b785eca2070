"""Train one member: ``python -m data.models.training.train tiny-1m --seed 1``.

Muon on the hidden matrices, AdamW on embeddings and norms; a ramp, then a cosine. The recipe says how long, and from
which smaller member it grows.
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
from data.models.training.growth import grow
from data.models.training.muon import Muon
from data.models.training.network import Llama, to_transformers
from data.models.training.recipe import LEARNING_RATE, SHIPPED_SEED, SIZES, Stage
from data.models.training.tokenizer import load

RAMP_STEPS = 60


def rate_at(step: int, stage: Stage) -> float:
    """Learning rate at a step of a stage: a ramp, then a cosine to zero."""
    return stage.rate * min(1.0, (step + 1) / RAMP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / stage.steps))


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
    return weighted(F.cross_entropy(logits, batch.targets, reduction="none"), batch)


def weighted(losses: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean over the answer tokens by the weights of their tasks."""
    return (losses * batch.weights).sum() / batch.weights.sum()


def advance(network: nn.Module, chain: list[torch.optim.Optimizer], loss: torch.Tensor, rate: float) -> None:
    """One step down the gradient of ``loss``."""
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for optimizer in chain:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()


def train(member: str, seed: int, folder: Path, resume: bool) -> None:
    """Train and save BF16 safetensors, tokenizer and ``training.json`` into ``folder / member``.

    A member that grows needs its parent beside it, trained with the same seed.
    """
    torch.manual_seed(seed)
    size, out = SIZES[member], folder / member
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load(out)
    network = Llama(size)
    first, tokens, seconds, parent = 0, 0, 0.0, None
    if size.grown_from:
        parent = json.loads((folder / size.grown_from / "training.json").read_text())
        if parent["seed"] != seed or parent["steps"] != SIZES[size.grown_from].steps:
            raise SystemExit(f"{folder / size.grown_from} is not finished with seed {seed}: train it first")
        grow(network, size, folder / size.grown_from, SIZES[size.grown_from])
    chain = optimizers(network, LEARNING_RATE)
    checkpoint = out / "checkpoint.pt"
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        for optimizer, saved in zip(chain, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        first, tokens, seconds = state["step"], state["tokens"], state["seconds"]
    started, smooth = time.process_time(), None
    for step in range(first, size.steps):
        stage, within = size.stage_at(step)
        if step == first or within == 0:
            # No member, stage, seed or resumption sees the same items again.
            fresh = seed + 1000 * step + 10_000_000 * list(SIZES).index(member)
            batches = Batches(tokenizer, fresh, stage.mix)
        batch = batches.drills(stage.stand_ins) if within < stage.drill_steps else batches.mixed()
        tokens += len(batch.ids)
        loss = loss_of(network, batch)
        advance(network, chain, loss, rate_at(within, stage))
        smooth = loss.item() if smooth is None else 0.97 * smooth + 0.03 * loss.item()
        if step % 50 == 49:
            spent = seconds + time.process_time() - started
            print(
                f"{member} seed {seed} step {step + 1} loss {smooth:.4f} tokens {tokens} cpu_s {spent:.0f}", flush=True
            )
        if step % 200 == 199 or step == size.steps - 1:
            spent = seconds + time.process_time() - started
            state = {"network": network.state_dict(), "optimizers": [o.state_dict() for o in chain]}
            torch.save({**state, "step": step + 1, "tokens": tokens, "seconds": spent}, checkpoint.with_suffix(".tmp"))
            os.replace(checkpoint.with_suffix(".tmp"), checkpoint)
            to_transformers(network, size).to(torch.bfloat16).save_pretrained(out)
            record = {"member": member, "seed": seed, "steps": step + 1, "tokens": tokens, "cpu_seconds": round(spent)}
            record |= {"loss": round(smooth, 4), "grown_from": parent}
            (out / "training.json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("member", choices=SIZES)
    parser.add_argument("--seed", type=int, default=SHIPPED_SEED)
    parser.add_argument("--folder", type=Path, default=Path("data/models"), help="where the members lie")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    given = parser.parse_args()
    torch.set_num_threads(given.__dict__.pop("threads"))
    train(**vars(given))


if __name__ == "__main__":
    main()
