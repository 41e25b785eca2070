"""What runs on a node of a cluster: is it fit for these variants, and the evaluation of one. Knows nothing of Ray."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress

from evals.executors.needs import Variant
from evals.home import home
from evals.models import evaluable
from evals.plan import ENGINE_PACKAGES, variant_key, versions
from evals.quantizations import quantization
from evals.redaction import Redacting
from evals.store import Store, StoreError
from evals.threads import VARIABLE, settle, threads
from evals.worker import LOG_FORMAT, StartAgain, Worker

_SAID = os.environ.get(VARIABLE)  # by the user, for every task of this process


def examined(store_id: str, packages: Mapping[str, str], variants: Mapping[Variant, str]) -> list[str]:
    """What keeps this node from evaluating the variants, each with its key; [] if nothing does."""
    try:
        found = Store().store_id
    except (StoreError, OSError) as error:
        return [f"cannot open the store: {error}"]
    if found != store_id:
        return ["has another store: start Ray there with the same BITBUDGET_DB"]
    here = versions(ENGINE_PACKAGES)
    other = [f"{p} {here[p] or 'is missing'}, not {packages[p]}" for p in here if here[p] != packages[p]]
    if other:
        return [f"has other packages ({'; '.join(other)}): install the same requirements.txt"]
    troubles = []
    for (model, label), key in variants.items():
        try:
            if variant_key(evaluable(model), quantization(label)) != key:
                troubles.append(f"has other weights for {model} @ {label}: copy the same files there")
        except (ValueError, OSError) as error:
            troubles.append(str(error))
    return list(dict.fromkeys(troubles))


def card() -> str:
    """The GPUs of this machine by the name their driver gives; "" without one, or if they differ."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    found = {line.strip() for line in said.splitlines() if line.strip()}
    return found.pop() if len(found) == 1 else ""


def evaluate(run: str, variant: Variant, node: str, kind: type[Worker] = Worker) -> None:
    """Evaluate what is open of one variant, as a worker with a lease of its own. Its cells tell how it went.

    The process may have evaluated others before: what is imported is there. A killed one leaves nothing but a lease
    that runs out.
    """
    name = f"{run}.{node}-{uuid.uuid4().hex[:8]}"
    logs = home() / "logs" / run
    logs.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(logs / f"{name}.log", encoding="utf-8")
    handler.setFormatter(Redacting(LOG_FORMAT))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger("evals.worker").info("worker %s, python %s", name, sys.version.split()[0])
    _settle()
    store = Store()
    given = store.lease(name).given
    store.take_up(name, given)
    try:
        with suppress(StartAgain):  # its cells are queued again, with smaller batches, for another process
            kind(store, run, name, only=variant).work()
    finally:
        store.let_go(name, given)
        store.close()
        logging.getLogger().removeHandler(handler)
        handler.close()


def _settle() -> None:
    """As many threads as Ray gave the task processors; it says so in the environment, before each task."""
    if _SAID is None:
        os.environ.pop(VARIABLE, None)
    count = threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
    settle(count)
    if "torch" in sys.modules:  # it read the environment when it was imported
        sys.modules["torch"].set_num_threads(count)
