"""A slow stand-in worker, and an app that starts a plan of them when told to, and ends.

``python -m tests.evals.executors.slow_worker RUN WORKER LEASE`` is the one, as ``evals.runs`` starts it; without
arguments the other. ``SKEW_S`` is how far the clock of their machine is ahead.
"""

from __future__ import annotations

import os
import sys
import time

from evals import runs
from evals.worker import main
from tests.evals.executors.slow import PLAN, Slow

if __name__ == "__main__":
    right, skew_s = time.time, float(os.environ.get("SKEW_S") or 0)
    time.time = lambda: right() + skew_s
    if sys.argv[1:]:
        main(Slow)
    else:
        runs.WORKER = "tests.evals.executors.slow_worker"
        print("ready", flush=True)
        input()
        print(runs.start(PLAN))
