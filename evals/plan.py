"""What to evaluate: models × quantizations × tasks, and the identity of every result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random
from typing import Any

from evals.availability import slow_here, why_not
from evals.endpoints.entry import endpoint_name
from evals.engines.calibration import calibration
from evals.models import LocalModel, ServedModel, evaluable, named_models, shipped_models
from evals.names import known
from evals.quantizations import AS_SERVED, QUANTIZATIONS, Quantization, quantization
from evals.statistics.agreement import Draws
from evals.tasks import Task, items, shipped_tasks, task

DEMO_QUANTIZATIONS = (
    "bf16", "llm-int8", "nf4", "Q4_K_M", "rtn-int4-g128", "rtn-int4-g128-emb", "rtn-int3-g128", "rtn-int2-g128",
)  # fmt: skip
DEMO_ITEMS = 110  # of 500: under six minutes on two processors
METHODS = (
    "bf16", "fp16", "llm-int8", "torchao-int8", "torchao-w8a8", "gptq-int8-g128", "rtn-int8-g128", "rtn-int6-g128",
    "rtn-int5-g128", "rtn-int4-g32", "rtn-int4-g128", "rtn-int4", "rtn-int4-g128-emb", "rtn-mixed-int4-g128", "nf4",
    "nf4-dq", "fp4", "gptq-int4-g128", "awq-int4-g128", "hqq-int4-g64", "rtn-int3-g128", "rtn-mixed-int3-g128",
    "gptq-int3-g128", "hqq-int3-g64", "rtn-int2-g128", "gptq-int2-g128", "hqq-int2-g64",
    "onnx-int8", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "IQ4_XS", "Q3_K_M", "Q2_K", "Q2_K-imatrix", "IQ2_XXS",
)  # fmt: skip
STACKED = ("bf16", "rtn-int4-g128", "rtn-int2-g128")  # pruned and distilled models as they are, and then rounded
METHODS_ITEMS = 50
SCORERS = Path(__file__).parent / "usertasks" / "scorers.py"
CODE_JUDGE = Path(__file__).parent / "usertasks" / "running.py"
HARNESS = 2  # of evals/engines/harness.py: 1 could file the answers of a seeded draw under other items
ENGINE_PACKAGES = ("torch", "transformers", "lm_eval")
LIKELIEST_ONLY = ("gguf",)  # methods whose engine here gives one answer a request and draws none


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Models, quantizations and tasks by name; ``limit`` items a task (None: all), drawn by ``seed`` (0: in order).

    ``variants`` are pairs of model and quantization beyond models × quantizations. ``self_consistency`` draws so many
    further answers an item, to see how often they agree; written answers of models inside torch only.
    """

    models: tuple[str, ...]
    quantizations: tuple[str, ...]
    tasks: tuple[str, ...]
    limit: int | None = None
    seed: int = 0
    name: str = ""
    variants: tuple[tuple[str, str], ...] = ()
    self_consistency: int | None = None

    def __post_init__(self) -> None:
        for field in ("models", "quantizations", "tasks"):
            if not getattr(self, field):
                raise ValueError(f"the plan names no {field}; choose at least one")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit of the plan is {self.limit}; give at least 1 item or leave it out for all")
        draws_of(asdict(self))

    @property
    def digest(self) -> str:
        """Equal plans, equal digests."""
        optional = ("variants", "self_consistency")
        return digest_of({k: v for k, v in asdict(self).items() if k != "name" and (k not in optional or v)})

    def cells(self) -> list[Cell]:
        """Every cell of the plan, small models first so that the first results come soon."""
        pairs = dict.fromkeys([*((m, q) for m in self.models for q in self.labels_of(m)), *self.variants])
        models = {name: evaluable(name) for name, _ in pairs}
        asked = [(task(name), task_hash(name)) for name in self.tasks]
        draws = draws_of(asdict(self))
        return [
            _cell(models[m], q, variant_key(models[m], quantization(q)), what, hashed, self.limit, draws)
            for m, q in pairs
            for what, hashed in asked
        ]

    def labels_of(self, model_name: str) -> tuple[str, ...]:
        """The quantizations a model is evaluated at: what an endpoint serves is taken as it is, and only that."""
        if endpoint_name(model_name):
            return (AS_SERVED.label,)
        return tuple(q for q in self.quantizations if q != AS_SERVED.label)

    def checked(self) -> Plan:
        """The same plan with every name in its catalogue spelling; unknown names are answered with the nearest."""
        return Plan(
            models=tuple(dict.fromkeys(evaluable(name).name for name in self.models)),
            quantizations=tuple(dict.fromkeys(quantization(q).label for q in self.quantizations)),
            tasks=tuple(dict.fromkeys(task(t).name for t in self.tasks)),
            limit=self.limit,
            seed=self.seed,
            name=self.name,
            variants=tuple((evaluable(m).name, quantization(q).label) for m, q in self.variants),
            self_consistency=self.self_consistency,
        )


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Variant × task. ``variant_key`` and ``cell_key`` identify weights, recipe, engine, items and scorer."""

    model: str
    quantization: str
    task: str
    items_total: int
    variant_key: str
    cell_key: str


def demo_plan() -> Plan:
    """The tiny family over the demo quantizations and all five tasks."""
    return Plan(
        models=tuple(shipped_models()),
        quantizations=tuple(label for label in DEMO_QUANTIZATIONS if not why_not(quantization(label))),
        tasks=tuple(shipped_tasks()),
        limit=DEMO_ITEMS,
        name="demo",
    )


def methods_plan() -> Plan:
    """The tiny family over every kind of method that runs here at a usable speed, on all five tasks.

    Weights trained for their rounding run for the members that bring them.
    """
    family = shipped_models()
    trained = [
        (name, how.label)
        for name, local in family.items()
        for how in QUANTIZATIONS.values()
        if how.applied == "QAT" and local.trained_hash(how.label)
    ]
    return Plan(
        models=tuple(family),
        quantizations=tuple(how.label for how in map(quantization, METHODS) if not why_not(how) and not slow_here(how)),
        variants=(*trained, *((name, label) for name in named_models() if name not in family for label in STACKED)),
        tasks=tuple(shipped_tasks()),
        limit=METHODS_ITEMS,
        name="methods",
    )


PLANS = {"demo": demo_plan, "methods": methods_plan}


def named_plan(name: str) -> Plan:
    """A plan by name; an unknown one is answered with the nearest."""
    return PLANS[known("plan", name, PLANS)]()


def cell_of(local: LocalModel | ServedModel, how: Quantization, what: Task, limit: int | None) -> Cell:
    """The cell and its keys."""
    return _cell(local, how.label, variant_key(local, how), what, task_hash(what.name), limit)


def _cell(
    local: LocalModel | ServedModel,
    label: str,
    variant: str,
    what: Task,
    task_hashed: str,
    limit: int | None,
    draws: Draws | None = None,
) -> Cell:
    return Cell(
        model=local.name,
        quantization=label,
        task=what.name,
        items_total=min(limit or what.n_items, what.n_items),
        variant_key=variant,
        cell_key=cell_key(variant, task_hashed, draws if can_draw(local, label, what) else None),
    )


def can_draw(local: LocalModel | ServedModel, label: str, what: Task) -> bool:
    """Whether self-consistency is measured there; elsewhere every item is asked once and filed as ever."""
    written = what.output_type == "generate_until"
    return written and isinstance(local, LocalModel) and quantization(label).method not in LIKELIEST_ONLY


def draws_of(plan: Mapping[str, Any]) -> Draws | None:
    """What a stored plan asks to draw; None in plans without it. Raises ValueError for a number that cannot be."""
    count = plan.get("self_consistency")
    return None if count is None else Draws(count=count, seed=plan["seed"])


def cell_key(variant: str, task_hashed: str, draws: Draws | None = None) -> str:
    """Hash of a variant's key, of a task as it is now, of how answers are filed and, where any, of what is drawn."""
    return digest_of([variant, task_hashed, HARNESS, *([asdict(draws)] if draws else [])])


