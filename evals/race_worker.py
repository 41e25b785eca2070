"""Plays a race with real models: one process, at most a candidate and its baseline loaded at a time."""

from __future__ import annotations

import logging
from typing import Any

from evals.memory import is_out_of_memory
from evals.race import Ask, Race
from evals.races import fresh_race, race_cells, stored_scores
from evals.sandbox.tally import TooManyErrors
from evals.sink import Stopped
from evals.store import Store, StoreError
from evals.tasks import items, task
from evals.worker import (
    MAX_ATTEMPTS,
    OPEN,
    Row,
    Worker,
    finish_run,
    given_up,
    keep_copy,
    reason_of,
    sandbox_missing,
    too_long_words,
)  # fmt: skip

log = logging.getLogger("evals.worker")
MOST_LOADED = 2


class RaceWorker(Worker):
    """Asks the race what it wants next, from the start each time: what the store holds is played, not asked again."""

    def __init__(self, store: Store, run: str, name: str) -> None:
        super().__init__(store, run, name)
        self._cells = race_cells(store, run)
        self._race: Race = fresh_race(self._plan, self._cells)
        self._loaded: dict[str, Any] = {}

    def _work(self) -> None:
        """Play to the end; a second worker of the same race steps back."""
        if min([self._name, *self._store.alive_workers(self._run)]) != self._name:
            return
        while ask := self._race.played(stored_scores(self._store, self._cells)):
            self._answer_ask(ask)
            if (row := self._store.run(self._run)) is None or row["state"] != "running":
                return
        self._close()
        if finish_run(self._store, self._run):
            keep_copy(self._store)

    def _answer_ask(self, ask: Ask) -> None:
        cell, task_ = self._cells[ask.entrant, ask.task], task(ask.task)
        there = self._store.scores([cell["cell_key"]])[cell["cell_key"]]
        listed = {item["id"]: index for index, item in enumerate(items(task_.config["metadata"]["items"]))}
        todo = [listed[item] for item in ask.items if item not in there]
        try:
            if task_.needs_sandbox and (why := sandbox_missing()):
                raise RuntimeError(f"no sandbox: {why}")
            if left_out := self._answer(self._harness(ask.entrant, cell), cell, task_, todo):
                raise ValueError(f"{too_long_words(left_out)}; a race needs an answer to every item")
        except (Stopped, StoreError, TooManyErrors):
            raise
        except Exception as error:
            log.exception("variant failed")
            reason = reason_of(error)
            if is_out_of_memory(error):
                now = race_cells(self._store, self._run)[ask.entrant, ask.task]
                self._out_of_memory(now, error)
                reason = race_cells(self._store, self._run)[ask.entrant, ask.task]["reason"]
            self._finish(cell, "failed", reason, whole_variant=True)
            self._race.fail(ask.entrant, reason)

    def _harness(self, variant: str, cell: Row) -> Any:
        """The variant, loaded; the one not used longest makes room. A variant that killed workers is given up."""
        if variant in self._loaded:
            self._loaded[variant] = self._loaded.pop(variant)
            return self._loaded[variant]
        attempts = max(c["attempts"] for (v, _), c in race_cells(self._store, self._run).items() if v == variant)
        if attempts >= MAX_ATTEMPTS:
            raise RuntimeError(given_up(cell))
        where = {"model": cell["model"], "quantization": cell["quantization"]}
        values = {"state": "running", "worker": self._name, "attempts": attempts + 1}
        self._store.set_cells(self._run, values, where, states=OPEN)
        while len(self._loaded) >= MOST_LOADED:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[variant] = self._load({**cell, "attempts": attempts})
        return self._loaded[variant]

    def _close(self) -> None:
        """Say of each cell whether it was seen whole, in part, or never needed."""
        scores = stored_scores(self._store, self._cells)
        asked = self._race.asked()
        for key, cell in self._cells.items():
            whole = len(scores[key]) >= cell["items_total"] and asked.get(key, 0) >= cell["items_total"]
            state = "done" if whole else "settled" if asked.get(key) else "not needed"
            self._finish(cell, state, "")
