"""``compare``: two measured variants, item by item."""

from __future__ import annotations

from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.comparisons import MARGIN, VariantComparison, comparison_json
from evals.comparisons import compare as compare_variants
from evals.importing.pairing import compare_runs, is_run


def compare(
    first: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION, or the id of a run")],
    second: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION, or the id of a run")],
    task_name: Annotated[str | None, typer.Option("--task", help="One task; all common ones if left out.")] = None,
    margin: Annotated[float, typer.Option(help="How much worse the second may be, as a fraction.")] = MARGIN,
    repeat: Annotated[str | None, typer.Option(help="A variant that repeats the first: its flips are noise.")] = None,
    common: Annotated[
        bool, typer.Option("--common", help="Files with other limits: compare the items that both hold.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare two variants or runs, imported ones too, item by item; the difference is second minus first."""
    with told():
        if is_run(first) or is_run(second):
            if repeat:
                raise ValueError("--repeat goes with MODEL@QUANTIZATION, not with runs")
            found = compare_runs(first, second, task_name, margin=margin, common_items=common)
        else:
            found = compare_variants(first, second, task_name, margin=margin, repeat=repeat)
    say(comparison_json(found), as_json, "\n".join(_said(c) for c in found))


def _said(c: VariantComparison) -> str:
    low_high = "no interval" if c.low is None or c.high is None else f"{_points(c.low)} to {_points(c.high)}"
    p = "" if c.p_mcnemar is None else f", McNemar p {c.p_mcnemar:.3g}"
    holm = "" if c.p_holm is None or c.p_holm == c.p_mcnemar else f" (over all tasks {c.p_holm:.3g})"
    words = "scored higher" if c.p_mcnemar is None else "right"
    lines = [
        f"{c.task}: {c.first} {c.first_score:.1%}, {c.second} {c.second_score:.1%}; difference {_points(c.difference)} "
        f"points ({low_high}){p}{holm}; n = {c.n:,}",
        f"  b = {c.b} only the first {words}, c = {c.c} only the second; flips {c.flips_fraction:.1%}"
        + ("" if c.answer_change_fraction is None else f", answers changed {c.answer_change_fraction:.1%}"),
        f"  no more than {100 * c.margin:g} points worse: {c.verdict}" + (f" ({c.reason})" if c.reason else ""),
    ]
    if c.noise:
        span = "" if c.noise.low is None else f" ({_points(c.noise.low)} to {_points(c.noise.high or 0.0)})"
        lines.append(
            f"  flips beyond the noise of {c.noise.noise_fraction:.1%}: {_points(c.noise.excess)} points{span}, "
            f"n = {c.noise.n:,}"
        )
    if c.only_first_items or c.only_second_items:
        lines.append(
            f"  left out: {c.only_first_items} items only the first answered, {c.only_second_items} the second"
        )
    return "\n".join(lines)


def _points(fraction: float) -> str:
    return f"{100 * fraction:+.1f}".replace("-", "−")
