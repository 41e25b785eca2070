"""A plan becomes a task of SkyPilot: on cards that hold its variants, for no more than a little over our price."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from decisions.__main__ import app
from decisions.renting import machine_for, sky_task, task_yaml, variants_of
from evals.plan import Plan
from pricing import accelerators, formats, models
from pricing.memory import GIB
from pricing.offers import Offer

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
PLAN = Plan(models=(LLAMA,), quantizations=("bf16", "nf4"), tasks=("math",), limit=200)


def offer(provider: str, accelerator: str, usd_per_hour: float, count: int = 1, tier: str = "on-demand") -> Offer:
    return Offer(
        provider=provider, provider_class="hyperscaler", accelerator=accelerator, count=count, tier=tier,
        usd_per_hour=usd_per_hour, date="2026-11-01",
    )  # fmt: skip


BOOK = (
    offer("Lambda", "A10", 0.5),  # 24 GB: too small for 8 billion parameters at 16 bits, and NF4 beside them
    offer("Lambda", "A100-40GB", 2.0),
    offer("Lambda", "H100-SXM", 3.0),
    offer("AWS", "L40S", 1.0),
    offer("AWS", "H100-SXM", 0.4, tier="spot"),
    offer("Novita", "H100-SXM", 0.1),  # no cloud of SkyPilot's
    offer("RunPod", "H100-SXM", 8.0, count=8),
)


def test_the_cheapest_card_that_holds_the_largest_variant_is_taken_one_a_cloud() -> None:
    rented = machine_for(variants_of(PLAN), BOOK)
    assert [(o.provider, o.accelerator) for o in rented.offers] == [("AWS", "L40S"), ("Lambda", "A100-40GB")]
    shape = models.find(LLAMA)
    both = formats.find("bf16").weight_bytes(shape) + formats.find("nf4").weight_bytes(shape)
    caches = 8 * shape.kv_bytes(4096)
    assert both + caches < rented.card_bytes < both + caches + 5 * GIB  # activations of the prompts, and the driver
    assert accelerators.find("A10").memory_gib * GIB < rented.card_bytes
    assert rented.host_bytes == pytest.approx(1.5 * formats.find("bf16").weight_bytes(shape))


def test_eight_cards_are_rented_from_who_has_eight() -> None:
    assert [o.provider for o in machine_for(variants_of(PLAN), BOOK, cards=8).offers] == ["RunPod"]


def test_the_task_names_cloud_card_and_highest_price_and_runs_the_plan() -> None:
    task = yaml.safe_load(task_yaml(sky_task(PLAN, machine_for(variants_of(PLAN), BOOK))))
    assert task["resources"]["ordered"] == [
        {"infra": "aws", "accelerators": "L40S:1", "max_hourly_cost": 1.2},
        {"infra": "lambda", "accelerators": "A100:1", "max_hourly_cost": 2.4},
    ]
    lines = task["run"].splitlines()
    assert f"python -m evals preflight {LLAMA} --fetch" in lines
    assert any(f"--models {LLAMA} --quantizations bf16,nf4 --tasks math --limit 200 >" in line for line in lines)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("meta-llama/Llama-3.1-70B-Instruct", "Llama-3.1-70B-Instruct @ nf4 takes .* GiB of one card.*endpoint add"),
        ("./mine", "'./mine' does not travel to a rented machine"),
        ("endpoint:ours", "'endpoint:ours' does not travel"),
        ("nobody/knows-this", "knows-this"),
    ],
)
def test_what_cannot_be_rented_for_is_named(model: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "task.yaml"
    asked = ["rent", "--models", model, "--quantizations", "bf16,nf4", "--tasks", "math", "--out", str(file)]
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, ValueError) and not file.exists()
    with pytest.raises(ValueError, match=said):
        raise done.exception


def test_the_command_writes_the_file_and_says_what_an_hour_costs(tmp_path: Path) -> None:
    file = tmp_path / "task.yaml"
    asked = ["rent", "--models", "tiny-1m", "--quantizations", "bf16", "--tasks", "math", "--out", str(file), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert yaml.safe_load(file.read_text()) == said["task"]
    prices = [one["usd_per_hour"] for one in said["offers"]]
    assert prices == sorted(prices) and len({one["provider"] for one in said["offers"]}) == len(prices)
