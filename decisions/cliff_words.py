"""Where the bits run out, in words: the edges of the table as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from decisions.cliff import CliffRow
from decisions.edges import Edge, edges
from decisions.wording import listed

PLURAL = {"breaks": "break", "has": "have", "is": "are"}
NONE_MEASURED = "Nothing is measured yet, so no cliff can be shown."


def cliff_sentences(
    rows: Sequence[CliffRow], titles: Mapping[str, str] | None = None, first: str = ""
) -> tuple[str, ...]:
    """One sentence about all; with several tasks and models one a model, that of ``first`` leading, as all in one
    would be too long to read. ``titles`` renames tasks and models.
    """
    titles = titles or {}
    models = sorted(dict.fromkeys(row.model for row in rows), key=lambda model: model != first)
    if len(models) < 2 or len({row.task for row in rows}) < 2:
        return (_sentence(rows, titles),)
    return tuple(
        f"{titles.get(model, model)}: {_sentence([row for row in rows if row.model == model], titles)}"
        for model in models
    )


def _sentence(rows: Sequence[CliffRow], titles: Mapping[str, str]) -> str:
    """Each task in a clause, those that break first; tasks of which the same is said share one."""
    if not rows:
        return NONE_MEASURED
    ends = {}
    for task in dict.fromkeys(row.task for row in rows):
        over = [edge.cliff for edge in edges([row for row in rows if row.task == task]) if edge.cliff]
        ends[task] = max((row.bits_per_weight or 0.0 for row in over), default=0.0)
    alike: dict[str, list[str]] = {}
    for task in sorted(ends, key=lambda task: -ends[task]):
        said = _said([row for row in rows if row.task == task], titles)
        alike.setdefault(said, []).append(titles.get(task, task))
    clauses = [_clause(names, said) for said, names in alike.items()]
    return f"{'; '.join([clauses[0][:1].upper() + clauses[0][1:], *clauses[1:]])}."


def _clause(names: Sequence[str], said: str) -> str:
    """``math and code break at about 4 bits``."""
    words = [name[:1].lower() + name[1:] if name[1:2].islower() else name for name in names]
    verb, _, rest = said.partition(" ")
    return f"{listed(words)} {verb if len(names) == 1 else PLURAL.get(verb, verb)} {rest}"


def _said(rows: Sequence[CliffRow], titles: Mapping[str, str]) -> str:
    """What is said of a task, verb first; models of which the same is said are not told apart."""
    by_model = {
        model: _of_model([row for row in rows if row.model == model]) for model in dict.fromkeys(r.model for r in rows)
    }
    if len(set(by_model.values())) == 1:
        return next(iter(by_model.values()))
    breaking = [(model, said) for model, said in by_model.items() if said.startswith("breaks ")]
    parts = []
    if breaking:
        ways = [f"{said.removeprefix('breaks ')} for {titles.get(model, model)}" for model, said in breaking]
        parts.append(f"breaks {listed(ways)}")
    parts += [f"{said} for {titles.get(m, m)}" for m, said in by_model.items() if not said.startswith("breaks ")]
    return ", and ".join(parts)


def _of_model(rows: Sequence[CliffRow]) -> str:
    """One model on one task."""
    judged = [row for row in rows if row.zone != "n/a"]
    if not judged:
        return f"cannot be judged: {rows[0].reason}"
    found = edges(judged)
    if not found:
        return "has only its baseline so far"
    (edge,) = found
    tried = [row for row in judged if not row.is_baseline]
    if edge.cliff:
        return _breaks(edge, edge.cliff)
    fewest = min(row.bits_per_weight for row in tried if row.bits_per_weight)
    if edge.safe is None:
        return f"is unproven down to {fewest:.2g} bits"
    unproven = sum(row.zone == "unproven" for row in tried)
    doubt = f", though {unproven} of {len(tried)} variants {'are' if unproven > 1 else 'is'} unproven"
    return f"has not broken down to {fewest:.2g} bits{doubt if unproven else ''}"


def _breaks(edge: Edge, cliff: CliffRow) -> str:
    """The first proven break, as the table of edges names it."""
    over = f"{cliff.bits_per_weight:.2g}"
    if edge.safe is None:
        return f"breaks at {over} bits or before" if edge.unproven else f"breaks already at {over} bits"
    safe = f"{edge.safe.bits_per_weight:.2g}"
    if edge.crossed:
        return f"breaks from {over} bits with one method, while another holds to {safe}"
    return f"breaks at about {over} bits" if safe == over else f"breaks between {safe} and {over} bits"
