"""``--executor ray``: a run driven on a Ray cluster, from the command line alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import typer

from evals import runs as control
from evals.executors.needs import needs_of
from evals.store import shared_store


def check_options(executor: control.Executor, address: str | None, needs: Path | None, detach: bool = False) -> None:
    """Refuse options that belong to the other executor."""
    if executor == "local" and (address or needs):
        raise ValueError(f"{'--address' if address else '--needs'} is for a cluster; add --executor ray")
    if executor == "ray" and detach:
        raise ValueError("--detach is for local workers; leave the driver of a cluster running, with nohup or tmux")


def drive(name: str, address: str | None, needs: Path | None, tell: Callable[[], None]) -> control.RunStatus:
    """Hand the run's variants to a cluster and wait for the end; ``tell`` is called about once a second."""
    try:
        from evals.executors import ray as on_ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ValueError("--executor ray needs ray: pip install -r requirements-cluster.txt") from error
    store = shared_store()
    found = needs_of(dict.fromkeys((c["model"], c["quantization"]) for c in store.cells(name)), needs)
    with on_ray.cluster(address or "auto"):
        on_ray.Drive(store, name, found, lambda words: typer.echo(words, err=True)).go(tell)
    final = control.status(name)
    assert final is not None
    return final


def every(seconds: float, line: Callable[[], str]) -> Callable[[], None]:
    """Prints the line to stderr when called, at most this often and only when it changed."""
    due, shown = time.monotonic(), ""

    def tell() -> None:
        nonlocal due, shown
        if time.monotonic() < due:
            return
        due, now = time.monotonic() + seconds, line()
        if now != shown:
            typer.echo(now, err=True)
        shown = now

    return tell
