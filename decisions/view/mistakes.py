"""Common mistakes, flagged only where this scenario makes them or lies open to them."""

from __future__ import annotations

from decisions.evidence import is_full_precision
from decisions.options import Option
from decisions.view.rules import Facts, Rule
from decisions.view.values import Mistake
from decisions.wording import listed, money, percent, points, price

FEW_BITS = 5.1
FEW_ITEMS = 100
IDLE = 0.1


def mistakes(facts: Facts) -> tuple[Mistake, ...]:
    """Those whose condition holds, in the order of the rules."""
    raised = [(rule, rule.because(facts)) for rule in RULES]
    return tuple(
        Mistake(id=rule.id, title=rule.title, text=rule.text, because=because) for rule, because in raised if because
    )


def _smallest_model(facts: Facts) -> str:
    """The cheapest variant of the smallest model misses on accuracy what a bigger one at fewer bits meets."""
    local = [o for o in facts.decision.options if o.kind == "deployment" and o.quote.usd_per_month]
    choice = facts.decision.choice
    if choice is None or choice.kind != "deployment" or not local:
        return ""
    full = [o for o in local if is_full_precision(o.quantization) and o.model != choice.model]
    missed = [o for o in full if any(c.task and c.status == "misses" for c in o.checks) and _bytes(o) < _bytes(choice)]
    missed += [
        o
        for o in full
        if any(c.task and c.status == "misses" for c in o.checks) and _cost(o) < _cost(choice) and o not in missed
    ]
    if not missed:
        return ""
    small = min(missed, key=_cost)
    check = next(c for c in small.checks if c.task and c.status == "misses")
    short = f", {points(check.target - check.seen)} short on {check.name}" if check.seen is not None else ""
    return f"{small.label} at {money(_cost(small))} a month looks safe and misses{short}; {choice.label} meets"


def _precision_last(facts: Facts) -> str:
    """A line is judged where only the full-precision weights were scored."""
    found = []
    for task, line in facts.scenario.sla.quality.items():
        seen = [o for o in facts.decision.options if task in o.measurements and o.kind == "deployment"]
        unseen = [o for o in facts.decision.options if task not in o.measurements and o.kind == "deployment"]
        if line and seen and unseen and all(is_full_precision(o.quantization) for o in seen):
            found.append(facts.scenario.tasks[task])
    if found:
        return f"{listed(found)} was scored at full precision alone, and quantized weights are candidates"
    return ""


def _code_untested(facts: Facts) -> str:
    """Few bits are chosen, code is asked for, and that variant was not scored on code."""
    bits = facts.answer.bits_per_weight
    if bits is None or bits > FEW_BITS:
        return ""
    tasks = [task for task in facts.scenario.tasks if "code" in (facts.group(task), *task.casefold().split("_"))]
    asked = [task for task in tasks if task not in facts.answer.measurements]
    if asked:
        names = listed([facts.scenario.tasks[task] for task in asked])
        return f"{facts.answer.label} has {bits:.2g} bits a weight and no score on {names}"
    words = f"{facts.scenario.id} {facts.scenario.title} {facts.scenario.question}".casefold().replace("-", " ").split()
    if "code" in words and not tasks:
        return f"{facts.answer.label} has {bits:.2g} bits a weight, and no task of this scenario is code"
    return ""


def _after_launch(facts: Facts) -> str:
    """The same model runs today at full precision and the answer is a quantized one."""
    today, choice = facts.decision.status_quo, facts.decision.choice
    if today is None or choice is None or today.kind != "deployment" or today.model != choice.model:
        return ""
    if not is_full_precision(today.quantization) or is_full_precision(choice.quantization):
        return ""
    return f"{today.label} runs today and {choice.label} meets the same lines"


def _few_items(facts: Facts) -> str:
    found = [
        f"{facts.scenario.tasks[task]} (n = {m.n_items})"
        for task, m in facts.answer.measurements.items()
        if task in facts.scenario.tasks and m.n_items is not None and m.n_items < FEW_ITEMS
    ]
    return f"{facts.answer.label} was judged on {listed(found)}" if found else ""


def _no_accuracy_line(facts: Facts) -> str:
    if facts.scenario.sla.quality:
        return ""
    return "the SLA asks for no accuracy: the cheapest option wins whatever it answers"


def _tie(facts: Facts) -> str:
    """Another option at the same bill whose interval holds the answer's score."""
    cost, task = facts.answer.quote.usd_per_month, facts.decision.task
    mine = facts.answer.measurements.get(task)
    if cost is None or mine is None or mine.low is None:
        return ""
    tied = [
        o.label
        for o in facts.decision.options
        if o.id != facts.answer.id
        and o.verdict == "meets"
        and o.quote.usd_per_month
        and price(o.quote.usd_per_month.value) == price(cost.value)
        and (seen := o.measurements.get(task))
        and seen.low is not None
        and seen.high is not None
        and seen.low <= mine.score <= seen.high
    ]
    return f"{listed([facts.answer.label, *tied[:3]])} cost the same and their intervals overlap" if tied else ""


def _idle(facts: Facts) -> str:
    quote = facts.answer.quote
    used = quote.utilisation_fraction
    if quote.kind != "rental" or used is None or used >= IDLE:
        return ""
    return f"the cards of {facts.answer.label} are {percent(used, 0)} busy on average"


def _own_protocol(facts: Facts) -> str:
    task = facts.decision.task
    scored = [(o.measurements[task].protocol, o.kind) for o in facts.decision.options if task in o.measurements]
    protocols = {protocol for protocol, _ in scored}
    if len(protocols) < 2 or len({kind for _, kind in scored}) < 2:
        return ""
    return f"{facts.scenario.tasks[task]} was scored under {len(protocols)} protocols here"


def _bytes(option: Option) -> float:
    return option.weight_bytes or float("inf")


def _cost(option: Option) -> float:
    return option.quote.usd_per_month.value if option.quote.usd_per_month else float("inf")


RULES = (
    Rule(
        id="smallest-model",
        title="Smallest-model reflex",
        text="A small model at 16 bits is not the safe choice: a bigger one at fewer bits can be better value.",
        because=_smallest_model,
    ),
    Rule(
        id="precision-last",
        title="Evaluating before fixing the precision",
        text="Score the weights that will be served: a score at 16 bits says little of the same model at 4.",
        because=_precision_last,
    ),
    Rule(
        id="code-untested",
        title="Few bits for code without a test",
        text="Code breaks earlier than knowledge and classification: score this very variant on code first.",
        because=_code_untested,
    ),
    Rule(
        id="after-launch",
        title="Quantizing after launch",
        text="Every verdict has to be proven again at the new precision: decide it before launch, as one decision.",
        because=_after_launch,
    ),
    Rule(
        id="few-items",
        title="Judging by few items",
        text="Under a hundred items an interval is some twenty points wide: run more before anything is signed.",
        because=_few_items,
    ),
    Rule(
        id="no-accuracy-line",
        title="No accuracy line",
        text="Set a line on the task that counts, or the answer is only about money.",
        because=_no_accuracy_line,
    ),
    Rule(
        id="tie",
        title="Reading a tie as a ranking",
        text="Between these the evidence does not choose: take the one that is easier to run.",
        because=_tie,
    ),
    Rule(
        id="idle-cards",
        title="Paying for idle cards",
        text="Rented cards are paid day and night: share them, scale to zero, or buy by the token at this volume.",
        because=_idle,
    ),
    Rule(
        id="own-protocol",
        title="Comparing scores of different protocols",
        text="Scores under other prompts are not a like-for-like comparison: score both on the same items.",
        because=_own_protocol,
    ),
)
