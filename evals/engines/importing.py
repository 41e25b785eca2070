"""Importing torch, transformers and lm-eval, which takes longer than a small evaluation, without what nobody needs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from evals.garbage import uncollected

# Where hqq is installed, the cache of transformers imports it, and with it the compiler of torch: a sixth of all.
# Variants of hqq call it themselves, later.
NOT_YET = "hqq"


@contextmanager
def quickly() -> Iterator[None]:
    """Inside, no garbage is looked for among modules, and transformers is told that ``NOT_YET`` is not there."""
    hide = NOT_YET not in sys.modules
    if hide:
        sys.modules[NOT_YET] = None  # type: ignore[assignment]  # how Python is told not to import a name
    try:
        with uncollected():
            yield
            gc.freeze()  # modules stay for good
    finally:
        if hide:
            del sys.modules[NOT_YET]
