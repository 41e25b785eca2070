"""One question with all it needs: tasks, workload, SLA, candidates, status quo, prices as of a date."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from decisions.fields import BadInput, Fields, nearest, one_of, read_mapping
from decisions.inputs import sla_from, sla_to_dict, workload_from, workload_to_dict
from decisions.sla import Sla
from decisions.task_scenario import task_scenarios
from decisions.worked import WorkedClaim, claim_from, claim_to_dict
from evals.home import home
from pricing.workload import Workload

FOLDER = Path(__file__).resolve().parent.parent / "data" / "scenarios"
FIRST = "seventy-or-eight"
Evidence = Literal["published", "measured", "imported"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
ACCEPTABLE = ("neocloud", "hyperscaler")


@dataclass(frozen=True, kw_only=True)
class ApiCandidate:
    """A model rented by the token: its name in the price list and the name its scores are published under."""

    id: str
    label: str
    provider: str
    model: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """``evidence`` names one kind; kinds are never mixed: "measured" is measured here, "imported" came from the
    user's files.

    ``tasks`` and ``models`` map names to the short labels shown; the first task is the one charted.

    ``sources`` and ``protocols`` keep published evidence to those ids (empty: any). ``accelerators`` None means
    all. ``provider_classes`` are the kinds of provider the user would sign with. ``variants`` (model@quantization) are
    listed even where nobody measured them. ``traffic`` is each task's share of the requests, empty: equal shares.
    ``illustrative``: figures of a worked example, whose ``claims`` are recomputed. ``common_items``: of imported
    files that hold other items, such as by another limit, those of all are compared instead of none.
    """

    id: str
    title: str
    question: str
    evidence: Evidence
    tasks: dict[str, str]
    models: dict[str, str]
    sources: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    api: tuple[ApiCandidate, ...] = ()
    workload: Workload = field(default_factory=Workload)
    sla: Sla = field(default_factory=Sla)
    status_quo: str = ""
    accelerators: tuple[str, ...] | None = None
    provider_classes: tuple[str, ...] = ACCEPTABLE
    max_count: int = 8
    preset: str = "pilot"
    tier: str = "on-demand"
    variants: tuple[str, ...] = ()
    traffic: dict[str, float] = field(default_factory=dict)
    illustrative: bool = False
    common_items: bool = False
    claims: tuple[WorkedClaim, ...] = ()
    as_of: date

    def __post_init__(self) -> None:
        if self.evidence not in EVIDENCE:
            raise BadInput(f"evidence of scenario {self.id!r} is {self.evidence!r}; choose from {', '.join(EVIDENCE)}")
        if not self.tasks:
            raise BadInput(f"scenario {self.id!r} has no tasks; name at least one")
        if not self.models and not self.api:
            raise BadInput(f"scenario {self.id!r} has no candidates; name models or api models")
        for variant in self.variants:
            if not all(variant.rpartition("@")):
                raise BadInput(f"variant {variant!r} of scenario {self.id!r} is not MODEL@QUANTIZATION")
        for task in self.traffic:
            if task not in self.tasks:
                raise BadInput(f"scenario {self.id!r}: traffic of task {task!r}; {nearest(task, self.tasks)}")
        if not 1 <= self.max_count <= 64:
            raise BadInput(f"max_count of scenario {self.id!r} is {self.max_count!r}; give a whole number from 1 to 64")
        for task in self.sla.quality:
            if task not in self.tasks:
                raise BadInput(f"scenario {self.id!r}: the SLA asks for task {task!r}; {nearest(task, self.tasks)}")

    @property
    def task(self) -> str:
        """The main task, the one on the chart."""
        return next(iter(self.tasks))


def scenarios() -> dict[str, Scenario]:
    """By id: the built-in ones, the first one first, then the user's files and one for each of the user's tasks.

    A file of the user that cannot be read is passed over, and never stands in for a built-in scenario.
    """
    found = {path.stem: _built_in(path, path.stat().st_mtime_ns) for path in sorted(FOLDER.glob("*.yaml"))}
    found = dict(sorted(found.items(), key=lambda item: (item[0] != FIRST, item[0])))
    for path in sorted((home() / "scenarios").glob("*.yaml")):
        with suppress(BadInput, OSError):
            own = _built_in(path, path.stat().st_mtime_ns)
            found.setdefault(own.id, own)
    for given in task_scenarios(found):
        found[given["id"]] = scenario_from(Fields(given, given["id"]))
    return found


def scenario(name: str) -> Scenario:
    """A scenario by id. Raises BadInput with the nearest one."""
    every = scenarios()
    return every[one_of("scenario", name, every, "scenarios")]


def load_scenario(path: Path) -> Scenario:
    """A scenario from a YAML or JSON file. Raises BadInput naming file and field."""
    return scenario_from(Fields(read_mapping(path), str(path)))


def scenario_from(fields: Fields) -> Scenario:
    """A scenario from checked fields."""
    where = fields.where
    sla = sla_from(fields.section("sla", {}))
    workload = workload_from(fields.section("workload", {}))
    values = {
        "id": fields.text("id"),
        "title": fields.text("title"),
        "question": fields.text("question", ""),
        "evidence": one_of("evidence", fields.text("evidence"), EVIDENCE, where),
        "tasks": fields.labels("tasks"),
        "models": fields.labels("models", {}),
        "sources": fields.names("sources", ()),
        "protocols": fields.names("protocols", ()),
        "api": tuple(_api(part) for part in fields.sections("api")),
        "workload": workload,
        "sla": sla,
        "status_quo": fields.text("status_quo", ""),
        "accelerators": fields.names("accelerators", None),
        "provider_classes": fields.names("provider_classes", ACCEPTABLE),
        "max_count": fields.number("max_count", 1, 64, 8, whole=True),
        "preset": fields.text("preset", "pilot"),
        "tier": fields.text("tier", "on-demand"),
        "variants": fields.names("variants", ()),
        "traffic": _traffic(fields.section("traffic", {})),
        "illustrative": _flag(fields, "illustrative"),
        "common_items": _flag(fields, "common_items"),
        "claims": tuple(claim_from(part) for part in fields.sections("claims")),
        "as_of": _date(fields.take("as_of"), where),
    }
    fields.done()
    try:
        return Scenario(**values)
    except ValueError as error:
        raise BadInput(f"{where}: {error}") from error


def scenario_from_inputs(base: Scenario, **changes: Any) -> Scenario:
    """``base`` with some fields replaced; fields of ``workload`` and ``sla`` may be given by their own names.

    ``scenario_from_inputs(s, requests_per_month=2e6, usd_per_month=900)``. Raises BadInput.
    """
    own, workload, sla = ({f.name for f in fields(kind)} for kind in (Scenario, Workload, Sla))
    for name in changes:
        if name not in own | workload | sla:
            raise BadInput(f"scenario {base.id!r} has no field {name!r}; {nearest(name, own | workload | sla)}")
    try:
        changed = {name: value for name, value in changes.items() if name in own}
        inner = {name: value for name, value in changes.items() if name in workload}
        lines = {name: value for name, value in changes.items() if name in sla}
        if inner:
            changed["workload"] = replace(changed.get("workload", base.workload), **inner)
        if lines:
            changed["sla"] = replace(changed.get("sla", base.sla), **lines)
        return replace(base, **changed)
    except ValueError as error:
        raise BadInput(str(error)) from error


def with_sla(base: Scenario, sla: Sla) -> Scenario:
    """``base`` under another SLA, whose tasks may be named by their label too. Raises BadInput for a task it lacks."""
    names = {label.casefold(): task for task, label in base.tasks.items()} | {
        task.casefold(): task for task in base.tasks
    }
    spoken = [*base.tasks, *(label for label in base.tasks.values() if label not in base.tasks)]
    quality = {}
    for task, line in sla.quality.items():
        if task.casefold() not in names:
            raise BadInput(f"quality: task {task!r} is not one of scenario {base.id!r}; {nearest(task, spoken)}")
        quality[names[task.casefold()]] = line
    return replace(base, sla=replace(sla, quality=quality))


def scenario_to_dict(value: Scenario) -> dict[str, Any]:
    """Plain data that ``scenario_from`` reads back."""
    plain: dict[str, Any] = {
        "id": value.id,
        "title": value.title,
        "question": value.question,
        "evidence": value.evidence,
        "tasks": dict(value.tasks),
        "models": dict(value.models),
        "sources": list(value.sources),
        "protocols": list(value.protocols),
        "api": [vars(candidate) for candidate in value.api],
        "workload": workload_to_dict(value.workload),
        "sla": sla_to_dict(value.sla),
        "status_quo": value.status_quo,
        "provider_classes": list(value.provider_classes),
        "max_count": value.max_count,
        "preset": value.preset,
        "tier": value.tier,
        "as_of": value.as_of.isoformat(),
    }
    if value.accelerators is not None:
        plain["accelerators"] = list(value.accelerators)
    if value.variants:
        plain["variants"] = list(value.variants)
    if value.traffic:
        plain["traffic"] = dict(value.traffic)
    if value.illustrative:
        plain["illustrative"] = True
    if value.common_items:
        plain["common_items"] = True
    if value.claims:
        plain["claims"] = [claim_to_dict(claim) for claim in value.claims]
    return plain


def scenario_to_yaml(value: Scenario) -> str:
    """The scenario as YAML text."""
    return str(yaml.safe_dump(scenario_to_dict(value), sort_keys=False, allow_unicode=True, width=110))


def scenario_to_json(value: Scenario) -> str:
    """The scenario as JSON text."""
    return json.dumps(scenario_to_dict(value), ensure_ascii=False, indent=2)


@lru_cache(maxsize=32)
def _built_in(path: Path, modified_ns: int) -> Scenario:
    return load_scenario(path)


def _api(part: Fields) -> ApiCandidate:
    candidate = ApiCandidate(
        id=part.text("id"),
        label=part.text("label"),
        provider=part.text("provider"),
        model=part.text("model"),
        evidence=part.text("evidence", part.values.get("model", "")),
    )
    part.done()
    return candidate


def _traffic(section: Fields) -> dict[str, float]:
    return {task: section.fraction(task) for task in section.values}


def _flag(fields: Fields, name: str) -> bool:
    value = fields.take(name, False)
    if not isinstance(value, bool):
        raise BadInput(f"{fields.where}: {name} is {value!r}; give true or false")
    return value


def _date(value: object, where: str) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise BadInput(f"{where}: as_of is {value!r}; give a date like 2026-11-21") from error