def variant_key(local: LocalModel | ServedModel, how: Quantization) -> str:
    """Hash of weights, quantization recipe, engine versions and, where they count, calibration text or trained file."""
    if isinstance(local, ServedModel):
        return digest_of([local.weights_hash, _version("lm_eval")])
    packages = sorted({*ENGINE_PACKAGES, *how.packages})
    more = calibration().digest if how.needs_calibration else ""
    if how.applied == "QAT":
        more = local.trained_hash(how.label)
    return digest_of([local.weights_hash, how.recipe, {p: _version(p) for p in packages}, more])


def item_key(cell_key: str, item: dict[str, Any]) -> str:
    """Hash of the cell's key, the item and its prompt."""
    return digest_of([cell_key, item["id"], item["prompt"]])


def chosen_items(what: Task, limit: int | None, seed: int) -> list[int]:
    """Indices of the items to evaluate; the same seed gives every variant the same items."""
    order = list(range(what.n_items))
    if seed:
        Random(seed).shuffle(order)
    return order[:limit]


def task_hash(name: str) -> str:
    """Hash of a task's YAML, scorer and items."""
    what = task(name)
    files = [path for path in sorted(what.folder.glob("*")) if path.suffix in (".yaml", ".py")]
    if not what.shipped:  # the copy of the scorer in the folder is for plain lm-eval; ours is what judges here
        files = [*(path for path in files if path.suffix == ".yaml"), SCORERS]
        files += [CODE_JUDGE] if what.needs_sandbox and "lm_eval" in what.config["metadata"] else []
    sources = [path.read_text(encoding="utf-8") for path in files]
    meta = what.config["metadata"]
    shots = [[shot["prompt"], shot["answer"]] for shot in items(meta["shots"])] if "shots" in meta else []
    return digest_of([sources, [item["id"] for item in items(meta["items"])], *shots])


def digest_of(content: Any) -> str:
    """SHA-256 of the content as canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions, "" for a missing package."""
    return {package: _version(package) for package in packages}


@lru_cache(maxsize=64)
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
