"""Parts of the report that show what the decision rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from decisions.report.document import Block, Bullets, Cell, Chart, Paragraph, Table, at_start
from decisions.report.model import Report
from decisions.wording import MCNEMAR, count, percent, score


def cliff(report: Report) -> Iterator[Block]:
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


def comparison(report: Report) -> Iterator[Block]:
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
                Cell(text=at_start(row["name"])),
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
        yield Paragraph(text=MCNEMAR)
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


def patterns(report: Report) -> Iterator[Block]:
    if report["patterns"]:
        yield Table(
            title="",
            head=("Pattern", "What it says"),
            rows=tuple((Cell(text=at_start(p["name"])), Cell(text=p["sentence"])) for p in report["patterns"]),
            widths=(1, 5),
        )


def assumptions(report: Report) -> Iterator[Block]:
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
                (Cell(text=at_start(part["name"])), Cell(text=part["text"], value=part["usd_per_month"]))
                for part in answer["parts"]
            ),
            widths=(3, 2),
        )
    if report["caveats"]:
        yield Paragraph(text="Read with care", style="lead")
        yield Bullets(items=tuple(report["caveats"]))


def provenance(report: Report) -> Iterator[Block]:
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

