"""Report → document: which part stands where, and the sentence it opens with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from decisions.fields import BadInput, nearest
from decisions.report import choice_sections as choice
from decisions.report import evidence_sections as evidence
from decisions.report.clean import clean
from decisions.report.document import Block, Bullets, Cell, Chart, Document, Paragraph, Section, Table, at_start
from decisions.report.model import Report, upgraded
from decisions.wording import count

STATUS_WORDS = {"meets": "meets the SLA", "none_meets": "nothing meets the SLA", "unproven": "not proven yet"}
BANNER = "Illustrative figures: a worked example, not measurements"
PARTS = {
    "decision": "The decision on one page",
    "people": "Owner, dates, dissent",
    "candidates": "Candidates",
    "alternatives": "Alternatives",
    "change": "What would change our mind",
    "rollback": "Rollback",
    "cliff": "Where precision runs out",
    "comparison": "Two options side by side",
    "patterns": "Other patterns",
    "questions": "Questions for engineers",
    "assumptions": "Assumptions",
    "provenance": "Where every number comes from",
}
FLIPS_ON_PAGE_ONE = 3


def document(report: Report, parts: Sequence[str] | None = None) -> Document:
    """The report with all its parts, or those named in ``parts`` and the first page. Raises BadInput for others."""
    whole = clean(upgraded(report))
    wanted = list(PARTS) if parts is None else ["decision", *parts]
    for part in wanted:
        if part not in PARTS:
            raise BadInput(f"the report has no part {part!r}; {nearest(part, PARTS)}")
    sections = [Section(id=i, title=PARTS[i], blocks=tuple(MAKERS[i](whole)), appendix=i in APPENDIX) for i in PARTS]
    return Document(
        title=whole["title"],
        question=whole["question"] or whole["title"],
        status=STATUS_WORDS[whole["status"]],
        verdict=whole["sentence"],
        written=whole["written"],
        banner=BANNER if whole["illustrative"] else "",
        sections=tuple(s for s in sections if s.blocks and s.id in wanted),
        footer=f"Bitbudget {whole['app_version']} · written {whole['written']} · prices of {whole['prices_as_of']}",
    )


def _decision(report: Report) -> Iterator[Block]:
    if report["detail"]:
        yield Paragraph(text=report["detail"])
    if report["sla_rows"]:
        yield Table(
            title="",
            head=("Line", "Asked", "Full precision", "Chosen", "Verdict"),
            rows=tuple(
                (
                    Cell(text=at_start(row["line"])),
                    Cell(text=row["threshold_text"], value=row["threshold"]),
                    Cell(text=row["baseline_text"]),
                    Cell(text=row["seen_text"], value=row["seen"]),
                    Cell(text=row["status"], status=row["status"]),
                )
                for row in report["sla_rows"]
            ),
            widths=(2.2, 1.6, 2.0, 2.6, 1.2),
        )
    if "accuracy_cost" in report["figures"]:
        yield Chart(name="accuracy_cost", figure=report["figures"]["accuracy_cost"], alt=report["sentence"])
    load = report["workload"]
    answer = next((o for o in report["options"] if o["id"] == report["shown"]), None)
    served = [
        f"{count(load['requests_per_month'])} requests a month, {load['prompt_tokens']:,} → {load['output_tokens']:,} "
        "tokens"
    ]
    if answer:
        served.append(f"{answer['label']}: {answer['usd_per_month_text']} a month")
        if answer.get("utilisation_text"):
            served.append(answer["utilisation_text"])
    yield Paragraph(text="; ".join(served) + ".", style="note")
    view = report["view"] or {}
    flips = [flip["sentence"] for flip in view.get("flip_points", ())][:FLIPS_ON_PAGE_ONE] or report["would_change"][:3]
    if flips:
        yield Paragraph(text="What would change this", style="lead")
        yield Bullets(items=tuple(flips))
    triggers = (view.get("rollback") or {}).get("triggers") or ()
    if triggers:
        yield Paragraph(text=f"Roll back when: {triggers[0]['text']}")


def _people(report: Report) -> Iterator[Block]:
    titles = {
        "owner": "Owner",
        "approvers": "Approvers",
        "decision_date": "Decided on",
        "review_date": "To be reviewed on",
        "dissent": "Dissent",
    }
    rows = [(title, report["people"].get(name) or "") for name, title in titles.items()]
    if any(text for _, text in rows):
        yield Table(
            title="",
            head=("", "As written by the author"),
            rows=tuple((Cell(text=title), Cell(text=text)) for title, text in rows if text),
            widths=(1, 4),
        )


APPENDIX = ("assumptions", "provenance")
MAKERS = {
    "decision": _decision,
    "people": _people,
    "candidates": choice.candidates,
    "alternatives": choice.alternatives,
    "change": choice.change,
    "rollback": choice.rollback,
    "cliff": evidence.cliff,
    "comparison": evidence.comparison,
    "patterns": evidence.patterns,
    "questions": choice.questions,
    "assumptions": evidence.assumptions,
    "provenance": evidence.provenance,
}
