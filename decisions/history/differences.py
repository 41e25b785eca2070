"""What differs between two decisions: the answer, what was asked, prices, scores, options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from decisions.report.model import Report
from decisions.wording import money, percent, price

Kind = Literal["answer", "asked", "price", "score", "verdict", "option"]
SCORE_STEP = 0.0005  # scores are shown to a tenth of a point


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``subject`` then and now, in words; ``weight`` orders within a kind (dollars, or points)."""

    kind: Kind
    subject: str
    then: str
    now: str
    weight: float = 0.0

    @property
    def sentence(self) -> str:
        return f"{self.subject}: {self.then} → {self.now}"


def differences(then: Report, now: Report) -> list[Difference]:
    """Everything that a reader of both would see differ, the answer first, then the largest changes.

    Prices count as equal where three figures agree, as shown; scores where they agree to a twentieth of a point.
    """
    found = [*_answer(then, now), *_asked(then, now)]
    before, after = ({option["id"]: option for option in report["options"]} for report in (then, now))
    inner: list[Difference] = []
    for name in before.keys() & after.keys():
        inner += _option(before[name], after[name])
    for name in sorted(after.keys() - before.keys()):
        inner.append(Difference(kind="option", subject=_title(after[name]), then="not there", now="new"))
    for name in sorted(before.keys() - after.keys()):
        inner.append(Difference(kind="option", subject=_title(before[name]), then="there", now="gone"))
    order = ("price", "score", "verdict", "option")
    return found + sorted(inner, key=lambda d: (order.index(d.kind), -d.weight, d.subject))


def summary(found: list[Difference]) -> str:
    """``The answer changed; 3 prices and 2 scores moved.``; "" when nothing differs."""
    if not found:
        return ""
    answer = any(d.kind == "answer" for d in found)
    counts = []
    for kind, one, many in (
        ("asked", "input", "inputs"),
        ("price", "price", "prices"),
        ("score", "score", "scores"),
        ("verdict", "verdict", "verdicts"),
        ("option", "option", "options"),
    ):
        n = sum(d.kind == kind for d in found)
        if n:
            counts.append(f"{n} {one if n == 1 else many}")
    start = "The answer changed" if answer else "The answer is the same"
    return f"{start}; different: {', '.join(counts)}." if counts else f"{start}."


def _answer(then: Report, now: Report) -> Iterator[Difference]:
    if (then["status"], then["choice"]) != (now["status"], now["choice"]):
        yield Difference(kind="answer", subject="Answer", then=then["sentence"], now=now["sentence"])


def _asked(then: Report, now: Report) -> Iterator[Difference]:
    for section in ("sla", "workload"):
        flat_then, flat_now = dict(_flat(then.get(section, {}))), dict(_flat(now.get(section, {})))
        for name in sorted(flat_then.keys() | flat_now.keys()):
            if flat_then.get(name) != flat_now.get(name):
                share = name.startswith("quality ")
                subject = name.removeprefix("quality ").replace("_", " ")
                before, after = (_plain(flat.get(name), share) for flat in (flat_then, flat_now))
                yield Difference(kind="asked", subject=subject, then=before, now=after)
    if then.get("prices_as_of") != now.get("prices_as_of"):
        yield Difference(
            kind="asked", subject="prices as of", then=str(then.get("prices_as_of")), now=str(now.get("prices_as_of"))
        )


def _option(then: Report, now: Report) -> Iterator[Difference]:
    title = _title(now)
    was, is_ = then.get("usd_per_month"), now.get("usd_per_month")
    if (None if was is None else price(was)) != (None if is_ is None else price(is_)):
        weight = abs((is_ or 0.0) - (was or 0.0))
        yield Difference(
            kind="price", subject=title, then=f"{money(was)} a month", now=f"{money(is_)} a month", weight=weight
        )
    for task in sorted(then["scores"].keys() | now["scores"].keys()):
        a, b = then["scores"].get(task), now["scores"].get(task)
        if a and b and abs(a["score"] - b["score"]) < SCORE_STEP and a["n_items"] == b["n_items"]:
            continue
        weight = abs((b["score"] if b else 0.0) - (a["score"] if a else 0.0))
        yield Difference(kind="score", subject=f"{title}, {task}", then=_seen(a), now=_seen(b), weight=weight)
    if then["verdict"] != now["verdict"]:
        yield Difference(kind="verdict", subject=title, then=then["verdict"], now=now["verdict"])


def _title(option: Report) -> str:
    where = option.get("where") or option.get("provider") or ""
    return f"{option['label']}, {where}" if where else str(option["label"])


def _seen(seen: Any) -> str:
    if not seen:
        return "not measured"
    n = f" of {seen['n_items']:,} items" if seen.get("n_items") else ""
    return f"{percent(seen['score'])}{n}"


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _flat(part, f"{path} {name}".strip())
    else:
        yield path, value


def _plain(value: Any, share: bool) -> str:
    if value is None:
        return "not asked"
    if share:
        return percent(value)
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
