"""The answers of the patterns in words: the sentence first, then what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.options import Option
from decisions.patterns.cascade import Cascade
from decisions.patterns.edge import Edge
from decisions.patterns.examples import CheckedClaim
from decisions.patterns.hybrid import Hybrid
from decisions.patterns.precision import DynamicPrecision
from decisions.scenarios import Scenario
from decisions.verdicts import Check
from decisions.wording import count, listed, money, money_band, percent, points, quantity, score, seconds_band
from pricing.quotes import Band


def cascade_sentence(found: Cascade) -> str:
    """Meets and by how much cheaper, or the honest opposite."""
    name = (
        f"A router that asks {found.first.label} or {found.second.label}"
        if found.kind == "router"
        else f"A cascade of {found.first.label} then {found.second.label}"
    )
    own = found.quote.usd_per_month
    if not found.is_needed and found.verdict == "meets":
        return f"{found.first.label} keeps every line by itself for about {_cost(own)}: nothing needs a second model."
    return _judged(name, found.checks, own, found.saving_fraction, found.best_single, found.verdict)


def cascade_detail(found: Cascade) -> str:
    """Share passed on, score on unseen items, latency."""
    passed = found.passed
    interval = found.score_interval
    shown = score(found.score, interval.low if interval else None, interval.high if interval else None)
    sends = f"sends {found.second.label}" if found.kind == "router" else "passes on"
    words = [
        f"It {sends} {percent(passed.value, 0)} of the requests ({span_whole(passed.low, passed.high)})",
        f"scores {shown} on items its thresholds were not chosen on",
    ]
    if found.calls.most > 1:
        words.insert(1, f"asks {found.first.label} {found.calls.most} times for an answer, to see how often it agrees")
    if found.quote.e2e_p95_s:
        both = ", both waits counted" if found.kind == "cascade" and found.is_needed else ""
        words.append(f"p95 {seconds_band(found.quote.e2e_p95_s)}{both}")
    else:
        words.append("p95 not yet known")
    return f"{', '.join(words)}."


def span_whole(low: float, high: float) -> str:
    """``26–35``, in whole percent."""
    return f"{100 * low:.0f}–{100 * high:.0f}"


def auroc_sentence(found: Cascade) -> str:
    """Why it works or does not, of the task where confidence tells least."""
    worst = found.telling
    if worst is None or worst.why.auroc_interval is None:
        return f"{found.first.label} is right on every item, or on none: there is nothing to tell apart."
    interval = worst.why.auroc_interval
    strength = "tells" if interval.low > 0.5 else "is not proven to tell"
    told = "The prompt's length" if found.kind == "router" else f"{found.first.label}'s confidence"
    where = f" on {worst.title}" if len(found.plans) > 1 else ""
    rescued = worst.why.rescued_fraction
    then = ""
    if rescued is not None:
        then = f" Of {found.first.label}'s wrong answers {found.second.label} gets {percent(rescued, 0)} right."
    return (
        f"{told} {strength} right answers from wrong{where}: AUROC {worst.why.auroc:.2f} "
        f"({interval.low:.2f}–{interval.high:.2f}; 0.5 is luck, 1 is perfect).{then}"
    )


def hybrid_sentence(found: Hybrid, scenario: Scenario) -> str:
    """Which option serves what."""
    if not found.fleets:
        return f"No mix is proven to keep every line. {found.problems[0]}"
    if len(found.fleets) == 1:
        fleet = found.fleets[0]
        cost = _cost(found.usd_per_month)
        return f"No mix beats one option: {fleet.option.label} serves every task for about {cost}."
    parts = [
        f"{fleet.option.label} for {listed([scenario.tasks[task] for task in fleet.tasks])}" for fleet in found.fleets
    ]
    name = f"A mix of {listed(parts)}"
    return _judged(name, found.checks, found.usd_per_month, found.saving_fraction, found.best_single, found.verdict)


def precision_sentence(found: DynamicPrecision) -> str:
    """The two precisions, held together or apart."""
    low, high = found.apart.first, found.apart.second
    how = "on the same cards" if found.is_together else "on cards of their own"
    name, own = f"{low.label} with {high.label} behind it, {how},", found.quote.usd_per_month
    return _judged(name, found.checks, own, found.saving_fraction, found.apart.best_single, found.verdict)


def edge_sentence(found: Edge) -> str:
    """Where it runs, what the cloud still answers, and the bill."""
    able = [place for place in found.places if place.fits]
    if not able:
        return f"{found.problems[0]}."
    kinds = f"{len(able)} of {len(found.places)} kinds of device"
    where = able[0].device.description if len(found.places) == 1 else kinds
    cost = f"about {_cost(found.quote.usd_per_month)}" if found.quote.usd_per_month else "an unknown price"
    open_ = [check for check in found.checks if check.status != "meets" and check.unit != "usd"]
    misses = listed([f"{check.name} {quantity(check.seen, check.unit)}" for check in open_ if check.seen is not None])
    verb = "misses" if any(check.status == "misses" for check in open_) else "is not proven to meet"
    but = f" It {verb} your line: {misses}." if misses else ""
    return (
        f"{found.option.label} runs on {where} for {cost}; {percent(found.fallback_fraction, 0)} of the requests still "
        f"go to the cloud.{but}"
    )


def edge_detail(found: Edge) -> str:
    """Download and the parts of the bill."""
    words = [f"Each download is {found.download_gb:.2g} GB"]
    words += [f"{name} {money(usd)} a month" for name, usd in found.quote.parts.items()]
    return f"{', '.join(words)}. The devices and their electricity are their owners'."


def claims_sentence(found: Sequence[CheckedClaim]) -> str:
    """How many claims survive."""
    broken = sum(one.says == "does not hold" for one in found)
    if not broken:
        return f"Every one of the example's {len(found)} claims survives our tables, or cannot be told from them."
    if broken == len(found):
        which = "The example's only claim does" if broken == 1 else f"None of the example's {broken} claims"
        return f"{which} {'not survive' if broken == 1 else 'survives'} our tables."
    return f"{broken} of the example's {len(found)} claims {'does' if broken == 1 else 'do'} not survive our tables."


def _judged(
    name: str,
    checks: Sequence[Check],
    month: Band | None,
    saving: float | None,
    best: Option | None,
    verdict: str,
) -> str:
    if verdict == "meets":
        return f"{name} meets your lines for about {_cost(month)}{_against(month, saving, best)}."
    if verdict == "misses":
        missed = [check for check in checks if check.status == "misses"]
        return f"{name} does not meet your lines: {listed([_short(check) for check in missed])}.{_instead(best)}"
    open_ones = [check for check in checks if check.status == "unproven"]
    more = max((check.items_to_settle for check in open_ones if check.items_to_settle), default=None)
    settle = f" About {count(more)} more items would settle it." if more else ""
    words = listed([f"{check.name} {quantity(check.seen, check.unit)}" if check.seen is not None else check.name
                    for check in open_ones])  # fmt: skip
    return f"{name} is not proven to meet your lines: open are {words}.{settle}{_instead(best)}"


def _against(month: Band | None, saving: float | None, best: Option | None) -> str:
    if best is None:
        return "; no single option is proven to"
    if saving is None or month is None:
        return ""
    if saving > 0:
        return f", {percent(saving, 0)} less than the best single option, {best.label}"
    usd = best.quote.usd_per_month
    gap = "as much as" if abs(saving) < 0.005 else f"{percent(-saving, 0)} more than"
    return f", but that is {gap} {best.label} alone ({money(usd.value) if usd else 'unpriced'})"


def _instead(best: Option | None) -> str:
    usd = best.quote.usd_per_month if best else None
    return f" {best.label} alone does, for {money(usd.value)} a month." if best and usd else ""


def _cost(band: Band | None) -> str:
    if band is None:
        return "an unknown price"
    value, _, rest = money_band(band).partition(" (")
    return f"{value} a month{f' ({rest}' if rest else ''}"


def _short(check: Check) -> str:
    if check.seen is None:
        return check.reason or check.name
    if check.unit == "fraction":
        return f"{check.name} is {points(check.target - check.seen)} short"
    return f"{check.name} is {quantity(check.seen, check.unit)}, over {quantity(check.target, check.unit)}"


