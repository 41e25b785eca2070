"""``python -m evals.worker RUN WORKER LEASE``: takes variants of a run one at a time and evaluates their cells.

May be killed at any moment: every scored item is in the store at once, and the next worker goes on from there.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from evals.disk import short_of_disk
from evals.home import home
from evals.memory import is_out_of_memory, shortage
from evals.models import evaluable
from evals.odd_answers import odd_words
from evals.plan import chosen_items, draws_of
from evals.quantizations import quantization
from evals.redaction import Redacting, redacted
from evals.sandbox.tally import NotScored, TooManyErrors
from evals.sink import ItemSink, Stopped
from evals.statistics.agreement import undrawn_words
from evals.store import Store, StoreError
from evals.tasks import Task, items, task
from evals.threads import settle, threads

log = logging.getLogger("evals.worker")
LOG_FORMAT = "%(asctime)s %(name)s %(message)s"
MAX_ATTEMPTS = 3
SMALLER_BATCH = 16  # items at once, for the second try of a variant that ran out of memory
OPEN = ("queued", "running")
Row = Mapping[str, Any]


class StartAgain(Exception):
    """This process ran out of memory: a fresh one goes on, with smaller batches."""


def remaining(store: Store, cell: Row, task_: Task, limit: int | None, seed: int) -> list[int]:
    """Indices of the planned items that have no accepted result yet."""
    done = {row["item"] for row in store.items(cell["cell_key"])}
    listed = items(task_.config["metadata"]["items"])
    return [index for index in chosen_items(task_, limit, seed) if listed[index]["id"] not in done]


class Worker:
    """Evaluates one variant at a time until none of the run is left."""

    def __init__(self, store: Store, run: str, name: str, only: tuple[str, str] | None = None) -> None:
        """``only`` is the one variant to take, model and quantization; any if left out."""
        self._store, self._run, self._name, self._only = store, run, name, only
        row = store.run(run)
        if row is None:
            raise SystemExit(f"no run {run!r} in the store")
        plan = json.loads(row["plan"])
        self._plan, self._limit, self._seed = plan, plan["limit"], plan["seed"]
        self._draws = draws_of(plan)

    def work(self) -> None:
        """Evaluate until nothing is left. Raises StartAgain where a fresh process should go on."""
        try:
            self._work()
        except Stopped:
            return
        except TooManyErrors as trouble:
            log.error("%s", trouble)
            pause_run(self._store, self._run, str(trouble))
        except StoreError as error:
            log.error("%s", error)

    def _work(self) -> None:
        alive = partial(self._store.alive_workers, self._run)
        while cells := self._store.claim_variant(self._run, self._name, alive, self._only):
            try:
                self._evaluate(cells)
            except (Stopped, StoreError, TooManyErrors, StartAgain):
                raise
            except Exception as error:
                log.exception("variant failed")
                self._finish(cells[0], "failed", reason_of(error), whole_variant=True)
        if finish_run(self._store, self._run):
            keep_copy(self._store)

    def _evaluate(self, cells: list[Row]) -> None:
        first = cells[0]
        if first["attempts"] >= MAX_ATTEMPTS:
            self._finish(first, "failed", given_up(first), whole_variant=True)
            return
        harness = None
        for cell in cells:
            task_ = task(cell["task"])
            todo = remaining(self._store, cell, task_, self._limit, self._seed)
            started = time.monotonic()  # the clock of the wall may be set meanwhile
            self._store.set_cells(self._run, {"state": "running", "started": time.time()}, _where(cell), states=OPEN)
            if todo and task_.needs_sandbox and (why := sandbox_missing()):
                self._finish(cell, "not run", f"no sandbox: {why}")
                continue
            left_out: list[int] = []
            if todo:
                try:
                    harness = harness or self._load(cell)
                    left_out = self._answer(harness, cell, task_, todo)
                except (Stopped, StoreError, TooManyErrors):
                    raise
                except Exception as error:
                    if is_out_of_memory(error):
                        self._out_of_memory(cell, error)
                        return
                    if harness is None:
                        raise
                    self._finish(cell, "failed", reason_of(error))
                    continue
            seconds = time.monotonic() - started
            rows = self._store.items(cell["cell_key"])
            odd = odd_words(row["output"] for row in rows)
            undrawn = undrawn_words(self._draws, task_.output_type, (row["metrics"] for row in rows))
            said = (too_long_words(left_out), odd, undrawn)
            self._finish(cell, "done", "; ".join(s for s in said if s), seconds=seconds)

    def _answer(self, harness: Any, cell: Row, task_: Task, todo: list[int]) -> list[int]:
        """Evaluate these items of one cell; each is in the store soon after it is scored.

        Items that could not be scored are tried once more. Raises NotScored if some still cannot be. Returns the items
        left out because they are longer than the model's context; ValueError if all are.
        """
        more = {"draws": self._draws} if self._draws else {}
        with cell_log(cell), ItemSink(self._store, cell, task_) as sink:
            for _ in range(2):
                log.info("%s @ %s on %s: %d items", cell["model"], cell["quantization"], cell["task"], len(todo))
                left_out: list[int] = []
                try:
                    left_out = harness.run(task_, todo, sink.accept, **more) or []
                finally:  # also when it stopped half-way: what was answered is not asked, or paid, again
                    sink.flush()
                left = set(remaining(self._store, cell, task_, self._limit, self._seed)) - set(left_out)
                if left_out and not self._store.items(cell["cell_key"]):
                    raise ValueError(too_long_words(left_out))
                todo = [index for index in todo if index in left]
                if not todo:
                    return left_out
        why = harness.trouble or "the sandbox failed"
        raise NotScored(f"{len(todo)} items are not scored ({why}); resume the run to try them again")

    def _load(self, cell: Row) -> Any:
        from evals.engines.importing import quickly

        with quickly():
            from evals.engines.harness import Harness
            from evals.engines.variants import load_variant

        how = quantization(cell["quantization"])
        loaded = load_variant(evaluable(cell["model"]), how, cell["variant_key"], cell["run"])
        self._store.add_variant(
            {
                "variant_key": cell["variant_key"],
                "model": cell["model"],
                "quantization": cell["quantization"],
                "weight_bytes": loaded.weight_bytes,
                "bits_per_weight": loaded.bits_per_weight,
                "facts": json.dumps(loaded.facts),
            }
        )
        smaller = cell["batch_size"] or (SMALLER_BATCH if cell["attempts"] == MAX_ATTEMPTS - 1 else None)
        return Harness(loaded, smaller) if smaller else Harness(loaded)

    def _out_of_memory(self, cell: Row, error: Exception) -> None:
        """Queue the variant once more with smaller batches, for a fresh process; a second time it has failed."""
        reason = f"out of memory: {shortage(evaluable(cell['model']).size_bytes or 0)}"
        log.error("%s @ %s: %s (%s)", cell["model"], cell["quantization"], reason, reason_of(error))
        if cell["batch_size"] is not None:
            tried = f"{reason}; tried again with batches of {cell['batch_size']}: choose a smaller variant"
            self._finish(cell, "failed", tried, whole_variant=True)
            return
        values = {"state": "queued", "worker": "", "batch_size": SMALLER_BATCH, "reason": f"{reason}; trying once more"}
        where = {"model": cell["model"], "quantization": cell["quantization"]}
        self._store.set_cells(self._run, values, where, states=OPEN)
        raise StartAgain

    def _finish(
        self, cell: Row, state: str, reason: str, seconds: float | None = None, whole_variant: bool = False
    ) -> None:
        where = {k: v for k, v in _where(cell).items() if k != "task" or not whole_variant}
        values = {"state": state, "reason": reason, "seconds": seconds, "worker": ""}
        self._store.set_cells(self._run, values, where, states=("queued", "running"))
        if state == "done":
            self._store.summaries([cell["cell_key"]])


def too_long_words(left_out: list[int]) -> str:
    """Why some items have no score, "" if none was left out."""
    if not left_out:
        return ""
    items_ = "1 item" if len(left_out) == 1 else f"{len(left_out)} items"
    return f"{items_} left out: longer than the model's context, with room for the answer"


def is_race(store: Store, run: str) -> bool:
    """Whether a run is a race: one worker then asks item by item what is still open."""
    row = store.run(run)
    return row is not None and "race" in json.loads(row["plan"])


def finish_run(store: Store, run: str) -> bool:
    """Mark a run done once no cell of it waits; whether it was this call that did."""
    row = store.run(run)
    if row and row["state"] == "running" and not any(c["state"] in ("queued", "running") for c in store.cells(run)):
        store.set_run(run, states=("running",), state="done", finished=time.time())
        return True
    return False


def pause_run(store: Store, run: str, reason: str) -> None:
    """Stop a whole run for a reason; its cells wait, nothing is lost, and it can be resumed."""
    store.set_run(run, states=("running",), state="paused", finished=time.time(), reason=reason)
    store.set_cells(run, {"state": "queued", "attempts": 0}, {}, states=OPEN)


def keep_copy(store: Store) -> None:
    """Back the store up, if there is room."""
    try:
        if store.backend.copies_itself and not short_of_disk(store.folder):
            store.back_up()
    except (StoreError, OSError) as trouble:
        log.warning("no backup was made: %s", trouble)


def given_up(cell: Row) -> str:
    """Why a variant is not tried again."""
    memory = shortage(evaluable(cell["model"]).size_bytes or 0)
    return f"its worker died {MAX_ATTEMPTS} times on this variant ({memory}); see the log of the run"


def sandbox_missing() -> str:
    """Why model-written code cannot be run here, "" if it can."""
    from evals.sandbox import choose, why_not

    return "" if choose() else why_not()


@contextmanager
def cell_log(cell: Row) -> Iterator[None]:
    """Everything logged meanwhile also goes to the cell's own file, with the traceback if it fails."""
    name = "@".join(str(cell[part]).replace("/", "_") for part in ("model", "quantization", "task"))
    folder = home() / "logs" / cell["run"]
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(folder / f"{name}.log", encoding="utf-8")
    handler.setFormatter(Redacting(LOG_FORMAT))
    logging.getLogger().addHandler(handler)
    try:
        yield
    except Exception:
        log.exception("cell failed")
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _where(cell: Row) -> dict[str, str]:
    return {name: cell[name] for name in ("model", "quantization", "task")}


def reason_of(error: Exception) -> str:
    """An error in one line."""
    text = redacted(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text[:400]}"


def main(kind: type[Worker] = Worker) -> None:
    run, name, held = sys.argv[1:]  # held: the lease on this name, which came with the process
    count = threads(1)
    settle(count)
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger().handlers[0].setFormatter(Redacting(LOG_FORMAT))
    log.info("worker %s, store in %s, %s threads", name, home().name, count)
    store = Store()
    if is_race(store, run):
        from evals.race_worker import RaceWorker  # imported here: it builds on this module

        kind = RaceWorker
    store.take_up(name, held)
    try:
        kind(store, run, name).work()
    except StartAgain:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # same lease, none of the memory
    store.let_go(name, held)


if __name__ == "__main__":
    main()
    logging.shutdown()
    os._exit(0)  # taking torch apart takes a second, and nothing here is left to save
