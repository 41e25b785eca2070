"""The grid under a workload: memory, speed, fewest replicas and latency of every deployment at once.

What a row or a column alone decides is asked of :mod:`pricing.memory` and :mod:`pricing.work`; what depends on both is
arithmetic on whole arrays, and :mod:`pricing.speed` takes arrays as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from pricing import deployment, memory, speed, work
from pricing.capacity import Limits
from pricing.deployment import Variant
from pricing.fleet import Flags, Fleet, Floats
from pricing.grid import Block, Grid
from pricing.market import Indices
from pricing.speed import Pace, SpeedConstants
from pricing.work import Work
from pricing.workload import Workload

MIXTURE_ROUNDS = 3  # the load says which experts a step reads, and they say how fast it is: as Replica.sized


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """Arrays of variants × columns. NaN, and 0 replicas, where the load is not carried.

    ``missing_bytes`` are above 0 where weights and one request do not fit, infinite where no memory would help.
    ``keeps`` tells whether ``replicas`` keep the limits (else they carry the load alone). ``requests_per_s`` is the
    ceiling of one replica, ``alone_e2e_p95_s`` the time of a request with nothing else to do.
    """

    fits: Flags
    missing_bytes: Floats
    keeps: Flags
    replicas: Floats
    requests_per_s: Floats
    ttft_p95_s: Floats
    tpot_p95_s: Floats
    e2e_p95_s: Floats
    alone_e2e_p95_s: Floats


def under(grid: Grid, workload: Workload, limits: Limits) -> Loaded:
    """Every deployment of the grid under the workload."""
    shape = (len(grid.variants), len(grid.cards))
    slots, missing = _memory(grid, workload)
    found = {field.name: np.full(shape, np.nan) for field in fields(Loaded)[2:]} | {"keeps": np.zeros(shape)}
    found["replicas"][:] = 0
    prompt = workload.prompt_tokens * (1 - workload.cached_fraction)
    context = workload.prompt_tokens + workload.output_tokens / 2
    card = grid.cards[0][0]
    rows = work.stacked(
        [grid.work(row, card, 1, prompt_tokens=prompt, context_tokens=context) for row in range(shape[0])]
    )
    counts = grid.market.counts[0]
    for mixture in np.unique(grid.is_mixture).tolist():
        parts = []
        for block in grid.blocks:
            mine = block.rows[grid.is_mixture[block.rows] == mixture]
            row, column = np.nonzero(slots[np.ix_(mine, block.columns)])
            at = mine[row], block.columns[column]
            shares = [grid.work(block.rows[0], card, n, prompt_tokens=prompt).prompt_share for n in counts]
            parts.append(_Part(fitted=block.fitted, at=at, work=_crossed(grid, block, at, rows, np.array(shares))))
        row, column = (np.concatenate([part.at[axis] for part in parts]) for axis in (0, 1))
        for name, values in _served(grid, parts, row, slots[row, column], workload, limits, mixture).items():
            found[name][row, column] = values
    keeps = found.pop("keeps") > 0
    return Loaded(fits=slots > 0, missing_bytes=missing, keeps=keeps, **found)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Deployments (rows, columns) that share fitted constants."""

    fitted: SpeedConstants
    at: tuple[Indices, Indices]
    work: Work


