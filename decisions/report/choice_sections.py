"""Parts of the report about the other options, and what would change the choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from decisions.choosing import ORDER
from decisions.report.document import Block, Bullets, Cell, Paragraph, Table, at_start
from decisions.report.model import Report
from decisions.wording import money

CANDIDATES_SHOWN = 14


def candidates(report: Report) -> Iterator[Block]:
    view, task = report["view"] or {}, report["task"]
    if view.get("table", {}).get("sentence"):
        yield Paragraph(text=view["table"]["sentence"])
    known = sorted(report["options"], key=lambda option: ORDER.index(option["verdict"]))  # within each as they stand
    if not known:
        return
    yield Table(
        title="Options",
        head=("Option", "Served on", "Verdict", report["tasks"].get(task, task), "Monthly cost", "p95 latency", "Why"),
        rows=tuple(_candidate(option, task) for option in known[:CANDIDATES_SHOWN]),
        widths=(1.8, 2.3, 1.35, 1.6, 2.3, 2.0, 2.6),
    )
    if len(known) > CANDIDATES_SHOWN:
        more = f"{len(known) - CANDIDATES_SHOWN} more stand in the spreadsheet and the JSON."
        yield Paragraph(text=more, style="note")


def _candidate(option: dict[str, Any], task: str) -> tuple[Cell, ...]:
    seen = option["scores"].get(task)
    latency = option["bands"]["e2e_p95_s"]
    return (
        Cell(text=option["label"] + (" (today)" if option["is_status_quo"] else "")),
        Cell(text=option["where"]),
        Cell(text=option["verdict"], status=option["verdict"]),
        Cell(text=seen["text"] if seen else "not measured", value=seen["score"] if seen else None),
        Cell(text=option["usd_per_month_text"], value=option["usd_per_month"]),
        Cell(text=option["e2e_p95_s_text"], value=latency["value"] if latency else None),
        Cell(text=option["why"]),
    )


def alternatives(report: Report) -> Iterator[Block]:
    view = report["view"] or {}
    rows = view.get("alternatives") or ()
    if rows:
        yield Table(
            title="",
            head=("Alternative", "Option", "Monthly cost", "Verdict", "Why not"),
            rows=tuple(
                (
                    Cell(text=at_start(row["role"])),
                    Cell(text=f"{row['label']}, {row['place']}" if row["place"] else row["label"]),
                    Cell(text=row["cost_text"], value=row["usd_per_month"]),
                    Cell(text=row["verdict"], status=row["verdict"]),
                    Cell(text=row["reason"]),
                )
                for row in rows
            ),
            widths=(1.6, 2.6, 2.0, 1.4, 3.0),
        )
    chances = view.get("chances")
    if chances:
        yield Paragraph(text=chances["sentence"])
        if chances.get("unproven_sentence"):
            yield Paragraph(text=chances["unproven_sentence"])


def change(report: Report) -> Iterator[Block]:
    view = report["view"] or {}
    flips = [flip["sentence"] for flip in view.get("flip_points", ())]
    if flips:
        yield Bullets(items=tuple(flips))
    swings = view.get("swings") or ()
    if swings:
        yield Table(
            title="What moves the bill",
            head=("Input", "Range", "Bill at the low end", "Bill at the high end", "Answer changes", "Range from"),
            rows=tuple(
                (
                    Cell(text=row["label"]),
                    Cell(text=row["range_text"]),
                    Cell(text=money(row["low_usd_per_month"]), value=row["low_usd_per_month"]),
                    Cell(text=money(row["high_usd_per_month"]), value=row["high_usd_per_month"]),
                    Cell(text="yes" if row["changes_choice"] else "no"),
                    Cell(text=row["origin"]),
                )
                for row in swings
            ),
            widths=(1.8, 2.0, 1.5, 1.5, 1.2, 3.0),
        )


def rollback(report: Report) -> Iterator[Block]:
    back = (report["view"] or {}).get("rollback")
    if not back:
        return
    yield Paragraph(text=back["sentence"])
    yield Bullets(items=tuple(trigger["text"] for trigger in back["triggers"]))
    told = [back[name] for name in ("load_text", "notice_text", "cost_text") if back[name]]
    if told:
        yield Paragraph(text=" ".join(told))


def questions(report: Report) -> Iterator[Block]:
    view = report["view"] or {}
    questions = [f"{q['text']} ({q['because']})" for q in view.get("questions", ())]
    if questions:
        yield Bullets(items=tuple(questions))
    mistakes = [f"{m['title']}: {m['text']} {m['because']}" for m in view.get("mistakes", ())]
    if mistakes:
        yield Paragraph(text="Mistakes this decision could make", style="lead")
        yield Bullets(items=tuple(mistakes))

