"""``compare``: two measured variants, item by item."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.comparisons import VariantComparison
from evals.comparisons import compare as compare_variants


def compare(
    first: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION")],
    second: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION")],
    task_name: Annotated[str | None, typer.Option("--task", help="One task; all common ones if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two measured variants item by item."""
    with told():
        found = compare_variants(first, second, task_name)
    say({"comparisons": [asdict(c) for c in found]}, as_json, "\n".join(_said(c) for c in found))


def _said(c: VariantComparison) -> str:
    p = "" if c.p_mcnemar is None else f", McNemar p {c.p_mcnemar:.3g}"
    return (
        f"{c.task}: {c.first} {c.first_score:.1%}, {c.second} {c.second_score:.1%}; difference {c.difference:+.1%} "
        f"({c.low:+.1%} to {c.high:+.1%}){p}; {c.b} only the first right, {c.c} only the second; n={c.n}"
    )
