"""A worker whose model repeats every key that it can see, in answers, logs and errors."""

from __future__ import annotations

import logging
import os
from types import SimpleNamespace
from typing import Any

from evals.store import Row
from evals.worker import Worker, main


class Leaky(Worker):
    """Answers with the environment; fails with it on code."""

    def _load(self, cell: Row) -> Any:
        logging.getLogger("engine").info("loading with %s", dict(os.environ))
        return self

    def run(self, task: Any, indices: list[int], accept: Any) -> None:
        """Stands for the engine."""
        told = " ".join(os.environ.values())
        if task.group == "code":
            raise RuntimeError(f"401 Unauthorized: {told[:100_000]}")
        for index in indices:
            accept(SimpleNamespace(index=index, metrics={task.metric: 1.0}, output=told))


if __name__ == "__main__":
    main(Leaky)
