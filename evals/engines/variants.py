"""Load one variant: into memory, or the connection to a server that has it."""

from __future__ import annotations

from evals.engines.importing import quickly
from evals.engines.loaded import LoadedVariant
from evals.models import LocalModel, ServedModel
from evals.quantizations import Quantization


def load_variant(
    local: LocalModel | ServedModel, how: Quantization, artefact_key: str, run: str = ""
) -> LoadedVariant:
    """Quantize and load. What cannot run here is refused by name (``Unavailable``); a quantization that changed no
    logit is an error, not a perfect score. ``run`` is what an endpoint's caps are counted for.
    """
    if isinstance(local, ServedModel):  # needs no torch, as all others need no HTTP client
        from evals.engines.endpoint import load

        return load(local.endpoint, run)
    with quickly():
        from evals.engines.local import load_local
    return load_local(local, how, artefact_key)
