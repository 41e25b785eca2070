"""From the engine to the store: every item as it is scored, a burst of them in one transaction."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from evals.disk import short_of_disk
from evals.odd_answers import kept_answer
from evals.plan import item_key
from evals.redaction import redacted
from evals.store import DiskFull, Store
from evals.tasks import Task, items

log = logging.getLogger("evals.worker")
BURST_S = 0.02  # items closer together come from one batch of the engine, and are written together
ASK_S = 0.5
DISK_POLL_S = 0.5
Row = Mapping[str, Any]


class Stopped(Exception):
    """The run was cancelled or paused."""


class ItemSink:
    """Results of one cell on their way to the store; use it in a ``with``.

    An item that comes alone is on the disk before ``accept`` returns; of a burst, the last is so ``BURST_S`` later.
    While the disk is too full nothing is accepted and nothing is lost: ``accept`` waits.
    """

    def __init__(self, store: Store, cell: Row, task_: Task) -> None:
        self._store, self._cell, self._task = store, cell, task_
        self._items = items(task_.config["metadata"]["items"])
        self._rows: SimpleQueue[Row] = SimpleQueue()
        self._writing, self._wake, self._closed = Lock(), Event(), False
        self._written = self._asked = time.monotonic()
        self._trouble: BaseException | None = None
        self._bursts = Thread(target=self._write_bursts, daemon=True)

    def __enter__(self) -> ItemSink:
        self._bursts.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._closed = True
        self._wake.set()
        self._bursts.join()
        try:
            self._write()
        except Stopped:
            pass
        except Exception:
            if error is None:
                raise
            log.exception("the last results of a cell were not written; they will be measured again")

    def accept(self, result: Any) -> None:
        """Take one scored item. Raises Stopped once the run is no longer running, ValueError for a score of NaN."""
        if self._trouble:
            raise self._trouble
        item = self._items[result.index]
        score = result.metrics[self._task.metric]
        if not math.isfinite(score):
            raise ValueError(f"the {self._task.metric} of item {item['id']} is {score}; a score is a finite number")
        self._rows.put(
            {
                "item_key": item_key(self._cell["cell_key"], item),
                "cell_key": self._cell["cell_key"],
                "item": item["id"],
                "score": score,
                "metrics": json.dumps(result.metrics, sort_keys=True),
                # half a character cannot be stored, and a model may repeat a key that it was told
                "output": kept_answer(redacted(result.output)),
            }
        )
        if time.monotonic() - self._written > BURST_S:
            self._write()
        else:
            self._wake.set()

    def flush(self) -> None:
        """Return once everything accepted is on the disk."""
        self._write()
        if self._trouble:
            raise self._trouble

    def _write_bursts(self) -> None:
        while not self._closed:
            self._wake.wait()
            time.sleep(BURST_S)
            self._wake.clear()
            try:
                self._write()
            except BaseException as trouble:
                self._trouble = trouble
                return

    def _write(self) -> None:
        with self._writing:
            rows = self._waiting()
            while rows:
                self._wait_for_disk()
                try:
                    self._store.add_items(rows)
                    break
                except DiskFull as full:
                    log.warning("%s", full)
                    time.sleep(DISK_POLL_S)
                    self._ask()
            self._written = time.monotonic()
            if self._written - self._asked > ASK_S:
                self._ask()

    def _waiting(self) -> list[Row]:
        rows: list[Row] = []
        while True:
            try:
                rows.append(self._rows.get_nowait())
            except Empty:
                return rows

    def _wait_for_disk(self) -> None:
        said = ""
        while why := short_of_disk(self._store.folder):
            if not said:
                log.warning("waiting: %s", why)
            said = why
            time.sleep(DISK_POLL_S)
            self._ask()

    def _ask(self) -> None:
        """Raise Stopped unless the run still runs."""
        self._asked = time.monotonic()
        run = self._store.run(self._cell["run"])
        if run is None or run["state"] != "running":
            raise Stopped
