"""``health``: can the store be used, is there room, and has every run that should go on somebody who works on it?"""

from __future__ import annotations

from typing import Annotated

import typer

from evals import runs as control
from evals.commands.arguments import Json, say
from evals.disk import short_of_disk
from evals.importing.keeping import is_imported
from evals.store import Store, StoreError

UNHEALTHY = 1


def health(
    workers: Annotated[bool, typer.Option(help="Also count a run that nobody works on as a trouble.")] = True,
    as_json: Json = False,
) -> None:
    """Exit 0 where all is well, 1 with the troubles: for a probe of systemd, Docker or a load balancer."""
    troubles: list[str] = []
    found: dict[str, object] = {"store": None, "workers_alive": None}
    try:
        store = Store()
        found["store"] = store.backend.label
        active = [row["run"] for row in store.runs() if row["state"] == "running" and not is_imported(row)]
        found["workers_alive"] = sum(len(store.alive_workers(run)) for run in active)
        stuck = [run for run in active if control.state(run, store) == "interrupted"] if workers else []
        troubles += [f"nobody works on run {run}; go on with: python -m evals resume {run}" for run in stuck]
        store.close()
    except (StoreError, OSError) as error:
        troubles.append(str(error))
    if found["store"] is not None and (why := short_of_disk()):
        troubles.append(why)
    text = "; ".join(troubles) or f"{found['store']} answers, {found['workers_alive']} workers are alive"
    say({"healthy": not troubles, "troubles": troubles, **found}, as_json, text)
    if troubles:
        raise typer.Exit(UNHEALTHY)
