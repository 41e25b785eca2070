"""Report → document: which part stands where, and the sentence it opens with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from decisions.fields import BadInput, nearest
from decisions.report.document import Block, Bullets, Cell, Chart, Document, Paragraph, Section, Table
from decisions.report.model import Report, upgraded
from decisions.wording import count, money, percent, score

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
CANDIDATES_SHOWN = 14


def document(report: Report, parts: Sequence[str] | None = None) -> Document:
    """The report with all its parts, or those named in ``parts`` and the first page. Raises BadInput for others."""
    whole = upgraded(report)
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
                    Cell(text=_upper(row["line"])),
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
    answer = next((o for o in report["options"] if o["id"] == (report["choice"] or report["nearest"])), None)
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


def _candidates(report: Report) -> Iterator[Block]:
    view, task = report["view"] or {}, report["task"]
    if view.get("table", {}).get("sentence"):
        yield Paragraph(text=view["table"]["sentence"])
    known = sorted(report["options"], key=_rank)
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


def _rank(option: dict[str, Any]) -> tuple[int, float, str]:
    """Those that meet first, then the cheapest."""
    verdict = ("meets", "unproven", "misses").index(option["verdict"])
    return verdict, option["usd_per_month"] or float("inf"), option["label"]


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


def _alternatives(report: Report) -> Iterator[Block]:
    view = report["view"] or {}
    rows = view.get("alternatives") or ()
    if rows:
        yield Table(
            title="",
            head=("Alternative", "Option", "Monthly cost", "Verdict", "Why not"),
            rows=tuple(
                (
                    Cell(text=_upper(row["role"])),
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


def _change(report: Report) -> Iterator[Block]:
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


def _rollback(report: Report) -> Iterator[Block]:
    back = (report["view"] or {}).get("rollback")
    if not back:
        return
    yield Paragraph(text=back["sentence"])
    yield Bullets(items=tuple(trigger["text"] for trigger in back["triggers"]))
    told = [back[name] for name in ("load_text", "notice_text", "cost_text") if back[name]]
    if told:
        yield Paragraph(text=" ".join(told))


def _cliff(report: Report) -> Iterator[Block]:
    found = report["cliff"]
    if not found:
        return
    yield Paragraph(text=found["sentence"])
    if "cliff" in report["figures"]:
        yield Chart(name="cliff", figure=report["figures"]["cliff"], alt=found["sentence"])
    broken = [row for row in found["rows"] if row["zone"] == "cliff"][:12]
    if broken:
        yield Table(
            title="Proven losses beyond the tolerance",
            head=("Task", "Model", "Quantization", "Bits", "Change", "95 % interval", "Items", "Origin"),
            rows=tuple(_loss(row) for row in broken),
            widths=(1.6, 1.6, 1.8, 0.8, 1.4, 2.2, 0.9, 1.2),
        )


def _loss(row: dict[str, Any]) -> tuple[Cell, ...]:
    bits = row["bits_per_weight"]
    return (
        Cell(text=row["task"]),
        Cell(text=row["model"]),
        Cell(text=row["quantization"]),
        Cell(text="" if bits is None else f"{bits:.2f}", value=bits),
        Cell(text=row["change_text"], value=row["change"]),
        Cell(text=row["interval_text"]),
        Cell(text="" if row["n_items"] is None else f"{row['n_items']:,}", value=row["n_items"]),
        Cell(text=row["origin"]),
    )


def _comparison(report: Report) -> Iterator[Block]:
    found = report["comparison"]
    if not found:
        return
    yield Paragraph(text=found["sentence"])
    first, second = found["first"], found["second"]
    winners = {"first": first, "second": second, "tie": "the same", "unproven": "not proven"}
    yield Table(
        title=f"{first} and {second}",
        head=("", first, second, "Difference", "Better"),
        rows=tuple(
            (
                Cell(text=_upper(row["name"])),
                Cell(text=row["first_text"]),
                Cell(text=row["second_text"]),
                Cell(text=row["difference_text"], value=row["difference"]),
                Cell(text=winners.get(row["winner"], "")),
            )
            for row in found["rows"]
        ),
        widths=(1.8, 2.2, 2.2, 2.2, 1.4),
    )
    if found["break_even"]:
        yield Paragraph(text=found["break_even"])
    if found["flips"]:
        lines = [
            f"{flip['task']}: {flip['broken']} broken, {flip['fixed']} fixed, {flip['same']} the same "
            f"(exact McNemar p = {flip['p_mcnemar']:.2g})"
            for flip in found["flips"]
        ]
        yield Bullets(items=tuple(lines))
    if found["items"]:
        yield Table(
            title="Items whose answer changed",
            head=("Task", "", "Asked", "Expected", first, second),
            rows=tuple(
                tuple(
                    Cell(text=item[name]) for name in ("task", "kind", "prompt", "expected", "first", "second")
                )
                for item in found["items"]
            ),
            widths=(1.1, 0.8, 3.0, 1.8, 2.0, 2.0),
        )


def _patterns(report: Report) -> Iterator[Block]:
    if report["patterns"]:
        yield Table(
            title="",
            head=("Pattern", "What it says"),
            rows=tuple((Cell(text=_upper(p["name"])), Cell(text=p["sentence"])) for p in report["patterns"]),
            widths=(1, 5),
        )


def _questions(report: Report) -> Iterator[Block]:
    view = report["view"] or {}
    questions = [f"{q['text']} ({q['because']})" for q in view.get("questions", ())]
    if questions:
        yield Bullets(items=tuple(questions))
    mistakes = [f"{m['title']}: {m['text']} {m['because']}" for m in view.get("mistakes", ())]
    if mistakes:
        yield Paragraph(text="Mistakes this decision could make", style="lead")
        yield Bullets(items=tuple(mistakes))


def _assumptions(report: Report) -> Iterator[Block]:
    load = report["workload"]
    rows = [
        ("Requests a month", count(load["requests_per_month"])),
        ("Prompt and output tokens", f"{load['prompt_tokens']:,} and {load['output_tokens']:,}"),
        ("Read from the prefix cache", percent(load["cached_fraction"])),
        ("Busiest hour over the mean hour", f"{load['peak_to_mean']:g}"),
        ("Hours served a month", f"{load['hours_per_month']:g}"),
        ("Prices as of", report["prices_as_of"]),
    ]
    yield Table(
        title="Workload",
        head=("", "As set"),
        rows=tuple((Cell(text=name), Cell(text=text)) for name, text in rows),
        widths=(2, 3),
    )
    answer = report["answer"]
    if answer and answer["parts"]:
        yield Table(
            title=f"What {answer['label']} costs a month",
            head=("Part", "Cost"),
            rows=tuple(
                (Cell(text=_upper(p["name"])), Cell(text=p["text"], value=p["usd_per_month"])) for p in answer["parts"]
            ),
            widths=(3, 2),
        )
    if report["caveats"]:
        yield Paragraph(text="Read with care", style="lead")
        yield Bullets(items=tuple(report["caveats"]))


def _provenance(report: Report) -> Iterator[Block]:
    if report["facts"]:
        yield Table(
            title="What cost and speed rest on",
            head=("Input", "Value", "Source", "Date"),
            rows=tuple(
                tuple(Cell(text=str(fact[name])) for name in ("name", "value", "source", "date"))
                for fact in report["facts"]
            ),
            widths=(2, 2.4, 3, 1.2),
        )
    shown = {(o["model"], o["quantization"]) for o in report["options"]}
    rows = [r for r in report["provenance"] if (r["model"], r["quantization"]) in shown or not shown]
    if rows:
        yield Table(
            title="Scores",
            head=("Variant", "Task", "Score", "Items", "Origin", "Prompt and settings", "Source, run, versions"),
            rows=tuple(_made(row) for row in rows),
            widths=(2.4, 1.3, 1.6, 0.8, 1.1, 2.2, 3.4),
        )
    if report["sources"]:
        yield Table(
            title="Sources",
            head=("Kind", "Name", "Where", "Date"),
            rows=tuple(
                tuple(Cell(text=str(source[name])) for name in ("kind", "name", "locator", "date"))
                for source in report["sources"]
            ),
            widths=(1.6, 3, 3, 1.1),
        )


def _made(row: dict[str, Any]) -> tuple[Cell, ...]:
    seed = "" if row["seed"] is None else f"seed {row['seed']}"
    told = (row["source"], row["locator"], row["run"], row["date"], row["hardware"], row["packages"], seed)
    return (
        Cell(text=f"{row['model']} {row['quantization']}"),
        Cell(text=row["task"]),
        Cell(text=score(row["score"], row["low"], row["high"]), value=row["score"]),
        Cell(text="" if row["n_items"] is None else f"{row['n_items']:,}", value=row["n_items"]),
        Cell(text=row["origin"]),
        Cell(text=row["protocol"]),
        Cell(text=" · ".join(dict.fromkeys(part for part in told if part))),
    )


def _upper(text: str) -> str:
    """A name at the start of a line."""
    return text[:1].upper() + text[1:] if text[1:2].islower() and not text.startswith("p95") else text


APPENDIX = ("assumptions", "provenance")
MAKERS = {
    "decision": _decision,
    "people": _people,
    "candidates": _candidates,
    "alternatives": _alternatives,
    "change": _change,
    "rollback": _rollback,
    "cliff": _cliff,
    "comparison": _comparison,
    "patterns": _patterns,
    "questions": _questions,
    "assumptions": _assumptions,
    "provenance": _provenance,
}