def _memory(grid: Grid, workload: Workload) -> tuple[Floats, Floats]:
    """(requests that fit at once, bytes missing for one)."""
    (first, kind), (counts, number) = grid.kinds, grid.market.counts
    card = grid.cards[0][0]
    overhead = np.array([[memory.overhead_bytes(one.engine, *cards) for cards in grid.cards] for one in first])
    table = np.empty((5, len(first), len(counts)))
    for i, one in enumerate(first):
        for j, count in enumerate(counts):
            of_one = memory.of_replica(
                one.model,
                one.engine,
                card,
                count,
                weight_bytes=0.0,
                prompt_tokens=workload.prompt_tokens,
                output_tokens=workload.output_tokens,
            )
            kept, kv = of_one.activation_bytes, of_one.kv_bytes_per_sequence
            held = min(_held_bytes(one, count, workload), kv or np.inf)
            cannot = bool(deployment.misfit(one, card, count, workload))
            table[:, i, j] = of_one.available_bytes / card.memory_gib, kept, kv, held, cannot
    per_gib, fixed, of_one_kv, of_mean, bad = (part[kind[:, None], number[None, :]] for part in table)
    room = per_gib * grid.market.memory_gib - grid.weight_bytes[:, None] - fixed - overhead[kind]
    at_once = np.minimum(room // of_mean, grid.max_sequences[:, None])
    slots = np.where((room >= of_one_kv) & (bad == 0), at_once, 0.0)
    return slots, np.where(bad == 0, of_one_kv - room, np.inf)


def _held_bytes(one: Variant, count: int, workload: Workload) -> float:
    """What a request holds on average while it is served; see :func:`pricing.memory.of_replica`."""
    if one.model.encoder_only:
        return memory.activation_bytes(one.model, workload.prompt_tokens + workload.output_tokens, count)
    if not one.engine.tensor_parallel:
        return np.inf
    mean_tokens = memory.PAGED_MARGIN * (workload.prompt_tokens + workload.output_tokens / 2)
    return one.model.kv_bytes(mean_tokens) * one.model.kv_copies(count)


def _crossed(grid: Grid, block: Block, at: tuple[Indices, Indices], rows: Work, shares: Floats) -> Work:
    """Work of the deployments ``at`` (rows, columns)."""
    row, column = at
    cards, kind, number = grid.market.work_of_cards(block.engine), grid.kinds[1][row], grid.market.counts[1][column]
    values = {
        field.name: cards[field.name][column] if field.name in cards else getattr(rows, field.name)[row]
        for field in fields(Work)
    }
    return Work(**values | {
        "cache_bytes": values["cache_bytes"] * grid.cache_copies[kind, number],
        "prompt_share": shares[number],
        "operations_per_s": grid.operations_per_s[at],
    })  # fmt: skip


def _paces(parts: Sequence[_Part], reads: Floats) -> Pace:
    """Paces of all parts, one after the other, where a step reads ``reads`` bytes."""
    found, start = [], 0
    for part in parts:
        end = start + len(part.at[0])
        pace = speed.paced(replace(part.work, read_bytes=reads[start:end]), part.fitted)
        many = np.inf if pace.many_read_s is None else pace.many_read_s  # no second kernel is as good as a slow one
        found.append((replace(pace, many_read_s=many), end - start))
        start = end
    return Pace(**{
        field.name: np.concatenate([np.broadcast_to(getattr(pace, field.name), n) for pace, n in found])
        for field in fields(Pace)
    })  # fmt: skip


def _served(
    grid: Grid,
    parts: Sequence[_Part],
    row: Indices,
    slots: Floats,
    workload: Workload,
    limits: Limits,
    mixture: bool,
) -> dict[str, Floats]:
    """Replicas and latency of the deployments of all parts, all dense or all mixtures; ``row`` is the row of each."""
    every, experts, idle = (values[row] for values in grid.expert_reads)

    def fleet(batch: Floats | float) -> Fleet:
        return Fleet.of(_paces(parts, every - experts * idle**batch), slots, workload.output_tokens)

    batch, carried = np.minimum(slots, 8.0), np.ones(len(slots), bool)
    served = fleet(batch)
    for _ in range(MIXTURE_ROUNDS if mixture else 1):
        needed, keeps = served.replicas(workload.peak_requests_per_s, limits)
        carried &= needed > 0
        seen = served.latencies(workload.peak_requests_per_s / np.maximum(needed, 1))
        if mixture:
            batch = np.where(np.isnan(seen.batch), batch, seen.batch + 1)
            served = fleet(batch)
    alone = (fleet(1.0) if mixture else served).latencies(0.0)
    seconds = {name: getattr(seen, name) for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s")}
    found = {"requests_per_s": served.requests_per_s, "alone_e2e_p95_s": alone.e2e_p95_s} | seconds
    return {name: np.where(carried, values, np.nan) for name, values in found.items()} | {
        "keeps": np.where(carried, keeps, 0.0),
        "replicas": np.where(carried, needed, 0.0),
    }
