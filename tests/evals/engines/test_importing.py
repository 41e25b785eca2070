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
    import evals.engines.local
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


SERVED = """
import sys
from evals.endpoints.entry import Endpoint
from evals.engines.endpoint_lm import EndpointLM
from evals.engines.harness import Harness
from evals.engines.harness_tasks import lm_task
from evals.engines.loaded import LoadedVariant
from evals.engines.variants import load_variant
from evals.models import ServedModel
from evals.quantizations import quantization
from evals.tasks import task
served = ServedModel(endpoint=Endpoint(name="none", base_url="http://127.0.0.1:9/v1", model="m"))
try:
    load_variant(served, quantization("fp32"), "")
except Exception as error:
    print(error)
lm_task(task("math")).build_all_requests(samples=[0, 1], rank=0, world_size=1)
print("torch" in sys.modules, "transformers" in sys.modules)
"""


def test_a_model_behind_an_endpoint_needs_no_torch(house: Path) -> None:
    told = subprocess.run([sys.executable, "-c", SERVED], cwd=house, capture_output=True, text=True, check=True).stdout
    unreached, imported = told.splitlines()[-2:]
    assert unreached.startswith("endpoint 'none' is not reachable at http://127.0.0.1:9/v1")
    assert imported == "False False"
