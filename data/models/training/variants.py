"""Train a variant of a finished member: ``python -m data.models.training.variants tiny-1m-distilled``.

Every variant sees the same training items in the same order as the others of its member and seed, for as many steps at
the same rates, so that they can be compared. No member has seen these items.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from data.models.training import pruning, qat
from data.models.training.batches import Batches
from data.models.training.distillation import distillation_loss
from data.models.training.network import Llama, to_transformers
from data.models.training.recipe import SHIPPED_SEED, SIZES, Size, Stage
from data.models.training.tokenizer import load
from data.models.training.train import advance, loss_of, optimizers, rate_at

STAGE = Stage(steps=300, rate=1e-3)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What starts from ``start`` (a folder), has the shape of ``member`` and becomes the folder or file ``result``.

    ``bits`` trains with rounded weights, ``pattern`` prunes first, ``teacher`` is the member that is imitated. Without
    a ``stage`` nothing is trained.
    """

    result: str
    start: str = "tiny-1m"
    member: str = "tiny-1m"
    stage: Stage | None = STAGE
    bits: int | None = None
    pattern: str | None = None
    teacher: str | None = None


RECIPES = {
    recipe.result: recipe
    for recipe in (
        *(Recipe(result=f"tiny-1m/trained/qat-int{b}-g{qat.GROUP_SIZE}.safetensors", bits=b) for b in (4, 3, 2)),
        Recipe(result="tiny-1m-longer"),
        Recipe(result="tiny-1m-distilled", teacher="tiny-3m"),
        Recipe(result="tiny-1m-2of4-unrecovered", pattern="2:4", stage=None),
        Recipe(result="tiny-1m-2of4", pattern="2:4"),
        Recipe(result="tiny-1m-half-unrecovered", pattern="half", stage=None),
        Recipe(result="tiny-1m-half", pattern="half"),
        Recipe(result="tiny-1m-distilled-2of4", start="tiny-1m-distilled", pattern="2:4", teacher="tiny-3m"),
    )
}


def read(folder: Path, size: Size) -> Llama:
    """The trained network of a folder. Raises ``FileNotFoundError`` if it is not there yet."""
    if not (folder / "model.safetensors").exists():
        raise FileNotFoundError(f"{folder} holds no model.safetensors; train {folder.name} first")
    network = Llama(size)
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network


def tune(
    network: Llama, teacher: Llama | None, tokenizer: PreTrainedTokenizerFast, stage: Stage, seed: int
) -> float | None:
    """Train ``network`` in place; the mean loss towards the end."""
    chain = optimizers(network, stage.rate)
    # Far from every seed that the members are trained with.
    batches = Batches(tokenizer, seed + 1_000_000_000, stage.mix)
    smooth = None
    for step in range(stage.steps):
        batch = batches.mixed()
        loss = distillation_loss(network, teacher, batch) if teacher else loss_of(network, batch)
        advance(network, chain, loss, rate_at(step, stage))
        smooth = loss.item() if smooth is None else 0.97 * smooth + 0.03 * loss.item()
        if step % 50 == 49:
            print(f"  step {step + 1} loss {smooth:.4f}", flush=True)
    return smooth


def train(recipe: Recipe, seed: int, folder: Path) -> None:
    """Train and save into ``folder / recipe.result``: a packed file if rounded, otherwise an ordinary model folder."""
    torch.manual_seed(seed)
    size, started = SIZES[recipe.member], time.process_time()
    tokenizer = load(folder / recipe.start)
    network = read(folder / recipe.start, size)
    teacher = read(folder / recipe.teacher, SIZES[recipe.teacher]) if recipe.teacher else None
    if recipe.pattern:
        pruning.prune(network, recipe.pattern)
    if recipe.bits:
        qat.round_while_training(network, recipe.bits)
    loss = tune(network, teacher, tokenizer, recipe.stage, seed) if recipe.stage else None
    out = folder / recipe.result
    if recipe.bits:
        qat.save(network, recipe.bits, out)
        return
    if recipe.pattern:
        pruning.settle(network)
    to_transformers(network, size).to(torch.bfloat16).save_pretrained(out)
    for file in (folder / recipe.start).glob("tokenizer*.json"):
        shutil.copy(file, out)
    record = {
        "start": recipe.start,
        "teacher": recipe.teacher,
        "pruned": recipe.pattern,
        "seed": seed,
        "steps": recipe.stage.steps if recipe.stage else 0,
        "cpu_seconds": round(time.process_time() - started),
        "loss": loss and round(loss, 4),
    }
    (out / "training.json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="*", metavar="RESULT", help=f"all if none is named: {', '.join(RECIPES)}")
    parser.add_argument("--seed", type=int, default=SHIPPED_SEED)
    parser.add_argument("--folder", type=Path, default=Path("data/models"), help="where the members lie")
    given = parser.parse_args()
    if unknown := set(given.results) - set(RECIPES):
        parser.error(f"unknown result {', '.join(sorted(unknown))}; choose from {', '.join(RECIPES)}")
    torch.set_num_threads(1)
    for result in given.results or RECIPES:
        print(result, flush=True)
        train(RECIPES[result], given.seed, given.folder)


if __name__ == "__main__":
    main()
