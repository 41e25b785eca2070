"""Load one variant into memory: the folder's weights, really quantized."""

from __future__ import annotations

from evals.availability import require
from evals.engines.classifier_lm import is_classifier
from evals.engines.families import family
from evals.engines.loading import Job, LoadedVariant
from evals.models import LocalModel, ServedModel
from evals.quantizations import Quantization

CLASSIFIERS = ("none", "round-to-nearest", "bitsandbytes", "torchao", "hqq", "onnx")


def load_variant(
    local: LocalModel | ServedModel, how: Quantization, artefact_key: str, run: str = ""
) -> LoadedVariant:
    """Quantize and load. What cannot run here is refused by name (``Unavailable``); a quantization that changed no
    logit is an error, not a perfect score. ``run`` is what an endpoint's caps are counted for.
    """
    if isinstance(local, ServedModel):
        from evals.engines.endpoint import load  # imported here: all others need no HTTP client

        return load(local.endpoint, run)
    require(how)
    if local.file and how.method != local.file.suffix[1:]:
        raise ValueError(
            f"{local.file.name} is a finished {local.file.suffix[1:].upper()} file; {how.label} is made from a folder "
            "of the full model"
        )
    if local.folder.joinpath("config.json").exists() and is_classifier(local.folder) and how.method not in CLASSIFIERS:
        raise ValueError(f"{local.name} is a classifier, and {how.label} is for models that write text")
    loaded: LoadedVariant = family(how.method).load(Job(local, how, artefact_key))
    return loaded
