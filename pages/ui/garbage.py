"""What stays for the life of the server is not searched for garbage after every click.

Streamlit collects garbage after each run of a page, and that takes as long as there are objects: a tenth of a second
for the libraries and tables alone. They are set aside (``gc.freeze``); what one click or one visitor makes is still
collected at once. What grew since is set aside in its turn, and then all is searched, so that nothing is kept for good.

``gc.get_objects`` would count them, but must not be called here: it takes hold of tuples that other threads are still
filling, and those fail.
"""

from __future__ import annotations

import gc
import time
from typing import Any

LONG_S = 0.025  # of CPU, for one search of what is not set aside


class Searches:
    """How long the last full search for garbage took, and the one of everything. CPU seconds of its thread."""

    def __init__(self) -> None:
        self.last_s = 0.0
        self.whole_s = 0.0
        self._began_s = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """For ``gc.callbacks``; no two searches run at once."""
        if info["generation"] < 2:
            return
        if phase == "start":
            self._began_s = time.thread_time()
        else:
            self.last_s = time.thread_time() - self._began_s


searches = Searches()


def set_aside() -> None:
    """Call at the start of a page: does its work only where the last search took long."""
    if searches not in gc.callbacks:
        gc.callbacks.append(searches)
    if searches.last_s > max(LONG_S, searches.whole_s / 4):
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        searches.whole_s, searches.last_s = searches.last_s, 0.0
