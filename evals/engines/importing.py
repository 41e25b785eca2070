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
    """Inside, no garbage is looked for among modules, and transformers is told that ``NOT_YET`` is not there.

    Does nothing once torch is imported: then there is a model, and what is left of it must be found.
    """
    if "torch" in sys.modules or NOT_YET in sys.modules:
        yield
        return
    sys.modules[NOT_YET] = None  # type: ignore[assignment]  # how Python is told not to import a name
    try:
        with uncollected():
            yield
            gc.freeze()  # modules stay for good
    finally:
        del sys.modules[NOT_YET]
