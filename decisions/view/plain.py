"""A decision view as plain data for JSON: unknown and infinite become None."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from decisions.options import Decision
from decisions.summaries import finite, option_summary
from decisions.view.values import DecisionView, Swing


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """Status, choice, sentences, and every option with its verdict, monthly cost and checks."""
    return {
        "status": decision.status,
        "choice": decision.choice.id if decision.choice else None,
        "nearest": decision.nearest.id if decision.nearest else None,
        "status_quo": decision.status_quo.id if decision.status_quo else None,
        "sentence": decision.sentence,
        "detail": decision.detail,
        "saving_usd_per_month": decision.saving_usd_per_month,
        "would_change": list(decision.would_change),
        "options": [option_summary(option) for option in decision.options],
    }


def view_to_dict(view: DecisionView) -> dict[str, Any]:
    """Every field of the view by its name; the decision as :func:`decision_to_dict`."""
    return dict(finite(_plain(view)))


def _plain(value: Any) -> Any:
    if isinstance(value, Decision):
        return _plain(decision_to_dict(value))
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return found | {"changes_choice": value.changes_choice} if isinstance(value, Swing) else found
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def view_text(view: DecisionView) -> str:
    """The view as lines for a terminal."""
    parts = [("", [view.recommendation])]
    parts.append(("Flip points", [flip.sentence for flip in view.flip_points]))
    parts.append(("What moves it", [f"{bar.label}, {bar.range_text}: {bar.sentence}" for bar in view.swings]))
    likely = [said for said in (view.chances.sentence, view.chances.unproven_sentence) if said]
    parts.append((f"How likely it is right ({view.chances.draws:,} draws)", likely))
    others = [f"{one.label}, {one.role}: {one.verdict}, {one.cost_text}; {one.reason}" for one in view.alternatives]
    parts.append(("Alternatives", others))
    if view.rollback:
        back = view.rollback
        watch = [trigger.text for trigger in back.triggers]
        parts.append(("Rollback", [back.sentence, *watch, back.load_text, back.notice_text, back.cost_text]))
    parts.append(("Questions for engineers", [f"{one.text} ({one.because})" for one in view.questions]))
    parts.append(("Common mistakes", [f"{one.title}: {one.because}. {one.text}" for one in view.mistakes]))
    lines = []
    for title, said in parts:
        if said:
            lines += [f"\n{title}"] * bool(title) + [f"- {line}" if title else line for line in said]
    return "\n".join(lines)
