"""A worker imports quickly, once, and hides nothing from those who come later."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import gc, json, sys
from evals.engines.importing import quickly
with quickly():
    from evals.engines.variants import load_variant
    inside = [name in sys.modules and sys.modules[name] is None for name in ("hqq",)]
    collecting = gc.isenabled()
first = gc.get_freeze_count()
kept = [[] for _ in range(1000)]
with quickly():
    pass
second = gc.get_freeze_count()
import hqq.core.quantize
print(json.dumps([inside, collecting, gc.isenabled(), first > 100_000, second <= first]))
"""


def test_modules_are_set_aside_once_and_hqq_is_there_afterwards(house: Path) -> None:
    told = subprocess.run([sys.executable, "-c", CODE], cwd=house, capture_output=True, text=True, check=True).stdout
    assert json.loads(told.splitlines()[-1]) == [[True], False, True, True, True]
