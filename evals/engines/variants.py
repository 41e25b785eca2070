"""Load one variant into memory: the folder's weights, really quantized."""

from __future__ import annotations

from evals.availability import require
from evals.engines.families import family
from evals.engines.loading import Job, LoadedVariant
from evals.models import LocalModel
from evals.quantizations import Quantization


def load_variant(local: LocalModel, how: Quantization, artefact_key: str) -> LoadedVariant:
    """Quantize and load. What cannot run here is refused by name (``Unavailable``); a quantization that changed no
    logit is an error, not a perfect score.
    """
    require(how)
    loaded: LoadedVariant = family(how.method).load(Job(local, how, artefact_key))
    return loaded
